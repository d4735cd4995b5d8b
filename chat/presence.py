"""Presence: who is online, and since when they are not.

A user is online while some process holds a connection of theirs on its lease with the
broker. Offline is told after a short grace, so that a page that is loaded again does not
flicker. Presence is told only to people who share a conversation with a message in it.

Events and answers about it race with each other, between processes and with whatever breaks, so
no care taken in telling is enough: every process knows what its connections were told
(`chat.roster`), compares that with the leases every few seconds, and tells what differs.

Last seen is written when somebody comes, leaves, and once a minute in between, so that a
crash costs a minute at most.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import cast

from brokers.base import Broker
from chat.background import Background
from chat.connections import Connection
from chat.envelopes import Seen
from chat.errors import Unavailable
from chat.hub import Hub
from chat.models import SessionId, User, UserId, rfc3339
from chat.protocol import PresenceEvent, UserObject, encode
from chat.stores.base import Store

logger = logging.getLogger("parley.presence")

MAX_CONNECTIONS = 32
# Longer than a page takes to load again; protocol.md allows 10 s until offline is told.
GRACE_SECONDS = 5.0
TOUCH_INTERVAL_SECONDS = 60.0
TICK_SECONDS = 1.0
# What differs at two looks is told: within 5 s, which with the 10 s that a broker takes to settle
# are the 15 s of protocol.md.
LOOK_SECONDS = 2.0
# One write of last-seen times keeps messages waiting, 0.02 ms for each user and more where their
# rows lie apart. So a few at a time, and the next soon: everybody here within 40 s, however many
# came at once.
MIN_TOUCHES = 10
TOUCH_ROUNDS = 400
MORE_TOUCHES_SECONDS = 0.1
MAX_LAST_TOUCHES = 500  # when it stops, and nobody waits
RETRY_SECONDS = 1.0


class Presence:
    """Who is online, as far as this process holds or knows it."""

    def __init__(
        self,
        store: Store,
        broker: Broker,
        hub: Hub,
        now: Callable[[], int],
        *,
        grace_seconds: float = GRACE_SECONDS,
        touch_seconds: float = TOUCH_INTERVAL_SECONDS,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """Make one without anybody; last seen is written every `touch_seconds`."""
        self._touch_seconds = touch_seconds
        self._look_seconds = look_seconds
        self._store = store
        self._broker = broker
        self._hub = hub
        self._now = now
        self._grace_seconds = grace_seconds
        self._leaving: dict[UserId, asyncio.TimerHandle] = {}
        self._touched: OrderedDict[UserId, float] = OrderedDict()
        self._background = Background(logger)

    async def enter(self, connection: Connection) -> bool:
        """Count a connection that was added to the hub, and tell others if it is the first.

        Returns:
            False if the user has too many already; it must then be closed.
        """
        user = connection.user
        here = len(self._hub.connections(user))
        timer = self._leaving.pop(user, None)
        if timer is not None:
            timer.cancel()
        # Not by their count: two that come at once are two, and one of them is the first.
        is_first = user not in self._touched
        if is_first:
            self._touched[user] = 0.0
            self._touched.move_to_end(user, last=False)
        total = await self._broker.hold(user, here)
        if total > MAX_CONNECTIONS:
            return False
        # What others hold is not always known, but what people here were told is.
        if is_first and (total == here or user not in self._hub.roster.online):
            self._background.run(self._tell(user, online=True, last_seen=None))
        return True

    def leave(self, connection: Connection) -> None:
        """Count a connection that was removed from the hub; after the last one, and a
        grace, the user is offline."""
        user = connection.user
        here = len(self._hub.connections(user))
        if here:
            self._background.run(self._hold(user))
        elif user not in self._leaving:
            left_at = self._now()
            self._leaving[user] = asyncio.get_running_loop().call_later(
                self._grace_seconds, lambda: self._background.run(self._gone(user, left_at))
            )

    async def of(
        self, users: Mapping[UserId, User], visible: Collection[UserId]
    ) -> dict[UserId, UserObject]:
        """Return users as a viewer sees them who may know of the presence of `visible`."""
        held = await self._broker.held([user for user in users if user in visible])
        for user in users:
            if user in visible:
                self._hub.roster.showed(user, online=user in held)
        return {
            id_: UserObject(
                id_,
                user.username,
                user.name,
                id_ in held,
                None
                if id_ in held or id_ not in visible or user.last_seen is None
                else rfc3339(user.last_seen),
            )
            for id_, user in users.items()
        }

    async def introduce(self, users: Collection[UserId]) -> None:
        """Tell each of these users the presence of the others."""
        if len(users) < 2:
            return
        objects = await self.of(await self._users(users), users)
        for user, seen in objects.items():
            others = tuple(other for other in users if other != user)
            frame = encode(PresenceEvent(user, seen.online, seen.last_seen))
            self._hub.tell_presence(Seen(user, seen.online, others, frame, is_for_all=False))

    def introduce_soon(self, users: Collection[UserId]) -> None:
        """Do `introduce` in the background."""
        self._background.run(self.introduce(users))

    def departed(self, users: Collection[str]) -> None:
        """Tell that users are gone whose process died (see `brokers.base.Listener`)."""
        for user in users:
            self._background.run(self._departed(UserId(user)))

    def tell_all(self) -> None:
        """Tell that everybody here is online: others were told that they are gone."""
        for user in list(self._touched):
            self._background.run(self._tell(user, online=True, last_seen=None))

    async def watch(self) -> None:
        """Write last-seen times as they fall due, until cancelled."""
        loop = asyncio.get_running_loop()
        is_more = False
        while True:
            await asyncio.sleep(MORE_TOUCHES_SECONDS if is_more else TICK_SECONDS)
            is_more = False
            try:
                is_more = await self._touch_due(loop.time())
            except Unavailable:
                continue  # they stay due
            except Exception:
                logger.exception("writing last-seen times")

    async def reconcile(self) -> None:
        """Tell people here, again and again, what is true and they were not told, until
        cancelled."""
        while True:
            try:
                await self._look()
            except Unavailable:
                pass  # the next look finds it again
            except Exception:
                logger.exception("looking who is online")
            await asyncio.sleep(self._look_seconds)

    async def _look(self) -> None:
        names, is_all = await self._broker.everybody()
        online = cast(set[UserId], names)
        if is_all and not self._hub.count:
            self._hub.roster.begin(online)
            return
        wrong = self._hub.roster.compare(online, is_all=is_all)
        if not wrong:
            return
        users = await self._store.users(wrong)
        count = 0
        for id_ in wrong:
            # Those of this process alone: others look for themselves.
            to = [user for user in await self._store.contacts(id_) if self._hub.connections(user)]
            last_seen = users[id_].last_seen if id_ in users else None
            # Others before it have taken their time, so ask once more.
            is_online = id_ in (await self._broker.held([id_]) if to else online)
            if not is_online and not is_all:
                continue  # Not known to be gone: what was told last stays.
            if not self._hub.roster.is_known(id_, online=is_online):
                self._hub.show_presence(_seen(id_, is_online, last_seen, to))
                count += bool(to)
        if count:
            logger.info("the presence of %d users was told anew", count)

    async def close(self) -> None:
        """Write down when everybody still here was last seen, and let go of them."""
        for timer in self._leaving.values():
            timer.cancel()
        self._leaving.clear()
        await self._background.close()
        users = list(self._touched)
        self._touched.clear()
        now = self._now()
        try:
            for start in range(0, len(users), MAX_LAST_TOUCHES):
                chunk = users[start : start + MAX_LAST_TOUCHES]
                await self._store.touch(dict.fromkeys(chunk, now), {})
        except Unavailable:
            logger.warning("last-seen times could not be written")

    async def _touch_due(self, time: float) -> bool:
        """Write the times of those who are due; return whether there may be more of them."""
        most = max(MIN_TOUCHES, len(self._touched) // TOUCH_ROUNDS)
        due: list[UserId] = []
        for user, touched in self._touched.items():
            if touched > time - self._touch_seconds or len(due) >= most:
                break
            due.append(user)
        if not due:
            return False
        now = self._now()
        sessions: set[SessionId] = {
            connection.session for user in due for connection in self._hub.connections(user)
        }
        await self._store.touch(dict.fromkeys(due, now), dict.fromkeys(sessions, now))
        for user in due:
            if user in self._touched:
                self._touched[user] = time
                self._touched.move_to_end(user)
        return len(due) == most

    async def _gone(self, user: UserId, left_at: int) -> None:
        """The grace is over: if nobody came back, say so."""
        if self._hub.connections(user) or self._leaving.pop(user, None) is None:
            return
        self._touched.pop(user, None)
        elsewhere = await self._broker.hold(user, 0)
        try:
            await self._store.touch({user: left_at}, {})
        except Unavailable:
            logger.warning("a last-seen time could not be written")
        if not elsewhere and not self._hub.connections(user):
            await self._tell(user, online=False, last_seen=left_at)

    async def _hold(self, user: UserId) -> None:
        here = len(self._hub.connections(user))
        if here:  # Else the last has gone since, and its grace decides.
            await self._broker.hold(user, here)

    async def _departed(self, user: UserId) -> None:
        if self._is_here(user) or await self._broker.held([user]):
            return
        found = await self._users([user])
        if user in found:
            await self._tell(user, online=False, last_seen=found[user].last_seen)

    def _is_here(self, user: UserId) -> bool:
        return bool(self._hub.connections(user)) or user in self._leaving

    async def _users(self, ids: Collection[UserId]) -> Mapping[UserId, User]:
        """Return these users, once the store can say."""
        while True:
            try:
                return await self._store.users(ids)
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)

    async def _tell(self, user: UserId, *, online: bool, last_seen: int | None) -> None:
        while True:
            try:
                contacts: Iterable[UserId] = await self._store.contacts(user)
                break
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
        # Whoever came or went in the meantime is told by a later event.
        if online == (self._is_here(user) or bool(await self._broker.held([user]))):
            self._hub.tell_presence(_seen(user, online, last_seen, contacts))


def _seen(user: UserId, online: bool, last_seen: int | None, to: Iterable[UserId]) -> Seen:
    """Return what tells all who may know that somebody is online, or since when not."""
    since = None if online or last_seen is None else rfc3339(last_seen)
    return Seen(user, online, tuple(to), encode(PresenceEvent(user, online, since)))
