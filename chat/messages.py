"""Messages: sent, read back, edited, deleted, reacted to.

The way of a message: `Messages.send` gathers it into the next commit; once that is durable,
`Messages._stored` tells the members through the hub, and the hub gives the sender's
connection the answer in the place of the event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import msgspec
from msgspec import UNSET, UnsetType

from chat.commit import GroupCommit
from chat.connections import Connection
from chat.errors import Conflict, Forbidden, Invalid, ParleyError, Unavailable
from chat.hub import Hub, unknown_conversation
from chat.metrics import Metrics
from chat.models import Added, Message, NewMessage, UserId
from chat.presence import Presence
from chat.protocol import (
    MAX_PAGE_BYTES,
    MAX_REACTION_KINDS,
    ChangedFrame,
    ChangeEvent,
    Delete,
    Edit,
    MessageEvent,
    React,
    Send,
    Sent,
    encode,
    encode_error,
    encode_json,
)
from chat.rooms import Room
from chat.stores.base import Store

# A list is ordered by the times of the last messages: two that follow one another within the
# same millisecond get two times. Under load the clock would be left behind; so only so far.
MAX_AHEAD_MS = 100


class Messages:
    """Everything that is done with messages."""

    def __init__(
        self,
        store: Store,
        hub: Hub,
        presence: Presence,
        metrics: Metrics,
        now: Callable[[], int],
    ) -> None:
        """Make the service over its parts."""
        self._store = store
        self._hub = hub
        self._presence = presence
        self._metrics = metrics
        self._now = now
        self._sent_at = 0
        self._commit: GroupCommit[NewMessage, Added] = GroupCommit(
            self._add, name="messages", metrics=metrics
        )

    def send(
        self,
        connection: Connection,
        room: Room,
        request: Send,
        prelude: bytes | None,
        done: Callable[[], None],
    ) -> None:
        """Store a message and answer; `done` is called when that has happened.

        Returns at once: what is sent next to the same conversation is stored after it.
        """
        now = self._now()
        self._sent_at = at = max(now, min(self._sent_at + 1, now + MAX_AHEAD_MS))
        message = NewMessage(
            room.id, connection.user, request.client_id, request.text, at, request.reply_to
        )
        self._commit.submit(
            message, partial(self._stored, connection, room, request, prelude, done)
        )

    async def _add(self, batch: Sequence[NewMessage]) -> Sequence[Added | ParleyError]:
        with self._hub.writing(), self._hub.in_doubt(new.conversation for new in batch):
            results = await self._store.add_messages(batch)
        self._hub.doubt(
            new.conversation
            for new, result in zip(batch, results, strict=True)
            if isinstance(result, Unavailable)
        )
        return results

    def _stored(
        self,
        connection: Connection,
        room: Room,
        request: Send,
        prelude: bytes | None,
        done: Callable[[], None],
        result: Added | ParleyError,
    ) -> None:
        done()
        if isinstance(result, ParleyError):
            connection.send(encode_error(result, request.id))
            return
        message = result.message
        answer = encode(
            Sent(
                request.id,
                room.id,
                request.client_id,
                message.seq,
                message.at,
                result.duplicate,
            )
        )
        event = encode(MessageEvent(room.id, message))
        if result.duplicate:
            # Whoever stored it may have died before telling; who has it drops the repeat.
            connection.send(answer)
            self._hub.announce(room, "message", message.seq, event, is_repeat=True)
            return
        self._metrics.messages += 1
        is_first = message.seq == 1
        self._hub.announce(
            room,
            "message",
            message.seq,
            event,
            prelude=prelude if is_first else None,
            ack=(connection, answer),
        )
        if is_first:
            self._presence.introduce_soon(room.members)

    async def history(
        self,
        room: Room,
        *,
        before: int | UnsetType,
        after: int | UnsetType,
        around: int | UnsetType,
        limit: int,
    ) -> tuple[list[msgspec.Raw], bool, bool]:
        """Return a page of encoded messages, and whether there are more before and after.

        A page ends at `limit` messages or 256 KiB, counted from the position asked for,
        but holds at least one message if there is one.
        """
        conversation = await self._store.conversation(room.id)
        if conversation is None:
            raise unknown_conversation()
        head = conversation.head
        if not isinstance(after, UnsetType):
            first, last, position = after + 1, after + limit, after + 1
        elif not isinstance(around, UnsetType):
            # The window is kept full at both ends of the conversation.
            first = max(1, min(around - limit // 2, head - limit + 1))
            first, last, position = first, first + limit - 1, around
        else:
            end = head if isinstance(before, UnsetType) else min(before - 1, head)
            first, last, position = end - limit + 1, end, end
        first, last = max(1, first), min(last, head)
        if first > last:
            # Empty: the position is at or beyond an end, and all there is lies behind it.
            return [], after is not UNSET and head > 0, before is not UNSET and head > 0
        messages = await self._store.messages(room.id, first, last)
        kept = _within_bounds(messages, position)
        return [raw for _, raw in kept], kept[0][0] > 1, kept[-1][0] < head

    async def changes(
        self, room: Room, after: int, limit: int
    ) -> tuple[list[msgspec.Raw], int, bool]:
        """Return encoded messages changed after a ``rev``, the ``rev`` reached, and whether
        there are more."""
        conversation = await self._store.conversation(room.id)
        if conversation is None:
            raise unknown_conversation()
        messages = await self._store.changes(room.id, after, limit + 1)
        kept = _within_bounds(messages[:limit], 0)
        if len(kept) == len(messages):
            # Read before the messages: a change committed in between is not passed over.
            rev = max(conversation.rev, messages[-1].rev if messages else 0)
            return [raw for _, raw in kept], rev, False
        return [raw for _, raw in kept], messages[len(kept) - 1].rev, True

    async def edit(self, connection: Connection, room: Room, request: Edit) -> None:
        """Give one's own message another text, and answer.

        Raises:
            NotFound, Forbidden, Conflict: no such message, another's, or deleted.
        """

        def change(message: Message) -> Message:
            if message.sender != connection.user:
                raise Forbidden("Only who wrote a message may edit it.", field="seq")
            if message.deleted:
                raise Conflict("This message was deleted.", field="seq")
            if message.text == request.text:
                return message
            return msgspec.structs.replace(message, text=request.text, edited=True)

        await self._change(connection, room, request, change)

    async def delete(self, connection: Connection, room: Room, request: Delete) -> None:
        """Take the content of one's own message away, and answer.

        Raises:
            NotFound, Forbidden: no such message, or another's.
        """

        def change(message: Message) -> Message:
            if message.sender != connection.user:
                raise Forbidden("Only who wrote a message may delete it.", field="seq")
            return msgspec.structs.replace(message, text=None, deleted=True, reactions={})

        await self._change(connection, room, request, change)

    async def react(self, connection: Connection, room: Room, request: React) -> None:
        """Put an emoji to a message or take it away, and answer.

        Raises:
            NotFound, Conflict, Invalid: no such message, deleted, or too many kinds.
        """
        user = connection.user

        def change(message: Message) -> Message:
            if message.deleted:
                raise Conflict("This message was deleted.", field="seq")
            reactions = _react(message.reactions, request.emoji, user, request.on)
            return msgspec.structs.replace(message, reactions=reactions)

        await self._change(connection, room, request, change)

    def is_storing(self) -> bool:
        """Return whether something that was sent is on its way to the store."""
        return self._commit.is_busy()

    async def drain(self) -> None:
        """Return once everything that was sent is stored and answered."""
        await self._commit.drain()

    async def _change(
        self,
        connection: Connection,
        room: Room,
        request: Edit | Delete | React,
        change: Callable[[Message], Message],
    ) -> None:
        with self._hub.writing(), self._hub.in_doubt([room.id]):
            result = await self._store.change_message(room.id, request.seq, change)
        message = result.message
        answer = encode(ChangedFrame(request.id, room.id, message))
        event = encode(ChangeEvent(room.id, message))
        if not result.changed:
            self._hub.answer(room, "change", message.rev, event, (connection, answer))
            return
        self._hub.announce(room, "change", message.rev, event, ack=(connection, answer))


def _react(
    reactions: dict[str, list[UserId]], emoji: str, user: UserId, on: bool
) -> dict[str, list[UserId]]:
    """Return the reactions with this user's one set or not; equal if it was so already."""
    holders = reactions.get(emoji, [])
    if on == (user in holders):
        return reactions
    if on:
        if emoji not in reactions and len(reactions) >= MAX_REACTION_KINDS:
            raise Invalid(
                f"A message holds at most {MAX_REACTION_KINDS} kinds of reactions.", field="emoji"
            )
        return {**reactions, emoji: [*holders, user]}
    left = [holder for holder in holders if holder != user]
    rest = {other: users for other, users in reactions.items() if other != emoji}
    return {**reactions, emoji: left} if left else rest


def _within_bounds(messages: Sequence[Message], position: int) -> list[tuple[int, msgspec.Raw]]:
    """Return the messages nearest to a position that fit a page, with their ``seq``."""
    encoded = [(message.seq, msgspec.Raw(encode_json(message))) for message in messages]
    if sum(len(raw) for _, raw in encoded) <= MAX_PAGE_BYTES:
        return encoded
    middle = min(range(len(encoded)), key=lambda index: abs(encoded[index][0] - position))
    low = high = middle
    size = len(encoded[middle][1])
    # Outwards in turn, so that a page around a message keeps it in the middle.
    while True:
        options = sorted(
            (abs(index - middle), index)
            for index in (low - 1, high + 1)
            if 0 <= index < len(encoded)
        )
        for _, index in options:
            if size + len(encoded[index][1]) <= MAX_PAGE_BYTES:
                size += len(encoded[index][1])
                low, high = min(low, index), max(high, index)
                break
        else:
            return encoded[low : high + 1]
