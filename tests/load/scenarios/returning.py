"""Everybody returns at once, as after a restart: connect, authenticate by token, sync.

With the larger crowd others, who are in already, go on talking: nobody should notice much.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress

from tests.load.api import Person
from tests.load.client import Client, connect
from tests.load.figures import percentile, spread
from tests.load.machine import Load, Meter, allow_connections
from tests.load.pairs import Pair, audit, check, pace, pairs, settle
from tests.load.plan import Plan, Row
from tests.load.report import Result, remarks
from tests.load.scenarios.latency import CALM_RATE, paced
from tests.load.scenarios.messages import PAIRS
from tests.load.seed import seeding
from tests.load.server import Server, serving

FEW, MOST_SECONDS_FEW = 1_000, 0.7
MANY, MOST_SECONDS_MANY = 10_000, 15.0
MOST_SLOWDOWN = 2.0
WARM_UP_SECONDS = 1.0
NEVER_SECONDS = 600.0

logger = logging.getLogger("parley.load")


async def _few(plan: Plan) -> list[Result]:
    allow_connections(FEW)
    path = plan.directory / "returning.db"
    async with seeding(path) as seed:
        people = await seed.people(FEW)
        await seed.conversations(zip(people[::2], people[1::2], strict=True))
    seconds, loads = [], []
    for _ in range(plan.runs):
        with serving(plan.directory, "--store", f"sqlite:{path}") as server:
            took, load = await _return(server, people)
        seconds.append(took)
        loads.append(load)
    return [
        Result(
            f"{FEW:,} clients return at once, authenticate and sync",
            f"at most {MOST_SECONDS_FEW} s",
            f"{spread(seconds, '.2f')} s",
            statistics.median(seconds) <= MOST_SECONDS_FEW,
            _cpu(loads, FEW),
            remarks(loads),
        )
    ]


async def _many(plan: Plan) -> list[Result]:
    allow_connections(MANY + 2 * PAIRS)
    path = plan.directory / "returning-many.db"
    async with seeding(path) as seed:
        people = await seed.people(MANY)
        await seed.conversations(zip(people[::2], people[1::2], strict=True))
        talkers = await seed.people(2 * PAIRS, "talker")
    with serving(plan.directory, "--store", f"sqlite:{path}") as server:
        async with pairs(PAIRS, plan.seed, [server], talkers) as talking:
            await pace(talking, CALM_RATE, WARM_UP_SECONDS, plan.seed)
            calm = await paced(talking, [server], CALM_RATE, plan.seconds, plan.seed)
            begin = time.perf_counter()
            others = asyncio.create_task(pace(talking, CALM_RATE, NEVER_SECONDS, plan.seed))
            try:
                seconds, load = await _return(server, people)
            finally:
                others.cancel()
                with suppress(asyncio.CancelledError):
                    await others
            late = await _latencies(talking, begin, begin + seconds)
    p50, p99 = percentile(late, 50), percentile(late, 99)
    return [
        Result(
            f"{MANY:,} clients return at once, authenticate and sync",
            f"at most {MOST_SECONDS_MANY:.0f} s",
            f"{seconds:.1f} s",
            seconds <= MOST_SECONDS_MANY,
            _cpu([load], MANY),
            remarks([load]),
        ),
        Result(
            f"... those already in, latency at {CALM_RATE:.0f}/s meanwhile",
            f"p99 at most {MOST_SLOWDOWN:.0f} × calm",
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms (calm {calm.p50:.1f} and {calm.p99:.1f} ms)",
            p99 <= MOST_SLOWDOWN * calm.p99,
            remarks=remarks([calm.load, load]),
        ),
    ]


async def _return(server: Server, people: Sequence[Person]) -> tuple[float, Load]:
    """Let them all come; return the seconds until the last has synced, and the load."""
    clients: list[Client] = []

    async def come(person: Person) -> None:
        client = await connect(server, person.token)
        clients.append(client)
        answer = await client.ask("sync")
        if len(answer["conversations"]) != 1:
            raise RuntimeError(f"not one conversation but {answer}")

    meter, began = Meter([server.pid]), time.perf_counter()
    try:
        await asyncio.gather(*map(come, people))
        seconds, load = time.perf_counter() - began, meter.read()
    finally:
        for client in clients:
            client.abort()
    logger.info("%d are back after %.2f s; %s", len(people), seconds, load)
    return seconds, load


async def _latencies(talking: Sequence[Pair], begin: float, end: float) -> list[float]:
    """Return the milliseconds of what was sent between two times, once all is there."""
    await settle(talking)
    check(talking)
    late = [late * 1e3 for pair in talking for late in pair.latencies(begin, end)]
    await audit(talking)
    return late


def _cpu(loads: Sequence[Load], clients: int) -> str:
    return spread([load.server / clients * 1e6 for load in loads])


ROWS = (Row("return", 60, _few), Row("return-many", 120, _many))
