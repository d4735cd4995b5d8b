"""WebSocket frames as a server reads them (RFC 6455 sections 5 to 8). No I/O.

A `Reader` is fed what arrives, in whatever pieces, and calls a method for each message and
control frame. It is strict: all that the RFC forbids to a client raises `Violation`, which
carries the close code for it. All frames of one piece are read in one go, since a busy
client's come many at a time; but no more than `MAX_FRAMES` or `MAX_BYTES` in one call, since
others wait meanwhile.

What a client can make grow here is one message: `MAX_MESSAGE_BYTES` of it, and a frame's
head. What is announced to be larger is refused before it arrives.
"""

from __future__ import annotations

import codecs
from abc import ABC, abstractmethod
from typing import Final

from chat.protocol import MAX_FRAME_BYTES

try:
    from tornado import speedups
except ImportError:  # Tornado was installed without its C code (PyPy)
    speedups = None  # type: ignore[assignment]

MAX_MESSAGE_BYTES: Final = MAX_FRAME_BYTES
# A frame costs some 20 µs with all that it leads to: so many are a pause for all others that
# nobody notices. Fewer, and a busy client's are handled in more turns of the loop than needed.
MAX_FRAMES: Final = 32
# A large frame of JSON may take 10 ms (43,000 empty objects do): one in a call.
MAX_BYTES: Final = 32 * 1024

# Opcodes (section 5.2)
CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

# Close codes (section 7.4.1)
PROTOCOL_ERROR: Final = 1002
INVALID_DATA: Final = 1007
MESSAGE_TOO_BIG: Final = 1009

MAX_CONTROL_BYTES: Final = 125

_FINAL: Final = 0x80
_FINAL_TEXT: Final = _FINAL | TEXT
_RESERVED: Final = 0x70
_OPCODE: Final = 0x0F
_CONTROL: Final = 0x08
_MASKED: Final = 0x80
_OPCODES: Final = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})


def unmask_in_python(mask: bytes, data: bytes) -> bytes:
    """Return the data unmasked (section 5.3). As numbers: byte by byte takes far longer, and
    in C a tenth of the time."""
    size = len(data)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "little")
    return (int.from_bytes(data, "little") ^ key).to_bytes(size, "little")


unmask = getattr(speedups, "websocket_mask", unmask_in_python)


