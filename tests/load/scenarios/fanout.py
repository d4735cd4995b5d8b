"""Fan-out: what it costs to hand one event to each of many connections of the process.

Two people with 30 tabs each, and one more connection that sends: that is 60 deliveries of
each message. What the message itself costs is in the figure.
"""

from __future__ import annotations

import asyncio
import logging
import statistics

from tests.load.api import register
from tests.load.client import Client, connect
from tests.load.figures import spread
from tests.load.machine import Load, Meter
from tests.load.pairs import Pair, audit, check, introduce, settle
from tests.load.plan import Plan, Row
from tests.load.report import Result, remarks
from tests.load.server import Server, serving

TABS = 30  # of each of the two; a user may have 32 connections
DELIVERIES = 2 * TABS
WARM_UP_SECONDS = 0.5
MOST_MICROSECONDS = 8.0

logger = logging.getLogger("parley.load")


class Tab:
    """A connection that only listens, and notices if it is not told everything in order."""

    def __init__(self, client: Client) -> None:
        """Listen from now on."""
        self.client = client
        self.frames: list[bytes] = []
        client.listener = lambda frames, _: self.frames.extend(frames)

    def events(self) -> list[bytes]:
        """Return the messages that it was told."""
        return [payload for payload in self.frames if payload.startswith(b'{"type":"message"')]


async def _run(server: Server, window: int, plan: Plan) -> tuple[float, Load]:
    """Return the deliveries a second, and the load."""
    one, other = await register(server, ["person-one", "person-two"])
    clients = [await connect(server, person.token) for person in [one, other] * TABS]
    sender = await connect(server, one.token)
    try:
        conversation = await introduce(sender, clients, other.username)
        pair = Pair(sender, clients[-1], conversation, "fan-out ")
        tabs = [Tab(client) for client in clients[:-1]]
        pair.flow(window)
        await asyncio.sleep(WARM_UP_SECONDS)
        meter, before = Meter([server.pid]), pair.acknowledged
        await asyncio.sleep(plan.seconds)
        messages, load = pair.acknowledged - before, meter.read()
        pair.stop()
        await settle([pair])
        check([pair])
        await audit([pair])
        expected = tabs[0].events()
        if len(expected) != pair.sent or any(tab.events() != expected for tab in tabs):
            raise RuntimeError("a connection was not told everything, or not in order")
    finally:
        for client in [*clients, sender]:
            client.abort()
    logger.info("%d in flight: %.0f messages/s; %s", window, messages / load.elapsed, load)
    return messages * DELIVERIES / load.elapsed, load


async def _measure(plan: Plan) -> list[Result]:
    results = []
    for window in (1, 8):
        rates, costs, loads = [], [], []
        for _ in range(plan.runs):
            with serving(plan.directory) as server:
                rate, load = await _run(server, window, plan)
            rates.append(rate)
            costs.append(load.server / (rate * load.elapsed) * 1e6)
            loads.append(load)
        results.append(
            Result(
                f"fan-out: each event to {DELIVERIES} local connections, {window} in flight",
                f"at most {MOST_MICROSECONDS:.0f} µs each",
                f"{spread(rates)} deliveries/s",
                statistics.median(costs) <= MOST_MICROSECONDS,
                spread(costs, ".1f"),
                remarks(loads),
            )
        )
    return results


ROWS = (Row("fan-out", 90, _measure),)
