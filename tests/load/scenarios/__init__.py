"""The kinds of work, a module each; `ROWS` has them in the order of the table."""

from __future__ import annotations

from tests.load.plan import Row
from tests.load.scenarios import (
    fanout,
    history,
    idle,
    latency,
    logins,
    messages,
    returning,
    starting,
)

ROWS: tuple[Row, ...] = (
    *messages.ROWS,
    *latency.ROWS,
    *idle.ROWS,
    *fanout.ROWS,
    *returning.ROWS,
    *logins.ROWS,
    *starting.ROWS,
    *history.ROWS,
)
