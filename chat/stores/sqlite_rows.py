"""How rows go into SQLite and come out of it in few steps (see `chat.stores.sqlite_threads`).

In: `batches` cuts rows into statements of a few fixed sizes, each of which is compiled
once. Out: a query gathers its rows into one JSON text inside SQLite, and a decoder made
by `decoder` turns that into tuples, in C on both sides.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec

from chat.models import Member, Message, User, UserId, rfc3339

# Rows in one statement. More save little; each size is compiled once for each query. These cut
# up to 128 rows into no more than two (measured: 31 messages were stored in 12 µs each where it
# took five statements, in 10 with two).
SIZES = (*range(1, 16), *range(16, 32, 4), *range(32, 64, 8), *range(64, 129, 16))

# What stands in a query for the rows that it is given.
ROWS = ":rows"

# A message as JSON; `m` is its row, `u` that of its sender.
MESSAGE = (
    "json_array(m.seq, u.id, m.client_id, m.text, m.at, m.reply_to, m.rev, m.edited,"
    " json(m.reactions))"
)
MessageRow = tuple[
    int, str, str, str | None, int, int | None, int, int, dict[str, list[UserId]] | None
]

# A user as columns; `u` is the row.
USER = "u.id, u.username, u.name, u.last_seen"

UserRow = tuple[str, str, str, int | None]

MemberRow = tuple[str, str, int, int]
ConversationRow = tuple[str, str, str | None, int, int, int, list[MemberRow]]

decode_strings = msgspec.json.Decoder(list[str]).decode
decode_users = msgspec.json.Decoder(list[UserRow]).decode
decode_messages = msgspec.json.Decoder(list[MessageRow]).decode


@lru_cache(maxsize=1024)
def _of_rows(query: str, rows: int, columns: int) -> str:
    """Return a query over so many rows: always the same object, which sqlite3 finds sooner."""
    row = "(" + ", ".join("?" * columns) + ")"
    return query.replace(ROWS, f"(VALUES {', '.join([row] * rows)})")


def batches(query: str, rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[str, list[Any]]]:
    """Yield statements over all `rows`, and the values for each, in a row.

    `query` names the rows as `ROWS`, a table with the columns ``column1`` and so on.
    """
    start = 0
    while start < len(rows):
        size = SIZES[bisect_right(SIZES, len(rows) - start) - 1]
        part = rows[start : start + size]
        yield _of_rows(query, size, len(part[0])), list(chain.from_iterable(part))
        start += size


def execute_rows(db: sqlite3.Connection, query: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement that writes over all `rows` (see `batches`)."""
    for statement, values in batches(query, rows):
        db.execute(statement, values)


def to_json(values: Iterable[Any]) -> str:
    """Return `values` as a JSON array, for SQLite's ``json_each``."""
    return msgspec.json.encode(list(values)).decode()


def one(db: sqlite3.Connection, query: str, *values: Any) -> Any:
    """Return the first column of the only row, None if there is no row."""
    row = db.execute(query, values).fetchone()
    return None if row is None else row[0]


def message(row: MessageRow) -> Message:
    """Return a row as a message."""
    seq, sender, client_id, text, at, reply_to, rev, edited, reactions = row
    return Message(
        seq=seq,
        sender=UserId(sender),
        client_id=client_id,
        text=text,
        at=rfc3339(at),
        reply_to=reply_to,
        rev=rev,
        edited=bool(edited),
        deleted=text is None,
        reactions=reactions or {},
    )


def member(row: MemberRow) -> Member:
    """Return a row as a member."""
    user, role, received, read = row
    return Member(UserId(user), role, received, read)


def user(row: UserRow) -> User:
    """Return a row as a user."""
    key, username, name, last_seen = row
    return User(UserId(key), username, name, last_seen)
