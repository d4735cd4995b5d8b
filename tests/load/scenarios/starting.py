"""Start to ready, from the start of the process to the line that says so."""

from __future__ import annotations

import statistics

from tests.load.figures import spread
from tests.load.plan import Plan, Row
from tests.load.report import Result
from tests.load.seed import seeding
from tests.load.server import serving

MESSAGES = 100_000
CONVERSATIONS = 50
MOST_SECONDS = 1.0


async def _measure(plan: Plan) -> list[Result]:
    path = plan.directory / "starting.db"
    async with seeding(path) as seed:
        people = await seed.people(2 * CONVERSATIONS)
        talking = zip(people[::2], people[1::2], strict=True)
        await seed.conversations(talking, MESSAGES // CONVERSATIONS)
    seconds = []
    for _ in range(plan.runs):
        with serving(plan.directory, "--store", f"sqlite:{path}") as server:
            seconds.append(server.seconds_to_ready)
    return [
        Result(
            f"start to ready, SQLite with {MESSAGES:,} messages",
            f"at most {MOST_SECONDS:.0f} s",
            f"{spread(seconds, '.2f')} s",
            statistics.median(seconds) <= MOST_SECONDS,
        )
    ]


ROWS = (Row("start", 60, _measure),)
