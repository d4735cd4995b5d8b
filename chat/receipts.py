"""Receipts: how far each member has received and read.

Marks only move forward, in the store: whatever order or process they come by, all copies
agree in the end. What a member wishes while a commit is under way goes into the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from msgspec import UnsetType

from chat.commit import GroupCommit
from chat.connections import Connection
from chat.errors import ParleyError
from chat.hub import Hub
from chat.metrics import Metrics
from chat.models import Mark, Marks
from chat.protocol import Ok, Read, ReceiptEvent, Received, encode, encode_error
from chat.rooms import Room
from chat.stores.base import Store


class Receipts:
    """Moves marks and tells the members."""

    def __init__(self, store: Store, hub: Hub, metrics: Metrics) -> None:
        """Make the service over its parts."""
        self._store = store
        self._hub = hub
        self._commit: GroupCommit[Mark, Marks] = GroupCommit(
            self._move, name="marks", metrics=metrics
        )

    def move(
        self,
        connection: Connection,
        room: Room,
        request: Received | Read,
        done: Callable[[], None],
    ) -> None:
        """Move the user's marks forward to at least this ``seq``, answer, and tell the
        members if they moved; `done` is called when that has happened.

        Returns at once. What is beyond the newest message is refused.
        """
        read = request.seq if type(request) is Read else 0
        self._commit.submit(
            Mark(room.id, connection.user, request.seq, read),
            partial(self._moved, connection, room, request, done),
        )

    async def drain(self) -> None:
        """Return once every wish is stored."""
        await self._commit.drain()

    async def _move(self, batch: Sequence[Mark]) -> Sequence[Marks | ParleyError]:
        with self._hub.in_doubt(mark.conversation for mark in batch):
            return await self._store.move_marks(batch)

    def _moved(
        self,
        connection: Connection,
        room: Room,
        request: Received | Read,
        done: Callable[[], None],
        result: Marks | ParleyError,
    ) -> None:
        done()
        if isinstance(result, ParleyError):
            connection.send(encode_error(result, request.id))
            return
        if not isinstance(request.id, UnsetType):
            connection.send(encode(Ok(request.id)))
        if result.moved:
            user, received, read = connection.user, result.received, result.read
            event = encode(ReceiptEvent(room.id, user, received, read))
            self._hub.mark(room, user, received, read, event, skip=connection)
