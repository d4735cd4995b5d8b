"""Requests: what one connection asks, handled in the order in which it came.

Sends do not wait for each other's commit: a connection may have many under way, and group
commit keeps their order. Everything else is answered one after the other, and what reads or
changes messages waits until the sends before it are stored, so that a client sees its own
writes.

What a client can pile up here is bounded: over `MAX_PENDING` requests its socket is not
read until some are answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast

from msgspec import UnsetType

from chat.connections import Connection
from chat.conversations import Conversations
from chat.errors import Internal, ParleyError, RateLimited, Unavailable
from chat.hub import Hub
from chat.messages import Messages
from chat.metrics import Metrics
from chat.models import ConversationId, rfc3339
from chat.protocol import (
    TOO_MANY,
    BadFrame,
    Changes,
    ChangesFrame,
    ConversationFrame,
    Delete,
    Edit,
    FindUsers,
    History,
    HistoryFrame,
    Ok,
    Open,
    Ping,
    Pong,
    React,
    Read,
    Received,
    Request,
    RequestId,
    Send,
    Sync,
    Synced,
    Typing,
    Users,
    encode,
    encode_error,
    parse,
    retry_reason,
)
from chat.ratelimit import FrameLimit
from chat.receipts import Receipts
from chat.rooms import Room

logger = logging.getLogger("parley.requests")

# What is answered without reading anything, if the room is known.
_OF_KNOWN_ROOMS = (Send, Received, Read, Typing)

MAX_PENDING = 256
FLOOD_RETRY_MS = 10_000


class Services:
    """What requests are answered with; one object a process, shared by all connections."""

    def __init__(
        self,
        hub: Hub,
        conversations: Conversations,
        messages: Messages,
        receipts: Receipts,
        limit: FrameLimit,
        metrics: Metrics,
        now: Callable[[], int],
    ) -> None:
        """Gather the services."""
        self.hub = hub
        self.conversations = conversations
        self.messages = messages
        self.receipts = receipts
        self.limit = limit
        self.metrics = metrics
        self.now = now
        self.is_stopping = False


class Requests:
    """The requests of one connection."""

    __slots__ = ("_committing", "_connection", "_queue", "_services", "_task", "_waiter")

    def __init__(self, services: Services, connection: Connection) -> None:
        """Make the requests of a connection that has been started."""
        self._services = services
        self._connection = connection
        self._queue: deque[Request] | None = None
        self._committing = 0
        self._waiter: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    def receive(self, frame: str) -> Awaitable[None] | None:
        """Take a text frame; the answers come through the connection.

        Returns:
            Something to wait for before the next frame is read, if too many are pending.
        """
        services = self._services
        connection = self._connection
        if connection.is_closed:
            return None
        wait = services.limit.wait(connection.user)
        if wait and self._is_flood():
            return None
        try:
            request = parse(frame)
        except BadFrame as bad:
            self._refuse(RateLimited(retry_after=wait) if wait else bad.error, bad.re)
            return None
        if wait:
            self._refuse(RateLimited(retry_after=wait), request.id)
            return None
        if services.is_stopping:
            self._refuse(Unavailable("The server is stopping.", retry_after=1), request.id)
            return None
        if self._queue is None and self._answer_now(request):
            return self._backpressure()
        if self._queue is None:
            self._queue = deque()
            self._task = asyncio.get_running_loop().create_task(self._work(self._queue))
        self._queue.append(request)
        return self._backpressure()

    def allow_ping(self) -> bool:
        """Count a ping of the WebSocket's own as a frame; return whether it is answered."""
        if not self._services.limit.wait(self._connection.user):
            return True
        self._is_flood()
        return False

    def _answer_now(self, request: Request) -> bool:
        """Handle what needs nothing to be read first; return False for everything else.

        This is the way of nearly all frames of a busy server: no task is made for them.
        """
        if isinstance(request, _OF_KNOWN_ROOMS):
            room = self._services.hub.known_room(request.conversation)
            if room is None or self._connection.user not in room.members:
                return False
            if room.messages.last == 0 and isinstance(request, Send):
                return False
            self._begin(room, request, None)
            return True
        if isinstance(request, Ping):
            now = rfc3339(self._services.now())
            self._connection.send(encode(Pong(now, request.id)))
            return True
        return False

    def _begin(
        self, room: Room, request: Send | Received | Read | Typing, prelude: bytes | None
    ) -> None:
        """Begin what is answered when it is committed, without waiting for that."""
        services = self._services
        if isinstance(request, Send):
            self._committing += 1
            services.messages.send(self._connection, room, request, prelude, self._committed)
        elif isinstance(request, Typing):
            services.conversations.typing(self._connection, room, request.on)
            if not isinstance(request.id, UnsetType):
                self._connection.send(encode(Ok(request.id)))
        else:
            self._committing += 1
            services.receipts.move(self._connection, room, request, self._committed)

    def _is_flood(self) -> bool:
        """Count a frame over the limit; return whether it was one too many, which is the end
        of the connection."""
        if not self._services.limit.is_flood(self._connection.user):
            return False
        self._connection.close(TOO_MANY, retry_reason(FLOOD_RETRY_MS))
        return True

    def _refuse(self, error: ParleyError, re: RequestId | UnsetType) -> None:
        self._services.metrics.refusals[error.code] += 1
        self._connection.send(encode_error(error, re))

    def _backpressure(self) -> Awaitable[None] | None:
        queued = len(self._queue) if self._queue else 0
        if self._committing + queued < MAX_PENDING:
            return None
        return self._settled()

    def _settled(self) -> asyncio.Future[None]:
        """Return a future that is done when nothing of this connection is being committed."""
        if self._waiter is None:
            self._waiter = asyncio.get_running_loop().create_future()
            if not self._committing:
                self._settle()
        return self._waiter

    def _settle(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _committed(self) -> None:
        self._committing -= 1
        if not self._committing:
            self._settle()

    async def _work(self, queue: deque[Request]) -> None:
        """Answer what is queued, one after the other."""
        try:
            while queue and not self._connection.is_closed:
                request = queue.popleft()
                try:
                    await _HANDLERS[type(request)](self, request)
                except ParleyError as error:
                    self._refuse(error, request.id)
                except Exception:
                    logger.exception("answering %s", type(request).__name__)
                    self._refuse(Internal(), request.id)
        finally:
            self._queue = None
            self._task = None

    async def _room(self, conversation: ConversationId) -> Room:
        return await self._services.hub.room(conversation, self._connection.user)

    async def _own_writes(self) -> None:
        """Wait until the sends that came before are stored."""
        if self._committing:
            await self._settled()

    # One method a type of request

    async def _ping(self, request: Ping) -> None:
        self._answer_now(request)

    async def _sync(self, request: Sync) -> None:
        await self._own_writes()
        conversations, cursor = await self._services.conversations.sync(
            self._connection.user, request.cursor
        )
        self._connection.send(encode(Synced(request.id, conversations, cursor)))

    async def _open(self, request: Open) -> None:
        await self._own_writes()
        conversations, user = self._services.conversations, self._connection.user
        if isinstance(request.user, str):
            opened = await conversations.open(user, request.user)
        else:
            opened = await conversations.show(user, cast(ConversationId, request.conversation))
        self._connection.send(encode(ConversationFrame(opened, request.id)))

    async def _send(self, request: Send) -> None:
        room = await self._room(request.conversation)
        prelude = await self._services.conversations.first_shown(room)
        self._begin(room, request, prelude)

    async def _quick(self, request: Received | Read | Typing) -> None:
        self._begin(await self._room(request.conversation), request, None)

    async def _history(self, request: History) -> None:
        await self._own_writes()
        room = await self._room(request.conversation)
        messages, more_before, more_after = await self._services.messages.history(
            room,
            before=request.before,
            after=request.after,
            around=request.around,
            limit=request.limit,
        )
        self._connection.send(
            encode(HistoryFrame(request.id, room.id, messages, more_before, more_after))
        )

    async def _changes(self, request: Changes) -> None:
        await self._own_writes()
        room = await self._room(request.conversation)
        messages, rev, more = await self._services.messages.changes(
            room, request.after, request.limit
        )
        self._connection.send(encode(ChangesFrame(request.id, room.id, messages, rev, more)))

    async def _find_users(self, request: FindUsers) -> None:
        users = await self._services.conversations.find_users(
            self._connection.user, request.q, request.limit
        )
        self._connection.send(encode(Users(request.id, users)))

    async def _edit(self, request: Edit) -> None:
        await self._own_writes()
        room = await self._room(request.conversation)
        await self._services.messages.edit(self._connection, room, request)

    async def _delete(self, request: Delete) -> None:
        await self._own_writes()
        room = await self._room(request.conversation)
        await self._services.messages.delete(self._connection, room, request)

    async def _react(self, request: React) -> None:
        await self._own_writes()
        room = await self._room(request.conversation)
        await self._services.messages.react(self._connection, room, request)


_HANDLERS: dict[type[Request], Callable[[Requests, Any], Coroutine[None, None, None]]] = {
    Ping: Requests._ping,
    Sync: Requests._sync,
    Open: Requests._open,
    Send: Requests._send,
    History: Requests._history,
    Changes: Requests._changes,
    Received: Requests._quick,
    Read: Requests._quick,
    Typing: Requests._quick,
    FindUsers: Requests._find_users,
    Edit: Requests._edit,
    Delete: Requests._delete,
    React: Requests._react,
}
