"""Durable 1:1 messages at saturation: 50 pairs, each with 8 messages unacknowledged.

A message counts when its `sent` has come, which the server gives after the commit.
Saturation must starve nobody: the latencies of all messages of a run tell.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from tests.load.databases import mongodb, redis
from tests.load.figures import percentile, spread
from tests.load.machine import Load, Meter
from tests.load.pairs import Pair, audit, check, pairs, settle
from tests.load.plan import Plan, Row
from tests.load.report import Result, remarks
from tests.load.server import Server, serving

PAIRS = 50
WINDOW = 8
WARM_UP_SECONDS = 1.0
MAX_UNFAIRNESS = 5.0

logger = logging.getLogger("parley.load")

# The servers that people connect to: senders to the first, receivers to the last.
Servers = AbstractContextManager[Sequence[Server]]


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement: how many messages, at whose cost, and how late each came."""

    messages: int
    load: Load
    latencies: list[float]

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.load.elapsed

    @property
    def cpu(self) -> float:
        """Microseconds of the servers' processor time for each message."""
        return self.load.server / self.messages * 1e6


async def saturate(
    servers: Sequence[Server], seconds: float, seed: int, *, count: int = PAIRS
) -> Run:
    """Send as fast as the window allows; return what came of it.

    Raises:
        RuntimeError: a promise was broken meanwhile.
    """
    async with pairs(count, seed, servers) as talking:
        for pair in talking:
            pair.flow(WINDOW)
        await asyncio.sleep(WARM_UP_SECONDS)
        meter = Meter([server.pid for server in servers])
        begin, before = time.perf_counter(), _acknowledged(talking)
        await asyncio.sleep(seconds)
        end, messages = time.perf_counter(), _acknowledged(talking) - before
        load = meter.read()
        check(talking)
        for pair in talking:
            pair.stop()
        await settle(talking)
        await audit(talking)
        latencies = [late for pair in talking for late in pair.latencies(begin, end)]
    return Run(messages, load, latencies)


@contextmanager
def on_sqlite(plan: Plan) -> Iterator[Sequence[Server]]:
    """Run a server as it is by default."""
    with serving(plan.directory) as server:
        yield [server]


@contextmanager
def on_mongodb(plan: Plan) -> Iterator[Sequence[Server]]:
    """Run a server with a database of its own in MongoDB."""
    with mongodb() as url, serving(plan.directory, "--store", url) as server:
        yield [server]


@contextmanager
def between_two(plan: Plan) -> Iterator[Sequence[Server]]:
    """Run two servers with one SQLite file and one Redis."""
    with redis() as url, ExitStack() as stack:
        first = stack.enter_context(serving(plan.directory, "--broker", url))
        store = f"sqlite:{first.data_dir / 'parley.db'}"
        second = serving(plan.directory, "--broker", url, "--store", store)
        yield [first, stack.enter_context(second)]


async def _measure(
    work: str,
    start: Callable[[Plan], Servers],
    least_rate: float,
    most_cpu: float | None,
    plan: Plan,
) -> list[Result]:
    runs = []
    for number in range(plan.runs):
        with start(plan) as servers:
            run = await saturate(servers, plan.seconds, plan.seed + number)
        logger.info("%s: %.0f/s; %s", work, run.rate, run.load)
        runs.append(run)
    rate = statistics.median(run.rate for run in runs)
    cpu = statistics.median(run.cpu for run in runs)
    unfair = [percentile(run.latencies, 99) / percentile(run.latencies, 50) for run in runs]
    middle = spread([percentile(run.latencies, 50) * 1e3 for run in runs], ".1f")
    late = spread([percentile(run.latencies, 99) * 1e3 for run in runs], ".1f")
    notes = remarks([run.load for run in runs])
    reach = f"at least {least_rate:,.0f}/s"
    if most_cpu is not None:
        reach += f", at most {most_cpu:.0f} µs"
    return [
        Result(
            work,
            reach,
            f"{spread([run.rate for run in runs])}/s",
            rate >= least_rate and (most_cpu is None or cpu <= most_cpu),
            spread([run.cpu for run in runs], ".1f"),
            [*notes, "all stored once, in order"],
        ),
        Result(
            "... latency at saturation",
            f"p99 at most {MAX_UNFAIRNESS:.0f} × p50",
            f"p50 {middle} ms, p99 {late} ms: {spread(unfair, '.1f')} ×",
            statistics.median(unfair) <= MAX_UNFAIRNESS,
            remarks=notes,
        ),
    ]


def _acknowledged(talking: Sequence[Pair]) -> int:
    return sum(pair.acknowledged for pair in talking)


_WORK = f"durable 1:1 messages, {PAIRS} pairs, {WINDOW} in flight"

ROWS = (
    Row(
        "messages-sqlite",
        60,
        partial(_measure, f"{_WORK}, SQLite", on_sqlite, 25_000, 40),
    ),
    Row(
        "messages-mongodb",
        90,
        partial(_measure, f"{_WORK}, MongoDB", on_mongodb, 20_000, None),
    ),
    Row(
        "messages-two-servers",
        90,
        partial(
            _measure,
            f"{_WORK}, each from one server to another on the same core, SQLite and Redis",
            between_two,
            12_000,
            None,
        ),
    ),
)
