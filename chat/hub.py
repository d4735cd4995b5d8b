"""The hub: which connections live in this process, and what reaches them.

Services announce what happened; the hub publishes it once through the broker, and the hub
of every process hands it to its connections: what has a number by `chat.delivery`, the
rest at once.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager

from brokers.base import Broker
from chat.background import Background
from chat.connections import Connection
from chat.delivery import Delivery, stream_of
from chat.envelopes import Ended, Envelope, Event, Kind, Marked, Numbered, Seen, unseal
from chat.errors import NotFound, Unavailable
from chat.metrics import Metrics
from chat.models import ConversationId, SessionId, UserId
from chat.protocol import RESTARTING, SESSION_ENDED, Resync, encode, retry_reason
from chat.rooms import Ack, Room, Rooms, user_topic
from chat.roster import Roster
from chat.stores.base import Store

logger = logging.getLogger("parley.hub")

# On which every process hears who comes and goes: one publish each, whomever they know.
PRESENCE_TOPIC = "presence"
MAX_ENDED = 10_000
COMPLAINT_SECONDS = 60.0
# A broker that comes back sends everybody to the store; so many at a time.
RESYNC_CHUNK = 500
RESYNC_INTERVAL_SECONDS = 0.1
# A write whose outcome was not known has arrived after so long, or never does: longer than a
# store's answers are waited for (`stores.mongo.TIMEOUTS`), and well within the 15 s that a
# commit may stay unannounced.
DOUBT_SECONDS = 5.0


def unknown_conversation() -> NotFound:
    """Return the answer to who asks for a conversation that does not exist, or that others
    are in: nobody learns which."""
    return NotFound("There is no such conversation.", field="conversation")


def _resync(connections: Iterable[Connection]) -> None:
    frame = encode(Resync())
    for connection in connections:
        connection.send(frame)


async def _no_prelude(_: Room) -> None:
    return None


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
        self._background = Background(logger)
        self._rooms = Rooms(store, is_shared=broker.crosses_processes)
        # Makes what shows a conversation anew, before a first message that is told again.
        self.prelude: Callable[[Room], Awaitable[bytes | None]] = _no_prelude
        self._delivery = Delivery(
            store,
            broker,
            self._background,
            self._deliver,
            self.resync,
            lambda room: self.prelude(room),
        )
        self.roster = Roster()
        self._doubtful: set[ConversationId] = set()
        self._is_doubting = False
        self._ended: OrderedDict[SessionId, str] = OrderedDict()
        self._complained_at = -COMPLAINT_SECONDS
        self._count = 0
        self._emptied: asyncio.Event | None = None
        self._restarting: str | None = None  # what every client is told since `close_all`
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
        if connection.user not in self._connections:
            self._rooms.joined(connection.user)
        self._connections.setdefault(connection.user, []).append(connection)
        self._count += 1
        if self._restarting is not None:
            connection.close(RESTARTING, self._restarting)
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
            self._rooms.left(connection.user)
            self._broker.unsubscribe([user_topic(connection.user)])
        if not self._connections and self._emptied is not None:
            self._emptied.set()

    # Rooms

    def known_room(self, conversation: ConversationId) -> Room | None:
        """Return a conversation that this process knows already."""
        return self._rooms.known(conversation)

    async def room(self, conversation: ConversationId, user: UserId) -> Room:
        """Return a conversation that the user is a member of.

        Raises:
            NotFound: there is none; the same for one that others are in.
        """
        room = self._rooms.known(conversation)
        if room is not None and user not in room.members:
            # As long as for one that does not exist: time must not tell which there are.
            await self._rooms.miss(conversation)
        room = room or await self._rooms.load(conversation)
        if room is None or user not in room.members:
            raise unknown_conversation()
        return room

    # What happened

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Tell that something is being stored that this process is going to announce.

        Who fills a gap waits for it, and leaves to it what it stored.
        """
        with self._delivery.writing():
            yield

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
        stream = stream_of(room, kind)
        if ack is not None:
            self._delivery.expect(stream, number, ack)
        numbered = Numbered(kind, room.id, number, room.members, frame, prelude, is_repeat)
        self._broker.publish(room.topics, numbered)
        self._delivery.settle(stream, number)

    @contextmanager
    def in_doubt(self, conversations: Iterable[ConversationId]) -> Iterator[None]:
        """Have members look again later if this ends in `Unavailable`.

        What was to be written may be stored then, and nobody has told of it; who asked for it
        may never come back to ask again.
        """
        try:
            yield
        except Unavailable:
            self.doubt(conversations)
            raise

    def doubt(self, conversations: Iterable[ConversationId]) -> None:
        """Tell the members of these to sync, once the store answers again."""
        self._doubtful.update(conversations)
        if self._doubtful and not self._is_doubting:
            self._is_doubting = True
            self._background.run(self._settle_doubts())

    async def _settle_doubts(self) -> None:
        try:
            while self._doubtful:
                await asyncio.sleep(DOUBT_SECONDS)
                doubtful = set(self._doubtful)
                try:
                    await self._store.ping()
                    rooms = [await self._rooms.load(conversation) for conversation in doubtful]
                except Unavailable:
                    continue
                self._doubtful -= doubtful
                members = {user for room in rooms if room is not None for user in room.members}
                self.tell(members, encode(Resync()))
        finally:
            self._is_doubting = False

    def answer(self, room: Room, kind: Kind, number: int, frame: bytes, ack: Ack) -> None:
        """Answer with what was stored before, in its turn: not before what led to it.

        Args:
            frame: the event of that message or change, which may still be on its way here.
            ack: the connection that asked, and the answer that it gets.
        """
        stream = stream_of(room, kind)
        if number <= stream.last:
            ack[0].send(ack[1])
            return
        self._delivery.expect(stream, number, ack)
        self._delivery.offer(room, Numbered(kind, room.id, number, room.members, frame))

    def mark(
        self, room: Room, user: UserId, received: int, read: int, frame: bytes, *, skip: Connection
    ) -> None:
        """Tell the members how far one of them has received and read.

        Who has heard of more already (from another process) does not hear of less.
        """
        marked = Marked(room.id, user, received, read, room.members, frame, skip.id)
        self._broker.publish(room.topics, marked)

    def tell(
        self, users: Iterable[UserId], frame: bytes, *, skip: Connection | None = None
    ) -> None:
        """Send an event without a number to all connections of these users but `skip`."""
        to = tuple(users)
        if to:
            event = Event(to, frame, skip.id if skip else "")
            self._broker.publish(tuple(map(user_topic, to)), event)

    def tell_presence(self, seen: Seen) -> None:
        """Tell that somebody came or went, and every process, for its `roster`."""
        topics = (PRESENCE_TOPIC,) if seen.is_for_all else tuple(map(user_topic, seen.to))
        self._broker.publish(topics, seen)

    def show_presence(self, seen: Seen) -> None:
        """Tell it to the connections of this process only."""
        note = self.roster.told if seen.is_for_all else self.roster.showed
        note(seen.user, online=seen.online)
        if seen.is_for_all and not seen.online:
            self._broker.forget(seen.user)
        self._deliver(seen.to, seen.frame)

    def end_sessions(self, user: UserId, sessions: Collection[SessionId], reason: str) -> None:
        """Close every socket of these sessions, wherever it is."""
        if sessions:
            ended = Ended(user, list(sessions), reason)
            for session in sessions:
                self._ended[session] = reason
            while len(self._ended) > MAX_ENDED:
                self._ended.popitem(last=False)
            self._broker.publish((user_topic(user),), ended)

    def close_all(self, retry_ms: int) -> None:
        """Tell every client that the server restarts, those, too, that are just coming in."""
        self._restarting = retry_reason(retry_ms)
        for connection in list(self.all_connections()):
            connection.close(RESTARTING, self._restarting)

    async def close(self) -> None:
        """Stop what runs in the background."""
        await self._background.close()

    # What arrives

    def receive(self, payload: Envelope | bytes) -> None:
        """Hand what the broker brought to the connections that it is for."""
        try:
            envelope = unseal(payload) if isinstance(payload, bytes) else payload
        except ValueError as exc:
            # Of another program, or of a newer version that says more than this one knows.
            self._metrics.dropped_payloads += 1
            now = asyncio.get_running_loop().time()
            if now - self._complained_at >= COMPLAINT_SECONDS:
                self._complained_at = now
                logger.warning("dropped a payload, and such ones from now on: %s", exc)
            return
        if isinstance(envelope, Numbered):
            room = self._rooms.known(envelope.conversation)
            if room is not None:
                self._delivery.offer(room, envelope)
            else:
                self._background.run(self._receive_in_new_room(envelope))
        elif isinstance(envelope, Marked):
            room = self._rooms.known(envelope.conversation)
            if room is None or room.move_mark(envelope.user, envelope.received, envelope.read):
                self._deliver(envelope.to, envelope.frame, skip=(envelope.skip,))
        elif isinstance(envelope, Seen):
            self.show_presence(envelope)
        elif isinstance(envelope, Event):
            self._deliver(envelope.to, envelope.frame, skip=(envelope.skip,))
        else:
            for connection in list(self.connections(envelope.user)):
                if connection.session in envelope.sessions:
                    connection.close(SESSION_ENDED, envelope.reason)

    def missed(self, topics: Collection[str] | None) -> None:
        """Make up for payloads that the broker may have lost (see `brokers.base.Listener`)."""
        if topics is None:
            self.resync()
        else:  # Who came or went unheard is found by `Presence.reconcile`.
            self.resync(user_of(topic) for topic in topics if topic != PRESENCE_TOPIC)

    def resync(self, users: Iterable[UserId] | None = None) -> None:
        """Tell clients (all of this process if none are named) that they may have missed
        something."""
        if users is not None:
            self._deliver(tuple(users), encode(Resync()))
            return
        connections = list(self.all_connections())
        _resync(connections[:RESYNC_CHUNK])
        if len(connections) > RESYNC_CHUNK:
            self._background.run(self._resync_later(connections[RESYNC_CHUNK:]))

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

    async def _receive_in_new_room(self, envelope: Numbered) -> None:
        try:
            room = await self._rooms.load(envelope.conversation)
        except Unavailable:
            self.resync(envelope.to)
            return
        if room is not None:
            self._delivery.offer(room, envelope)
