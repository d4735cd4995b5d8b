"""Delivery: what has a number goes out in its turn, each number once.

The broker may lose, repeat or reorder, so in each `Stream` the next number goes out, an
older one is dropped, and a later one waits while the missing ones are read from the store.

The answer to the one who sent a message (or made a change) passes the same stream in the
place of the event, since on each connection ``sent`` counts as the arrival of its ``seq``.

The traps: a room must be loaded before its first event is announced here, for only then is
known which numbers are old; and what was stored just before may still be on its way from
another process (see `Delivery._arrived_late`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from brokers.base import Broker
from chat.background import Background
from chat.envelopes import Kind, Numbered
from chat.errors import Unavailable
from chat.models import Message, UserId
from chat.protocol import ChangeEvent, MessageEvent, encode
from chat.rooms import Ack, Room, Stream
from chat.stores.base import Store

logger = logging.getLogger("parley.delivery")

FILL_ATTEMPTS = 6  # one each half second: a gap is filled, or `resync` told, within 3 s
FILL_INTERVAL_SECONDS = 0.5
# What two processes store at once crosses within milliseconds: a missing number is most often
# on its way, and reading it would cost more than to wait for it.
CROSSING_SECONDS = 0.03
# The store tells two changes of a message as one. So where it does, what is missing is waited for
# so many times more: rounds, not seconds, since to a process that stood still both have passed
# when it goes on, and only then it hears what has come.
CROSSING_ROUNDS = 20
# A commit of our own that may hold a missing number: as long as a store takes to find out what
# became of it. Shorter, and on a machine that is starved of its processor who sent a message
# got it as an event, too, before the answer (seen, with 1 s).
OWN_WRITES_SECONDS = 20.0
# Events of another process that were under way when a room was read arrive within this.
LATE_SECONDS = 60.0
_FILL_PAGE = 200


class Send(Protocol):
    """Sends a frame to all connections here of these users but those with an id in `skip`."""

    def __call__(
        self,
        to: tuple[UserId, ...],
        frame: bytes,
        *,
        skip: Collection[str] = (),
        prelude: bytes | None = None,
    ) -> None:
        """Send `prelude`, if any, just before the frame."""


class Delivery:
    """Brings numbered events of rooms into their order."""

    def __init__(
        self,
        store: Store,
        broker: Broker,
        background: Background,
        send: Send,
        resync: Callable[[Iterable[UserId]], None],
        prelude: Callable[[Room], Awaitable[bytes | None]],
    ) -> None:
        """Deliver by `send`; what cannot be delivered in order is a `resync` for members.

        Args:
            prelude: makes anew what belongs before a conversation's first message.
        """
        self._store = store
        self._broker = broker
        self._background = background
        self._send = send
        self._resync = resync
        self._prelude = prelude
        self._writing: set[asyncio.Future[None]] = set()

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

    def expect(self, stream: Stream, number: int, ack: Ack) -> None:
        """Have an answer take the place of the event of this number."""
        stream.acks.setdefault(number, []).append(ack)

    def settle(self, stream: Stream, number: int) -> None:
        """Answer who expects this number, if nobody else is here to get the event."""
        if number in stream.acks and number not in stream.waiting:
            stream.last = max(stream.last, number)
            self._answer(stream, number)

    def offer(self, room: Room, envelope: Numbered) -> None:
        """Let a numbered event through in its turn."""
        stream = stream_of(room, envelope.kind)
        number = envelope.number
        if number <= stream.last and not self._arrived_late(room, stream, envelope):
            return
        stream.waiting[number] = envelope
        if stream.is_fresh and number not in stream.acks and len(stream.waiting) == 1:
            # One process tells in order. Only between it and us there may be a crossing.
            _begin(stream)
        if not stream.is_fresh:
            self._release(stream)
        if stream.waiting and not stream.filling:
            stream.filling = True
            self._background.run(self._fill(room, stream, envelope.kind))

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
            self._resync(room.members)  # Later ones have been delivered.
            return False
        stream.first = stream.last = envelope.number - 1
        return True

    def _release(self, stream: Stream) -> None:
        while (envelope := stream.waiting.get(stream.last + 1)) is not None:
            if envelope.is_repeat and (self._writing or envelope.number == 1):
                # It may be ours, sent through two processes: our answer comes first. And the
                # first needs its prelude.
                break
            del stream.waiting[envelope.number]
            self._pass(stream, envelope)

    def _pass(self, stream: Stream, envelope: Numbered) -> None:
        """Deliver the next numbered event; who asked for it gets the answer instead."""
        stream.last = envelope.number
        skip = self._answer(stream, envelope.number) if stream.acks else ()
        self._send(envelope.to, envelope.frame, skip=skip, prelude=envelope.prelude)

    def _answer(self, stream: Stream, number: int) -> Collection[str]:
        """Send the answers that stand in the place of a number; return to which connections."""
        skip = []
        for connection, answer in stream.acks.pop(number, ()):
            connection.send(answer)
            skip.append(connection.id)
        return skip

    async def _fill(self, room: Room, stream: Stream, kind: Kind) -> None:
        """Read what is missing before the first waiting number, until nothing waits."""
        attempt = rounds = 0
        try:
            while stream.waiting:
                last = stream.last
                await self._give_time()
                if stream.is_fresh:
                    _begin(stream)
                    self._release(stream)
                for number in [each for each in stream.waiting if each <= stream.last]:
                    del stream.waiting[number]  # It went to nobody, since nobody was here.
                if stream.last != last or not stream.waiting:
                    rounds = 0
                    continue  # What was missing has come; something else may be.
                first = min(stream.waiting)
                waiting = stream.waiting[first]
                try:
                    if waiting.is_repeat and first == 1:
                        waiting.prelude = await self._prelude(room)
                    waiting.is_repeat = False
                    if first > stream.last + 1:
                        rounds += 1
                        may_wait = self._may_cross() and rounds <= CROSSING_ROUNDS
                        await self._read_missing(room, stream, kind, first, may_wait=may_wait)
                except Unavailable:
                    attempt += 1
                    if attempt >= FILL_ATTEMPTS:
                        self._resync(room.members)
                        stream.last = max(stream.last, first - 1)
                        waiting.is_repeat = False
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
        if self._may_cross():
            await asyncio.sleep(CROSSING_SECONDS)

    def _may_cross(self) -> bool:
        return self._broker.crosses_processes and self._broker.is_connected()

    async def _read_missing(
        self, room: Room, stream: Stream, kind: Kind, first: int, *, may_wait: bool
    ) -> None:
        """Put what the store has between ``stream.last`` and `first` among the waiting.

        What arrived during the reading has gone out by now, with all that waited for it.

        Args:
            may_wait: do nothing if the store has fewer changes than numbers are missing.

        Raises:
            Unavailable: the store does not answer, or has no such message.
        """
        messages: Sequence[Message]
        if kind == "message":
            last = min(first - 1, stream.last + _FILL_PAGE)
            messages = await self._store.messages(room.id, stream.last + 1, last)
            if not messages:
                raise Unavailable  # It lags behind what was told; to ask on would never end.
            prelude = await self._prelude(room) if stream.last == 0 else None
            for message in messages:
                if message.seq > stream.last:
                    frame = encode(MessageEvent(room.id, message))
                    numbered = Numbered(kind, room.id, message.seq, room.members, frame)
                    if message.seq == 1:
                        numbered.prelude = prelude
                    stream.waiting.setdefault(message.seq, numbered)
            return
        # A message that was changed twice has one rev now: numbers may be missing for good.
        messages = await self._store.changes(room.id, stream.last, _FILL_PAGE)
        missing = [message for message in messages if message.rev < first]
        unheard = [message for message in missing if message.rev > stream.last]
        if may_wait and len(unheard) < min(first - 1 - stream.last, _FILL_PAGE):
            return
        for message in unheard:
            frame = encode(ChangeEvent(room.id, message))
            self._pass(stream, Numbered(kind, room.id, message.rev, room.members, frame))
        if len(missing) < len(messages) or len(messages) < _FILL_PAGE:
            stream.last = max(stream.last, first - 1)


def stream_of(room: Room, kind: Kind) -> Stream:
    """Return the room's stream of messages, or of changes."""
    return room.messages if kind == "message" else room.changes


def _begin(stream: Stream) -> None:
    """Let a fresh stream begin with the first that came."""
    stream.is_fresh = False
    stream.first = stream.last = min(stream.last, min(stream.waiting) - 1)
