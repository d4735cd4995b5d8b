"""What happened in a run, as the clients saw it: the only thing that the checker knows.

Times are seconds since the beginning of the run. A connection's name is its own; a device
(one page or app of somebody) has one after the other.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec

# A send, a mark or a socket that nobody answered.
CLOSED = "closed"
# A count that nobody can compare.
UNKNOWN = -1


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened."""

    at: float


class Begun(Happened, tag="begun", frozen=True):
    """A fault begins."""

    fault: str


class Healed(Happened, tag="healed", frozen=True):
    """Everything that was broken runs again, or may."""

    fault: str


class Quiet(Happened, tag="quiet", frozen=True):
    """All who talked know what became of their messages; nobody talks any more."""


class Opened(Happened, tag="opened", frozen=True):
    """A connection, asked for at that time, has had its `hello`."""

    asked_at: float
    connection: str
    user: str
    session: str


class Closed(Happened, tag="closed", frozen=True):
    """A connection has ended; 1006 without a close frame."""

    connection: str
    code: int


class Tried(Happened, tag="tried", frozen=True):
    """A send was written."""

    connection: str
    user: str
    conversation: str
    key: str
    text: str


class Answered(Happened, tag="answered", frozen=True):
    """What became of a send: its place, or an error's code, or CLOSED."""

    connection: str
    user: str
    conversation: str
    key: str
    seq: int = 0
    is_duplicate: bool = False
    code: str = ""


class Arrived(Happened, tag="arrived", frozen=True):
    """A message reached a connection, as an event or as the answer to its own send."""

    connection: str
    conversation: str
    seq: int


class Resynced(Happened, tag="resynced", frozen=True):
    """A connection was told that it may have missed something."""

    connection: str


class Marked(Happened, tag="marked", frozen=True):
    """A connection was told a member's marks."""

    connection: str
    conversation: str
    user: str
    received: int
    read: int


class Told(Happened, tag="told", frozen=True):
    """A connection was told whether somebody is online, by an event or (`is_asked`) by `sync`."""

    connection: str
    user: str
    online: bool
    is_asked: bool


class MarkKept(Happened, tag="mark_kept", frozen=True):
    """The own wish to have read so far was acknowledged."""

    user: str
    conversation: str
    seq: int


class Changed(Happened, tag="changed", frozen=True):
    """The own change of a message was acknowledged."""

    user: str
    conversation: str
    seq: int
    rev: int


class Ended(Happened, tag="ended", frozen=True):
    """The end of a session was acknowledged."""

    session: str


class Copy(Happened, tag="copy", frozen=True):
    """What somebody holds of a conversation, or (`is_truth`) what a server shows of it to
    who asks anew, when all are as good as they get."""

    holder: str
    conversation: str
    messages: dict[int, dict[str, Any]]
    marks: dict[str, tuple[int, int]]
    unread: int = 0
    reader: str = ""
    is_truth: bool = False


class Shown(Happened, tag="shown", frozen=True):
    """Whether a device takes somebody to be online, in the end, and whether they are."""

    holder: str
    user: str
    online: bool
    is_online: bool


class Complaint(Happened, tag="complaint", frozen=True):
    """Something that is wrong wherever it is seen (a frame that is none, a traceback)."""

    text: str


Event = (
    Begun
    | Healed
    | Quiet
    | Opened
    | Closed
    | Tried
    | Answered
    | Arrived
    | Resynced
    | Marked
    | Told
    | MarkKept
    | Changed
    | Ended
    | Copy
    | Shown
    | Complaint
)


class History:
    """Events in the order in which they were seen."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._began = time.monotonic()

    def now(self) -> float:
        """Return the seconds since the beginning."""
        return time.monotonic() - self._began

    def add(self, event: Event) -> None:
        """Append what has just been seen."""
        self.events.append(event)

    def write(self, path: Path) -> None:
        """Keep it: a line of JSON for each event."""
        lines = b"\n".join(map(msgspec.json.encode, self.events))
        path.write_bytes(lines + b"\n")


def read(path: Path) -> list[Event]:
    """Return the events of a file."""
    decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
    return [decoder.decode(line) for line in path.read_bytes().splitlines()]
