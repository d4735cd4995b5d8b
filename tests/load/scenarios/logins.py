"""A flood of logins, each of which is a quarter of a second of hashing at bcrypt's cost 12,
while people talk. Most have to be told to come back later (503)."""

from __future__ import annotations

import asyncio
import logging
import statistics
from collections import Counter
from collections.abc import Sequence
from functools import partial

from tests.load import machine
from tests.load.api import post
from tests.load.figures import spread
from tests.load.pairs import audit, check, pace, pairs, settle
from tests.load.plan import Plan, Row
from tests.load.report import Result, remarks
from tests.load.scenarios.latency import CALM_RATE, Paced, paced
from tests.load.scenarios.messages import PAIRS
from tests.load.seed import seeding
from tests.load.server import Server, serving

LOGINS_A_SECOND = 50
ROUNDS = "12"
MOST_SLOWDOWN = 2.0
# A hash takes 268 ms (measured).
MOST_MS_ONE_CORE = 26.0
WARM_UP_SECONDS = 1.0

logger = logging.getLogger("parley.load")


async def _measure(
    work: str, cores: Sequence[int], most_slowdown: float | None, plan: Plan
) -> list[Result]:
    """Compare calm and flood; without a `most_slowdown` hashing must yield: a message waits for
    a small part of a hash."""
    calms, floods = [], []
    statuses: Counter[int] = Counter()
    for number in range(plan.runs):
        path = plan.directory / f"logins-{len(cores)}-{number}.db"
        async with seeding(path) as seed:
            talkers = await seed.people(2 * PAIRS)
        flags = ("--store", f"sqlite:{path}", "--bcrypt-rounds", ROUNDS)
        with serving(plan.directory, *flags, cores=cores) as server:
            async with pairs(PAIRS, plan.seed + number, [server], talkers) as talking:
                await pace(talking, CALM_RATE, WARM_UP_SECONDS, plan.seed)
                calm = await paced(talking, [server], CALM_RATE, plan.seconds, plan.seed)
                async with asyncio.TaskGroup() as guesses:
                    flood = asyncio.create_task(_flood(server, guesses, statuses))
                    await pace(talking, CALM_RATE, WARM_UP_SECONDS, plan.seed)
                    hard = await paced(talking, [server], CALM_RATE, plan.seconds, plan.seed)
                    flood.cancel()
                await settle(talking)
                check(talking)
                await audit(talking)
        logger.info(
            "calm: p50 %.2f, p99 %.2f ms; flood: p50 %.2f, p99 %.2f ms; %s; answers %s",
            *(calm.p50, calm.p99, hard.p50, hard.p99, hard.load, dict(statuses)),
        )
        calms.append(calm)
        floods.append(hard)
    p99 = statistics.median(run.p99 for run in floods)
    slower = [hard.p99 / calm.p99 for hard, calm in zip(floods, calms, strict=True)]
    refused = statuses[503] / max(1, statuses.total())
    return [
        Result(
            f"flood of {LOGINS_A_SECOND} logins a second (bcrypt {ROUNDS}), messages at "
            f"{CALM_RATE:.0f}/s, {work}",
            f"p99 at most {most_slowdown:.0f} × calm"
            if most_slowdown
            else f"hashing yields: p99 at most {MOST_MS_ONE_CORE:.0f} ms, a tenth of a hash",
            f"p99 {_p99(floods)} ms, calm {_p99(calms)} ms: {spread(slower, '.1f')} ×",
            statistics.median(slower) <= most_slowdown
            if most_slowdown
            else p99 <= MOST_MS_ONE_CORE,
            remarks=[*remarks([run.load for run in calms]), f"{refused:.0%} of logins got 503"],
        )
    ]


async def _flood(server: Server, guesses: asyncio.TaskGroup, statuses: Counter[int]) -> None:
    """Guess passwords until cancelled; `statuses` counts the answers as they come."""

    async def guess() -> None:
        body = {"username": "person-00000", "password": "a guess at somebody's password"}
        status, _ = await post(server, "/api/v1/login", body)
        statuses[status] += 1

    while True:
        guesses.create_task(guess())
        await asyncio.sleep(1 / LOGINS_A_SECOND)


def _p99(runs: Sequence[Paced]) -> str:
    return spread([run.p99 for run in runs], ".2f")


ROWS = (
    Row(
        "logins",
        90,
        partial(
            _measure,
            "server on both cores",
            (machine.SERVER_CORE, machine.CLIENT_CORE),
            MOST_SLOWDOWN,
        ),
    ),
    Row(
        "logins-one-core", 90, partial(_measure, "server on one core", (machine.SERVER_CORE,), None)
    ),
)
