"""``python -m tests.load [ROW ...]``: measure the rows, all if none is named."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import uvloop

from tests.load import machine
from tests.load.plan import Plan, Row
from tests.load.report import HEADING, Result
from tests.load.scenarios import ROWS

MAX_ERROR_CHARACTERS = 200

logger = logging.getLogger("parley.load")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the table; 0 if every row could be measured, reached or not."""
    options = _parse(arguments)
    # Not only while the event loop runs: servers are started and awaited without it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    logging.basicConfig(level=logging.INFO, format="%(message)s")  # to standard error
    is_complete = True
    os.sched_setaffinity(0, {machine.CLIENT_CORE})
    with tempfile.TemporaryDirectory(prefix="parley-load-", dir=options.directory) as directory:
        about = f"{machine.describe()}; {machine.describe_disk(Path(directory))}"
        lines = [f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {about}.", "", HEADING]
        print("\n".join(lines), flush=True)
        plan = Plan(Path(directory), options.seed, options.runs, options.seconds)
        end = time.perf_counter() + options.minutes * 60
        for row in [row for row in ROWS if row.name in options.rows] or ROWS:
            began = time.perf_counter()
            try:
                found = [result.row() for result in _measure(row, plan, end - began)]
            except KeyboardInterrupt:
                logger.warning("stopped")
                is_complete = False
                break
            except Exception as error:
                logger.exception("%s", row.name)
                found = [f"| {row.name} | | | | **failed**: {_in_a_cell(error)} |"]
                is_complete = False
            lines += found
            print("\n".join(found), flush=True)
            logger.info("%s took %.0f s", row.name, time.perf_counter() - began)
    lines += ["", f"Seed {plan.seed}; {plan.runs} runs of {plan.seconds:g} s for each rate."]
    print("\n".join(lines[-2:]))
    if options.output:
        options.output.write_text("\n".join(lines) + "\n", "utf-8")
    return 0 if is_complete else 1


def _measure(row: Row, plan: Plan, remaining_seconds: float) -> list[Result]:
    """Measure one row, within its own bound and that of the whole run."""
    seconds = min(row.bound_seconds, remaining_seconds)
    if seconds <= 0:
        raise TimeoutError("no time was left; see --minutes")

    async def bounded() -> list[Result]:
        try:
            async with asyncio.timeout(seconds) as bound:
                return await row.measure(plan)
        except TimeoutError as error:
            if not bound.expired():
                raise
            raise TimeoutError(f"not done after {seconds:.0f} s") from error

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(bounded())


def _in_a_cell(error: Exception) -> str:
    text = " ".join(f"{type(error).__name__}: {error}".replace("|", "/").split())
    return text if len(text) <= MAX_ERROR_CHARACTERS else text[:MAX_ERROR_CHARACTERS] + " ..."


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    names = [row.name for row in ROWS]
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(names))
    parser.add_argument("--runs", type=int, default=3, help="of each rate (3)")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement (4)")
    parser.add_argument("--minutes", type=float, default=9.5, help="for the whole (9.5)")
    parser.add_argument("--seed", type=int, default=1, help="of everything left to chance (1)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the table there, too")
    parser.add_argument("--directory", type=Path, help="for the servers' data (a temporary one)")
    options = parser.parse_args(arguments)
    for name in options.rows:
        if name not in names:
            parser.error(f"there is no row {name}; there are {', '.join(names)}")
    return options


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
