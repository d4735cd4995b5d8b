"""The clock of a process: what is written down has one time, though wall clocks jump.

A wall clock is set by people and by programs, and sometimes wrongly: a month ahead, all
sessions would be too old at once, and whatever was written then would be from the future for
a month. So time goes on as a stopwatch does, from what it was at the start. A jump is
followed only when it has lasted for `BELIEVE_SECONDS`; small corrections are, at once.

Where many machines share a database that tells its time, that is the time (`heard`):
theirs may differ by minutes, and a limit that is counted in the database must not depend on
who counts.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial

logger = logging.getLogger("parley.clock")

# More than a time server corrects in one step where all is well, less than anybody notices.
JUMP_MS = 5_000
# Shorter, and a mistake that somebody is about to mend has all its effects; longer, and a
# machine that booted without knowing the time shows a wrong one for longer.
BELIEVE_SECONDS = 600
# What a database says is as old as its answer took.
NOISE_MS = 1_000


def wall_clock() -> int:
    """Return what this machine takes for the time: milliseconds since 1970 in UTC."""
    return time.time_ns() // 1_000_000


# Returns the seconds since some moment, those of a suspended machine included.
stopwatch: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME)
    if hasattr(time, "CLOCK_BOOTTIME")
    else time.monotonic
)


class Clock:
    """Call it for the time: milliseconds since 1970 in UTC."""

    def __init__(
        self,
        wall: Callable[[], int] = wall_clock,
        stopwatch: Callable[[], float] = stopwatch,
    ) -> None:
        """Begin with the time of this machine."""
        self._wall = wall
        self._stopwatch = stopwatch
        self._began = wall() - self._passed()
        self._looked_at = -1
        self._is_told = False
        self._doubted: int | None = None
        self._doubted_at = 0

    def __call__(self) -> int:
        """Return the time."""
        passed = self._passed()
        if passed != self._looked_at and not self._is_told:
            self._looked_at = passed
            self._follow(self._wall() - passed, passed, noise=0)
        return self._began + passed

    def heard(self, told: int) -> None:
        """Take the time that a database has just told; from now on that of this machine
        does not matter."""
        passed = self._passed()
        if not self._is_told:
            self._is_told = True
            self._began, self._doubted = told - passed, None
        self._follow(told - passed, passed, noise=NOISE_MS)

    def _passed(self) -> int:
        return round(self._stopwatch() * 1000)

    def _follow(self, began: int, passed: int, *, noise: int) -> None:
        off = began - self._began
        if abs(off) <= JUMP_MS:
            self._doubted = None
            if abs(off) > noise:
                self._began = began
        elif self._doubted is None or abs(began - self._doubted) > JUMP_MS:
            self._doubted, self._doubted_at = began, passed
            logger.warning(
                "the clock has jumped by %d s, which is not believed for %d s",
                off // 1000,
                BELIEVE_SECONDS,
            )
        elif passed - self._doubted_at >= BELIEVE_SECONDS * 1000:
            self._began, self._doubted = began, None
            logger.warning("the clock has jumped by %d s, and is believed now", off // 1000)