class Violation(Exception):
    """A frame that the RFC forbids; the connection is to be failed (section 7.1.7).

    Args:
        code: the close code.
        reason: what was wrong, for whoever develops the client.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Reader(ABC):
    """Reads the frames of one connection; a subclass says what is done with them.

    One that is between messages holds nothing but itself.
    """

    __slots__ = ("_unfinished",)

    def __init__(self) -> None:
        """Begin at the first frame."""
        self._unfinished: _Unfinished | None = None

    # What is done with frames

    @abstractmethod
    def take_message(self, message: str | bytes) -> bool:
        """Take a text or binary message; return whether to stop reading for now."""

    @abstractmethod
    def take_ping(self, payload: bytes) -> None:
        """Take a ping."""

    @abstractmethod
    def take_pong(self, payload: bytes) -> None:
        """Take a pong, asked for or not."""

    @abstractmethod
    def take_close(self, code: int | None, reason: str) -> None:
        """Take a close frame, with a code if it had one. Nothing is read after it."""

    # What arrives

    def feed(self, data: bytes) -> bool:
        """Handle the frames that are complete by now, up to the first that bids to stop.

        Returns:
            Whether complete frames may be left; ``feed(b"")`` handles them.

        Raises:
            Violation: of the RFC. The reader must not be fed again.
        """
        unfinished = self._unfinished
        if unfinished is not None and unfinished.rest:
            unfinished.rest += data
            if len(unfinished.rest) < unfinished.needed:
                return False
            data = bytes(unfinished.rest)
            unfinished.rest.clear()
        position, end = 0, len(data)
        frames = MAX_FRAMES
        needed = 2
        stops = False
        # This is the way of every frame of a busy server: one of the usual kind, a short
        # text in one piece, passes no call but those that unmask and take it.
        while end - position >= 2:
            first, second = data[position], data[position + 1]
            size = second & 0x7F
            start = position + 6
            room = MAX_MESSAGE_BYTES
            if first != _FINAL_TEXT or second < _MASKED or unfinished is not None:
                room = self._check(first, second)
            if size > 125:
                start += 2 if size == 126 else 8
                if start - 4 > end:
                    needed = start - 4 - position
                    break
                size = int.from_bytes(data[position + 2 : start - 4], "big")
                if size >= 1 << 63:
                    raise Violation(PROTOCOL_ERROR, "a length of 64 bits")
            if size > room:
                raise Violation(MESSAGE_TOO_BIG, "message too big")
            stop = start + size
            if stop > end:
                needed = stop - position
                break
            payload = unmask(data[start - 4 : start], data[start:stop])
            position = stop
            if first == _FINAL_TEXT:
                stops = self.take_message(_text(payload))
            else:
                stops = self._take(first, payload)
                unfinished = self._unfinished
            frames -= 1
            if stops or not frames or position > MAX_BYTES:
                needed = 0
                break
        if position < end:
            unfinished = self._begun()
            unfinished.rest += memoryview(data)[position:]
            unfinished.needed = needed
        if unfinished is not None and unfinished.opcode is None:
            if position == end:
                self._unfinished = None
            elif position:
                unfinished.age = 0
        return not needed

    def keep(self, data: bytes) -> None:
        """Keep what arrives out of turn; the next `feed` begins with it."""
        unfinished = self._begun()
        unfinished.rest += data
        unfinished.needed = 0

    def grow_older(self) -> int:
        """Return how often this was called since the message began that is not complete yet;
        0 if there is none."""
        unfinished = self._unfinished
        if unfinished is None:
            return 0
        unfinished.age += 1
        return unfinished.age

    def forget(self) -> None:
        """Let go of what is not complete."""
        self._unfinished = None

    # Inside

    def _begun(self) -> _Unfinished:
        if self._unfinished is None:
            self._unfinished = _Unfinished()
        return self._unfinished

    def _check(self, first: int, second: int) -> int:
        """Return how many bytes a frame may have that begins with these two.

        Raises:
            Violation: there must be no such frame, or not now.
        """
        opcode = first & _OPCODE
        if first & _RESERVED:
            raise Violation(PROTOCOL_ERROR, "reserved bits without an extension")
        if opcode not in _OPCODES:
            raise Violation(PROTOCOL_ERROR, "a reserved opcode")
        if not second & _MASKED:
            raise Violation(PROTOCOL_ERROR, "a frame that is not masked")
        if opcode & _CONTROL:
            if not first & _FINAL:
                raise Violation(PROTOCOL_ERROR, "a control frame in fragments")
            if second & 0x7F > MAX_CONTROL_BYTES:
                raise Violation(PROTOCOL_ERROR, "a control frame of more than 125 bytes")
            return MAX_CONTROL_BYTES
        unfinished = self._unfinished
        is_inside = unfinished is not None and unfinished.opcode is not None
        if is_inside != (opcode == CONTINUATION):
            reason = "a message inside a message" if is_inside else "a continuation of nothing"
            raise Violation(PROTOCOL_ERROR, reason)
        return MAX_MESSAGE_BYTES - (unfinished.size if unfinished is not None else 0)

    def _take(self, first: int, payload: bytes) -> bool:
        """Take any frame but a text in one piece; return whether to stop reading for now."""
        opcode = first & _OPCODE
        if opcode == PING:
            self.take_ping(payload)
        elif opcode == PONG:
            self.take_pong(payload)
        elif opcode == CLOSE:
            self.take_close(*_closing(payload))
            return True
        elif first == _FINAL | BINARY:
            return self.take_message(payload)
        else:
            unfinished = self._begun()
            if opcode != CONTINUATION:
                unfinished.begin(opcode)
            unfinished.add(payload)
            if first & _FINAL:
                return self.take_message(unfinished.complete())
        return False


class _Unfinished:
    """What has arrived of what is not complete: a frame, a message in fragments, or both.

    `opcode` is that of the message, or None if there is none; `rest` begins with a frame of
    which at least `needed` bytes are needed to go on. `size` is that of the message, where
    each fragment counts at least one: there is no end to empty ones otherwise.
    """

    __slots__ = ("_check_text", "age", "message", "needed", "opcode", "rest", "size")

    def __init__(self) -> None:
        self.age = 0
        self.rest = bytearray()
        self.needed = 0
        self.opcode: int | None = None
        self.message = bytearray()
        self.size = 0
        self._check_text: codecs.IncrementalDecoder | None = None

    def begin(self, opcode: int) -> None:
        """Begin a message in fragments."""
        self.age = 0
        self.opcode = opcode
        self._check_text = codecs.getincrementaldecoder("utf-8")() if opcode == TEXT else None

    def add(self, payload: bytes) -> None:
        """Add a fragment.

        Raises:
            Violation: whatever follows, it will not be UTF-8.
        """
        if self._check_text is not None:
            try:
                self._check_text.decode(payload)
            except UnicodeDecodeError:
                raise _not_utf8() from None
        self.message += payload
        self.size += max(1, len(payload))

    def complete(self) -> str | bytes:
        """Return the whole message, and begin again.

        Raises:
            Violation: it is text and no UTF-8.
        """
        message = bytes(self.message)
        is_text = self.opcode == TEXT
        self.age = 0
        self.opcode = None
        self.message = bytearray()
        self.size = 0
        self._check_text = None
        return _text(message) if is_text else message


def control_frame(opcode: int, payload: bytes = b"") -> bytes:
    """Return a control frame as a server sends it, with at most `MAX_CONTROL_BYTES`."""
    return bytes((_FINAL | opcode, len(payload))) + payload


def close_frame(code: int | None, reason: str = "") -> bytes:
    """Return a close frame; a reason that is too long is cut."""
    if code is None:
        return control_frame(CLOSE)
    cut = reason.encode()[: MAX_CONTROL_BYTES - 2].decode("utf-8", "ignore")
    return control_frame(CLOSE, code.to_bytes(2, "big") + cut.encode())


def is_close_code(code: int) -> bool:
    """Whether a peer may send this code: section 7.4, and what IANA has registered since."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


def _closing(payload: bytes) -> tuple[int | None, str]:
    if not payload:
        return None, ""
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not is_close_code(code):
        raise Violation(PROTOCOL_ERROR, "a close code that must not be sent")
    return code, _text(payload[2:])


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise _not_utf8() from None


def _not_utf8() -> Violation:
    return Violation(INVALID_DATA, "text that is not UTF-8")
