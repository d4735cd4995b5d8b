"""Conversations that messages are added to, as the thread that writes remembers them.

To find each of them anew for every commit took a third of the time of its statements
(measured). What is remembered is right as long as nobody else has committed, which SQLite tells
(``PRAGMA data_version``), and nothing of our own was taken back, which shows in the number of
the last message. Here is only what nothing but adding messages changes: where the conversation
ends. That members stay members is relied on, too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from chat.models import ConversationId, NewMessage, UserId
from chat.stores.sqlite_rows import ROWS, batches, one

# Some 1 KiB each: over so many, all are forgotten and found anew. (Where more than these are
# written to, one after the other, a commit takes 1.04 times as long as with nothing remembered.)
MAX_REMEMBERED = 10_000

_decode_found = msgspec.json.Decoder(list[tuple[int, int, int, int, str]]).decode
_decode_noted = msgspec.json.Decoder(tuple[int, list[tuple[int, int]]]).decode

# Place, conversation, sender; number, head, sender's number, recent messages.
_FIND = f"""
    SELECT json_group_array(json_array(i.column1, c.number, c.head, m.user, c.recent_messages))
    FROM {ROWS} i
    CROSS JOIN conversations c ON c.id = i.column2
    CROSS JOIN users u ON u.id = i.column3
    CROSS JOIN members m ON m.conversation = c.number AND m.user = u.number
    """
# Place, conversation, sender, client_id; the number of the last of all messages, and of each
# that is noted under its key.
_FIND_NOTED = f"""
    SELECT json_array((SELECT ifnull(max(number), 0) FROM messages),
        json_group_array(json_array(i.column1, k.message)))
    FROM {ROWS} i
    CROSS JOIN message_keys k
        ON k.conversation = i.column2 AND k.sender = i.column3 AND k.client_id = i.column4
    """


class Growing:
    """A conversation. `added` is what its `recent` messages do not hold yet."""

    __slots__ = ("added", "head", "latest", "members", "number", "recent", "updated")

    def __init__(self, number: int, head: int, recent: str) -> None:
        """Begin with what the file holds: ``number``, ``head`` and ``recent_messages``."""
        self.number = number
        self.head = head
        self.recent = recent
        self.members: dict[UserId, int] = {}  # of those who write here their numbers
        self.added: list[str] = []
        self.latest = self.updated = 0


class GrowingConversations:
    """What one connection remembers from one transaction to the next."""

    def __init__(self) -> None:
        """Remember nothing."""
        self._known: dict[ConversationId, Growing] = {}
        self._db: sqlite3.Connection | None = None
        self._version = 0
        self._last: int | None = None

    def find(
        self, db: sqlite3.Connection, batch: Sequence[NewMessage]
    ) -> tuple[int, list[Growing | None], dict[int, int]]:
        """Return what is known about messages that are to be added; to be called within the
        transaction that adds them, and followed by `keep`.

        Returns:
            The number of the last of all messages; for each of these the conversation, None if
            there is none that its sender is a member of; and by the place in the batch the
            numbers of those whose keys are noted already.
        """
        version = int(one(db, "PRAGMA data_version"))
        if db is not self._db or version != self._version or len(self._known) > MAX_REMEMBERED:
            self._known.clear()
        self._db, self._version = db, version
        before, self._last = self._last, None
        is_remembered = bool(self._known)
        places = self._places(db, batch)
        asked = [
            (index, growing.number, growing.members[new.sender], new.client_id)
            for index, (new, growing) in enumerate(zip(batch, places, strict=True))
            if growing is not None
        ]
        last = before or 0
        noted: dict[int, int] = {}
        for query, values in batches(_FIND_NOTED, asked):
            last, found = _decode_noted(one(db, query, *values))
            noted.update(found)
        if asked and is_remembered and last != before:
            self._known.clear()
            return self.find(db, batch)
        return last, places, noted

    def keep(self, last: int) -> None:
        """Remember what was added, up to the message with this number."""
        self._last = last

    def _places(self, db: sqlite3.Connection, batch: Sequence[NewMessage]) -> list[Growing | None]:
        known = self._known
        unknown = {
            (new.conversation, new.sender)
            for new in batch
            if (growing := known.get(new.conversation)) is None or new.sender not in growing.members
        }
        if unknown:
            asked = [(index, *key) for index, key in enumerate(unknown)]
            for query, values in batches(_FIND, asked):
                for index, number, head, sender, recent in _decode_found(one(db, query, *values)):
                    _, conversation, user = asked[index]
                    if conversation not in known:
                        known[conversation] = Growing(number, head, recent)
                    known[conversation].members[user] = sender
        places = []
        for new in batch:
            growing = known.get(new.conversation)
            places.append(
                growing if growing is not None and new.sender in growing.members else None
            )
        return places
