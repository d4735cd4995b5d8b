"""Conversations: the list of one's own, opening one, finding people, typing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from chat.connections import Connection
from chat.errors import NotFound, Unavailable
from chat.hub import Hub, unknown_conversation
from chat.models import (
    DIRECT,
    Conversation,
    ConversationId,
    Member,
    Summary,
    User,
    UserId,
    new_conversation_id,
    rfc3339,
)
from chat.presence import Presence
from chat.protocol import (
    ConversationFrame,
    ConversationObject,
    TypingEvent,
    UserObject,
    conversation_object,
    encode,
)
from chat.rooms import Room
from chat.stores.base import Store, search_key

SYNC_PAGE = 200
# So many lists are read at a time. Each takes the loop a part of a millisecond, and where 200
# people who came back ask in one moment, others' messages come between. Who waits for so long is
# told to come again: the store hardly answers.
SYNCS_AT_ONCE = 8
SYNC_WAIT_SECONDS = 5.0


class Conversations:
    """What people see of their conversations and of each other."""

    def __init__(self, store: Store, hub: Hub, presence: Presence, now: Callable[[], int]) -> None:
        """Make the service over its parts."""
        self._store = store
        self._hub = hub
        self._presence = presence
        self._now = now
        self._syncing = asyncio.Semaphore(SYNCS_AT_ONCE)

    async def sync(
        self, user: UserId, cursor: str | None
    ) -> tuple[list[ConversationObject], str | None]:
        """Return a page of the user's conversations, and the cursor of the next.

        Raises:
            Invalid: the cursor is none of ours.
            Unavailable: the store does not answer, or too slowly for all who ask.
        """
        await self._turn()
        try:
            page = await self._store.summaries(user, cursor, SYNC_PAGE)
            return await self._objects(user, page.items, page.users), page.next
        finally:
            self._syncing.release()

    async def open(self, user: UserId, other: str) -> ConversationObject:
        """Return the direct conversation with another user, by id or username.

        Raises:
            NotFound: there is no such user.
        """
        account = await self._store.account(UserId(other))
        if account is None and other.isascii():
            account = await self._store.account_named(other.lower())
        if account is None:
            raise NotFound("There is no such user.", field="user")
        conversation = await self._store.open_direct(
            new_conversation_id(), user, account.user.id, self._now()
        )
        return await self.show(user, conversation.id)

    async def show(self, user: UserId, conversation: ConversationId) -> ConversationObject:
        """Return one of the user's conversations, also one without a message.

        Raises:
            NotFound: there is none; the same for one that others are in.
        """
        summary = await self._store.summary(conversation, user)
        if summary is None:
            raise unknown_conversation()
        users = await self._store.users({member.user for member in summary.conversation.members})
        shown = (await self._objects(user, [summary], users))[0]
        room = self._hub.known_room(conversation)
        if not shown.head and room is not None and room.messages.last:
            # It began meanwhile, and what was told since of who is online is newer.
            return await self.show(user, conversation)
        return shown

    async def find_users(self, user: UserId, query: str, limit: int) -> list[UserObject]:
        """Return people whose username or name holds a word that begins with `query`."""
        key = search_key(query)
        if not key:
            return []
        found = {found.id: found for found in await self._store.find_users(key, limit, user)}
        objects = await self._presence.of(found, await self._visible(user, found))
        return list(objects.values())

    def typing(self, connection: Connection, room: Room, on: bool) -> None:
        """Tell the other members that this user types, or ceased to."""
        others = [user for user in room.members if user != connection.user]
        self._hub.tell(others, encode(TypingEvent(room.id, connection.user, on)))

    async def first_shown(self, room: Room) -> bytes | None:
        """Return the event that shows a direct conversation to its members just before its
        first message; None if it has one, or is a group (whose members were told).
        """
        if room.kind != DIRECT or room.messages.last > 0:
            return None
        conversation = await self._store.conversation(room.id)
        if conversation is None or conversation.head > 0:
            return None
        return await self._first_shown(conversation)

    async def shown_late(self, room: Room) -> bytes | None:
        """Return the same event for a first message that is told again, or was missed."""
        conversation = None
        if room.kind == DIRECT:
            conversation = await self._store.conversation(room.id)
        if conversation is None:
            return None
        shown = await self._first_shown(conversation)
        # Nobody introduces them again after what is told meanwhile (`Presence.introduce`).
        self._hub.roster.doubt(room.members)
        return shown

    async def _first_shown(self, conversation: Conversation) -> bytes:
        """Return a conversation as it is just before its first message: the same for all."""
        before = msgspec.structs.replace(
            conversation,
            head=0,
            rev=0,
            members=tuple(Member(each.user, each.role) for each in conversation.members),
        )
        # Each other's presence, too: told apart (see `Presence.introduce`), it would be taken
        # back where the message takes longer.
        members = [member.user for member in before.members]
        users = await self._presence.of(await self._store.users(members), members)
        shown = conversation_object(before, users, rfc3339(before.updated))
        return encode(ConversationFrame(shown))

    async def _objects(
        self, user: UserId, summaries: Sequence[Summary], users: Mapping[UserId, User]
    ) -> list[ConversationObject]:
        shared = {user}
        unshared = False
        for summary in summaries:
            if summary.conversation.head:
                shared.update(member.user for member in summary.conversation.members)
            else:
                unshared = True
        if unshared:
            shared |= await self._visible(user, users)
        seen = await self._presence.of(users, shared)
        return [
            conversation_object(
                summary.conversation,
                seen,
                rfc3339(summary.conversation.updated),
                last=summary.last,
                unread=summary.unread,
            )
            for summary in summaries
        ]

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(SYNC_WAIT_SECONDS if self._syncing.locked() else None):
                await self._syncing.acquire()
        except TimeoutError:
            raise Unavailable("The server is overloaded. Try again.", retry_after=1) from None

    async def _visible(self, user: UserId, users: Collection[UserId]) -> set[UserId]:
        """Return whose presence the user may know: his own, and his contacts'."""
        return (await self._store.contacts(user) | {user}).intersection(users)
