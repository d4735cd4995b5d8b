"""Accounts, sessions and attempts in SQLite: functions of a connection, run by
`chat.stores.sqlite` inside a transaction."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Mapping, Sequence

import msgspec

from chat.errors import Conflict, Unauthorized
from chat.models import Account, Session, SessionId, User, UserId
from chat.stores.base import search_words
from chat.stores.sqlite_rows import USER, decode_strings, decode_users, one, to_json, user

Connection = sqlite3.Connection

ACCOUNT = f"{USER}, u.password_hash, u.created, u.disabled"
SESSION = "s.id, u.id, s.created, s.last_seen, s.address, s.agent"

# Rows that one attempt clears away: more than it adds, so that the table does not grow
# with the number of those who ever tried.
PRUNED_ATTEMPTS = 100

_OF_KEYS = "key IN (SELECT value FROM json_each(?))"

# What began later than now was counted before the clock was put back: it would last too long.
_RUNS = "(began <= ? AND ends > ?)"

_BCRYPT = re.compile(r"\$2[abxy]?\$(\d\d)\$")


def add_user(db: Connection, account: Account) -> None:
    """See `Store.add_user`."""
    new = account.user
    taken = one(db, "SELECT id FROM users WHERE username = ?", new.username)
    if taken == new.id:  # Asked again after an unknown outcome.
        return
    if taken is not None:
        raise Conflict("This username is taken.", field="username")
    number = db.execute(
        "INSERT INTO users (id, username, name, password_hash, password_cost, created,"
        " disabled, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new.id,
            new.username,
            new.name,
            account.password_hash,
            _cost(account.password_hash),
            account.created,
            account.disabled,
            new.last_seen,
        ),
    ).lastrowid
    _add_words(db, number, new)


def account(db: Connection, user: UserId) -> Account | None:
    """See `Store.account`."""
    return _account(db.execute(f"SELECT {ACCOUNT} FROM users u WHERE u.id = ?", (user,)).fetchone())


def account_named(db: Connection, username: str) -> Account | None:
    """See `Store.account_named`."""
    return _account(
        db.execute(f"SELECT {ACCOUNT} FROM users u WHERE u.username = ?", (username,)).fetchone()
    )


def accounts(db: Connection, after: str, limit: int) -> list[Account]:
    """See `Store.accounts`."""
    rows = db.execute(
        f"SELECT {ACCOUNT} FROM users u WHERE u.username > ? ORDER BY u.username LIMIT ?",
        (after, limit),
    )
    return [found for row in rows.fetchall() if (found := _account(row)) is not None]


def users(db: Connection, ids: Collection[UserId]) -> dict[UserId, User]:
    """See `Store.users`."""
    rows = one(
        db,
        f"SELECT json_group_array(json_array({USER}))"
        " FROM json_each(?) i CROSS JOIN users u WHERE u.id = i.value",
        to_json(ids),
    )
    return {found.id: found for found in map(user, decode_users(rows))}


def find_users(db: Connection, prefix: str, limit: int, excluding: UserId) -> list[User]:
    """See `Store.find_users`."""
    end = after_prefix(prefix)
    words = "w.word >= ?" if end is None else "w.word >= ? AND w.word < ?"
    rows = one(
        db,
        f"SELECT json_group_array(json_array({USER})) FROM ("
        " SELECT DISTINCT u.number, u.username FROM search_words w"
        " CROSS JOIN users u ON u.number = w.user"
        f" WHERE {words} AND NOT u.disabled AND u.id <> ? ORDER BY u.username LIMIT ?) page"
        " CROSS JOIN users u ON u.number = page.number",
        prefix,
        *(() if end is None else (end,)),
        excluding,
        limit,
    )
    return sorted(map(user, decode_users(rows)), key=lambda found: found.username)


def after_prefix(prefix: str) -> str | None:
    """Return the least text that is greater than all that begin with `prefix`.

    None if there is no such text: no bound is needed then.
    """
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    if 0xD800 <= following <= 0xDFFF:  # Surrogates are no characters.
        following = 0xE000
    return stem[:-1] + chr(following)


def set_name(db: Connection, user_id: UserId, name: str) -> None:
    """See `Store.set_name`."""
    row = db.execute(f"SELECT u.number, {USER} FROM users u WHERE u.id = ?", (user_id,)).fetchone()
    if row is None:
        return
    number, old = row[0], user(row[1:])
    db.execute("UPDATE users SET name = ? WHERE number = ?", (name, number))
    db.executemany(
        "DELETE FROM search_words WHERE word = ? AND user = ?",
        [(word, number) for word in search_words(old)],
    )
    _add_words(db, number, msgspec.structs.replace(old, name=name))


def set_password(
    db: Connection, user: UserId, password_hash: str, keep: SessionId | None
) -> list[SessionId]:
    """See `Store.set_password`."""
    db.execute(
        "UPDATE users SET password_hash = ?, password_cost = ? WHERE id = ?",
        (password_hash, _cost(password_hash), user),
    )
    return _end(db, user, "s.id IS NOT ?", keep)


def replace_hash(db: Connection, user: UserId, old_hash: str, new_hash: str) -> None:
    """See `Store.replace_hash`."""
    db.execute(
        "UPDATE users SET password_hash = ?, password_cost = ? WHERE id = ? AND password_hash = ?",
        (new_hash, _cost(new_hash), user, old_hash),
    )


def set_disabled(db: Connection, user: UserId, disabled: bool) -> list[SessionId]:
    """See `Store.set_disabled`."""
    db.execute("UPDATE users SET disabled = ? WHERE id = ?", (disabled, user))
    return _end(db, user, "?", True) if disabled else []


def highest_password_cost(db: Connection) -> int:
    """See `Store.highest_password_cost`."""
    return one(db, "SELECT max(password_cost) FROM users") or 0


def touch(db: Connection, users: Mapping[UserId, int], sessions: Mapping[SessionId, int]) -> None:
    """See `Store.touch`."""
    for table, times in (("users", users), ("sessions", sessions)):
        if times:
            db.execute(
                f"UPDATE {table} SET last_seen = i.at FROM (SELECT json_extract(value, '$[0]')"
                " AS id, json_extract(value, '$[1]') AS at FROM json_each(?)) i"
                f" WHERE {table}.id = i.id AND ifnull({table}.last_seen, -1) < i.at",
                (to_json(times.items()),),
            )


def add_session(db: Connection, session: Session, token_hash: bytes, limit: int) -> list[SessionId]:
    """See `Store.add_session`."""
    number = one(db, "SELECT number FROM users WHERE id = ? AND NOT disabled", session.user)
    if number is None:
        raise Unauthorized
    db.execute(
        "INSERT INTO sessions (token_hash, id, user, created, last_seen, address, agent)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (token_hash) DO NOTHING",
        (
            token_hash,
            session.id,
            number,
            session.created,
            session.last_seen,
            session.address,
            session.agent,
        ),
    )
    # The new one stays, even if a clock was put back and it looks the oldest.
    others = [other.id for other in sessions(db, session.user) if other.id != session.id]
    return end_sessions(db, session.user, others[max(limit - 1, 0) :])


def session(db: Connection, token_hash: bytes) -> tuple[Session, User] | None:
    """See `Store.session`."""
    row = db.execute(
        f"SELECT {SESSION}, {USER} FROM sessions s JOIN users u ON u.number = s.user"
        " WHERE s.token_hash = ?",
        (token_hash,),
    ).fetchone()
    return None if row is None else (Session(*row[:6]), user(row[6:]))


def sessions(db: Connection, user: UserId) -> list[Session]:
    """See `Store.sessions`."""
    rows = db.execute(
        f"SELECT {SESSION} FROM users u CROSS JOIN sessions s ON s.user = u.number"
        " WHERE u.id = ? ORDER BY s.last_seen DESC, s.created DESC, s.id",
        (user,),
    )
    return [Session(*row) for row in rows.fetchall()]


def end_sessions(db: Connection, user: UserId, ids: Collection[SessionId]) -> list[SessionId]:
    """See `Store.end_sessions`."""
    if not ids:
        return []
    return _end(db, user, "s.id IN (SELECT value FROM json_each(?))", to_json(ids))


def live_sessions(
    db: Connection, ids: Collection[SessionId], created_after: int, used_after: int
) -> set[SessionId]:
    """See `Store.live_sessions`."""
    rows = one(
        db,
        "SELECT json_group_array(s.id) FROM json_each(?) i CROSS JOIN sessions s"
        " WHERE s.id = i.value AND s.created >= ? AND s.last_seen >= ?",
        to_json(ids),
        created_after,
        used_after,
    )
    return {SessionId(found) for found in decode_strings(rows)}


def expire_sessions(db: Connection, created_before: int, used_before: int) -> int:
    """See `Store.expire_sessions`."""
    return db.execute(
        "DELETE FROM sessions WHERE created < ? OR last_seen < ?",
        (created_before, used_before),
    ).rowcount


def count_attempt(db: Connection, keys: Sequence[str], limit: int, window_ms: int, now: int) -> int:
    """See `Store.count_attempt`."""
    wait = attempts_wait(db, keys, limit, now)
    if wait:
        return wait
    db.execute(f"DELETE FROM attempts WHERE {_OF_KEYS} AND NOT {_RUNS}", (to_json(keys), now, now))
    db.executemany(
        "INSERT INTO attempts (key, count, began, ends) VALUES (?, 1, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET count = count + 1",
        [(key, now, now + window_ms) for key in dict.fromkeys(keys)],
    )
    db.execute(
        "DELETE FROM attempts WHERE key IN"
        " (SELECT key FROM attempts WHERE ends <= ? ORDER BY ends LIMIT ?)",
        (now, PRUNED_ATTEMPTS),
    )
    return 0


def attempts_wait(db: Connection, keys: Sequence[str], limit: int, now: int) -> int:
    """See `Store.attempts_wait`."""
    ends = one(
        db,
        f"SELECT max(ends) FROM attempts WHERE {_OF_KEYS} AND count >= ? AND {_RUNS}",
        to_json(keys),
        limit,
        now,
        now,
    )
    return 0 if ends is None else ends - now


def forget_attempts(db: Connection, keys: Sequence[str]) -> None:
    """See `Store.forget_attempts`."""
    db.execute(f"DELETE FROM attempts WHERE {_OF_KEYS}", (to_json(keys),))


def _account(row: tuple[str, str, str, int | None, str, int, int] | None) -> Account | None:
    if row is None:
        return None
    return Account(user(row[:4]), row[4], row[5], bool(row[6]))


def _add_words(db: Connection, number: int | None, user: User) -> None:
    db.executemany(
        "INSERT INTO search_words (word, user) VALUES (?, ?)",
        [(word, number) for word in search_words(user)],
    )


def _end(db: Connection, user: UserId, which: str, value: object) -> list[SessionId]:
    """Delete the sessions of a user that fulfil a condition; return their ids."""
    ended = one(
        db,
        "SELECT json_group_array(s.id) FROM users u CROSS JOIN sessions s ON s.user = u.number"
        f" WHERE u.id = ? AND {which}",
        user,
        value,
    )
    db.execute("DELETE FROM sessions WHERE id IN (SELECT value FROM json_each(?))", (ended,))
    return [SessionId(found) for found in decode_strings(ended)]


def _cost(password_hash: str) -> int:
    """Return the cost of a bcrypt hash, 0 for anything else."""
    found = _BCRYPT.match(password_hash)
    return int(found[1]) if found else 0
