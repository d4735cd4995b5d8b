"""The table of a campaign."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

HEADING = (
    "| Fault | Runs | Acknowledged | Unknown | Lost | Doubled | Reordered | Holes "
    "| Sent after | Same again after | Presence right after | Session shut after "
    "| Broken promises |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)


@dataclass
class Row:
    """What one run has shown; see `tests.faults.checker.Verdict`."""

    seed: int
    fault: str
    kind: str
    seconds: float
    acknowledged: int
    unknown: int
    lost: int
    doubled: int
    reordered: int
    holes: int
    sent_seconds: float
    converge_seconds: float
    presence_seconds: float
    ended_seconds: float
    problems: list[str]

    def __str__(self) -> str:
        return (
            f"seed {self.seed} {self.fault} ({self.kind}): {self.acknowledged} acknowledged, "
            f"{self.unknown} unknown, {self.lost} lost, {self.doubled} doubled, "
            f"{self.reordered} reordered, {self.holes} holes, each sent after "
            f"{self.sent_seconds:.1f} s, the same after "
            f"{self.converge_seconds:.1f} s, presence after {self.presence_seconds:.1f} s, "
            f"a session shut after {self.ended_seconds:.1f} s, "
            f"{len(self.problems)} broken promises; {self.seconds:.0f} s"
        )


def table(rows: Sequence[Row]) -> str:
    """Return a line for each fault and cluster, and one for all."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[f"{row.fault} ({row.kind})"].append(row)
    lines = [_line(name, some) for name, some in groups.items()]
    return "\n".join([HEADING, *lines, _line("**all**", rows)])


def _line(name: str, rows: Sequence[Row]) -> str:
    counts = ("acknowledged", "unknown", "lost", "doubled", "reordered", "holes")
    cells = [f"{sum(getattr(row, count) for row in rows):,}" for count in counts]
    sent = max((row.sent_seconds for row in rows), default=0.0)
    slowest = max((row.converge_seconds for row in rows), default=0.0)
    presence = max((row.presence_seconds for row in rows), default=0.0)
    ended = max((row.ended_seconds for row in rows), default=0.0)
    broken = sum(len(row.problems) for row in rows)
    return (
        f"| {name} | {len(rows)} | {' | '.join(cells)} "
        f"| {sent:.1f} s | {slowest:.1f} s | {presence:.1f} s | {ended:.1f} s | {broken} |"
    )
