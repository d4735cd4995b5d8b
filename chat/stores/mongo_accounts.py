"""Accounts, sessions and attempts in MongoDB: functions of its collections, run by
`chat.stores.mongo`; those that take a `session` in a transaction."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from chat.errors import Conflict, Unauthorized
from chat.models import Account, Session, SessionId, User, UserId
from chat.stores.base import search_words
from chat.stores.mongo_schema import USERS_BY_WORD, Collections, Document, beat

_BCRYPT = re.compile(r"\$2[abxy]?\$(\d\d)\$")

# Of a user what others may see.
_PUBLIC = {"username": 1, "name": 1, "last_seen": 1}


async def add_user(db: Collections, account: Account) -> None:
    """See `Store.add_user`."""
    new = account.user
    try:
        await db.users.insert_one(
            {
                "_id": new.id,
                "username": new.username,
                "name": new.name,
                "words": search_words(new),
                **_secret(account.password_hash),
                "created": account.created,
                "disabled": account.disabled,
                "last_seen": new.last_seen,
            }
        )
    except DuplicateKeyError:
        # Whatever stands in the way may not be held by a majority yet.
        await beat(db)
        taken = await db.users.find_one({"username": new.username}, {"_id": 1})
        if taken is None or taken["_id"] != new.id:
            raise Conflict("This username is taken.", field="username") from None


async def account(db: Collections, user: UserId) -> Account | None:
    """See `Store.account`."""
    return _account(await db.users.find_one({"_id": user}))


async def account_named(db: Collections, username: str) -> Account | None:
    """See `Store.account_named`."""
    return _account(await db.users.find_one({"username": username}))


async def accounts(db: Collections, after: str, limit: int) -> list[Account]:
    """See `Store.accounts`."""
    page = db.users.find({"username": {"$gt": after}}, sort=[("username", 1)], limit=limit)
    return [found for row in await page.to_list(None) if (found := _account(row)) is not None]


async def users(db: Collections, ids: Collection[UserId]) -> dict[UserId, User]:
    """See `Store.users`."""
    if not ids:
        return {}
    cursor = db.users.find({"_id": {"$in": list(ids)}}, _PUBLIC)
    return {found["_id"]: _user(found) for found in await cursor.to_list(None)}


async def find_users(db: Collections, prefix: str, limit: int, excluding: UserId) -> list[User]:
    """See `Store.find_users`."""
    cursor = db.users.find(
        {
            # All of it escaped, MongoDB reads this as a range of its index.
            "words": {"$regex": f"^{re.escape(prefix)}"},
            "disabled": False,
            "_id": {"$ne": excluding},
        },
        _PUBLIC,
        sort=[("username", 1)],
        limit=limit,
        hint=USERS_BY_WORD,
    )
    return [_user(found) for found in await cursor.to_list(None)]


async def set_name(db: Collections, user: UserId, name: str) -> None:
    """See `Store.set_name`."""
    found = await db.users.find_one({"_id": user}, {"username": 1})
    if found is not None:
        words = search_words(User(user, found["username"], name))
        await db.users.update_one({"_id": user}, {"$set": {"name": name, "words": words}})


async def set_password(
    db: Collections,
    session: Any,
    user: UserId,
    password_hash: str,
    keep: SessionId | None,
) -> list[SessionId]:
    """See `Store.set_password`."""
    await db.users.update_one({"_id": user}, {"$set": _secret(password_hash)}, session=session)
    return await _end(db, session, {"user": user, "_id": {"$ne": keep}})


async def replace_hash(db: Collections, user: UserId, old_hash: str, new_hash: str) -> None:
    """See `Store.replace_hash`."""
    await db.users.update_one({"_id": user, "password_hash": old_hash}, {"$set": _secret(new_hash)})


async def set_disabled(
    db: Collections, session: Any, user: UserId, disabled: bool
) -> list[SessionId]:
    """See `Store.set_disabled`."""
    await db.users.update_one({"_id": user}, {"$set": {"disabled": disabled}}, session=session)
    return await _end(db, session, {"user": user}) if disabled else []


async def highest_password_cost(db: Collections) -> int:
    """See `Store.highest_password_cost`."""
    found = await db.users.find_one({}, {"password_cost": 1}, sort=[("password_cost", -1)])
    return 0 if found is None else found["password_cost"]


async def touch(
    db: Collections, users: Mapping[UserId, int], sessions: Mapping[SessionId, int]
) -> None:
    """See `Store.touch`."""
    await asyncio.gather(
        *(
            table.bulk_write(
                [UpdateOne({"_id": key}, {"$max": {"last_seen": at}}) for key, at in times.items()],
                ordered=False,
            )
            for table, times in ((db.users, users), (db.sessions, sessions))
            if times
        )
    )


async def add_session(
    db: Collections, session: Any, new: Session, token_hash: bytes, limit: int
) -> list[SessionId]:
    """See `Store.add_session`."""
    # Written, and not only read: a transaction that switches the account off at the same
    # moment must conflict with this one.
    result = await db.users.update_one(
        {"_id": new.user, "disabled": False}, {"$inc": {"logins": 1}}, session=session
    )
    if not result.matched_count:
        raise Unauthorized
    await db.sessions.update_one(
        {"_id": new.id},
        {
            "$setOnInsert": {
                "token_hash": token_hash,
                "user": new.user,
                "created": new.created,
                "last_seen": new.last_seen,
                "address": new.address,
                "agent": new.agent,
            }
        },
        upsert=True,
        session=session,
    )
    cursor = db.sessions.find({"user": new.user}, session=session)
    found = _last_used_first(await cursor.to_list(None))
    # The new one stays, even if a clock was put back and it looks the oldest.
    others = [other.id for other in found if other.id != new.id]
    return await _end(db, session, {"_id": {"$in": others[max(limit - 1, 0) :]}})


async def session(db: Collections, token_hash: bytes) -> tuple[Session, User] | None:
    """See `Store.session`."""
    cursor = db.sessions.aggregate(
        [
            {"$match": {"token_hash": token_hash}},
            {
                "$lookup": {
                    "from": "users",
                    "localField": "user",
                    "foreignField": "_id",
                    "as": "who",
                }
            },
        ]
    )
    for found in await cursor.to_list(None):
        for who in found["who"]:
            return _session(found), _user(who)
    return None


async def sessions(db: Collections, user: UserId) -> list[Session]:
    """See `Store.sessions`."""
    return _last_used_first(await db.sessions.find({"user": user}).to_list(None))


async def end_sessions(
    db: Collections, session: Any, user: UserId, ids: Collection[SessionId]
) -> list[SessionId]:
    """See `Store.end_sessions`."""
    return await _end(db, session, {"user": user, "_id": {"$in": list(ids)}})


async def live_sessions(
    db: Collections, ids: Collection[SessionId], created_after: int, used_after: int
) -> set[SessionId]:
    """See `Store.live_sessions`."""
    if not ids:
        return set()
    cursor = db.sessions.find(
        {
            "_id": {"$in": list(ids)},
            "created": {"$gte": created_after},
            "last_seen": {"$gte": used_after},
        },
        {"_id": 1},
        hint="_id_",
    )
    return {found["_id"] for found in await cursor.to_list(None)}


async def expire_sessions(db: Collections, created_before: int, used_before: int) -> int:
    """See `Store.expire_sessions`."""
    result = await db.sessions.delete_many(
        {"$or": [{"created": {"$lt": created_before}}, {"last_seen": {"$lt": used_before}}]}
    )
    return int(result.deleted_count)


async def count_attempt(
    db: Collections, session: Any, keys: Sequence[str], limit: int, window_ms: int, now: int
) -> int:
    """See `Store.count_attempt`."""
    if not keys:
        return 0
    cursor = db.attempts.find({"_id": {"$in": list(keys)}}, session=session)
    found = await cursor.to_list(None)
    wait = _wait(found, limit, now)
    if wait:
        return wait
    running = {count["_id"]: count for count in found if _runs(count, now)}
    await db.attempts.bulk_write(
        [
            UpdateOne(
                {"_id": key},
                [
                    {
                        "$set": {
                            "count": running[key]["count"] + 1 if key in running else 1,
                            "began": running[key]["began"] if key in running else now,
                            "ends": running[key]["ends"] if key in running else now + window_ms,
                            # By the clock of who deletes it.
                            "expires": {"$add": ["$$NOW", window_ms]},
                        }
                    }
                ],
                upsert=True,
            )
            for key in dict.fromkeys(keys)
        ],
        session=session,
    )
    return 0


async def attempts_wait(db: Collections, keys: Sequence[str], limit: int, now: int) -> int:
    """See `Store.attempts_wait`."""
    cursor = db.attempts.find({"_id": {"$in": list(keys)}})
    return _wait(await cursor.to_list(None), limit, now)


async def forget_attempts(db: Collections, keys: Sequence[str]) -> None:
    """See `Store.forget_attempts`."""
    await db.attempts.delete_many({"_id": {"$in": list(keys)}})


async def note_end(db: Collections) -> None:
    """Let other processes notice that sessions have ended."""
    await db.meta.update_one({"_id": "sessions"}, {"$inc": {"ended": 1}}, upsert=True)


async def noted_ends(db: Collections) -> int:
    """Return a number that grows when sessions end."""
    found = await db.meta.find_one({"_id": "sessions"})
    return 0 if found is None else int(found["ended"])


async def _end(db: Collections, session: Any, which: Document) -> list[SessionId]:
    """Delete the sessions that fulfil a condition; return their ids."""
    cursor = db.sessions.find(which, {"_id": 1}, session=session)
    ended = [found["_id"] for found in await cursor.to_list(None)]
    if ended:
        await db.sessions.delete_many({"_id": {"$in": ended}}, session=session)
    return ended


def _account(row: Document | None) -> Account | None:
    if row is None:
        return None
    return Account(_user(row), row["password_hash"], row["created"], row["disabled"])


def _user(row: Document) -> User:
    return User(row["_id"], row["username"], row["name"], row["last_seen"])


def _session(row: Document) -> Session:
    return Session(
        id=row["_id"],
        user=row["user"],
        created=row["created"],
        last_seen=row["last_seen"],
        address=row["address"],
        agent=row["agent"],
    )


def _last_used_first(rows: Sequence[Document]) -> list[Session]:
    found = [_session(row) for row in rows]
    found.sort(key=lambda session: (-session.last_seen, -session.created, session.id))
    return found


def _runs(count: Document, now: int) -> bool:
    # What began later than now was counted before the clock was put back: it would last
    # too long.
    return bool(count["began"] <= now < count["ends"])


def _wait(counts: Sequence[Document], limit: int, now: int) -> int:
    full = [count["ends"] for count in counts if count["count"] >= limit and _runs(count, now)]
    return max(full) - now if full else 0


def _secret(password_hash: str) -> Document:
    """Return what is kept of a password."""
    found = _BCRYPT.match(password_hash)
    return {"password_hash": password_hash, "password_cost": int(found[1]) if found else 0}
