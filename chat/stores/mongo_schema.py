"""The collections of a MongoDB store, and how a database comes to have them.

::

    meta           {_id: "schema", version}, {_id: "pulse", beats}, {_id: "sessions", ended}
    users          {_id, username, name, words, password_hash, password_cost, created, …}
    sessions       {_id, token_hash, user, created, last_seen, address, agent}
    attempts       {_id: key, count, began, ends, expires}
    conversations  {_id, kind, title, pair, created, rev, deleted, size}
    members        {conversation, user, role, received, read, own}
    messages       {conversation, seq, sender, nth, client_id, at, text, …}

Nothing about the messages of a conversation is written anywhere but into the messages
themselves, so that nothing can lag behind them after a crash: the newest message *is* the
head, the time and the last line of its conversation, and is found by one step in an index,
for any number of conversations in one command (MongoDB's DISTINCT_SCAN).

Nor is unread counted: a message carries, beside its `seq`, its number among those of its
sender (`nth`). Both are exact, since a message gets its place only if nobody else took it
in between, after one that a majority holds. Of two members the one wrote `nth` of the
first `seq` messages and the other the rest; a member's document keeps the same count at
its `read` mark (`own`). What others wrote since is a subtraction. Deletions are rare: an
index of their own is asked, if the conversation's newest one (`deleted`) is not yet read.

Everything that messages are found by begins with the conversation, so that `messages` and
`members` can be sharded by it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pymongo import ASCENDING, IndexModel
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from chat.errors import StoreError

VERSION = 1

# What the tests run on. Older ones lack things that are relied on here and there.
OLDEST_SERVER = (6, 0)

# Motor's collections, which only `chat.stores.mongo` may name.
Collection = Any
Document = dict[str, Any]

# Named in questions that more than one index could answer: MongoDB would try each of them
# out, time and again, which takes longer than the answer (measured).
MESSAGES_BY_SEQ = "by_seq"
MESSAGES_BY_KEY = "by_key"
MESSAGES_BY_REV = "by_rev"
MESSAGES_DELETED = "deleted"
USERS_BY_WORD = "by_word"
MEMBERS_BY_CONVERSATION = "by_conversation"

# MongoDB allows more, but not the same on every system.
_DATABASE = re.compile(r"[A-Za-z0-9_-]{1,63}")


class Collections(NamedTuple):
    """The collections of one database, with majority writes and reads set."""

    meta: Collection
    users: Collection
    sessions: Collection
    attempts: Collection
    conversations: Collection
    members: Collection
    messages: Collection


def _index(name: str, *fields: str, **options: Any) -> IndexModel:
    return IndexModel([(field, ASCENDING) for field in fields], name=name, **options)


INDEXES: dict[str, list[IndexModel]] = {
    "users": [
        _index("by_username", "username", unique=True),
        _index("by_password_cost", "password_cost"),
        _index(USERS_BY_WORD, "words"),
    ],
    "sessions": [
        _index("by_token", "token_hash", unique=True),
        _index("by_user", "user"),
        _index("by_created", "created"),
        _index("by_last_seen", "last_seen"),
    ],
    # MongoDB deletes what is past `expires`, which it writes by its own clock.
    "attempts": [_index("by_expiry", "expires", expireAfterSeconds=0)],
    "conversations": [
        _index("by_pair", "pair", unique=True, partialFilterExpression={"pair": {"$exists": True}})
    ],
    "members": [
        _index(MEMBERS_BY_CONVERSATION, "conversation", "user", unique=True),
        _index("by_user", "user"),
    ],
    "messages": [
        _index(MESSAGES_BY_SEQ, "conversation", "seq", unique=True),
        _index(MESSAGES_BY_KEY, "conversation", "sender", "client_id", unique=True),
        _index(
            MESSAGES_BY_REV,
            "conversation",
            "rev",
            unique=True,
            partialFilterExpression={"rev": {"$gt": 0}},
        ),
        _index(
            MESSAGES_DELETED,
            "conversation",
            "seq",
            "sender",
            partialFilterExpression={"deleted": True},
        ),
    ],
}


def check_url(url: str) -> str:
    """Return the name of the database that a URL asks for. Looks nothing up.

    Raises:
        ValueError: it is malformed. The text never shows the URL, which holds a password.
    """
    # An SRV record is looked up when connecting; here its host stands for what it names.
    plain = f"mongodb://{url.partition('://')[2]}"
    try:
        parsed = parse_uri(plain, validate=True, warn=False)
    except (PyMongoError, ValueError, TypeError):
        raise ValueError(
            "must be like mongodb://USER:PASSWORD@HOST:27017/DATABASE, with / ? # @ : % in the "
            "password written as %2F and so on, and after a ? only options that MongoDB knows"
        ) from None
    database: str | None = parsed["database"]
    if not database:
        raise ValueError("names no database: end it with one, as in mongodb://HOST/parley")
    if parsed["collection"] or not _DATABASE.fullmatch(database):
        raise ValueError("names a database that is not of 1 to 63 letters, digits, - and _")
    return database


async def set_up(client: Any, db: Collections, name: str) -> None:
    """See that the server will do, and make what is missing. Any number may try at once.

    Raises:
        StoreError: it can never work as it stands.
        PyMongoError: the server is away, or went away.
    """
    try:
        _check_server(await client.admin.command("hello"), await client.server_info())
        await _check_version(db, name)
        await asyncio.gather(
            *(getattr(db, table).create_indexes(models) for table, models in INDEXES.items())
        )
        await db.meta.update_one({"_id": "schema"}, {"$max": {"version": VERSION}}, upsert=True)
        await beat(db)
    except OperationFailure as exc:
        refusal = _refusal(exc, name)
        if refusal is None:
            raise
        raise refusal from exc


async def beat(db: Collections) -> None:
    """Write something that a majority must hold: what was written before is held then too."""
    await db.meta.update_one({"_id": "pulse"}, {"$inc": {"beats": 1}}, upsert=True)


def _check_server(hello: Mapping[str, Any], info: Mapping[str, Any]) -> None:
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise StoreError(
            "This mongod runs alone, and Parley needs a replica set (one member will do): "
            "start it with --replSet rs0 and run once: mongosh --eval 'rs.initiate()'"
        )
    if tuple(info["versionArray"][:2]) < OLDEST_SERVER:
        needed = ".".join(map(str, OLDEST_SERVER))
        raise StoreError(
            f"This MongoDB is version {info['version']}; Parley needs {needed} or newer."
        )


async def _check_version(db: Collections, name: str) -> None:
    """Refuse a database of another program, or of a newer version."""
    schema = await db.meta.find_one({"_id": "schema"})
    if schema is None:
        ours = (db.users, db.sessions, db.conversations, db.members, db.messages)
        found = await asyncio.gather(*(table.find_one({}, {"_id": 1}) for table in ours))
        if any(document is not None for document in found):
            # Unless another process has just made and begun to use it.
            schema = await db.meta.find_one({"_id": "schema"})
            if schema is None:
                raise StoreError(
                    f"The database {name!r} is in use by another program. Choose another name."
                )
    version = 0 if schema is None else int(schema["version"])
    if version > VERSION:
        raise StoreError(
            f"The database {name!r} was made by a newer version of Parley (its version is "
            f"{version}, this program knows {VERSION}). Run that version, or choose another "
            "database."
        )


def _refusal(exc: OperationFailure, name: str) -> StoreError | None:
    """Return what to tell the operator about a refused command; None if it may pass."""
    if exc.code in (11, 18):
        return StoreError(
            "MongoDB does not accept this user name and password. Correct them in the URL "
            "(and add ?authSource=DATABASE if the user was not made in this database or admin)."
        )
    if exc.code == 13:
        return StoreError(
            f"This MongoDB user may not read, write and make indexes in {name!r}. Give the user "
            f"the role readWrite there, or name another in the URL."
        )
    if exc.code in (85, 86):
        return StoreError(
            f"An index in the database {name!r} is not the one that Parley makes. Drop it, or "
            "choose another database."
        )
    return None
