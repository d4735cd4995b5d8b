"""What crosses the broker: an event, for whom it is, and its place among the others.

An envelope goes to this process's own hub as it is, and as `bytes` to others.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from chat.models import ConversationId, SessionId, UserId

Kind = Literal["message", "change"]


class _Sealable(Struct, array_like=True, gc=False):
    def __bytes__(self) -> bytes:
        return _encode(self)


class Numbered(_Sealable, tag="n"):
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


class Marked(_Sealable, tag="r"):
    """A receipt: how far a member has received and read by now. `skip` is a connection's id."""

    conversation: ConversationId
    user: UserId
    received: int
    read: int
    to: tuple[UserId, ...]
    frame: bytes
    skip: str


class Event(_Sealable, tag="e"):
    """Anything else without a number: typing, for one. `skip` is a connection's id."""

    to: tuple[UserId, ...]
    frame: bytes
    skip: str = ""


class Seen(_Sealable, tag="o"):
    """Somebody is online, or is not any more. `is_for_all` if all who may know are among `to`."""

    user: UserId
    online: bool
    to: tuple[UserId, ...]
    frame: bytes
    is_for_all: bool = True


class Ended(_Sealable, tag="s"):
    """Sessions of a user that have ended."""

    user: UserId
    sessions: list[SessionId]
    reason: str


Envelope = Numbered | Marked | Event | Seen | Ended

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Envelope)


def unseal(payload: bytes) -> Envelope:
    """Return the envelope that a payload holds.

    Raises:
        ValueError: it holds none. A broker is shared with whatever else is configured to
            use it.
    """
    try:
        envelope: Envelope = _decoder.decode(payload)
    except (msgspec.MsgspecError, RecursionError) as exc:
        raise ValueError(f"{len(payload)} unreadable bytes") from exc
    return envelope
