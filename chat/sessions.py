"""Who is signed in: tokens, their ages, and their end everywhere.

The store keeps the SHA-256 of a token, never the token: who reads the database cannot
sign in with what is there. (No salt and no bcrypt: a token has 256 random bits.) HTTP
requests and handshakes ask the store; open sockets live on until they are told, and a
look every half minute bounds what a lost message can do.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable
from itertools import islice

from msgspec.structs import replace

from chat.errors import NotFound, Unauthorized, Unavailable
from chat.hub import Hub
from chat.models import Session, SessionId, User, UserId, new_session_id
from chat.protocol import SESSION_ENDED
from chat.stores.base import Store

logger = logging.getLogger("parley.sessions")

# OWASP Session Management: bound what one account can pile up; the oldest ends.
MAX_SESSIONS = 100
MAX_AGENT_CHARACTERS = 200
TOKEN_BYTES = 32
# A change by another process (`parley user passwd`) closes sockets within a second.
WATCH_SECONDS = 0.4
RECHECK_SECONDS = 25.0
EXPIRE_SECONDS = 3600.0
# Last seen is written so often at most; a crash loses no more.
TOUCH_SECONDS = 60.0
# Nobody waits for it, and a crowd that returns needs no commit each: so many at a time, a
# millisecond of the store's. (Measured while 10,000 come back after more than a minute: 950 µs of
# the server's time each instead of 1,330.)
TOUCHED_AT_ONCE = 50
# Of a limit, what may pass before it is looked at or pushed on: short limits stay true.
PART_OF_LIMIT = 0.1

LOGOUT = "logout"
PASSWORD_CHANGED = "password_changed"  # noqa: S105 (a reason, no password)
REVOKED = "revoked"
EXPIRED = "expired"


def hash_token(token: str) -> bytes:
    """Return what the store knows a token by."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


class Sessions:
    """Begins, finds and ends sessions."""

    def __init__(
        self,
        store: Store,
        hub: Hub,
        now: Callable[[], int],
        *,
        idle_seconds: int,
        max_seconds: int,
    ) -> None:
        """Sessions end `idle_seconds` after their last use, `max_seconds` after their start."""
        self._store = store
        self._hub = hub
        self._now = now
        self._idle_ms = idle_seconds * 1000
        self._max_ms = max_seconds * 1000
        self.touch_seconds = min(TOUCH_SECONDS, idle_seconds * PART_OF_LIMIT)
        shortest = min(idle_seconds, max_seconds)
        self._recheck_seconds = min(RECHECK_SECONDS, max(1.0, shortest * PART_OF_LIMIT))
        self._used: dict[SessionId, int] = {}  # since the store was told

    async def begin(self, user: UserId, address: str, agent: str) -> tuple[Session, str]:
        """Sign a user in; return the session and its token, which is told only once.

        Raises:
            Unauthorized: the account was switched off a moment ago.
        """
        now = self._now()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        session = Session(new_session_id(), user, now, now, address, agent[:MAX_AGENT_CHARACTERS])
        ended = await self._store.add_session(session, hash_token(token), MAX_SESSIONS)
        self._hub.end_sessions(user, ended, REVOKED)
        return session, token

    async def find(self, token: str) -> tuple[Session, User]:
        """Return the living session of a token, and its user.

        Raises:
            Unauthorized: it ended, aged, or never was.
            Unavailable: the store cannot say.
        """
        found = await self._store.session(hash_token(token))
        if found is None:
            raise Unauthorized
        session, user = self._as_used(found[0]), found[1]
        now = self._now()
        if not self._is_alive(session, now):
            raise Unauthorized
        if session.last_seen <= now - self.touch_seconds * 1000:
            self._used[session.id] = now
        return session, user

    async def list(self, user: UserId) -> list[Session]:
        """Return the user's living sessions, the last used first."""
        now = self._now()
        found = map(self._as_used, await self._store.sessions(user))
        alive = [session for session in found if self._is_alive(session, now)]
        return sorted(alive, key=lambda session: session.last_seen, reverse=True)

    async def end(self, user: UserId, session: SessionId, reason: str) -> None:
        """End one of the user's sessions and close its sockets everywhere.

        Raises:
            NotFound: the user has no such session.
        """
        ended = await self._store.end_sessions(user, [session])
        if not ended:
            raise NotFound("There is no such session.")
        self._hub.end_sessions(user, ended, reason)

    async def end_others(self, user: UserId, keep: SessionId) -> None:
        """End all of the user's sessions but one, and close their sockets everywhere."""
        others = [each.id for each in await self._store.sessions(user) if each.id != keep]
        ended = await self._store.end_sessions(user, others)
        self._hub.end_sessions(user, ended, REVOKED)

    async def expire(self) -> None:
        """Delete sessions past their age, now and then.

        Not at the start: the clock of a machine that has just booted may be wrong.
        """
        while True:
            await asyncio.sleep(EXPIRE_SECONDS)
            now = self._now()
            try:
                await self._store.expire_sessions(now - self._max_ms, now - self._idle_ms)
            except Unavailable:
                pass  # the next round does it
            except Exception:
                logger.exception("expiring sessions")

    async def write_uses(self) -> None:
        """Tell the store of some of the sessions that were used, those that wait longest.

        Raises:
            Unavailable: it does not answer; they wait on.
        """
        uses = dict(islice(self._used.items(), TOUCHED_AT_ONCE))
        if uses:
            await self._store.touch({}, uses)
            for session, at in uses.items():
                if self._used[session] == at:
                    del self._used[session]

    async def record(self) -> None:
        """Write down which sessions were used, until cancelled. Apart from `watch`, which must
        not wait for a disk."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                await self.write_uses()
            except Unavailable:
                continue  # they wait on
            except Exception:
                logger.exception("writing which sessions were used")

    async def watch(self) -> None:
        """Close sockets of sessions that ended without a word, until cancelled."""
        loop = asyncio.get_running_loop()
        checked_at = loop.time()
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            due = loop.time() - checked_at >= self._recheck_seconds
            try:
                if due or await self._store.have_sessions_ended():
                    await self._recheck()
                    checked_at = loop.time()
            except Unavailable:
                continue  # asked again in a moment
            except Exception:
                logger.exception("looking for ended sessions")

    def _as_used(self, session: Session) -> Session:
        """Return a session with the last use that is known here."""
        used = self._used.get(session.id, session.last_seen)
        return replace(session, last_seen=used) if used > session.last_seen else session

    def _is_alive(self, session: Session, now: int) -> bool:
        return session.created > now - self._max_ms and session.last_seen > now - self._idle_ms

    async def _recheck(self) -> None:
        connections = list(self._hub.all_connections())
        if not connections:
            return
        now = self._now()
        ids = {connection.session for connection in connections}
        alive = await self._store.live_sessions(ids, now - self._max_ms, now - self._idle_ms)
        gone = ids - alive
        if gone:
            aged = await self._store.live_sessions(gone, 0, 0)
            for connection in connections:
                if connection.session in gone:
                    reason = EXPIRED if connection.session in aged else REVOKED
                    connection.close(SESSION_ENDED, reason)
