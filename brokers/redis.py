"""The broker between processes: Redis publish and subscribe, and a lease for each process.

Nothing here waits for Redis on behalf of who publishes: a payload is handed to this
process's own listener at once, and to the others by a task that pipelines whatever has
gathered. Publish and subscribe forgets what nobody receives, so silent loss is noticed:

- each process numbers what it publishes, by topic, and a topic that has fallen silent is
  told its last number a second later (a *beat*); a subscriber that finds a number missing
  calls `Listener.gap` for that topic;
- a publish that failed leaves its topic to be told by the next beat that gets through;
- a subscription that does not hear this process's own heartbeat is dropped and made anew,
  and then `Listener.gap` is called for everything.

What a process holds hangs on its lease (`brokers.redis_leases`).

Every command is idempotent and none is retried by the driver, which would repeat a publish
behind our back (redis-py does so by default).

The driver connects, signs in and frames; what has arrived is taken from its parser in bulk.
One coroutine, one timeout and one log record a message cost four fifths of the loop's time
between two busy servers (measured: 131 µs a message with, 73 without).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import re
import secrets
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, SupportsBytes
from urllib.parse import urlsplit

from redis._parsers.hiredis import NOT_ENOUGH_DATA
from redis.asyncio import Connection, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from brokers.base import Broker, Listener
from brokers.redis_leases import Leases
from brokers.redis_wire import AWAY, Beat, Channels, Departed, Envelope, Heartbeat, decode, encode

logger = logging.getLogger("parley.redis")

COMMAND_SECONDS = 1.0
CONNECT_SECONDS = 1.0
HEARTBEAT_SECONDS = 0.4
# With the time until the next is due, a new connection and its backoff, what is lost in silence
# is noticed within 2 s. Heartbeats are counted, not seconds: a process that stood still itself
# has sent none, and what came meanwhile is still to be read.
MAX_UNHEARD = 3
BEAT_SECONDS = 1.0
BACKOFF_SECONDS = (0.1, 0.2, 0.4, 0.8)
MAX_PIPELINE = 512
MAX_OUTGOING = 20_000
MAX_OUTGOING_BYTES = 32 * 1024 * 1024
MAX_TOPICS = 100_000
MAX_SEEN = 4096
SUBSCRIBE_CHUNK = 1000
# An envelope's frame, tag and node: 0x95, "p", and sixteen hexadecimal digits.
ECHO_BYTES = 1 + 2 + 1 + 16
LOG_SECONDS = 60.0

_DATABASE = re.compile(r"/?[0-9]{0,5}")


def _check(url: str) -> None:
    """Refuse what the driver would take for something else (a name for database 0)."""
    example = "must be like redis://:PASSWORD@HOST:6379/0, with / ? # @ : % in it as %2F and so on"
    try:
        parts = urlsplit(url)
        is_fine = parts.scheme == "unix" or (
            bool(parts.hostname)
            and parts.port != 0
            and _DATABASE.fullmatch(parts.path) is not None
            and not parts.fragment
        )
        parse_url(url)
    except ValueError:
        is_fine = False
    if not is_fine:
        raise ValueError(example)


class RedisBroker(Broker):
    """Carries payloads between all processes that share a Redis."""

    crosses_processes: ClassVar[bool] = True

    def __init__(self, url: str) -> None:
        """Make a broker of a ``redis://``, ``rediss://`` or ``unix://`` URL.

        Raises:
            ValueError: the URL is malformed. The text never shows it: it may hold a password.
        """
        _check(url)
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=COMMAND_SECONDS,
            socket_connect_timeout=CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            retry_on_error=[],
            health_check_interval=0,
            max_connections=16,
        )
        # Reads until something comes; silence is measured by heartbeats.
        self._subscriber: Redis = Redis.from_url(
            url,
            socket_timeout=None,
            socket_connect_timeout=CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            retry_on_error=[],
            health_check_interval=0,
        )
        self._channels = Channels(self._redis.connection_pool.connection_kwargs.get("db", 0))
        self._node = secrets.token_hex(8)
        # With what the payloads begin that come back to us.
        self._echo = encode(Envelope(self._node, 0, 0, b""))[:ECHO_BYTES]
        self._publisher: Connection | None = None
        self._listener: Listener | None = None
        self._tasks: list[asyncio.Task[None]] = []
        # Publishing
        self._publishes = 0
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._outgoing: list[tuple[str, bytes]] = []
        self._outgoing_bytes = 0
        self._has_outgoing = asyncio.Event()
        self._to_beat: OrderedDict[str, float] = OrderedDict()
        self._can_publish = False
        # Subscribing
        self._topics: dict[str, float] = {}
        self._pubsub: PubSub | None = None
        self._confirmations: dict[str, asyncio.Future[None]] = {}
        self._is_subscribed = False
        self._was_subscribed = False
        self._is_heard = asyncio.Event()
        self._unheard = 0
        self._patience: asyncio.Timeout | None = None
        self._last: dict[tuple[str, str], int] = {}
        self._seen: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._leases = Leases(self._redis, self._node, failed=self._failed, buried=self._buried)
        self._logged: dict[str, float] = {}

    # Life

    async def open(self, listener: Listener) -> None:
        is_there = False
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                is_there = await self._redis.ping()
        except (AuthenticationError, ResponseError) as error:
            for client in (self._subscriber, self._redis):
                await client.aclose()
            raise ValueError(f"Redis refuses the connection: {error}") from None
        except AWAY as error:
            self._complain("opening", error)
        self._listener = listener
        loop = asyncio.get_running_loop()
        work = [self._subscribe_for_ever(), self._publish_for_ever(), self._leases.run(listener)]
        self._tasks = [loop.create_task(each) for each in [*work, self._beat_for_ever()]]
        if is_there:
            # Whoever has heard that it is ready counts on being heard, and counted, everywhere.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(COMMAND_SECONDS):
                    await self._is_heard.wait()

    async def close(self) -> None:
        if self._listener is None:
            return
        self._listener = None
        self._leases.stop()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        # The driver swallows a cancellation now and then; the loops look at the listener, too.
        self._has_outgoing.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._send_outgoing()
            await self._leases.release()
        except AWAY:
            pass  # the lease runs out by itself
        await self._drop_publisher()
        for client in (self._subscriber, self._redis):
            await client.aclose()

    def was_connected(self) -> bool:
        return self._was_subscribed

    def is_connected(self) -> bool:
        return self._is_subscribed and self._can_publish

    # Subscribing

    async def subscribe(self, topics: Iterable[str]) -> None:
        loop = asyncio.get_running_loop()
        new = [topic for topic in topics if topic not in self._topics]
        for topic in new:
            self._topics[topic] = loop.time()
        if not new or self._pubsub is None or not self._is_subscribed:
            return
        waiting = []
        for topic in new:
            future = self._confirmations[topic] = loop.create_future()
            waiting.append(future)
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await _order(self._pubsub, "SUBSCRIBE", map(self._channels.of, new))
                await asyncio.gather(*waiting)
        except AWAY as error:
            self._complain("subscribing", error)
            for topic in new:
                self._confirmations.pop(topic, None)
            await self._drop_subscription()

    def unsubscribe(self, topics: Iterable[str]) -> None:
        gone = [topic for topic in topics if self._topics.pop(topic, None) is not None]
        for topic in gone:
            for key in [key for key in self._last if key[0] == topic]:
                del self._last[key]
        if gone and self._pubsub is not None and self._is_subscribed:
            self._spawn(self._unsubscribe(self._pubsub, gone))

    async def _unsubscribe(self, pubsub: PubSub, topics: list[str]) -> None:
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                channels = [self._channels.of(each) for each in topics if each not in self._topics]
                if channels:
                    await _order(pubsub, "UNSUBSCRIBE", channels)
                again = [self._channels.of(each) for each in topics if each in self._topics]
                if again:
                    # Wanted again while the command was on its way.
                    await _order(pubsub, "SUBSCRIBE", again)
        except AWAY as error:
            self._complain("unsubscribing", error)

    async def _subscribe_for_ever(self) -> None:
        attempt = 0
        while self._listener is not None:
            try:
                await self._subscribe_once()
            except AWAY as error:
                self._complain("subscribed", error)
            except Exception:
                logger.exception("listening to Redis")
            if self._is_subscribed:
                attempt = 0
            self._is_subscribed = False
            self._pubsub = None
            await asyncio.sleep(_backoff(attempt))
            attempt += 1

    async def _subscribe_once(self) -> None:
        async with self._subscriber.pubsub(ignore_subscribe_messages=False) as pubsub:
            asked = {self._channels.control, *map(self._channels.of, self._topics)}
            await _subscribe(pubsub, asked)
            missing = set(asked)
            self._unheard = 0
            self._pubsub = pubsub
            while True:
                async with asyncio.timeout(None) as self._patience:
                    first: Any = await pubsub.parse_response(block=True)
                for kind, channel, data in (first, *_already_read(pubsub.connection)):
                    if kind == b"message":
                        self._arrived(channel, data)
                    elif kind == b"subscribe":
                        name = channel.decode()
                        missing.discard(name)
                        self._confirm(name)
                if not missing and not self._is_subscribed:
                    missing = {*map(self._channels.of, self._topics)} - asked
                    if missing:  # Wanted since we asked.
                        asked |= missing
                        await _subscribe(pubsub, missing)
                    else:
                        self._subscribed()
                if self._unheard > MAX_UNHEARD:
                    raise TimeoutError("our own heartbeat is not heard")
                await asyncio.sleep(0)  # There may be more to read; others wait, too.

    def _subscribed(self) -> None:
        self._is_subscribed = True
        logger.info("subscribed to Redis")
        self._enqueue(self._channels.control, encode(Heartbeat(self._node)))
        # What was published while we were away is gone for good; or before we came, while
        # somebody wanted it.
        if (self._was_subscribed or self._topics) and self._listener is not None:
            self._last.clear()
            self._listener.gap(None)
        self._was_subscribed = True

    def _confirm(self, channel: str) -> None:
        topic = self._channels.topic(channel)
        future = self._confirmations.pop(topic, None)
        if future is not None and not future.done():
            future.set_result(None)

    async def _drop_subscription(self) -> None:
        """Have the subscription made anew; whatever reads it notices."""
        connection: Any = self._pubsub and self._pubsub.connection
        if connection is not None:
            await connection.disconnect(nowait=True)

    def _arrived(self, channel: bytes, data: bytes) -> None:
        if data.startswith(self._echo):
            return
        try:
            envelope = decode(data)
        except ValueError as error:
            self._complain("dropping", error)
            return
        if isinstance(envelope, Heartbeat):
            if envelope.node == self._node:
                self._unheard = 0
                self._is_heard.set()
            else:
                self._leases.heard(envelope.node)
            return
        if envelope.node == self._node or self._listener is None:
            return
        if isinstance(envelope, Departed):
            self._listener.gap(None)
            return
        topic = self._channels.topic(channel.decode())
        if topic not in self._topics:
            return
        if isinstance(envelope, Beat):
            self._check_beat(topic, envelope)
            return
        key = (topic, envelope.node)
        last = self._last.get(key)
        self._last[key] = envelope.number
        if last is not None and envelope.number > last + 1:
            self._listener.gap([topic])
        published = (envelope.node, envelope.publish)
        if published in self._seen:
            return
        self._seen[published] = None
        if len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)
        self._listener.received(envelope.payload)

    def _check_beat(self, topic: str, beat: Beat) -> None:
        """Compare what came on a topic with what its publisher says it sent."""
        key = (topic, beat.node)
        last = self._last.get(key)
        self._last[key] = beat.number
        if last is None:
            # Nothing came since we subscribed: fine, if it was published before that.
            published_at = asyncio.get_running_loop().time() - beat.age_ms / 1000
            is_missing = published_at > self._topics[topic] and beat.number > 0
        else:
            is_missing = beat.number > last
        if is_missing and self._listener is not None:
            self._listener.gap([topic])

    # Publishing

    def publish(self, topics: Sequence[str], payload: SupportsBytes) -> None:
        if self._listener is None:
            return
        self._publishes += 1
        data = bytes(payload)
        now = asyncio.get_running_loop().time()
        for topic in topics:
            number = self._numbers.pop(topic, 0) + 1
            self._numbers[topic] = number
            self._to_beat.pop(topic, None)
            self._to_beat[topic] = now
            envelope = Envelope(self._node, number, self._publishes, data)
            self._enqueue(self._channels.of(topic), encode(envelope))
        while len(self._numbers) > MAX_TOPICS:
            forgotten, _ = self._numbers.popitem(last=False)
            self._to_beat.pop(forgotten, None)
        if not self._topics.keys().isdisjoint(topics):
            self._listener.received(payload)

    def _enqueue(self, channel: str, data: bytes) -> None:
        # Full: it is dropped, which its number will tell.
        if (
            len(self._outgoing) < MAX_OUTGOING
            and self._outgoing_bytes + len(data) < MAX_OUTGOING_BYTES
        ):
            self._outgoing.append((channel, data))
            self._outgoing_bytes += len(data)
            self._has_outgoing.set()

    async def _publish_for_ever(self) -> None:
        attempt = 0
        while self._listener is not None:
            await self._has_outgoing.wait()
            try:
                await self._send_outgoing()
                attempt = 0
            except AWAY as error:
                self._complain("publishing", error)
                await asyncio.sleep(_backoff(attempt))
                attempt += 1
            except Exception:
                logger.exception("publishing")

    async def _send_outgoing(self) -> None:
        """Send what has gathered. What fails is dropped: its numbers tell, by the beats."""
        while self._outgoing:
            batch = self._outgoing[:MAX_PIPELINE]
            del self._outgoing[:MAX_PIPELINE]
            self._outgoing_bytes -= sum(len(data) for _, data in batch)
            if not self._outgoing:
                self._has_outgoing.clear()
            try:
                async with asyncio.timeout(COMMAND_SECONDS):
                    await self._publish(batch)
            except BaseException:
                self._lose()
                await self._drop_publisher()
                now = asyncio.get_running_loop().time()
                for channel, _ in batch:
                    topic = self._channels.topic(channel)
                    if topic in self._numbers:
                        self._to_beat.setdefault(topic, now)
                raise
            self._can_publish = True

    async def _publish(self, batch: list[tuple[str, bytes]]) -> None:
        if self._publisher is None:
            self._publisher = await self._redis.connection_pool.get_connection()  # type: ignore[no-untyped-call]
        connection = self._publisher
        commands = connection.pack_commands([("PUBLISH", *each) for each in batch])
        await connection.send_packed_command(commands)
        missing = len(batch)
        while missing:
            await connection.read_response()
            replies = _already_read(connection)
            for reply in replies:
                if isinstance(reply, RedisError):
                    raise reply
            missing -= 1 + len(replies)

    async def _drop_publisher(self) -> None:
        connection, self._publisher = self._publisher, None
        if connection is not None:
            await connection.disconnect(nowait=True)
            await self._redis.connection_pool.release(connection)

    async def _beat_for_ever(self) -> None:
        """Tell, a second after a topic fell silent, what its last number is."""
        loop = asyncio.get_running_loop()
        while self._listener is not None:
            self._unheard += 1
            if self._unheard > MAX_UNHEARD and self._patience is not None:
                with contextlib.suppress(RuntimeError):  # Nothing is being waited for.
                    self._patience.reschedule(loop.time())
            self._enqueue(self._channels.control, encode(Heartbeat(self._node)))
            # While Redis is away the heartbeat tries it, and the beats keep.
            due = loop.time() - BEAT_SECONDS if self._can_publish else -1.0
            while self._to_beat:
                topic, published_at = next(iter(self._to_beat.items()))
                if published_at > due:
                    break
                del self._to_beat[topic]
                age_ms = round((loop.time() - published_at) * 1000)
                beat = Beat(self._node, self._numbers[topic], age_ms)
                self._enqueue(self._channels.of(topic), encode(beat))
            await asyncio.sleep(HEARTBEAT_SECONDS)

    # Leases

    async def hold(self, name: str, count: int) -> int:
        return await self._leases.hold(name, count)

    async def held(self, names: Collection[str]) -> Mapping[str, int]:
        return await self._leases.held(names)

    def forget(self, name: str) -> None:
        self._leases.forget(name)

    async def everybody(self) -> tuple[set[str], bool]:
        return await self._leases.everybody()

    def _buried(self) -> None:
        self._enqueue(self._channels.control, encode(Departed(self._node)))

    # Inside

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.append(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        if task in self._tasks:
            self._tasks.remove(task)

    def _lose(self) -> None:
        self._can_publish = False
        self._leases.doubt()

    def _failed(self, doing: str, error: Exception) -> None:
        self._complain(doing, error)
        self._lose()

    def _complain(self, doing: str, error: Exception) -> None:
        """Log a failure, at most once a minute for the same."""
        now = asyncio.get_running_loop().time()
        what = f"{doing} {type(error).__name__}"
        if now - self._logged.get(what, -LOG_SECONDS) < LOG_SECONDS:
            return
        self._logged[what] = now
        if isinstance(error, AuthenticationError | ResponseError):
            logger.error("Redis refuses (%s): %s. Check --broker.", doing, error)
        else:
            logger.warning("Redis is away (%s): %s", doing, str(error) or type(error).__name__)


async def _subscribe(pubsub: PubSub, channels: Collection[str]) -> None:
    """Subscribe to these on a connection of its own, which is made if need be."""
    names = list(channels)
    for start in range(0, len(names), SUBSCRIBE_CHUNK):
        async with asyncio.timeout(COMMAND_SECONDS + CONNECT_SECONDS):
            await pubsub.subscribe(*names[start : start + SUBSCRIBE_CHUNK])


async def _order(pubsub: PubSub, command: str, channels: Iterable[str]) -> None:
    """Send a command on a subscription's connection, which somebody else reads.

    The driver's own methods connect again where that fails, behind the reader's back.
    """
    connection: Any = pubsub.connection
    if connection is None or not connection.is_connected:
        raise ConnectionResetError("the subscription has ended")
    await connection.send_command(command, *channels)


def _already_read(connection: Any) -> list[Any]:
    """Return the replies and messages that the driver has read, and not handed out yet."""
    parser = connection and connection._parser
    reader = parser and parser._reader
    found: list[Any] = []
    while reader is not None and (reply := reader.gets()) is not NOT_ENOUGH_DATA:
        found.append(reply)
    return found


def _backoff(attempt: int) -> float:
    longest = BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS) - 1)]
    return longest * (0.5 + random.random() / 2)  # noqa: S311 (spreads reconnects)
