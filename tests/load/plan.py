"""What is to be measured: the rows of the table, and how often and long each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.load.report import Result


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run of the tool goes.

    Args:
        directory: where the servers keep their data; on the disk that counts.
        seed: of everything that is left to chance.
        runs: how often a rate is measured, each time with a new server.
        seconds: how long each measurement takes, warming up not counted.
    """

    directory: Path
    seed: int = 1
    runs: int = 3
    seconds: float = 4.0


@dataclass(frozen=True, slots=True)
class Row:
    """Something to be measured, chosen by its name; it ends within `bound_seconds`."""

    name: str
    bound_seconds: float
    measure: Callable[[Plan], Awaitable[list[Result]]]
