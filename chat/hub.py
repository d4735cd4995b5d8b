"""The hub: which connections live in this process, and what reaches them in which order.

Services announce what happened; the hub publishes it once through the broker, and the hub
of every process hands it to its connections. The broker may lose, repeat or reorder, so a
conversation's messages pass a `Stream` that counts their ``seq``, and its changes one that
counts their ``rev``: the next number goes out, an older one is dropped, a later one waits
while the missing ones are read from the store.

The answer to the one who sent a message (or made a change) passes the same stream in the
place of the event, since on each connection ``sent`` counts as the arrival of its ``seq``.

The traps: a conversation must be in `Hub.rooms` before its first event is announced here,
for only then is known which numbers are old; and what was stored just before may still be
on its way from another process (see `Hub._arrived_late`).
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from collections import OrderedDict
from collections.abc import Collection, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import msgspec
from msgspec import Struct

from brokers.base import Broker
from chat.connections import Connection
from chat.errors import NotFound, Unavailable
from chat.metrics import Metrics
from chat.models import Conversation, ConversationId, Message, SessionId, UserId
from chat.protocol import (
    RESTARTING,
    SESSION_ENDED,
    ChangeEvent,
    MessageEvent,
    Resync,
    encode,
    retry_reason,
)
from chat.stores.base import Store

logger = logging.getLogger("parley.hub")

MAX_ROOMS = 100_000  # some 500 bytes each; one that is needed again costs a read
MAX_ENDED = 10_000
FILL_ATTEMPTS = 6  # one each half second: a gap is filled, or `resync` told, within 3 s
FILL_INTERVAL_SECONDS = 0.5
# What two processes store at once crosses within milliseconds: a missing number is most
# often on its way, and reading it would cost more than to wait for it.
CROSSING_SECONDS = 0.03
# A commit of our own that holds a missing number; longer, and the fill is late.
OWN_WRITES_SECONDS = 1.0
# Events of another process that were under way when a room was read arrive within this.
LATE_SECONDS = 60.0
# A broker that comes back sends everybody to the store; so many at a time.
RESYNC_CHUNK = 500
RESYNC_INTERVAL_SECONDS = 0.1
_FILL_PAGE = 200

Kind = Literal["message", "change"]


class Numbered(Struct, array_like=True, tag="n", gc=False):
    """A message or a change; it passes a stream.

    `prelude` is a frame to be sent just before it, to the same connections. What `is_repeat`
    was stored before, and may have been told before.
    """

    kind: Kind
    conversation: ConversationId
    number: int
    to: tuple[UserId, ...]
    frame: bytes
    prelude: bytes | None = None
    is_repeat: bool = False


class Marked(Struct, array_like=True, tag="r", gc=False):
    """A receipt: how far a member has received and read by now. `skip` is a connection's id."""

    conversation: ConversationId
    user: UserId
    received: int
    read: int
    to: tuple[UserId, ...]
    frame: bytes
    skip: str


class Event(Struct, array_like=True, tag="e", gc=False):
    """Anything without a number: typing, presence. `skip` is a connection's id."""

    to: tuple[UserId, ...]
    frame: bytes
    skip: str = ""


class Ended(Struct, array_like=True, tag="s", gc=False):
    """Sessions of a user that have ended."""

    user: UserId
    sessions: list[SessionId]
    reason: str


_envelope = msgspec.msgpack.Encoder()
_opener = msgspec.msgpack.Decoder(Numbered | Marked | Event | Ended)


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

    def __init__(
        self, conversation: Conversation, loaded_at: float, moment: int, *, is_fresh: bool
    ) -> None:
        """Begin where the conversation stands in the store; see `Stream` and `Hub._known`."""
        self.loaded_at = loaded_at
        self.moment = moment
        self.id = conversation.id
        self.kind = conversation.kind
        self.members = tuple(member.user for member in conversation.members)
        self.topics = tuple(map(user_topic, self.members))
        self.marks: dict[UserId, tuple[int, int]] = {}
        self.messages = Stream(conversation.head, is_fresh=is_fresh)
        self.changes = Stream(conversation.rev, is_fresh=is_fresh)


