"""A TCP proxy that puts a distance before a server on loopback: whatever passes arrives half a
round trip later.

It does not slow down what is under way at the same time, neither in one connection nor in others. A
new connection costs a round trip before its first byte, as the handshake of TCP does; that of TLS
passes through and pays for itself.

    python bench/distance.py SERVER_PORT ROUND_TRIP_IN_SECONDS

It prints its own port, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from asyncio import Queue, StreamReader, StreamWriter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HOST = "127.0.0.1"
_READ_SIZE = 2**16
_UNDER_WAY = 256


@contextmanager
def distance(port: int, round_trip: float) -> Iterator[int]:
    """The port of a proxy before `port`, in a process of its own."""
    command = [sys.executable, __file__, str(port), str(round_trip)]
    with subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if not (process.stdin and process.stdout):
            raise AssertionError
        yield int(process.stdout.readline())
        process.stdin.close()


async def _serve(port: int, round_trip: float) -> None:
    async def connected(near: StreamReader, near_writer: StreamWriter) -> None:
        far, far_writer = await asyncio.open_connection(HOST, port)
        half = round_trip / 2
        await asyncio.gather(
            _carry(near, far_writer, half, first=round_trip), _carry(far, near_writer, half)
        )

    async with await asyncio.start_server(connected, HOST, 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        os._exit(0)  # not to tell of the connections that are cut


async def _carry(
    reader: StreamReader, writer: StreamWriter, delay: float, first: float = 0.0
) -> None:
    """`first` seconds more pass before the first byte."""
    clock = asyncio.get_running_loop().time
    opened = clock() + first
    queue: Queue[tuple[float, bytes]] = Queue(_UNDER_WAY)

    async def receive() -> None:
        block = b"begin"
        while block:
            try:
                block = await reader.read(_READ_SIZE)
            except OSError:
                block = b""
            await queue.put((max(clock(), opened) + delay, block))

    receiving = asyncio.create_task(receive())
    with suppress(OSError):
        while True:
            due, block = await queue.get()
            await asyncio.sleep(due - clock())
            if not block:
                break
            writer.write(block)
            await writer.drain()
    receiving.cancel()
    writer.close()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1]), round_trip=float(sys.argv[2])))
