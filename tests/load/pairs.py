"""Pairs of people of whom one sends and the other listens, at any rate.

While a measurement runs frames are told apart by how they begin (the server writes `type`
first) and kept; what they say is looked at in `Pair.record` and `Pair.latencies`.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import string
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import msgspec

from tests.load.api import Person, register
from tests.load.client import Address, Client, connect, header, masked
from tests.load.machine import without_pauses
from tests.load.record import Entry, Record, faults

TEXT_BYTES = 104
# Numbers of seven digits make all frames of a pair equally long.
FIRST_NUMBER = 1_000_000
HISTORY_LIMIT = 200
SETTLE_SECONDS = 20.0

# What `introduce` sends: the key, and the number of messages.
INTRODUCTION = "hello"
INTRODUCTIONS = 1

_SENT = b'{"type":"sent"'
_MESSAGE = b'{"type":"message"'
_RESYNC = b'{"type":"resync"'


class _Message(msgspec.Struct):
    seq: int
    client_id: str
    text: str | None


class _Sent(msgspec.Struct, tag="sent"):
    seq: int
    client_id: str


class _Event(msgspec.Struct, tag="message"):
    message: _Message


class _History(msgspec.Struct):
    messages: list[_Message]
    more_after: bool


_decode_sent = msgspec.json.Decoder(_Sent).decode
_decode_event = msgspec.json.Decoder(_Event).decode


class Pair:
    """A conversation of two. `sent`, `acknowledged` and `received` count messages."""

    def __init__(self, sender: Client, receiver: Client, conversation: str, text: str) -> None:
        """Every message is `text` with a number of its own in the end. The two have been
        introduced (`introduce`)."""
        self.sender = sender
        self.receiver = receiver
        self.conversation = conversation
        self.sent = self.acknowledged = self.received = 0
        self.refusal: bytes | None = None
        self._sent_at: list[float] = []
        self._answers: list[list[bytes]] = []
        self._events: list[tuple[float, list[bytes]]] = []
        self._is_flowing = False
        self._text = text
        payload = (
            b'{"type":"send","id":%%d,"conversation":"%s","client_id":"m%%d","text":"%s%%d"}'
            % (conversation.encode(), text.encode())
        )
        length = len(payload % (FIRST_NUMBER, FIRST_NUMBER, FIRST_NUMBER))
        self._header = header(length)
        self._template = payload
        sender.listener = self._heard_by_sender
        receiver.listener = self._heard_by_receiver

    def send(self, count: int = 1) -> None:
        """Send so many messages at once."""
        first = FIRST_NUMBER + self.sent
        head, template = self._header, self._template
        frames = [
            head + masked(template % (number, number, number))
            for number in range(first, first + count)
        ]
        self.sent += count
        self._sent_at += [time.perf_counter()] * count
        self.sender.write(b"".join(frames))

    def flow(self, window: int) -> None:
        """Keep so many messages unacknowledged until `stop`."""
        self._is_flowing = True
        self.send(window)

    def stop(self) -> None:
        """Send no more."""
        self._is_flowing = False

    @property
    def is_settled(self) -> bool:
        """Whether everything sent was acknowledged and received."""
        return self.acknowledged >= self.sent and self.received >= self.sent

    def latencies(self, begin: float, end: float) -> list[float]:
        """Return the seconds from sending to receiving of what was sent between two times
        of `time.perf_counter`."""
        found = []
        for received_at, message in self._received():
            sent_at = self._sent_at[int(message.client_id[1:]) - FIRST_NUMBER]
            if begin <= sent_at < end:
                found.append(received_at - sent_at)
        return found

    async def record(self) -> Record:
        """Return what became of all messages; asks the server for those it stored."""
        numbers = range(FIRST_NUMBER, FIRST_NUMBER + self.sent)
        answers = [_decode_sent(payload) for frames in self._answers for payload in frames]
        self.receiver.listener = self.receiver.keep_answers
        return Record(
            sent=[(f"m{number}", f"{self._text}{number}") for number in numbers],
            acknowledged=[Entry(each.client_id, each.seq) for each in answers],
            received=[_entry(message) for _, message in self._received()],
            stored=await history(self.receiver, self.conversation, INTRODUCTIONS),
            before=INTRODUCTIONS,
        )

    def _received(self) -> Iterator[tuple[float, _Message]]:
        """Yield what came, and when; the first message may have been late."""
        for received_at, frames in self._events:
            for payload in frames:
                message = _decode_event(payload).message
                if message.client_id != INTRODUCTION:
                    yield received_at, message

    def _heard_by_sender(self, frames: list[bytes], now: float) -> None:
        answers = [payload for payload in frames if payload.startswith(_SENT)]
        if len(answers) != len(frames):
            self._look_for_refusals(frames)
        if answers:
            self._answers.append(answers)
            self.acknowledged += len(answers)
            if self._is_flowing:
                self.send(len(answers))

    def _heard_by_receiver(self, frames: list[bytes], now: float) -> None:
        events = [payload for payload in frames if payload.startswith(_MESSAGE)]
        if len(events) != len(frames):
            self._look_for_refusals(frames)
        if events:
            self._events.append((now, events))
            self.received += len(events)

    def _look_for_refusals(self, frames: list[bytes]) -> None:
        for payload in frames:
            if msgspec.json.decode(payload)["type"] in ("error", "resync"):
                self.refusal = payload


async def introduce(sender: Client, receivers: Sequence[Client], username: str) -> str:
    """Open a conversation and send its first message; return the id once all know it.

    That is another kind of work: both are told of the conversation and each other's
    presence, and a receiver on another server may be told to sync.
    """
    answer = await sender.ask("open", user=username)
    conversation: str = answer["conversation"]["id"]
    arrived = [receiver.heard(_MESSAGE, _RESYNC) for receiver in receivers]
    await sender.ask("send", conversation=conversation, client_id=INTRODUCTION, text="Hello!")
    async with asyncio.timeout(SETTLE_SECONDS):
        await asyncio.gather(*arrived)
    return conversation


async def history(client: Client, conversation: str, after: int) -> list[Entry]:
    """Return all messages beyond a number, as the server tells them."""
    found: list[Entry] = []
    more = True
    while more:
        after = found[-1].seq if found else after
        answer = await client.ask(
            "history", conversation=conversation, after=after, limit=HISTORY_LIMIT
        )
        page = msgspec.convert(answer, _History)
        found += map(_entry, page.messages)
        more = page.more_after
    return found


@asynccontextmanager
async def pairs(
    count: int, seed: int, servers: Sequence[Address], people: Sequence[Person] = ()
) -> AsyncIterator[list[Pair]]:
    """Connect so many pairs; each has a conversation with one message in it.

    Args:
        servers: senders are connected with the first, receivers with the last.
        people: who they are; accounts are made for them if they are not given.
    """
    chance = random.Random(seed)
    people = people or await register(servers[0], [f"person-{i:04}" for i in range(2 * count)])
    clients: list[Client] = []
    made = []
    try:
        for one, other in zip(people[:count], people[count : 2 * count], strict=True):
            sender = await connect(servers[0], one.token)
            clients.append(sender)
            receiver = await connect(servers[-1], other.token)
            clients.append(receiver)
            conversation = await introduce(sender, [receiver], other.username)
            made.append(Pair(sender, receiver, conversation, _text(chance)))
        with without_pauses():
            yield made
    finally:
        for client in clients:
            client.abort()


async def pace(talking: Sequence[Pair], rate: float, seconds: float, seed: int) -> None:
    """Send so many messages a second in all, by one pair after the other and whatever
    comes back; the pauses between them vary by half, and last a millisecond at least (what
    falls due meanwhile is sent together)."""
    chance = random.Random(seed)
    turns = itertools.cycle(talking)
    now = time.perf_counter()
    due, end = now, now + seconds
    while due < end:
        now = time.perf_counter()
        while due <= now:
            next(turns).send()
            due += chance.uniform(0.5, 1.5) / rate
        await asyncio.sleep(max(due - now, 0.001))


async def settle(talking: Sequence[Pair]) -> None:
    """Wait until everything sent was acknowledged and received.

    Raises:
        TimeoutError: something never was; the text says how much.
        RuntimeError: the server gave up on a message.
        Lost: it closed a connection.
    """
    deadline = time.perf_counter() + SETTLE_SECONDS
    while not all(pair.is_settled for pair in talking):
        check(talking)
        if time.perf_counter() > deadline:
            unsettled = [pair for pair in talking if not pair.is_settled]
            raise TimeoutError(
                f"of {sum(pair.sent for pair in unsettled)} messages in {len(unsettled)} "
                f"conversations {sum(pair.acknowledged for pair in unsettled)} were "
                f"acknowledged and {sum(pair.received for pair in unsettled)} received "
                f"after {SETTLE_SECONDS} s"
            )
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)  # what should not come has a chance to come


def check(talking: Sequence[Pair]) -> None:
    """Notice what a measurement should not go on with.

    Raises:
        RuntimeError: the server refused a message, or told its receiver to sync again.
        Lost: it closed a connection.
    """
    for pair in talking:
        if pair.refusal is not None:
            raise RuntimeError(f"the server gave up on a message: {pair.refusal.decode()}")
        for client in (pair.sender, pair.receiver):
            if client.lost.done():
                client.lost.result()


async def audit(talking: Sequence[Pair]) -> int:
    """Count the stored messages; return how many there are.

    Raises:
        RuntimeError: one is missing, doubled, changed or out of order somewhere.
    """
    records = await asyncio.gather(*(pair.record() for pair in talking))
    found = [fault for record in records for fault in faults(record)]
    if found:
        raise RuntimeError(f"promises were broken: {'; '.join(found[:10])}")
    return sum(len(record.stored) for record in records)


def _entry(message: _Message) -> Entry:
    return Entry(message.client_id, message.seq, message.text)


def _text(chance: random.Random) -> str:
    """Return the text of a pair's messages but for the number in the end."""
    letters = string.ascii_letters + " "
    return "".join(chance.choices(letters, k=TEXT_BYTES - len(str(FIRST_NUMBER))))
