"""How wheels get into blob storage, measured in one run against Azurite: how fast, and in how
little memory.

The rate of a large wheel is compared with a bare loop that puts the same blocks, as many at once,
under the same key. Azurite computes a CRC64 of every block that comes without its MD5, in
JavaScript, which halves the rate of a loop that sends none. So a second loop sends MD5s, as we do,
and is the harder one to keep up with. A third one knew them before the clock ran: it shows what
computing them costs where client and server share two processors, and has no limit.

The time of many small wheels, 50 ms away, is compared with that of one after the other. With three
rounds, it all takes eight minutes and 20 GB of room for temporary files.

    python bench/blobs.py [--repeat 3] [--small]
"""

# ruff: noqa: E402  # what is imported below is only importable after the path is set

from __future__ import annotations

import argparse
import base64
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "src")]

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from bench.bare_upload import BareUpload, Digest, known_md5, md5, no_digest
from bench.distance import distance
from bench.limits import Limit, print_table
from bench.program import Ended, run_program
from bench.wheels import make_wheel
from private_wheel.azure.http import HttpClients
from private_wheel.inputs.ambient import read_http_config
from private_wheel.publish.blob.address import ContainerAddress, parse_container
from private_wheel.publish.blob.route import BlobRoute
from private_wheel.publish.blob.storage import BlobStorage
from private_wheel.publish.blob.wheel import ExistingRules
from private_wheel.publish.route import Plan
from private_wheel.system.background import side_by_side
from private_wheel.wheels.wheel import Wheel, read_wheel
from sandbox.blob.azurite import HOST, Azurite

