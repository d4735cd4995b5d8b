"""Memory: of a server with nobody there, and of each connection that does nothing.

Everybody has a conversation and has asked for it once, as every page does. Only the
server's own memory counts, not the kernel's buffers.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
from collections.abc import Sequence

from tests.load import machine
from tests.load.api import Person
from tests.load.client import Client, connect
from tests.load.figures import spread
from tests.load.plan import Plan, Row
from tests.load.report import Result
from tests.load.seed import seeding
from tests.load.server import Server, serving

CONNECTIONS = 5_000
# The code that connections need is loaded, and caches have begun, before the first reading.
FIRST = 100
AT_ONCE = 50
SETTLE_SECONDS = 2.0
MOST_KIB = 8.0
MOST_MB = 60.0

logger = logging.getLogger("parley.load")


async def _empty(plan: Plan) -> list[Result]:
    sizes = []
    for _ in range(plan.runs):
        with serving(plan.directory) as server:
            await asyncio.sleep(1)
            sizes.append(machine.memory(server.pid).rss / 1e6)
    return [
        Result(
            "idle server, nobody connected",
            f"at most {MOST_MB:.0f} MB",
            f"{spread(sizes, '.1f')} MB resident",
            statistics.median(sizes) <= MOST_MB,
        )
    ]


async def _connections(plan: Plan) -> list[Result]:
    machine.allow_connections(FIRST + CONNECTIONS)
    path = plan.directory / "idle.db"
    async with seeding(path) as seed:
        people = await seed.people(FIRST + CONNECTIONS)
        await seed.conversations(zip(people[::2], people[1::2], strict=True))
    sizes = []
    for _ in range(plan.runs):
        with serving(plan.directory, "--store", f"sqlite:{path}") as server:
            sizes.append(await _bytes_each(server, people) / 1024)
            logger.info("%.1f KiB for each connection", sizes[-1])
    return [
        Result(
            f"idle, signed-in connection, {CONNECTIONS:,} of them, each with a conversation",
            f"at most {MOST_KIB:.0f} KiB",
            f"{spread(sizes, '.1f')} KiB",
            statistics.median(sizes) <= MOST_KIB,
        )
    ]


async def _bytes_each(server: Server, people: Sequence[Person]) -> float:
    clients: list[Client] = []
    try:
        clients += await _enter(server, people[:FIRST])
        await asyncio.sleep(SETTLE_SECONDS)
        before = machine.memory(server.pid).pss
        clients += await _enter(server, people[FIRST:])
        await asyncio.sleep(SETTLE_SECONDS)
        after = machine.memory(server.pid).pss
        for client in clients:
            if client.lost.done():
                client.lost.result()
    finally:
        for client in clients:
            client.abort()
    return (after - before) / (len(people) - FIRST)


async def _enter(server: Server, people: Sequence[Person]) -> list[Client]:
    """Connect them all and have each ask for its conversations."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(person: Person) -> Client:
        async with free:
            client = await connect(server, person.token)
            answer = await client.ask("sync")
        if len(answer["conversations"]) != 1:
            raise RuntimeError(f"not one conversation but {answer}")
        return client

    return list(await asyncio.gather(*map(one, people)))


ROWS = (Row("idle-server", 30, _empty), Row("idle-connections", 120, _connections))
