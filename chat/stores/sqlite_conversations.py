"""Conversations and their lists in SQLite: functions of a connection, run by
`chat.stores.sqlite` inside a transaction.

Each list is one statement, so that its parts are of one moment. CROSS JOIN, which SQLite
does not reorder, keeps its plan the same whatever the tables hold.
"""

from __future__ import annotations

import sqlite3

import msgspec

from chat.errors import NotFound
from chat.models import (
    DIRECT,
    Conversation,
    ConversationId,
    Page,
    Summary,
    UserId,
)
from chat.stores.rules import LISTED_MEMBERS, pair_key, place, read_cursor, write_cursor
from chat.stores.sqlite_rows import (
    MESSAGE,
    ConversationRow,
    MessageRow,
    decode_strings,
    member,
    message,
    one,
)
from chat.stores.sqlite_schema import SEQ_BITS

Connection = sqlite3.Connection

_IS_LISTED = (
    f"(SELECT count(*) FROM (SELECT 1 FROM members WHERE conversation = c.number"
    f" LIMIT {LISTED_MEMBERS + 1})) <= {LISTED_MEMBERS}"
)

# A conversation as JSON; `c` is its row, and {} may narrow its members down.
_CONVERSATION = (
    "json_array(c.id, c.kind, c.title, c.head, c.rev, c.updated,"
    " json((SELECT json_group_array(json_array(u.id, m.role, m.received, m.read))"
    " FROM members m CROSS JOIN users u ON u.number = m.user"
    " WHERE m.conversation = c.number{})))"
)

# A summary as JSON; `mine` is the viewer's place in the conversation `c`.
_SUMMARY = (
    "json_array({}, json((SELECT "
    + MESSAGE
    + " FROM messages m CROSS JOIN users u ON u.number = m.sender"
    f" WHERE m.id = (c.number << {SEQ_BITS}) + c.head)), c.live - mine.sent - mine.passed)"
)

_SummaryRow = tuple[ConversationRow, MessageRow | None, int]

_decode_conversation = msgspec.json.Decoder(ConversationRow).decode
_decode_summary = msgspec.json.Decoder(_SummaryRow).decode
_decode_summaries = msgspec.json.Decoder(list[_SummaryRow]).decode


def open_direct(
    db: Connection, conversation: ConversationId, one: UserId, other: UserId, now: int
) -> Conversation:
    """See `Store.open_direct`."""
    found = direct(db, one, other)
    if found is not None:
        return found
    people = sorted({one, other})
    numbers = [
        row[0]
        for person in people
        for row in db.execute("SELECT number FROM users WHERE id = ?", (person,)).fetchall()
    ]
    if len(numbers) < len(people):
        raise NotFound("There is no such user.", field="user")
    number = db.execute(
        "INSERT INTO conversations (id, kind, pair, updated) VALUES (?, ?, ?, ?)",
        (conversation, DIRECT, pair_key(one, other), now),
    ).lastrowid
    db.executemany(
        "INSERT INTO members (conversation, user) VALUES (?, ?)",
        [(number, user) for user in numbers],
    )
    made = direct(db, one, other)
    assert made is not None
    return made


def direct(db: Connection, one: UserId, other: UserId) -> Conversation | None:
    """Return the direct conversation of these two, if there is one."""
    return _load(db, "c.pair = ?", pair_key(one, other))


def conversation(db: Connection, conversation: ConversationId) -> Conversation | None:
    """See `Store.conversation`."""
    return _load(db, "c.id = ?", conversation)


def summary(db: Connection, conversation: ConversationId, user: UserId) -> Summary | None:
    """See `Store.summary`."""
    row = one(
        db,
        f"SELECT {_SUMMARY.format(_CONVERSATION.format(''))} FROM conversations c"
        " CROSS JOIN users me CROSS JOIN members mine"
        " ON mine.conversation = c.number AND mine.user = me.number"
        " WHERE c.id = ? AND me.id = ?",
        conversation,
        user,
    )
    return None if row is None else _summary(_decode_summary(row))


def summaries(db: Connection, user: UserId, cursor: str | None, limit: int) -> Page:
    """See `Store.summaries`."""
    before = None if cursor is None else read_cursor(cursor)
    listed = _CONVERSATION.format(f" AND (m.user = mine.user OR {_IS_LISTED})")
    rows = one(
        db,
        f"SELECT json_group_array({_SUMMARY.format(listed)}) FROM ("
        " SELECT c.number, mine.user FROM users me"
        " CROSS JOIN members mine ON mine.user = me.number"
        " CROSS JOIN conversations c ON c.number = mine.conversation"
        " WHERE me.id = ? AND c.head > 0"
        f"{'' if before is None else ' AND (c.updated, c.id) < (?, ?)'}"
        " ORDER BY c.updated DESC, c.id DESC LIMIT ?) page"
        " CROSS JOIN conversations c ON c.number = page.number"
        " CROSS JOIN members mine ON mine.conversation = c.number AND mine.user = page.user",
        user,
        *(before or ()),
        limit + 1,
    )
    found = [_summary(row) for row in _decode_summaries(rows)]
    found.sort(key=place, reverse=True)
    if len(found) <= limit:
        return Page(found, None)
    return Page(found[:limit], write_cursor(*place(found[limit - 1])))


def contacts(db: Connection, user: UserId) -> set[UserId]:
    """See `Store.contacts`."""
    rows = one(
        db,
        "SELECT json_group_array(DISTINCT u.id) FROM users me"
        " CROSS JOIN members mine ON mine.user = me.number"
        " CROSS JOIN conversations c ON c.number = mine.conversation"
        " CROSS JOIN members m ON m.conversation = c.number AND m.user <> mine.user"
        " CROSS JOIN users u ON u.number = m.user"
        f" WHERE me.id = ? AND c.head > 0 AND {_IS_LISTED}",
        user,
    )
    return {UserId(found) for found in decode_strings(rows)}


def _load(db: Connection, which: str, value: str) -> Conversation | None:
    row = one(
        db,
        f"SELECT {_CONVERSATION.format('')} FROM conversations c WHERE {which}",
        value,
    )
    return None if row is None else _conversation(_decode_conversation(row))


def _conversation(row: ConversationRow) -> Conversation:
    key, kind, title, head, rev, updated, members = row
    members.sort()
    return Conversation(
        id=ConversationId(key),
        kind=kind,
        title=title,
        members=tuple(map(member, members)),
        head=head,
        rev=rev,
        updated=updated,
    )


def _summary(row: _SummaryRow) -> Summary:
    conversation, last, unread = row
    return Summary(
        conversation=_conversation(conversation),
        last=None if last is None else message(last),
        unread=unread,
    )
