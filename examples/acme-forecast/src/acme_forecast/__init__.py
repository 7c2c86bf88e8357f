"""A forecast that repeats the last season."""

from collections.abc import Sequence


def seasonal_naive(history: Sequence[float], season: int, horizon: int) -> list[float]:
    """Repeat the last `season` values of `history` until there are `horizon` of them."""
    last = history[-season:]
    return [last[step % season] for step in range(horizon)]
