"""Frames are read whole, in pieces and many at once, and what RFC 6455 forbids is refused."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import framing
from handlers.framing import (
    BINARY,
    CLOSE,
    CONTINUATION,
    MAX_BYTES,
    MAX_FRAMES,
    MAX_MESSAGE_BYTES,
    MESSAGE_TOO_BIG,
    PING,
    PONG,
    TEXT,
    Reader,
    Violation,
)
from tests.acceptance.client import encode_frame

Event = tuple[str, object]


class Recorder(Reader):
    """A reader that remembers; it stops after messages that are in `stops`."""

    def __init__(self, stops: Sequence[str] = ()) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.stops = stops
        self.is_closed = False

    def take_message(self, message: str | bytes) -> bool:
        self.events.append(("message", message))
        return message in self.stops

    def take_ping(self, payload: bytes) -> None:
        self.events.append(("ping", payload))

    def take_pong(self, payload: bytes) -> None:
        self.events.append(("pong", payload))

    def take_close(self, code: int | None, reason: str) -> None:
        self.events.append(("close", (code, reason)))
        self.is_closed = True


def read(*pieces: bytes) -> list[Event]:
    """What a reader makes of these pieces; a violation is the last event."""
    reader = Recorder()
    for piece in pieces:
        try:
            is_more = reader.feed(piece)
            while is_more and not reader.is_closed:
                is_more = reader.feed(b"")
        except Violation as violation:
            return [*reader.events, ("violation", violation.code)]
        if reader.is_closed:
            break
    return reader.events


def in_every_way(data: bytes) -> list[Event]:
    """What a reader makes of this, which must not depend on the pieces that it comes in."""
    events = read(data)
    assert read(*(data[i : i + 1] for i in range(len(data)))) == events
    for size in (2, 3, 7):
        assert read(*(data[i : i + size] for i in range(0, len(data), size))) == events
    return events


def text(payload: str | bytes, *, fin: bool = True) -> bytes:
    return encode_frame(TEXT, payload.encode() if isinstance(payload, str) else payload, fin=fin)


def more(payload: bytes, *, fin: bool = True) -> bytes:
    return encode_frame(CONTINUATION, payload, fin=fin)


def close(code: int, reason: bytes = b"") -> bytes:
    return encode_frame(CLOSE, struct.pack("!H", code) + reason)


# The numbers are those of Autobahn's test suite, where it has such a case.
GOOD: dict[str, tuple[bytes, list[Event]]] = {
    "1.1.1 empty text": (text(""), [("message", "")]),
    "1.1.2 text of 125": (text("*" * 125), [("message", "*" * 125)]),
    "1.1.3 text of 126": (text("*" * 126), [("message", "*" * 126)]),
    "1.1.4 text of 127": (text("*" * 127), [("message", "*" * 127)]),
    "1.2.1 empty binary": (encode_frame(BINARY, b""), [("message", b"")]),
    "1.2.4 binary of 127": (encode_frame(BINARY, b"\xfe" * 127), [("message", b"\xfe" * 127)]),
    "2.1 empty ping": (encode_frame(PING, b""), [("ping", b"")]),
    "2.3 binary ping": (encode_frame(PING, b"\x00\xff"), [("ping", b"\x00\xff")]),
    "2.4 ping of 125": (encode_frame(PING, b"\xfe" * 125), [("ping", b"\xfe" * 125)]),
    "2.7 pong unasked for": (encode_frame(PONG, b"x"), [("pong", b"x")]),
    "2.10 ten pings": (
        b"".join(encode_frame(PING, b"%d" % i) for i in range(10)),
        [("ping", b"%d" % i) for i in range(10)],
    ),
    "5.3 two fragments": (text("frag", fin=False) + more(b"ment"), [("message", "fragment")]),
    "5.6 ping between fragments": (
        text("frag", fin=False) + encode_frame(PING, b"!") + more(b"ment"),
        [("ping", b"!"), ("message", "fragment")],
    ),
    "6.1.2 three empty fragments": (
        text("", fin=False) + more(b"", fin=False) + more(b""),
        [("message", "")],
    ),
    "6.1.3 one of three not empty": (
        text("", fin=False) + more(b"middle", fin=False) + more(b""),
        [("message", "middle")],
    ),
    "binary in fragments": (
        encode_frame(BINARY, b"\xff", fin=False) + more(b"\xfe"),
        [("message", b"\xff\xfe")],
    ),
    "6.2.4 a character cut in two": (
        text("κ".encode()[:1], fin=False) + more("κ".encode()[1:]),
        [("message", "κ")],
    ),
    "two messages in fragments": (
        text("a", fin=False) + more(b"b") + text("c", fin=False) + more(b"d") + text("e"),
        [("message", "ab"), ("message", "cd"), ("message", "e")],
    ),
    "7.1.1 nothing after a close": (
        text("a") + close(1000) + text("b") + encode_frame(PING, b""),
        [("message", "a"), ("close", (1000, ""))],
    ),
    "7.3.1 close without a code": (encode_frame(CLOSE, b""), [("close", (None, ""))]),
    "7.3.4 close with a reason": (close(1000, "bye ö".encode()), [("close", (1000, "bye ö"))]),
    "7.3.5 close of 125": (close(1000, b"*" * 123), [("close", (1000, "*" * 123))]),
    "close between fragments": (text("a", fin=False) + close(1001), [("close", (1001, ""))]),
    "a length longer than need be": (
        b"\x81\xfe\x00\x01\x00\x00\x00\x00a" + b"\x81\xff" + bytes(7) + b"\x01" + bytes(4) + b"b",
        [("message", "a"), ("message", "b")],
    ),
    "a mask of zeros": (b"\x81\x82\x00\x00\x00\x00hi", [("message", "hi")]),
}

BAD: dict[str, tuple[bytes, int]] = {
    "2.5 ping of 126": (encode_frame(PING, b"\xfe" * 126), 1002),
    "3.1 reserved bit 3": (encode_frame(TEXT, b"x", rsv=1), 1002),
    "3.2 reserved bit 2": (encode_frame(TEXT, b"x", rsv=2), 1002),
    "3.4 reserved bits of an empty frame": (encode_frame(TEXT, b"", rsv=3), 1002),
    "3.5 reserved bit of a binary frame": (encode_frame(BINARY, b"x", rsv=4), 1002),
    "3.6 reserved bits of a ping": (encode_frame(PING, b"x", rsv=5), 1002),
    "3.7 reserved bits of a close": (encode_frame(CLOSE, b"", rsv=7), 1002),
    "5.1 ping in fragments": (encode_frame(PING, b"x", fin=False), 1002),
    "5.2 pong in fragments": (encode_frame(PONG, b"x", fin=False), 1002),
    "close in fragments": (encode_frame(CLOSE, b"", fin=False), 1002),
    "5.9 continuation of nothing": (more(b"x"), 1002),
    "5.12 continuation of nothing, and more": (more(b"x", fin=False), 1002),
    "5.18 text inside text": (text("a", fin=False) + text("b"), 1002),
    "binary inside text": (text("a", fin=False) + encode_frame(BINARY, b"b"), 1002),
    "text inside binary": (encode_frame(BINARY, b"a", fin=False) + text("b", fin=False), 1002),
    "not masked": (encode_frame(TEXT, b"x", masked=False), 1002),
    "a ping not masked": (encode_frame(PING, b"", masked=False), 1002),
    "a fragment not masked": (text("a", fin=False) + b"\x80\x01b", 1002),
    "a length of 64 bits": (b"\x81\xff\x80" + bytes(7), 1002),
    "6.3.1 not UTF-8": (text("κόσμε".encode() + b"\xed\xa0\x80" + b"edited"), 1007),
    "6.3.2 not UTF-8, in fragments": (
        text(b"\xce\xba\xed", fin=False) + more(b"\xa0\x80", fin=False) + more(b"edited"),
        1007,
    ),
    "6.6.1 half a character": (text(b"\xce"), 1007),
    "half a character in the last fragment": (text("a", fin=False) + more(b"\xce"), 1007),
    "6.12 beyond Unicode": (text(b"\xf4\x90\x80\x80"), 1007),
    "6.14 a continuation byte": (text(b"\x80"), 1007),
    "6.21 overlong": (text(b"\xc0\xaf"), 1007),
    "7.3.2 close of one byte": (encode_frame(CLOSE, b"\x03"), 1002),
    "7.3.6 close of 126": (close(1000, b"*" * 124), 1002),
    "7.5.1 a reason that is not UTF-8": (close(1000, b"\xed\xa0\x80"), 1007),
}

for _opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
    BAD[f"4 reserved opcode {_opcode}"] = (encode_frame(_opcode, b""), 1002)
for _code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
    BAD[f"7.9 close code {_code}"] = (close(_code), 1002)
for _code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014):
    GOOD[f"7.7 close code {_code}"] = (close(_code), [("close", (_code, ""))])
for _code in (3000, 3999, 4000, 4999):
    GOOD[f"7.7 close code {_code}"] = (close(_code), [("close", (_code, ""))])


@pytest.mark.parametrize("name", GOOD)
def test_what_is_allowed_is_taken(name: str) -> None:
    data, expected = GOOD[name]

    assert in_every_way(data) == expected


@pytest.mark.parametrize("name", BAD)
def test_what_is_forbidden_is_a_violation(name: str) -> None:
    data, code = BAD[name]

    assert in_every_way(data)[-1] == ("violation", code)


@pytest.mark.parametrize("name", BAD)
def test_what_came_before_a_violation_is_taken(name: str) -> None:
    data, _ = BAD[name]

    assert in_every_way(text("before") + data)[0] == ("message", "before")


def test_everything_in_one_piece() -> None:
    chosen = [case for name, case in GOOD.items() if not any("close" in e for e in case[1])]
    data = b"".join(data for data, _ in chosen)

    assert in_every_way(data) == [event for _, events in chosen for event in events]


@pytest.mark.parametrize("size", [65535, 65536, MAX_MESSAGE_BYTES])
def test_a_long_message_is_taken(size: int) -> None:
    message = "x" * size
    data = text(message)

    assert read(data) == [("message", message)]
    assert read(data[:5], data[5:70_000], data[70_000:]) == [("message", message)]
    pieces = [text(message[:1000], fin=False)]
    pieces += [more(message[i : i + 1000].encode(), fin=False) for i in range(1000, size, 1000)]
    assert read(b"".join(pieces), more(b"")) == [("message", message)]


def test_a_message_over_the_limit_is_refused_by_its_head() -> None:
    size = MAX_MESSAGE_BYTES + 1
    for head in (
        b"\x81\xff" + struct.pack("!Q", size),
        b"\x82\xff" + struct.pack("!Q", 2**63 - 1),
        b"\x01\xff" + struct.pack("!Q", size),
    ):
        assert read(head) == [("violation", 1009)]


def test_fragments_over_the_limit_are_refused_by_the_head_of_the_last() -> None:
    whole = b"x" * MAX_MESSAGE_BYTES

    assert read(text(whole, fin=False), b"\x80\x81" + bytes(4)) == [("violation", 1009)]
    assert read(text(whole[1:], fin=False), b"\x80\xfe\x00\x7e" + bytes(4)) == [("violation", 1009)]
    # What comes in between is no part of the message.
    ping = encode_frame(PING, b"x" * 125)
    assert read(text(whole, fin=False), ping, more(b"")) == [
        ("ping", b"x" * 125),
        ("message", whole.decode()),
    ]


def test_text_that_cannot_become_utf8_is_refused_with_its_fragment() -> None:
    assert read(text(b"a\xff", fin=False)) == [("violation", 1007)]
    assert read(text(b"\xce", fin=False), more(b"a", fin=False)) == [("violation", 1007)]
    assert read(encode_frame(BINARY, b"\xff", fin=False)) == []


def test_a_head_is_refused_before_the_payload_comes() -> None:
    for head in (b"\x83\x80", b"\xc1\x80", b"\x80\x80", b"\x81\x05", b"\x89\xfe", b"\x09\x80"):
        assert read(head) == [("violation", 1002)], head


def test_no_more_frames_than_allowed_are_handled_in_one_call() -> None:
    reader = Recorder()
    count = 2 * MAX_FRAMES + 1
    data = b"".join(text(str(number)) for number in range(count))

    assert reader.feed(data)
    assert len(reader.events) == MAX_FRAMES
    assert reader.feed(b"")
    assert len(reader.events) == 2 * MAX_FRAMES
    assert not reader.feed(b"")

    assert reader.events == [("message", str(number)) for number in range(count)]


def test_large_frames_are_handled_one_in_a_call() -> None:
    reader = Recorder()
    large = "x" * (MAX_BYTES + 1)

    assert reader.feed(text(large) * 3 + text("small"))
    assert len(reader.events) == 1
    while reader.feed(b""):
        pass

    assert reader.events == [("message", large)] * 3 + [("message", "small")]


def test_empty_fragments_have_an_end() -> None:
    reader = Recorder()
    reader.feed(text("a", fin=False))

    for _ in range(MAX_MESSAGE_BYTES):
        reader.feed(more(b"", fin=False))
    with pytest.raises(Violation) as violation:
        reader.feed(more(b"b", fin=False))

    assert violation.value.code == MESSAGE_TOO_BIG


def test_reading_stops_when_a_message_bids_so() -> None:
    reader = Recorder(stops=["b"])
    last = text("d")

    assert reader.feed(text("a") + text("b") + text("c") + last[:3])
    assert [message for _, message in reader.events] == ["a", "b"]
    reader.keep(last[3:5])
    assert not reader.feed(last[5:])

    assert [message for _, message in reader.events] == ["a", "b", "c", "d"]


def test_what_was_kept_comes_first() -> None:
    reader = Recorder()
    first = text("first")
    reader.keep(first[:4])
    reader.keep(first[4:])

    reader.feed(text("second"))

    assert reader.events == [("message", "first"), ("message", "second")]


def test_between_messages_nothing_is_held() -> None:
    reader = Recorder()
    halves = text("b")
    for data in (text("a"), halves[:3], halves[3:], text("c", fin=False), more(b"")):
        reader.feed(data)

    assert reader._unfinished is None


def test_a_message_that_is_not_complete_grows_older() -> None:
    reader = Recorder()
    assert reader.grow_older() == 0
    one, two = text("abc"), text("d")

    reader.feed(one[:5])
    assert [reader.grow_older() for _ in range(3)] == [1, 2, 3]
    reader.feed(one[5:] + two[:1])
    assert reader.grow_older() == 1  # the next one is as young as that

    reader.feed(two[1:] + text("e", fin=False))
    for age in (1, 2, 3):
        assert reader.grow_older() == age
        reader.feed(encode_frame(PING, b"still here") + more(b"", fin=False))
    reader.feed(more(b""))
    assert reader.grow_older() == 0


def test_a_masked_payload_is_read_without_tornados_c_code() -> None:
    for size in (1, 3, 4, 5, 1000):
        data, mask = bytes(i % 256 for i in range(size)), b"\x9d\x41\xe6\x2b"
        expected = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        assert framing.unmask_in_python(mask, data) == expected
        assert framing.unmask(mask, data) == expected


def test_a_close_frame_fits_whatever_the_reason() -> None:
    assert framing.close_frame(None) == b"\x88\x00"
    assert framing.close_frame(4401, "logout") == b"\x88\x08\x11\x31logout"
    frame = framing.close_frame(1012, "ö" * 100)
    assert frame[1] == 124
    assert frame[4:].decode() == "ö" * 61


texts = st.text(max_size=40)
payloads = st.binary(max_size=125)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[list[bytes], list[Event]]:
    """Frames that are allowed, and what must be made of them."""
    frames: list[bytes] = []
    events: list[Event] = []

    def controls() -> None:
        for opcode, kind in draw(
            st.lists(st.sampled_from([(PING, "ping"), (PONG, "pong")]), max_size=2)
        ):
            payload = draw(payloads)
            frames.append(encode_frame(opcode, payload))
            events.append((kind, payload))

    for message in draw(st.lists(st.one_of(texts, st.binary(max_size=300)), max_size=12)):
        data = message.encode() if isinstance(message, str) else message
        cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
        parts = [data[i:j] for i, j in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        for number, part in enumerate(parts):
            opcode = CONTINUATION if number else TEXT if isinstance(message, str) else BINARY
            controls()
            frames.append(encode_frame(opcode, part, fin=number == len(parts) - 1))
        events.append(("message", message))
    controls()
    return frames, events


@given(conversations(), st.data())
def test_whatever_the_pieces_the_messages_are_the_same(
    conversation: tuple[list[bytes], list[Event]], data: st.DataObject
) -> None:
    frames, expected = conversation
    stream = b"".join(frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))

    assert read(*(stream[i:j] for i, j in zip([0, *cuts], [*cuts, len(stream)], strict=True))) == (
        expected
    )


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_garbage_is_refused_in_an_orderly_way(pieces: list[bytes]) -> None:
    joined = read(b"".join(pieces))

    assert read(*pieces) == joined
