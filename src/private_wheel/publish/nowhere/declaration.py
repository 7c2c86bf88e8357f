"""The declaration of the route that publishes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from private_wheel.publish.declaration import RouteDeclaration

if TYPE_CHECKING:
    from private_wheel.publish.context import RouteContext
    from private_wheel.publish.route import Route


def _open(context: RouteContext) -> Sequence[Route]:
    from private_wheel.publish.feed.index import SimpleIndex
    from private_wheel.publish.nowhere.route import Nowhere

    if context.feed and context.reader and context.reads_back:
        index = SimpleIndex(context.feed, context.reader, context.http)
        return (Nowhere(index),)
    return (Nowhere(),)


NOWHERE = RouteDeclaration(name="none", open=_open, publishes=False, names_by_index=True)
