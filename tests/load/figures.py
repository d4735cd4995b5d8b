"""Figures: the middle and the spread of runs, percentiles, and how they are written."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value that `part` percent of them do not exceed (nearest rank).

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part / 100))]


def spread(values: Sequence[float], form: str = ",.0f") -> str:
    """Return ``median (lowest-highest)``."""
    middle = format(statistics.median(values), form)
    if len(values) == 1:
        return middle
    return f"{middle} ({format(min(values), form)}-{format(max(values), form)})"
