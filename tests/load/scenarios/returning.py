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
from tests.load.scenarios.latency import CALM_RATE, Paced, paced
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
        talkers = [await seed.people(2 * PAIRS, f"talker-{run}") for run in range(plan.runs)]
    runs, calms, others = [], [], []
    for number, talking in enumerate(talkers):
        with serving(plan.directory, "--store", f"sqlite:{path}") as server:
            run, calm, late = await _return_to(talking, server, people, plan, plan.seed + number)
        runs.append(run)
        calms.append(calm)
        others.append(late)
    seconds = [run.seconds for run in runs]
    slower = [percentile(late, 99) / calm.p99 for late, calm in zip(others, calms, strict=True)]
    return [
        Result(
            f"{MANY:,} clients return at once, authenticate and sync",
            f"at most {MOST_SECONDS_MANY:.0f} s",
            f"{spread(seconds, '.1f')} s",
            statistics.median(seconds) <= MOST_SECONDS_MANY,
            _cpu(runs, MANY),
            _remarks(runs),
        ),
        Result(
            f"... those already in, latency at {CALM_RATE:.0f}/s meanwhile",
            f"p99 at most {MOST_SLOWDOWN:.0f} × calm",
            f"p50 {spread([percentile(late, 50) for late in others], '.1f')} ms, "
            f"p99 {spread([percentile(late, 99) for late in others], '.1f')} ms, "
            f"calm {spread([calm.p50 for calm in calms], '.1f')} and "
            f"{spread([calm.p99 for calm in calms], '.1f')} ms: {spread(slower, '.1f')} ×",
            statistics.median(slower) <= MOST_SLOWDOWN,
            remarks=remarks([*(calm.load for calm in calms), *(run.load for run in runs)]),
        ),
    ]


async def _return_to(
    talkers: Sequence[Person], server: Server, people: Sequence[Person], plan: Plan, seed: int
) -> tuple[Return, Paced, list[float]]:
    """Return to a server where others talk; with the figures of the return those of the others
    before it, and each of their latencies during it in milliseconds."""
    async with crowd() as group, pairs(PAIRS, seed, [server], talkers) as talking:
        await pace(talking, CALM_RATE, WARM_UP_SECONDS, seed)
        calm = await paced(talking, [server], CALM_RATE, plan.seconds, seed)
        begin = time.perf_counter()
        others = asyncio.create_task(pace(talking, CALM_RATE, NEVER_SECONDS, seed))
        try:
            back = await _return(server, people, seed, group)
        finally:
            others.cancel()
            with suppress(asyncio.CancelledError):
                await others
        late = await _latencies(talking, begin, begin + back.seconds)
    logger.info(
        "the others meanwhile: p50 %.2f ms, p99 %.2f ms; calm %.2f and %.2f ms",
        *(percentile(late, 50), percentile(late, 99), calm.p50, calm.p99),
    )
    return back, calm, late


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


ROWS = (Row("return", 60, _few), Row("return-many", 240, _many))
