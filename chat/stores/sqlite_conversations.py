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
    Member,
    Page,
    Summary,
    User,
    UserId,
)
from chat.stores.rules import (
    LISTED_MEMBERS,
    in_order,
    pair_key,
    place,
    read_cursor,
    write_cursor,
)
from chat.stores.sqlite_rows import (
    MESSAGE,
    USER,
    ConversationRow,
    MessageRow,
    UserRow,
    decode_strings,
    member,
    message,
    one,
    user,
)

Connection = sqlite3.Connection

# Whether the members of conversation `{number}` are few enough to be listed.
_IS_LISTED = (
    "(SELECT count(*) FROM (SELECT 1 FROM members WHERE conversation = {number}"
    f" LIMIT {LISTED_MEMBERS + 1})) <= {LISTED_MEMBERS}"
)

# A conversation as JSON; `c` is its row.
_CONVERSATION = (
    "json_array(c.id, c.kind, c.title, c.head, c.rev, c.updated,"
    " json((SELECT json_group_array(json_array(u.id, m.role, m.received, m.read))"
    " FROM members m CROSS JOIN users u ON u.number = m.user"
    " WHERE m.conversation = c.number)))"
)

# Three texts about the conversations of `{page}`, which gives their numbers and the viewer's:
# their rows, their last messages, and their members that are `{named}`. Flat, since members
# as JSON inside their conversations took 1.5 times as long (measured).
_SUMMARIES = f"""
    WITH page(number, viewer) AS MATERIALIZED ({{page}})
    SELECT
        (SELECT json_group_array(json_array(c.number, c.id, c.kind, c.title, c.head, c.rev,
            c.updated, c.live - mine.sent - mine.passed))
        FROM page CROSS JOIN conversations c ON c.number = page.number
        CROSS JOIN members mine
            ON mine.conversation = page.number AND mine.user = page.viewer),
        (SELECT json_group_array(json_array(c.number, {MESSAGE}))
        FROM page CROSS JOIN conversations c ON c.number = page.number
        CROSS JOIN messages m ON m.number = c.latest
        CROSS JOIN users u ON u.number = m.sender),
        (SELECT json_group_array(json_array(m.conversation, m.role, m.received, m.read,
            json_array({USER})))
        FROM page CROSS JOIN members m ON m.conversation = page.number
        CROSS JOIN users u ON u.number = m.user
        WHERE {{named}})
    """
_NAMED = f"m.user = page.viewer OR {_IS_LISTED.format(number='page.number')}"

_ONE = (
    "SELECT c.number, me.number FROM conversations c CROSS JOIN users me"
    " CROSS JOIN members mine ON mine.conversation = c.number AND mine.user = me.number"
    " WHERE c.id = ? AND me.id = ?"
)
_LATEST = (
    "SELECT c.number, me.number FROM users me"
    " CROSS JOIN members mine ON mine.user = me.number"
    " CROSS JOIN conversations c ON c.number = mine.conversation"
    " WHERE me.id = ? AND c.head > 0{} ORDER BY c.updated DESC, c.id DESC LIMIT ?"
)
_BEFORE = " AND (c.updated, c.id) < (?, ?)"

_SummaryRow = tuple[int, str, str, str | None, int, int, int, int]
_PersonRow = tuple[int, str, int, int, UserRow]

_decode_conversation = msgspec.json.Decoder(ConversationRow).decode
_decode_lasts = msgspec.json.Decoder(list[tuple[int, MessageRow]]).decode
_decode_summaries = msgspec.json.Decoder(list[_SummaryRow]).decode
_decode_people = msgspec.json.Decoder(list[_PersonRow]).decode


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
    found, _ = _summaries(db, _SUMMARIES.format(page=_ONE, named="TRUE"), conversation, user)
    return found[0] if found else None


def summaries(db: Connection, user: UserId, cursor: str | None, limit: int) -> Page:
    """See `Store.summaries`."""
    before = () if cursor is None else read_cursor(cursor)
    page = _LATEST.format(_BEFORE if before else "")
    query = _SUMMARIES.format(page=page, named=_NAMED)
    found, users = _summaries(db, query, user, *before, limit + 1)
    found.sort(key=place, reverse=True)
    if len(found) <= limit:
        return Page(found, None, users)
    return Page(found[:limit], write_cursor(*place(found[limit - 1])), users)


def contacts(db: Connection, user: UserId) -> set[UserId]:
    """See `Store.contacts`."""
    rows = one(
        db,
        "SELECT json_group_array(DISTINCT u.id) FROM users me"
        " CROSS JOIN members mine ON mine.user = me.number"
        " CROSS JOIN conversations c ON c.number = mine.conversation"
        " CROSS JOIN members m ON m.conversation = c.number AND m.user <> mine.user"
        " CROSS JOIN users u ON u.number = m.user"
        f" WHERE me.id = ? AND c.head > 0 AND {_IS_LISTED.format(number='c.number')}",
        user,
    )
    return {UserId(found) for found in decode_strings(rows)}


def _load(db: Connection, which: str, value: str) -> Conversation | None:
    row = one(
        db,
        f"SELECT {_CONVERSATION} FROM conversations c WHERE {which}",
        value,
    )
    return None if row is None else _conversation(_decode_conversation(row))


def _conversation(row: ConversationRow) -> Conversation:
    key, kind, title, head, rev, updated, members = row
    places = in_order(map(member, members))
    return Conversation(ConversationId(key), kind, title, places, head, rev, updated)


def _summaries(
    db: Connection, query: str, *values: object
) -> tuple[list[Summary], dict[UserId, User]]:
    """Return what a query of `_SUMMARIES` finds: the summaries, and their members as users."""
    rows, messages, people = db.execute(query, values).fetchone()
    lasts = {number: message(row) for number, row in _decode_lasts(messages)}
    members: dict[int, list[Member]] = {}
    users: dict[UserId, User] = {}
    for number, role, received, read, person in _decode_people(people):
        member = user(person)
        users[member.id] = member
        members.setdefault(number, []).append(Member(member.id, role, received, read))
    found = []
    for number, key, kind, title, head, rev, updated, unread in _decode_summaries(rows):
        places = in_order(members[number])
        conversation = Conversation(ConversationId(key), kind, title, places, head, rev, updated)
        found.append(Summary(conversation, lasts.get(number), unread))
    return found, users
