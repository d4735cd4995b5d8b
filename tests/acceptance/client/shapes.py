"""What frames and the things in them look like, from the protocol's text."""

import json
import re
from typing import Any

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
MAX_INTEGER = 2**53 - 1

CODES = {
    "invalid",
    "unknown_type",
    "forbidden",
    "not_found",
    "conflict",
    "too_large",
    "rate_limited",
    "unavailable",
}  # `internal` is left out: it is a bug wherever it is seen


class Frame(dict[str, Any]):
    """A frame as it came, with its text to the byte."""

    raw: str = ""


def check_frame(frame: Frame) -> None:
    """Checks a frame's fields and their types; unknown kinds are left alone, as promised."""
    kind = frame["type"]
    if kind == "error":
        assert frame["code"] in CODES, frame["code"]
        assert isinstance(frame["message"], str)
        assert frame["message"]
        if frame["code"] == "rate_limited":
            assert is_number(frame["retry_after"])
            assert frame["retry_after"] > 0
    elif kind == "hello":
        check_user(frame["user"])
        assert is_id(frame["session"])
        check_instant(frame["now"])
    elif kind == "pong":
        check_instant(frame["now"])
    elif kind == "conversation":
        check_conversation(frame["conversation"])
    elif kind == "synced":
        for conversation in frame["conversations"]:
            check_conversation(conversation)
            assert conversation["head"] > 0
        assert frame["next"] is None or isinstance(frame["next"], str)
    elif kind == "sent":
        assert is_id(frame["conversation"])
        assert is_count(frame["seq"], 1)
        check_instant(frame["at"])
        assert isinstance(frame["duplicate"], bool)
        assert isinstance(frame["client_id"], str)
    elif kind in {"history", "changes"}:
        assert is_id(frame["conversation"])
        key = "seq" if kind == "history" else "rev"
        for message in frame["messages"]:
            check_message(message)
        keys = [message[key] for message in frame["messages"]]
        assert keys == sorted(set(keys)), keys
        flags = ["more_before", "more_after"] if kind == "history" else ["more"]
        assert all(isinstance(frame[flag], bool) for flag in flags)
        assert kind == "history" or is_count(frame["rev"])
    elif kind == "users":
        for user in frame["users"]:
            check_user(user)
    elif kind in {"message", "change", "changed"}:
        assert is_id(frame["conversation"])
        check_message(frame["message"])
    elif kind == "receipt":
        assert is_id(frame["user"])
        assert is_count(frame["received"])
        assert is_count(frame["read"])
        assert frame["read"] <= frame["received"]
    elif kind == "typing":
        assert is_id(frame["user"])
        assert isinstance(frame["on"], bool)
    elif kind == "presence":
        assert is_id(frame["user"])
        assert isinstance(frame["online"], bool)
        check_last_seen(frame)


def check_user(user: dict[str, Any]) -> None:
    assert {"id", "username", "name", "online", "last_seen"} <= set(user), user
    assert "password" not in json.dumps(user)
    assert is_id(user["id"])
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{2,31}", user["username"])
    assert isinstance(user["name"], str)
    assert 1 <= len(user["name"]) <= 64
    assert isinstance(user["online"], bool)
    check_last_seen(user)


def check_last_seen(thing: dict[str, Any]) -> None:
    if thing["online"]:
        assert thing["last_seen"] is None
    elif thing["last_seen"] is not None:
        check_instant(thing["last_seen"])


def check_message(message: dict[str, Any]) -> None:
    fields = "seq from client_id text at reply_to rev edited deleted reactions"
    assert set(fields.split()) <= set(message), message
    assert is_count(message["seq"], 1)
    assert is_id(message["from"])
    assert isinstance(message["client_id"], str)
    check_instant(message["at"])
    assert message["reply_to"] is None or is_count(message["reply_to"], 1)
    assert is_count(message["rev"])
    assert isinstance(message["edited"], bool)
    assert isinstance(message["deleted"], bool)
    assert isinstance(message["reactions"], dict)
    assert all(message["reactions"].values()), "an emoji that nobody holds"
    if message["deleted"]:
        assert message["text"] is None
        assert message["reactions"] == {}
    else:
        assert isinstance(message["text"], str)


def check_conversation(conversation: dict[str, Any]) -> None:
    fields = "id kind title members member_count head rev unread last updated"
    assert set(fields.split()) <= set(conversation), conversation
    assert is_id(conversation["id"])
    assert conversation["kind"] == "direct"
    assert conversation["member_count"] == len(conversation["members"])
    for member in conversation["members"]:
        assert {"user", "role", "received", "read"} <= set(member), member
        check_user(member["user"])
        assert is_count(member["received"])
        assert is_count(member["read"])
        assert member["read"] <= member["received"] <= conversation["head"]
    assert is_count(conversation["head"])
    assert is_count(conversation["rev"])
    assert is_count(conversation["unread"])
    check_instant(conversation["updated"])
    assert (conversation["last"] is None) == (conversation["head"] == 0)
    if conversation["last"] is not None:
        check_message(conversation["last"])
        assert conversation["last"]["seq"] == conversation["head"]


def check_instant(value: Any) -> None:
    assert isinstance(value, str), value
    assert INSTANT.fullmatch(value), value


def is_id(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 64


def is_count(value: Any, least: int = 0) -> bool:
    return type(value) is int and least <= value <= MAX_INTEGER


def is_number(value: Any) -> bool:
    return type(value) in {int, float}