MIB = 2**20
ACCOUNT, CONTAINER = "bench", "wheels"
ROUND_TRIP = 0.05
LOWEST_RATE, MOST_MEMORY, MOST_GROWTH, LONGEST_SHARE = 0.80, 200, 1.10, 0.15


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much is sent: sizes in MiB. `medium` wheels go in one request each, and are the largest
    that do."""

    upload: int
    sizes: tuple[int, ...]
    medium: int
    small: int


FULL = Scale(upload=1024, sizes=(100, 1024, 2048), medium=64, small=200)
SMALL = Scale(upload=128, sizes=(50, 100, 200), medium=32, small=60)


class Bench:
    """Azurite with one container, and the ways into it."""

    def __init__(self, folder: Path, azurite: Azurite, key: str) -> None:
        self.folder, self._azurite, self._key = folder, azurite, key
        with azurite.service(ACCOUNT) as service:
            service.create_container(CONTAINER)
        # The program's first run on a machine fetches packages, from servers that the machine
        # trusts.
        self._bundle = folder / "bundle.pem"
        trusted = Path(os.environ.get("REQUESTS_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH)
        self._bundle.write_bytes(trusted.read_bytes() + b"\n" + azurite.authority_file.read_bytes())
        os.environ["REQUESTS_CA_BUNDLE"] = str(self._bundle)
        self._places = iter(range(1000))

    @property
    def port(self) -> int:
        return self._azurite.port

    def place(self, port: int) -> ContainerAddress:
        """A new prefix, below which nothing is yet."""
        return parse_container(f"https://{HOST}:{port}/{ACCOUNT}/{CONTAINER}/{next(self._places)}")

    @contextmanager
    def route(self, port: int) -> Iterator[BlobRoute]:
        credential = {"account_name": ACCOUNT, "account_key": self._key}
        with closing(BlobStorage(HttpClients(read_http_config(os.environ)))) as storage:
            yield BlobRoute(
                self.place(port),
                storage,
                credential,
                ExistingRules(if_exists="verify", reads_back=True),
            )

    def ours(self, wheel: Wheel) -> None:
        with self.route(self.port) as route:
            route.publish(Plan(wheel=wheel, action="publish", reason="", sha256=wheel.sha256))

    def bare(self, wheel: Wheel, digest: Digest) -> None:
        with closing(
            BareUpload(self.place(self.port), self._key, self._azurite.authority_file)
        ) as upload:
            upload.send(wheel.path, wheel.file_name, digest)

    def program(self, package: Path, port: int) -> Ended:
        """A whole run, as a user starts it."""
        environ = {**os.environ, "AZURE_STORAGE_KEY": self._key}
        command: list[str | Path] = [
            REPOSITORY / "entrypoint.py",
            "--publish-to",
            "blob",
            "--package",
            package,
        ]
        return run_program([*command, "--container", self.place(port).url], self.folder, environ)


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def measure_rate(bench: Bench, size: int, repeat: int) -> list[Limit]:
    """All take turns, and another one begins in each round. The first upload warms Azurite up."""
    wheel = read_wheel(make_wheel(bench.folder / "rate", "large", size * MIB))
    ways: dict[str, Callable[[], None]] = {
        "ours": partial(bench.ours, wheel),
        "bare loop": partial(bench.bare, wheel, no_digest),
        "bare loop with MD5": partial(bench.bare, wheel, md5),
        "bare loop with known MD5": partial(bench.bare, wheel, known_md5(wheel.path)),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    bench.bare(wheel, md5)
    for _ in range(repeat):
        for name in names:
            times[name].append(seconds(ways[name]))
        names = [*names[1:], names[0]]
    wheel.path.unlink()
    took = {name: statistics.median(found) for name, found in times.items()}
    rows = [
        (f"{size} MiB, {name}", f"{size / median:.0f}", f"{median:.1f}")
        for name, median in took.items()
    ]
    print_table(("Upload of 1 wheel", "MiB/s", "Seconds"), rows)
    return [
        Limit(
            name=f"rate / {name}",
            measured=median / took["ours"],
            limit=None if "known" in name else LOWEST_RATE,
            at_least=True,
        )
        for name, median in took.items()
        if name != "ours"
    ]


def measure_memory(bench: Bench, scale: Scale) -> list[Limit]:
    """Whole runs of the program. The first one only makes its runtime."""
    bench.program(make_wheel(bench.folder / "first", "first", 4096), bench.port)
    rows, peaks = [], {}
    for size in scale.sizes:
        package = make_wheel(bench.folder / f"one-{size}", "large", size * MIB)
        ended = bench.program(package, bench.port)
        package.unlink()
        peaks[size] = ended.peak / MIB
        rows.append((f"1 wheel of {size} MiB", f"{ended.peak / MIB:.0f}", f"{ended.seconds:.1f}"))
    directory = bench.folder / "medium"
    for number in range(scale.medium):
        make_wheel(directory, f"medium{number}", 4 * MIB - 4096)
    ended = bench.program(directory, bench.port)
    rows.append(
        (f"{scale.medium} wheels of 4 MiB", f"{ended.peak / MIB:.0f}", f"{ended.seconds:.1f}")
    )
    print_table(("Whole run", "Peak, MiB", "Seconds"), rows)
    growth = max(peaks.values()) / min(peaks.values())
    return [
        Limit(name="peak memory, 1 wheel, MiB", measured=max(peaks.values()), limit=MOST_MEMORY),
        Limit(name="largest peak / smallest, 1 wheel", measured=growth, limit=MOST_GROWTH),
        Limit(name="peak memory, many wheels, MiB", measured=ended.peak / MIB, limit=MOST_MEMORY),
    ]


def measure_many(bench: Bench, count: int, repeat: int) -> list[Limit]:
    """Plan, publish and verify as `release` does, and the same with one wheel after the other."""
    directory = bench.folder / "small"
    wheels = [read_wheel(make_wheel(directory, f"small{number}", 4096)) for number in range(count)]
    taken: dict[str, list[list[float]]] = {"one after the other": [], "ours": []}
    with distance(bench.port, ROUND_TRIP) as port:
        for _ in range(repeat):
            for name, at_once in (("one after the other", 1), ("ours", BlobRoute.at_once)):
                with bench.route(port) as route:
                    taken[name].append(_steps(route, wheels, at_once))
        whole = bench.program(directory, port)
    steps = {
        name: [statistics.median(times) for times in zip(*rounds, strict=True)]
        for name, rounds in taken.items()
    }
    rows = [
        (f"{count} wheels, {name}", *(f"{value:.2f}" for value in times))
        for name, times in steps.items()
    ]
    print_table(("Seconds, 50 ms away", "Plan", "Publish", "Verify", "All three"), rows)
    print(f"\nA whole run with them takes {whole.seconds:.1f} s, and {whole.peak / MIB:.0f} MiB.")
    names = {"publish": 1, "plan, publish and verify": 3}
    return [
        Limit(
            name=f"{name} / one after the other",
            measured=steps["ours"][index] / steps["one after the other"][index],
            limit=LONGEST_SHARE,
        )
        for name, index in names.items()
    ]


def _steps(route: BlobRoute, wheels: Sequence[Wheel], at_once: int) -> list[float]:
    clock = [time.perf_counter()]
    plans = side_by_side(route.plan, wheels, at_once)
    clock.append(time.perf_counter())
    results = side_by_side(route.publish, plans, at_once)
    clock.append(time.perf_counter())
    side_by_side(route.verify, results, at_once)
    clock.append(time.perf_counter())
    return [*(after - before for before, after in pairwise(clock)), clock[-1] - clock[0]]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--repeat", type=int, default=3, help="rounds of what is compared (default: 3)"
    )
    parser.add_argument("--small", action="store_true", help="send less, for a quick try")
    options = parser.parse_args()
    scale = SMALL if options.small else FULL
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    with tempfile.TemporaryDirectory(prefix="private-wheel-bench-") as temporary:
        folder = Path(temporary)
        azurite = Azurite(folder / "azurite", {ACCOUNT: key}, in_memory=False)
        try:
            bench = Bench(folder, azurite, key)
            limits = measure_rate(bench, scale.upload, options.repeat)
            limits += measure_memory(bench, scale)
            limits += measure_many(bench, scale.small, options.repeat)
        finally:
            azurite.stop()
    print_table(("Ratio", "Measured", "Limit", ""), [limit.row for limit in limits])
    return 0 if all(limit.kept for limit in limits) else 1


if __name__ == "__main__":
    sys.exit(main())