def user_topic(user: UserId) -> str:
    """Return the topic on which everything for a user's connections is published."""
    return f"user:{user}"


def unknown_conversation() -> NotFound:
    """Return the answer to who asks for a conversation that does not exist, or that others
    are in: nobody learns which."""
    return NotFound("There is no such conversation.", field="conversation")


def _resync(connections: Iterable[Connection]) -> None:
    frame = encode(Resync())
    for connection in connections:
        connection.send(frame)


def user_of(topic: str) -> UserId:
    """Return whose topic this is."""
    return UserId(topic.removeprefix("user:"))


class Hub:
    """The connections of this process, and the events that they get."""

    def __init__(self, store: Store, broker: Broker, metrics: Metrics) -> None:
        """Make an empty hub."""
        self._store = store
        self._broker = broker
        self._metrics = metrics
        self._connections: dict[UserId, list[Connection]] = {}
        self._moment = 0
        self._since: dict[UserId, int] = {}
        self._rooms: OrderedDict[ConversationId, Room] = OrderedDict()
        self._loading: dict[ConversationId, asyncio.Task[Room]] = {}
        self._writing: set[asyncio.Future[None]] = set()
        self._ended: OrderedDict[SessionId, str] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._count = 0
        self._emptied: asyncio.Event | None = None
        self._process = f"{os.getpid():x}-{os.urandom(6).hex()}"
        self._ids = itertools.count()

    # Connections

    def new_id(self) -> str:
        """Return an id for a connection, unique among all processes."""
        return f"{self._process}-{next(self._ids)}"

    @property
    def count(self) -> int:
        """The connections of this process."""
        return self._count

    def connections(self, user: UserId) -> Sequence[Connection]:
        """Return the user's connections to this process."""
        return self._connections.get(user, ())

    def all_connections(self) -> Iterable[Connection]:
        """Return every connection of this process."""
        return itertools.chain.from_iterable(list(self._connections.values()))

    async def until_empty(self) -> None:
        """Return once no connection is left."""
        while self._connections:
            self._emptied = asyncio.Event()
            await self._emptied.wait()

    async def add(self, connection: Connection) -> None:
        """Register a connection; from the return on it gets every event for its user."""
        if connection.user not in self._connections and self._broker.crosses_processes:
            self._moment += 1
            self._since[connection.user] = self._moment
        self._connections.setdefault(connection.user, []).append(connection)
        self._count += 1
        await self._broker.subscribe([user_topic(connection.user)])
        # A session that ended between the look into the store and now was told to nobody.
        reason = self._ended.get(connection.session)
        if reason is not None:
            connection.close(SESSION_ENDED, reason)

    def remove(self, connection: Connection) -> None:
        """Forget a connection. No-op for one that was never registered."""
        connections = self._connections.get(connection.user, [])
        if connection not in connections:
            return
        connections.remove(connection)
        self._count -= 1
        if not connections:
            del self._connections[connection.user]
            self._since.pop(connection.user, None)
            self._broker.unsubscribe([user_topic(connection.user)])
        if not self._connections and self._emptied is not None:
            self._emptied.set()

    # Rooms

    def known_room(self, conversation: ConversationId) -> Room | None:
        """Return a conversation that this process knows already."""
        room = self._rooms.get(conversation)
        if room is None or room.moment == self._moment:
            return room
        # Others may have told of what nobody here was connected for: it is to be read again,
        # unless one member was connected all the time since it was known to be right.
        since = self._since
        if any(since.get(user, self._moment) <= room.moment for user in room.members):
            room.moment = self._moment
            return room
        del self._rooms[conversation]
        return None

    async def room(self, conversation: ConversationId, user: UserId) -> Room:
        """Return a conversation that the user is a member of.

        Raises:
            NotFound: there is none; the same for one that others are in.
        """
        room = self.known_room(conversation) or await self._load(conversation)
        if room is None or user not in room.members:
            raise unknown_conversation()
        return room

    async def _load(self, id_: ConversationId) -> Room | None:
        # Two loads must not end as two rooms, or one's stream would miss what passed
        # through the other's.
        room = self.known_room(id_)
        if room is not None:
            return room
        task = self._loading.get(id_)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._load_room(id_))
            self._loading[id_] = task
            task.add_done_callback(lambda _: self._loading.pop(id_, None))
        try:
            return await asyncio.shield(task)
        except NotFound:
            return None

    async def _load_room(self, id_: ConversationId) -> Room:
        conversation = await self._store.conversation(id_)
        if conversation is None:
            raise NotFound
        now = asyncio.get_running_loop().time()
        is_fresh = self._broker.crosses_processes
        room = self._rooms[id_] = Room(conversation, now, self._moment, is_fresh=is_fresh)
        while len(self._rooms) > MAX_ROOMS:
            self._rooms.popitem(last=False)
        return room

    # What happened

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Tell that something is being stored that this process is going to announce.

        Who fills a gap waits for it, and leaves to it what it stored.
        """
        future = asyncio.get_running_loop().create_future()
        self._writing.add(future)
        try:
            yield
        finally:
            self._writing.discard(future)
            future.set_result(None)

    def announce(
        self,
        room: Room,
        kind: Kind,
        number: int,
        frame: bytes,
        *,
        prelude: bytes | None = None,
        ack: Ack | None = None,
        is_repeat: bool = False,
    ) -> None:
        """Tell all members of a new message or change.

        Args:
            frame: the event, encoded.
            prelude: a frame that each connection gets just before it.
            ack: the connection that asked, and the answer that it gets instead.
            is_repeat: it may have been told before.
        """
        stream = room.messages if kind == "message" else room.changes
        if ack is not None:
            stream.acks.setdefault(number, []).append(ack)
        numbered = Numbered(kind, room.id, number, room.members, frame, prelude, is_repeat)
        self._broker.publish(room.topics, _envelope.encode(numbered))
        if number in stream.acks and number not in stream.waiting:
            # The asker is gone, and nobody else of this conversation is connected here.
            stream.last = max(stream.last, number)
            self._answer(stream, number)

    def answer(self, room: Room, kind: Kind, number: int, frame: bytes, ack: Ack) -> None:
        """Answer with what was stored before, in its turn: not before what led to it.

        Args:
            frame: the event of that message or change, which may still be on its way here.
            ack: the connection that asked, and the answer that it gets.
        """
        stream = room.messages if kind == "message" else room.changes
        if number <= stream.last:
            ack[0].send(ack[1])
            return
        stream.acks.setdefault(number, []).append(ack)
        self._offer(room, Numbered(kind, room.id, number, room.members, frame))

    def mark(
        self, room: Room, user: UserId, received: int, read: int, frame: bytes, *, skip: Connection
    ) -> None:
        """Tell the members how far one of them has received and read.

        Who has heard of more already (from another process) does not hear of less.
        """
        marked = Marked(room.id, user, received, read, room.members, frame, skip.id)
        self._broker.publish(room.topics, _envelope.encode(marked))

    def tell(
        self, users: Iterable[UserId], frame: bytes, *, skip: Connection | None = None
    ) -> None:
        """Send an event without a number to all connections of these users but `skip`."""
        to = tuple(users)
        if to:
            event = Event(to, frame, skip.id if skip else "")
            self._broker.publish(tuple(map(user_topic, to)), _envelope.encode(event))

    def end_sessions(self, user: UserId, sessions: Collection[SessionId], reason: str) -> None:
        """Close every socket of these sessions, wherever it is."""
        if sessions:
            ended = Ended(user, list(sessions), reason)
            for session in sessions:
                self._ended[session] = reason
            while len(self._ended) > MAX_ENDED:
                self._ended.popitem(last=False)
            self._broker.publish((user_topic(user),), _envelope.encode(ended))

    def close_all(self, retry_ms: int) -> None:
        """Tell every client that the server restarts."""
        for connection in list(self.all_connections()):
            connection.close(RESTARTING, retry_reason(retry_ms))

    async def close(self) -> None:
        """Stop what runs in the background."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # What arrives

    def receive(self, payload: bytes) -> None:
        """Hand what the broker brought to the connections that it is for."""
        try:
            envelope = _opener.decode(payload)
        except (msgspec.MsgspecError, RecursionError):
            # A broker is shared with whatever else is configured to use it.
            logger.warning("dropped an unreadable payload of %d bytes", len(payload))
            return
        if isinstance(envelope, Numbered):
            room = self.known_room(envelope.conversation)
            if room is not None:
                self._offer(room, envelope)
            else:
                self._run(self._receive_in_new_room(envelope))
        elif isinstance(envelope, Marked):
            if self._moves(envelope):
                self._deliver(envelope.to, envelope.frame, skip=(envelope.skip,))
        elif isinstance(envelope, Event):
            self._deliver(envelope.to, envelope.frame, skip=(envelope.skip,))
        else:
            for connection in list(self.connections(envelope.user)):
                if connection.session in envelope.sessions:
                    connection.close(SESSION_ENDED, envelope.reason)

    def _moves(self, envelope: Marked) -> bool:
        room = self._rooms.get(envelope.conversation)
        if room is None:
            return True
        received, read = room.marks.get(envelope.user, (0, 0))
        if envelope.received <= received and envelope.read <= read:
            return False
        room.marks[envelope.user] = (max(envelope.received, received), max(envelope.read, read))
        return True

    def missed(self, topics: Collection[str] | None) -> None:
        """Make up for payloads that the broker may have lost (see `brokers.base.Listener`)."""
        if topics is None:
            self.resync()
        else:
            self.resync(user_of(topic) for topic in topics)

    def resync(self, users: Iterable[UserId] | None = None) -> None:
        """Tell clients (all of this process if none are named) that they may have missed
        something."""
        if users is not None:
            self._deliver(tuple(users), encode(Resync()))
            return
        connections = list(self.all_connections())
        _resync(connections[:RESYNC_CHUNK])
        if len(connections) > RESYNC_CHUNK:
            self._run(self._resync_later(connections[RESYNC_CHUNK:]))

    async def _resync_later(self, connections: list[Connection]) -> None:
        for start in range(0, len(connections), RESYNC_CHUNK):
            await asyncio.sleep(RESYNC_INTERVAL_SECONDS)
            _resync(connections[start : start + RESYNC_CHUNK])

    def _deliver(
        self,
        to: tuple[UserId, ...],
        frame: bytes,
        *,
        skip: Collection[str] = (),
        prelude: bytes | None = None,
    ) -> None:
        for user in to:
            for connection in self._connections.get(user, ()):
                if connection.id not in skip:
                    if prelude is not None:
                        connection.send(prelude)
                    connection.send(frame)

    def _offer(self, room: Room, envelope: Numbered) -> None:
        """Let a numbered event through in its turn."""
        stream = room.messages if envelope.kind == "message" else room.changes
        number = envelope.number
        if number <= stream.last and not self._arrived_late(room, stream, envelope):
            return
        stream.waiting[number] = envelope
        if stream.is_fresh and number not in stream.acks and len(stream.waiting) == 1:
            # One process tells in order. Only between it and us there may be a crossing.
            self._begin(stream)
        if not stream.is_fresh:
            self._release(stream)
        if stream.waiting and not stream.filling:
            stream.filling = True
            self._run(self._fill(room, stream, envelope.kind))

    def _arrived_late(self, room: Room, stream: Stream, envelope: Numbered) -> bool:
        """Return whether an old number is yet to be delivered.

        It was stored before the room was read here, and told by another process since.
        """
        if envelope.number > stream.first or envelope.is_repeat:
            return False
        if stream.is_fresh:
            return True
        if asyncio.get_running_loop().time() - room.loaded_at > LATE_SECONDS:
            return False
        if stream.last > stream.first:
            self.resync(room.members)  # Later ones have been delivered.
            return False
        stream.first = stream.last = envelope.number - 1
        return True

    def _begin(self, stream: Stream) -> None:
        """Let a fresh stream begin with the first that came."""
        stream.is_fresh = False
        stream.first = stream.last = min(stream.last, min(stream.waiting) - 1)

    def _release(self, stream: Stream) -> None:
        while (envelope := stream.waiting.get(stream.last + 1)) is not None:
            if envelope.is_repeat and self._writing:
                break  # It may be ours, sent through two processes: our answer comes first.
            del stream.waiting[envelope.number]
            self._pass(stream, envelope)

    def _pass(self, stream: Stream, envelope: Numbered) -> None:
        """Deliver the next numbered event; who asked for it gets the answer instead."""
        stream.last = envelope.number
        skip = self._answer(stream, envelope.number) if stream.acks else ()
        self._deliver(envelope.to, envelope.frame, skip=skip, prelude=envelope.prelude)

    def _answer(self, stream: Stream, number: int) -> Collection[str]:
        """Send the answers that stand in the place of a number; return to which connections."""
        acks = stream.acks.pop(number, ())
        for connection, answer in acks:
            connection.send(answer)
        return [connection.id for connection, _ in acks]

    async def _receive_in_new_room(self, envelope: Numbered) -> None:
        try:
            room = await self._load(envelope.conversation)
        except Unavailable:
            self.resync(envelope.to)
            return
        if room is not None:
            self._offer(room, envelope)

    async def _fill(self, room: Room, stream: Stream, kind: Kind) -> None:
        """Read what is missing before the first waiting number, until nothing waits."""
        attempt = 0
        try:
            while stream.waiting:
                last = stream.last
                await self._give_time()
                if stream.is_fresh:
                    self._begin(stream)
                    self._release(stream)
                for number in [each for each in stream.waiting if each <= stream.last]:
                    del stream.waiting[number]  # It went to nobody, since nobody was here.
                if stream.last != last or not stream.waiting:
                    continue  # What was missing has come; something else may be.
                first = min(stream.waiting)
                stream.waiting[first].is_repeat = False
                try:
                    if first > stream.last + 1:
                        await self._read_missing(room, stream, kind, first)
                except Unavailable:
                    attempt += 1
                    if attempt >= FILL_ATTEMPTS:
                        self.resync(room.members)
                        stream.last = max(stream.last, first - 1)
                    else:
                        await asyncio.sleep(FILL_INTERVAL_SECONDS)
                        continue
                self._release(stream)
        finally:
            stream.filling = False

    async def _give_time(self) -> None:
        """Wait for what is under way: from ourselves and from other processes."""
        if self._writing:
            await asyncio.wait(set(self._writing), timeout=OWN_WRITES_SECONDS)
        if self._broker.crosses_processes and self._broker.is_connected():
            await asyncio.sleep(CROSSING_SECONDS)

    async def _read_missing(self, room: Room, stream: Stream, kind: Kind, first: int) -> None:
        """Put what the store has between ``stream.last`` and `first` among the waiting.

        What arrived during the reading has gone out by now, with all that waited for it.
        """
        messages: Sequence[Message]
        if kind == "message":
            last = min(first - 1, stream.last + _FILL_PAGE)
            messages = await self._store.messages(room.id, stream.last + 1, last)
            for message in messages:
                if message.seq > stream.last:
                    frame = encode(MessageEvent(room.id, message))
                    stream.waiting.setdefault(
                        message.seq, Numbered(kind, room.id, message.seq, room.members, frame)
                    )
            return
        # A message that was changed twice has one rev now: numbers may be missing for good.
        messages = await self._store.changes(room.id, stream.last, _FILL_PAGE)
        missing = [message for message in messages if message.rev < first]
        for message in missing:
            if message.rev <= stream.last:
                continue
            frame = encode(ChangeEvent(room.id, message))
            self._pass(stream, Numbered(kind, room.id, message.rev, room.members, frame))
        if len(missing) < len(messages) or len(messages) < _FILL_PAGE:
            stream.last = max(stream.last, first - 1)

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("delivering", exc_info=task.exception())
