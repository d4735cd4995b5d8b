"""The parser refuses everything that is no request, and says why; frames are RFC 6455's."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import RateLimited
from chat.models import ConversationId, Message, UserId
from chat.protocol import (
    MAX_TEXT_CHARACTERS,
    BadFrame,
    History,
    MessageEvent,
    Ok,
    Ping,
    Read,
    Send,
    encode,
    encode_error,
    parse,
    retry_reason,
)

SEND = {"type": "send", "id": 1, "conversation": "c", "client_id": "k", "text": "hi"}


def refusal(frame: str) -> BadFrame:
    with pytest.raises(BadFrame) as caught:
        parse(frame)
    return caught.value


def refusal_of(request: dict[str, Any], **changes: Any) -> BadFrame:
    return refusal(json.dumps({**request, **changes}))


def test_a_request_becomes_a_value_of_its_type() -> None:
    request = parse(json.dumps(SEND))

    assert request == Send(id=1, conversation=ConversationId("c"), client_id="k", text="hi")


def test_a_request_may_go_without_an_id_only_if_the_protocol_says_so() -> None:
    assert isinstance(parse('{"type":"ping"}'), Ping)
    assert isinstance(parse('{"type":"read","conversation":"c","seq":1}'), Read)

    assert refusal('{"type":"sync"}').error.field == "id"


def test_unknown_fields_are_ignored() -> None:
    frame = '{"type":"ping","id":"a","__proto__":{"$gt":""},"constructor":[1]}'

    assert parse(frame) == Ping(id="a")


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "[]",
        "1",
        "null",
        '"text"',
        "{",
        "\ufeff{}",
        '{"type":"ping","id":NaN}',
        '{"type":"ping","x":Infinity}',
        '{"type":"ping","x":-Infinity}',
        '{"type":"ping","x":' + "[" * 30_000,
        '{"type":"ping","x":' + "[" * 30_000 + "]" * 30_000 + "}",
        '{"type":"ping","id":' + "9" * 5_000 + "}",
        "\udc80",
    ],
)
def test_what_is_no_json_object_is_invalid(frame: str) -> None:
    assert refusal(frame).error.code == "invalid"


@pytest.mark.parametrize("id_", [True, None, 1.0, 2**53, -(2**53), "x" * 65, "\ud800", [], {}])
def test_a_bad_id_is_named_and_never_echoed(id_: object) -> None:
    bad = refusal(json.dumps({"type": "ping", "id": id_}))

    assert bad.error.field == "id"
    assert not isinstance(bad.re, int | str)


@pytest.mark.parametrize("id_", [0, -(2**53 - 1), 2**53 - 1, "", "x" * 64])
def test_a_good_id_is_echoed_with_a_failure(id_: int | str) -> None:
    assert refusal(json.dumps({"type": "nope", "id": id_})).re == id_


@pytest.mark.parametrize("kind", ["nope", "create_group", "search", "__init__", ""])
def test_an_unknown_type_is_told_so(kind: str) -> None:
    bad = refusal(json.dumps({"type": kind, "id": 7}))

    assert (bad.error.code, bad.re) == ("unknown_type", 7)


@pytest.mark.parametrize("kind", [None, 5, ["ping"], {"$ne": 1}])
def test_a_type_that_is_no_string_is_invalid(kind: object) -> None:
    bad = refusal(json.dumps({"type": kind, "id": 7}))

    assert (bad.error.code, bad.error.field, bad.re) == ("invalid", "type", 7)


@pytest.mark.parametrize("seq", [True, 1.0, "1", None, 0, -1, 2**53, 2**63, {"$gt": 0}])
def test_a_number_is_an_integer_in_its_range(seq: object) -> None:
    bad = refusal(json.dumps({"type": "read", "id": 7, "conversation": "c", "seq": seq}))

    assert (bad.error.code, bad.error.field, bad.re) == ("invalid", "seq", 7)


@pytest.mark.parametrize("field", ["conversation", "client_id", "text"])
def test_a_missing_field_is_named(field: str) -> None:
    request = {name: value for name, value in SEND.items() if name != field}

    assert refusal(json.dumps(request)).error.field == field


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u2003\u00a0"])
def test_a_blank_text_is_invalid(text: str) -> None:
    bad = refusal_of(SEND, text=text)

    assert (bad.error.code, bad.error.field) == ("invalid", "text")


def test_the_length_of_a_text_is_counted_in_code_points() -> None:
    longest = "😀" * MAX_TEXT_CHARACTERS

    request = parse(json.dumps({**SEND, "text": longest}))
    assert isinstance(request, Send)
    assert request.text == longest
    bad = refusal_of(SEND, text=longest + "x")
    assert (bad.error.code, bad.error.field) == ("too_large", "text")


@pytest.mark.parametrize("text", ["a\u0000b", "\ud800", "x\udfff", "\ude00\ud83d"])
def test_nul_and_lone_surrogates_are_invalid_in_any_string(text: str) -> None:
    for request, field in [
        ({**SEND, "text": text}, "text"),
        ({**SEND, "later": {"deep": [text]}}, "later"),
        ({**SEND, "client_id": text}, "client_id"),
    ]:
        bad = refusal(json.dumps(request))
        assert (bad.error.code, bad.error.field, bad.re) == ("invalid", field, 1)
    assert refusal(json.dumps({**SEND, text: 1})).error.code == "invalid"


@pytest.mark.parametrize("beginning", ['{"type":"ping","id":7', '{"type":"nope","id":7'])
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800"])
def test_they_are_found_or_the_frame_refused_however_deep_they_are(
    beginning: str, opened: str, closed: str, escape: str
) -> None:
    for depth in (*range(400, 1100, 7), 5_000, 20_000):
        value = f'{opened * depth}"{escape}"{closed * depth}'

        assert refusal(f'{beginning},"x":{value}}}').error.code == "invalid"


def test_a_type_given_twice_is_invalid_and_of_other_fields_the_last_counts() -> None:
    bad = refusal('{"type":"ping","type":"sync","id":7}')

    assert (bad.error.code, bad.error.field, bad.re) == ("invalid", "type", 7)
    assert parse('{"type":"ping","id":7,"id":8}').id == 8


def test_an_escaped_backslash_is_no_escape() -> None:
    request = parse(json.dumps({**SEND, "text": r"\u0000 \ud800"}))

    assert isinstance(request, Send)
    assert request.text == r"\u0000 \ud800"


@pytest.mark.parametrize("client_id", ["", "x" * 65, "a\nb", "\x7f", "\x85"])
def test_a_client_id_is_short_and_printable(client_id: str) -> None:
    assert refusal_of(SEND, client_id=client_id).error.field == "client_id"


def test_history_takes_one_position_at_most() -> None:
    conversation = ConversationId("c")
    request = {"type": "history", "id": 1, "conversation": conversation}

    around = parse(json.dumps({**request, "around": 0}))
    assert around == History(id=1, conversation=conversation, around=0)
    assert refusal_of(request, before=1, after=0).error.code == "invalid"
    assert refusal_of(request, before=None).error.field == "before"


@pytest.mark.parametrize("emoji", ["", " ", "\n", "👨‍👩‍👧‍👦" * 2, "x" * 33])
def test_an_emoji_has_one_to_32_bytes(emoji: str) -> None:
    request = {"type": "react", "id": 1, "conversation": "c", "seq": 1, "on": True}

    assert refusal_of(request, emoji=emoji).error.field == "emoji"


@given(st.text())
def test_no_frame_whatever_raises_anything_but_a_refusal(frame: str) -> None:
    try:
        parse(frame)
    except BadFrame as bad:
        assert bad.error.code in ("invalid", "unknown_type", "too_large")


@given(
    st.dictionaries(
        st.sampled_from(["type", "id", "conversation", "seq", "text", "client_id", "q", "on"]),
        st.one_of(
            st.sampled_from(["send", "read", "ping", "find_users", "typing", "react"]),
            st.integers(),
            st.floats(),
            st.booleans(),
            st.none(),
            st.text(),
            st.lists(st.integers()),
        ),
    )
)
def test_no_object_whatever_raises_anything_but_a_refusal(request: dict[str, Any]) -> None:
    try:
        parse(json.dumps(request))
    except BadFrame as bad:
        assert bad.error.code in ("invalid", "unknown_type", "too_large")


@pytest.mark.parametrize("size", [0, 93, 94, 8000, 70_000])
def test_a_frame_is_framed_by_its_length(size: int) -> None:
    message = Message(1, UserId("_u"), "k", "x" * size, "2026-11-22T08:30:41.123Z")

    frame = encode(MessageEvent(ConversationId("c"), message))

    assert frame[0] == 0x81  # final, text
    if frame[1] == 127:
        length, payload = int.from_bytes(frame[2:10], "big"), frame[10:]
    elif frame[1] == 126:
        length, payload = int.from_bytes(frame[2:4], "big"), frame[4:]
    else:
        length, payload = frame[1], frame[2:]
    assert length == len(payload)
    assert (frame[1] == 127) == (length > 65_535)
    assert (frame[1] == 126) == (125 < length <= 65_535)
    assert json.loads(payload)["message"]["text"] == "x" * size


def test_an_error_frame_names_what_there_is_to_name() -> None:
    frame = encode_error(RateLimited(field="q", retry_after=0.12345), "a")
    assert json.loads(frame[2:]) == {
        "type": "error",
        "re": "a",
        "code": "rate_limited",
        "message": "Too many requests.",
        "field": "q",
        "retry_after": 0.123,
    }
    assert "re" not in json.loads(encode_error(RateLimited())[2:])


def test_answers_carry_the_id_as_it_came() -> None:
    assert json.loads(encode(Ok("7"))[2:]) == {"type": "ok", "re": "7"}
    assert json.loads(encode(Ok(7))[2:]) == {"type": "ok", "re": 7}


def test_a_retry_reason_fits_a_close_frame() -> None:
    assert json.loads(retry_reason(5000)) == {"retry_ms": 5000}
    assert len(retry_reason(999_999)) <= 123  # RFC 6455 section 5.5
