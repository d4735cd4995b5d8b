"""What came out, and the table that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.load.machine import Load

# From here on the rate is that of a shared core; the processor time still counts.
DISTURBED = 0.05


@dataclass(frozen=True, slots=True)
class Result:
    """A line of the table. `cpu` is microseconds of the server's processor time for each
    message (or what the row counts), None where that means nothing."""

    work: str
    reach: str
    measured: str
    is_reached: bool
    cpu: str = "-"
    remarks: Sequence[str] = field(default_factory=list)

    def row(self) -> str:
        """Return it in Markdown."""
        verdict = "reached" if self.is_reached else "**missed**"
        verdict = "; ".join([verdict, *dict.fromkeys(self.remarks)])
        return f"| {self.work} | {self.reach} | {self.measured} | {self.cpu} | {verdict} |"


HEADING = (
    "| work | reach | measured: median (lowest-highest) | server CPU, µs each | verdict |\n"
    "|---|---|---|---|---|"
)


def remarks(loads: Sequence[Load]) -> list[str]:
    """Return what has to be known about the circumstances of some runs."""
    found = []
    if any(load.is_client_bound for load in loads):
        busiest = max(load.client / load.elapsed for load in loads)
        found.append(f"client-bound (the client took {busiest:.0%} of its core)")
    elif any(load.is_client_core_full for load in loads):
        busiest = max(load.client / load.elapsed for load in loads)
        found.append(f"the client's core was full (the client took {busiest:.0%} of it)")
    others = max((load.others for load in loads), default=0.0)
    if others > DISTURBED:
        found.append(f"busy machine: others took up to {others:.0%} of the server's core")
    return found
