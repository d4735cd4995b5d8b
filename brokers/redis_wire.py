"""What is written in Redis and sent through it: envelopes, and the names of channels and keys.
And what it looks like when it is not there."""

from __future__ import annotations

import msgspec
from msgspec import Struct
from redis.exceptions import RedisError

PREFIX = "parley"
NODES = f"{PREFIX}:nodes"

# What a Redis that is away looks like. uvloop's transports raise RuntimeError where something
# is written after the other end has cut the connection.
AWAY = (RedisError, OSError, TimeoutError, RuntimeError)


class Envelope(Struct, array_like=True, tag="p", gc=False):
    """A payload on a topic's channel.

    `number` counts what `node` published on this topic, `publish` what it published at
    all: the same payload on several topics has the same.
    """

    node: str
    number: int
    publish: int
    payload: bytes


class Beat(Struct, array_like=True, tag="b", gc=False):
    """On a topic's channel: the last number that `node` published on it, so long ago."""

    node: str
    number: int
    age_ms: int


class Heartbeat(Struct, array_like=True, tag="h", gc=False):
    """On the control channel: `node` lives, and hears itself."""

    node: str


class Departed(Struct, array_like=True, tag="d", gc=False):
    """On the control channel: `node` died, and its names were taken away."""

    node: str


encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Envelope | Beat | Heartbeat | Departed)


def decode(data: bytes) -> Envelope | Beat | Heartbeat | Departed:
    """Return what a message on one of our channels says.

    Raises:
        ValueError: nothing; a Redis is shared with whatever else is configured to use it.
    """
    try:
        found: Envelope | Beat | Heartbeat | Departed = _decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError) as exc:
        raise ValueError(f"{len(data)} unreadable bytes") from exc
    return found


def lease_key(node: str) -> str:
    """Return the key that lives as long as a process renews it."""
    return f"{PREFIX}:lease:{{{node}}}"


def held_key(node: str) -> str:
    """Return the hash of what hangs on a process's lease: name to count."""
    return f"{PREFIX}:held:{{{node}}}"


class Channels:
    """The channels of one database; publish and subscribe itself knows no databases."""

    def __init__(self, database: int) -> None:
        """Make the names for a database number."""
        self._prefix = f"{PREFIX}:{database}:"
        self.control = f"{self._prefix}control"

    def of(self, topic: str) -> str:
        """Return a topic's channel; the braces make it one slot of a Redis Cluster."""
        return f"{self._prefix}{{{topic}}}"

    def topic(self, channel: str) -> str:
        """Return the topic of a channel; not a topic's name for the control channel."""
        return channel[len(self._prefix) + 1 : -1]
