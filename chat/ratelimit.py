"""How many frames a user may send.

GCRA, the generic cell rate algorithm (ITU-T I.371, also known as a leaky bucket as a
meter): one timestamp a key, exact, and a burst may be spent at once. The clock is
monotonic, so that a jump of the wall clock neither opens nor shuts the gate.
"""

from __future__ import annotations

from collections.abc import Callable

from chat.models import UserId

BURST_SECONDS = 10
# A flood "went on" when this many times the burst was refused on top of it.
FLOOD_BURSTS = 2
# Users whose time has passed are forgotten when this many are known.
_SWEEP_AT = 10_000


class Meter:
    """Counts events per key against a rate with a burst."""

    def __init__(self, rate: float, burst: float, now: Callable[[], float]) -> None:
        """Allow `rate` events a second, and `burst` at once after a rest."""
        self._interval = 1 / rate
        self._tolerance = (burst - 1) / rate
        self._now = now
        self._due: dict[str, float] = {}

    def wait(self, key: str) -> float:
        """Count one event; return 0 if it is within the rate.

        Else it is not counted, and the seconds until one will be are returned.
        """
        now = self._now()
        due = self._due.get(key, 0.0)
        if due < now:
            due = now
        elif due - now > self._tolerance:
            return due - now - self._tolerance
        if len(self._due) >= _SWEEP_AT and key not in self._due:
            self._due = {name: time for name, time in self._due.items() if time > now}
        self._due[key] = due + self._interval
        return 0.0


class FrameLimit:
    """The frames of each user, over all connections of this process."""

    def __init__(self, rate: int, now: Callable[[], float]) -> None:
        """Allow `rate` frames a second with bursts of ten seconds' worth; 0: any number."""
        burst = rate * BURST_SECONDS
        self._frames = Meter(rate, burst, now) if rate else None
        self._refused = Meter(rate, burst * FLOOD_BURSTS, now) if rate else None

    def wait(self, user: UserId) -> float:
        """Count a frame; return 0 if it may pass, else the seconds until one may."""
        return self._frames.wait(user) if self._frames is not None else 0.0

    def is_flood(self, user: UserId) -> bool:
        """Count a frame that was refused; return whether the user goes on and on."""
        return self._refused is not None and self._refused.wait(user) > 0
