"""The kinds of work, a module each; `ROWS` has them in the order of the table."""

from __future__ import annotations

from tests.load.plan import Row
from tests.load.scenarios import messages

ROWS: tuple[Row, ...] = (*messages.ROWS,)
