"""Rooms: the conversations that are talked in, as far as this process knows them.

A room's messages pass a `Stream` that counts their ``seq``, and its changes one that counts
their ``rev``; `chat.delivery` moves them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from chat.connections import Connection
from chat.envelopes import Numbered
from chat.errors import NotFound
from chat.models import Conversation, ConversationId, UserId
from chat.stores.base import Store

MAX_ROOMS = 100_000  # some 500 bytes each; one that is needed again costs a read

Ack = tuple[Connection, bytes]
"""The connection that asked for something, and the answer that it gets."""


class Stream:
    """The place reached in one conversation's count of messages, or of changes."""

    __slots__ = ("acks", "filling", "first", "is_fresh", "last", "waiting")

    def __init__(self, last: int, *, is_fresh: bool) -> None:
        """Begin after `last`, the newest in the store.

        Where it `is_fresh`, other processes may be about to tell of that one and of others
        before it.
        """
        self.first = self.last = last
        self.is_fresh = is_fresh
        self.waiting: dict[int, Numbered] = {}
        self.acks: dict[int, list[Ack]] = {}
        self.filling = False


class Room:
    """What this process knows of a conversation that is talked in."""

    __slots__ = (
        "changes",
        "id",
        "kind",
        "loaded_at",
        "marks",
        "members",
        "messages",
        "moment",
        "topics",
    )

    def __init__(self, conversation: Conversation, moment: int, *, is_fresh: bool) -> None:
        """Begin where the conversation stands in the store; see `Stream` and `Rooms.known`."""
        self.loaded_at = asyncio.get_running_loop().time()
        self.moment = moment
        self.id = conversation.id
        self.kind = conversation.kind
        self.members = tuple(member.user for member in conversation.members)
        self.topics = tuple(map(user_topic, self.members))
        self.marks: dict[UserId, tuple[int, int]] = {}
        self.messages = Stream(conversation.head, is_fresh=is_fresh)
        self.changes = Stream(conversation.rev, is_fresh=is_fresh)

    def move_mark(self, user: UserId, received: int, read: int) -> bool:
        """Note how far a member has received and read; return whether that is news."""
        known_received, known_read = self.marks.get(user, (0, 0))
        if received <= known_received and read <= known_read:
            return False
        self.marks[user] = (max(received, known_received), max(read, known_read))
        return True


def user_topic(user: UserId) -> str:
    """Return the topic on which everything for a user's connections is published."""
    return f"user:{user}"


class Rooms:
    """The rooms of this process. What nobody here is connected for may be out of date."""

    def __init__(self, store: Store, *, is_shared: bool) -> None:
        """Know none yet.

        Args:
            is_shared: other processes may write to the same conversations.
        """
        self._store = store
        self._is_shared = is_shared
        self._rooms: OrderedDict[ConversationId, Room] = OrderedDict()
        self._loading: dict[ConversationId, asyncio.Task[Room]] = {}
        # Counts first connections of users; since which one each user is connected.
        self._moment = 0
        self._since: dict[UserId, int] = {}

    def joined(self, user: UserId) -> None:
        """Note that a user is connected here now, and was not before."""
        if self._is_shared:
            self._moment += 1
            self._since[user] = self._moment

    def left(self, user: UserId) -> None:
        """Note that a user is no longer connected here."""
        self._since.pop(user, None)

    def known(self, conversation: ConversationId) -> Room | None:
        """Return a room that is up to date; None for one that is to be loaded."""
        room = self._rooms.get(conversation)
        if room is None or room.moment == self._moment:
            return room
        # Other processes may have told of what nobody here was connected for, unless one
        # member was connected all the time since the room was known to be right.
        since = self._since
        if any(since.get(user, self._moment) <= room.moment for user in room.members):
            room.moment = self._moment
            return room
        del self._rooms[conversation]
        return None

    async def load(self, conversation: ConversationId) -> Room | None:
        """Return the room of a conversation, or None if there is none.

        Raises:
            Unavailable: the store cannot say.
        """
        # Two loads must not end as two rooms, or one's stream would miss what passed
        # through the other's.
        room = self.known(conversation)
        if room is not None:
            return room
        task = self._loading.get(conversation)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._load(conversation))
            self._loading[conversation] = task
            task.add_done_callback(lambda _: self._loading.pop(conversation, None))
        try:
            return await asyncio.shield(task)
        except NotFound:
            return None

    async def miss(self, conversation: ConversationId) -> None:
        """Do what `load` does, and to no avail.

        Raises:
            Unavailable: the store cannot say.
        """
        await self._store.conversation(conversation)

    async def _load(self, id_: ConversationId) -> Room:
        # Who comes from now on may hear of what is stored after it was read here.
        moment = self._moment
        conversation = await self._store.conversation(id_)
        if conversation is None:
            raise NotFound
        room = self._rooms[id_] = Room(conversation, moment, is_fresh=self._is_shared)
        while len(self._rooms) > MAX_ROOMS:
            self._rooms.popitem(last=False)
        return room
