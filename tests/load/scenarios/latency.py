"""Latency: from the write of a message to the read of its event by the other side, in calm
and at half of what the server can do. (At saturation: see `messages`.)"""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.load.figures import percentile, spread
from tests.load.machine import Load, Meter
from tests.load.pairs import Pair, audit, check, pace, pairs, settle
from tests.load.plan import Plan, Row
from tests.load.report import Result, remarks
from tests.load.scenarios.messages import PAIRS, saturate
from tests.load.server import Server, serving

CALM_RATE = 200.0
CALM_P50_MS, CALM_P99_MS = 0.6, 1.2
# Half of the 25,000 messages a second that SQLite is to reach (`messages`).
BUSY_RATE = 12_500.0
HALF_P99_MS = 5.0
WARM_UP_SECONDS = 1.0
SATURATE_SECONDS = 2.0

logger = logging.getLogger("parley.load")


@dataclass(frozen=True, slots=True)
class Paced:
    """Messages at a rate: the percentiles in milliseconds, and what they cost."""

    p50: float
    p99: float
    messages: int
    load: Load


async def paced(
    talking: Sequence[Pair], servers: Sequence[Server], rate: float, seconds: float, seed: int
) -> Paced:
    """Send at a rate for a while."""
    meter = Meter([server.pid for server in servers])
    begin = time.perf_counter()
    await pace(talking, rate, seconds, seed)
    end = time.perf_counter()
    load = meter.read()
    await settle(talking)
    late = [late * 1e3 for pair in talking for late in pair.latencies(begin, end)]
    return Paced(percentile(late, 50), percentile(late, 99), len(late), load)


async def _run(server: Server, rate: float, plan: Plan, seed: int) -> Paced:
    async with pairs(PAIRS, seed, [server]) as talking:
        await pace(talking, rate, WARM_UP_SECONDS, seed)
        found = await paced(talking, [server], rate, plan.seconds, seed)
        check(talking)
        await audit(talking)
    logger.info("%.0f/s: p50 %.2f ms, p99 %.2f ms; %s", rate, found.p50, found.p99, found.load)
    return found


async def _calm(plan: Plan) -> list[Result]:
    runs = await _runs(plan, CALM_RATE)
    p50 = statistics.median(run.p50 for run in runs)
    p99 = statistics.median(run.p99 for run in runs)
    return [
        Result(
            f"latency at {CALM_RATE:.0f}/s, send to receive",
            f"p50 at most {CALM_P50_MS} ms, p99 at most {CALM_P99_MS} ms",
            _latencies(runs),
            p50 <= CALM_P50_MS and p99 <= CALM_P99_MS,
            _cpu(runs),
            remarks([run.load for run in runs]),
        )
    ]


async def _busy(plan: Plan) -> list[Result]:
    name = f"latency at {BUSY_RATE:,.0f}/s, half of what is to be reached"
    return [_within(name, await _runs(plan, BUSY_RATE))]


async def _half(plan: Plan) -> list[Result]:
    with serving(plan.directory) as server:
        rate = (await saturate([server], SATURATE_SECONDS, plan.seed)).rate / 2
    return [_within(f"latency at half of saturation ({rate:,.0f}/s)", await _runs(plan, rate))]


async def _runs(plan: Plan, rate: float) -> list[Paced]:
    runs = []
    for number in range(plan.runs):
        with serving(plan.directory) as server:
            runs.append(await _run(server, rate, plan, plan.seed + number))
    return runs


def _within(work: str, runs: Sequence[Paced]) -> Result:
    return Result(
        work,
        f"p99 at most {HALF_P99_MS:.0f} ms",
        _latencies(runs),
        statistics.median(run.p99 for run in runs) <= HALF_P99_MS,
        _cpu(runs),
        remarks([run.load for run in runs]),
    )


def _latencies(runs: Sequence[Paced]) -> str:
    p50 = spread([run.p50 for run in runs], ".2f")
    return f"p50 {p50} ms, p99 {spread([run.p99 for run in runs], '.2f')} ms"


def _cpu(runs: Sequence[Paced]) -> str:
    return spread([run.load.server / run.messages * 1e6 for run in runs], ".0f")


ROWS = (
    Row("latency", 60, _calm),
    Row("latency-busy", 60, _busy),
    Row("latency-half", 60, _half),
)
