"""What became of the messages of one conversation, and what is wrong about it.

A measurement counts only if the promises were kept meanwhile: everything acknowledged is
stored once, in the order sent, and arrived in that order, each message once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

MAX_FAULTS = 5


class Entry(NamedTuple):
    """A message as somebody saw it: the sender's `client_id` and the server's `seq`."""

    client_id: str
    seq: int
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A conversation in which one person sends and the other listens.

    `sent` is in the order sent; the others are as the server told them: answers to the
    sender, events to the receiver, and the history in the end. `before` is the number of
    messages that were there already; nothing is said about them.
    """

    sent: Sequence[tuple[str, str]]
    acknowledged: Sequence[Entry]
    received: Sequence[Entry]
    stored: Sequence[Entry]
    before: int = 0


def faults(record: Record) -> list[str]:
    """Return what is wrong, a sentence each; nothing if every promise was kept."""
    numbered = enumerate(record.sent, start=record.before + 1)
    expected = [Entry(id_, seq, text) for seq, (id_, text) in numbered]
    keys = [entry._replace(text=None) for entry in expected]
    return [
        *_differences("acknowledged", keys, record.acknowledged),
        *_differences("received", expected, record.received),
        *_differences("stored", expected, record.stored),
    ]


def _differences(what: str, expected: Sequence[Entry], found: Sequence[Entry]) -> list[str]:
    """Say how a list that should be `expected` differs from it."""
    if list(found) == list(expected):
        return []
    wanted = {entry.client_id: entry for entry in expected}
    counts = Counter(entry.client_id for entry in found)
    seen = [
        *(f"{id_} was not {what}" for id_ in wanted if id_ not in counts),
        *(f"{id_} was {what} {times} times" for id_, times in counts.items() if times > 1),
        *(f"{id_} was {what} but never sent" for id_ in counts if id_ not in wanted),
    ]
    for entry in found:
        other = wanted.get(entry.client_id, entry)
        if entry.seq != other.seq:
            seen.append(f"{entry.client_id} was {what} as number {entry.seq}, not {other.seq}")
        elif entry != other:
            seen.append(f"{entry.client_id} was {what} with another text")
    numbers = [entry.seq for entry in found]
    if numbers != sorted(numbers):
        seen.append(f"messages were {what} out of order")
    more = len(seen) - MAX_FAULTS
    return [*seen[:MAX_FAULTS], *([f"... and {more} more faults"] if more > 0 else [])]
