"""A conversation with 1,000,000 messages must cost no more to read than a short one."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Any

from tests.load.client import Client, connect
from tests.load.figures import percentile
from tests.load.machine import Meter, without_pauses
from tests.load.plan import Plan, Row
from tests.load.report import Result, remarks
from tests.load.seed import seeding
from tests.load.server import serving

MESSAGES = 1_000_000
CONVERSATIONS = 200
PAGE = 50
RATE = 100.0
WARM_UP_SECONDS = 0.5
CLIENTS = 8
MOST_MS = 10.0

logger = logging.getLogger("parley.load")

# Returns the type and the fields of the next request.
Ask = Callable[[], tuple[str, dict[str, object]]]


async def _measure(plan: Plan) -> list[Result]:
    chance = random.Random(plan.seed)
    path = plan.directory / "history.db"
    async with seeding(path) as seed:
        reader, *others = await seed.people(CONVERSATIONS + 1)
        [long] = await seed.conversations([(reader, others[0])], MESSAGES)
        await seed.conversations([(reader, other) for other in others[1:]], 2)
    kinds: list[tuple[str, Ask, Callable[[Any], bool]]] = [
        (
            "newest page",
            lambda: ("history", {"conversation": long}),
            lambda page: page["messages"][-1]["seq"] == MESSAGES and _is_full(page),
        ),
        (
            "a page in the middle",
            lambda: (
                "history",
                {"conversation": long, "around": chance.randint(PAGE, MESSAGES - PAGE)},
            ),
            lambda page: page["more_before"] and page["more_after"] and _is_full(page),
        ),
        (
            f"sync of {CONVERSATIONS} conversations",
            lambda: ("sync", {}),
            lambda page: len(page["conversations"]) == CONVERSATIONS,
        ),
    ]
    results = []
    with serving(plan.directory, "--store", f"sqlite:{path}") as server:
        clients = [await connect(server, reader.token) for _ in range(CLIENTS)]
        try:
            for what, ask, is_right in kinds:
                await _read(clients, ask, is_right, WARM_UP_SECONDS, plan.seed)
                meter = Meter([server.pid])
                with without_pauses():
                    late = await _read(clients, ask, is_right, plan.seconds, plan.seed)
                load = meter.read()
                p50, p99 = percentile(late, 50), percentile(late, 99)
                logger.info("%s: p50 %.2f ms, p99 %.2f ms; %s", what, p50, p99, load)
                results.append(
                    Result(
                        f"conversation with {MESSAGES:,} messages, {RATE:.0f}/s: {what}",
                        f"p99 at most {MOST_MS:.0f} ms",
                        f"p50 {p50:.1f} ms, p99 {p99:.1f} ms",
                        p99 <= MOST_MS,
                        f"{load.server / len(late) * 1e6:.0f}",
                        remarks([load]),
                    )
                )
        finally:
            for client in clients:
                client.abort()
    return results


async def _read(
    clients: list[Client], ask: Ask, is_right: Callable[[Any], bool], seconds: float, seed: int
) -> list[float]:
    """Ask at `RATE`, whatever comes back; return the milliseconds of each answer."""
    chance = random.Random(seed)
    late: list[float] = []

    async def one(client: Client) -> None:
        type_, fields = ask()
        began = time.perf_counter()
        answer = await client.ask(type_, **fields)
        late.append((time.perf_counter() - began) * 1e3)
        if not is_right(answer):
            raise RuntimeError(f"not the page that was asked for: {str(answer)[:200]}")

    end = time.perf_counter() + seconds
    async with asyncio.TaskGroup() as asking:
        while time.perf_counter() < end:
            asking.create_task(one(clients[len(late) % len(clients)]))
            await asyncio.sleep(chance.uniform(0.5, 1.5) / RATE)
    return late


def _is_full(page: Any) -> bool:
    return len(page["messages"]) == PAGE


ROWS = (Row("history", 120, _measure),)
