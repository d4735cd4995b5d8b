"""Everybody at once: a process of its own that connects as many people, each with a token.

Who measures meanwhile how others fare must not be the one who is busy with the crowd, or he
measures himself: with both in one process the p99 of the others was ten times as high.

``python -m tests.load.crowd`` is what `Crowd` starts. It reads what it is to do from its
standard input, as JSON, a line each, and writes JSON back; when its input ends it drops its
connections and ends.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec
import uvloop

from tests.load.api import Person
from tests.load.client import Address, Client, connect
from tests.load.machine import allow_connections

# docs/protocol.md, "Close codes".
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 8.0

# Behind whoever measures, on the core that they share.
NICENESS = 10
# For a crowd's tokens in one line.
_LINE_BYTES = 16 << 20


class Task(msgspec.Struct):
    """Where to go, and as whom."""

    host: str
    port: int
    tokens: list[str]
    seed: int


class Returned(msgspec.Struct):
    """Seconds until the last one had synced, and how often somebody had to try again."""

    seconds: float
    repeats: int


@dataclass(frozen=True, slots=True)
class Crowd:
    """A process that is ready to connect everybody."""

    _process: asyncio.subprocess.Process

    async def come(self, server: Address, people: Sequence[Person], seed: int) -> Returned:
        """Let them all connect and sync; they stay until the crowd is left."""
        tokens = [person.token for person in people]
        assert self._process.stdin is not None
        self._process.stdin.write(
            msgspec.json.encode(Task(server.host, server.port, tokens, seed)) + b"\n"
        )
        return msgspec.json.decode(await _line(self._process), type=Returned)


@asynccontextmanager
async def crowd() -> AsyncIterator[Crowd]:
    """Run a process for a crowd."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_BYTES,
    )
    try:
        await _line(process)  # it has imported everything
        yield Crowd(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def _line(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        raise RuntimeError("the process of the crowd ended; what it wrote says why")
    return line


async def _come(server: Address, tokens: Sequence[str], seed: int) -> tuple[list[Client], int]:
    """Let them all come; they try again as the protocol asks, after a random pause that may
    be twice as long each time. Return their connections, and how many tries failed."""
    chance = random.Random(seed)
    clients: list[Client] = []
    repeats = 0

    async def come(token: str) -> None:
        nonlocal repeats
        longest_pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                client = await connect(server, token)
                clients.append(client)
                answer = await client.ask("sync")
            except OSError:
                repeats += 1
                await asyncio.sleep(chance.uniform(0, longest_pause))
                longest_pause = min(2 * longest_pause, LONGEST_PAUSE_SECONDS)
            else:
                break
        if len(answer["conversations"]) != 1:
            raise RuntimeError(f"not one conversation but {answer}")

    await asyncio.gather(*map(come, tokens))
    return clients, repeats


async def _main() -> None:
    loop = asyncio.get_running_loop()
    print(flush=True)
    task = msgspec.json.decode(await loop.run_in_executor(None, sys.stdin.readline), type=Task)
    allow_connections(len(task.tokens))
    began = time.perf_counter()
    clients, repeats = await _come(task, task.tokens, task.seed)
    returned = Returned(time.perf_counter() - began, repeats)
    print(msgspec.json.encode(returned).decode(), flush=True)
    await loop.run_in_executor(None, sys.stdin.readline)  # until it ends
    for client in clients:
        client.abort()


if __name__ == "__main__":
    os.nice(NICENESS)
    uvloop.run(_main())
