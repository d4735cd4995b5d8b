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
from dataclasses import dataclass

from tests.load.api import Person
from tests.load.crowd import Crowd, crowd
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


@dataclass(frozen=True, slots=True)
class Return:
    """Seconds until the last one had synced, what it cost, and how often somebody had to
    try again."""

    seconds: float
    load: Load
    repeats: int


async def _few(plan: Plan) -> list[Result]:
    allow_connections(FEW)
    path = plan.directory / "returning.db"
    async with seeding(path) as seed:
        people = await seed.people(FEW)
        await seed.conversations(zip(people[::2], people[1::2], strict=True))
    runs = []
    for number in range(plan.runs):
        with serving(plan.directory, "--store", f"sqlite:{path}") as server:
            async with crowd() as group:
                runs.append(await _return(server, people, plan.seed + number, group))
    seconds = [run.seconds for run in runs]
    return [
        Result(
            f"{FEW:,} clients return at once, authenticate and sync",
            f"at most {MOST_SECONDS_FEW} s",
            f"{spread(seconds, '.2f')} s",
            statistics.median(seconds) <= MOST_SECONDS_FEW,
            _cpu(runs, FEW),
            _remarks(runs),
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
        async with crowd() as group, pairs(PAIRS, plan.seed, [server], talkers) as talking:
            await pace(talking, CALM_RATE, WARM_UP_SECONDS, plan.seed)
            calm = await paced(talking, [server], CALM_RATE, plan.seconds, plan.seed)
            begin = time.perf_counter()
            others = asyncio.create_task(pace(talking, CALM_RATE, NEVER_SECONDS, plan.seed))
            try:
                back = await _return(server, people, plan.seed, group)
            finally:
                others.cancel()
                with suppress(asyncio.CancelledError):
                    await others
            late = await _latencies(talking, begin, begin + back.seconds)
    p50, p99 = percentile(late, 50), percentile(late, 99)
    return [
        Result(
            f"{MANY:,} clients return at once, authenticate and sync",
            f"at most {MOST_SECONDS_MANY:.0f} s",
            f"{back.seconds:.1f} s",
            back.seconds <= MOST_SECONDS_MANY,
            _cpu([back], MANY),
            _remarks([back]),
        ),
        Result(
            f"... those already in, latency at {CALM_RATE:.0f}/s meanwhile",
            f"p99 at most {MOST_SLOWDOWN:.0f} × calm",
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms (calm {calm.p50:.1f} and {calm.p99:.1f} ms)",
            p99 <= MOST_SLOWDOWN * calm.p99,
            remarks=remarks([calm.load, back.load]),
        ),
    ]


async def _return(server: Server, people: Sequence[Person], seed: int, group: Crowd) -> Return:
    meter = Meter([server.pid])
    returned = await group.come(server, people, seed)
    found = Return(returned.seconds, meter.read(), returned.repeats)
    logger.info(
        "%d are back after %.2f s and %d repeats; %s",
        *(len(people), found.seconds, found.repeats, found.load),
    )
    return found


async def _latencies(talking: Sequence[Pair], begin: float, end: float) -> list[float]:
    """Return the milliseconds of what was sent between two times, once all is there."""
    await settle(talking)
    check(talking)
    late = [late * 1e3 for pair in talking for late in pair.latencies(begin, end)]
    await audit(talking)
    return late


def _cpu(runs: Sequence[Return], clients: int) -> str:
    return spread([run.load.server / clients * 1e6 for run in runs])


def _remarks(runs: Sequence[Return]) -> list[str]:
    found = remarks([run.load for run in runs])
    repeats = sum(run.repeats for run in runs)
    return [*found, f"{repeats:,} had to connect again"] if repeats else found


ROWS = (Row("return", 60, _few), Row("return-many", 120, _many))
