"""The frames of the WebSocket: requests parsed, answers and events encoded. No I/O.

One parser stands between the network and everything else: what `parse` returns has the
right types and ranges, and holds neither U+0000 nor lone surrogates, so that no service
and no store checks it again. docs/protocol.md is the contract that this module follows.

The trap: ``bool`` is an ``int`` in Python, ``1.0`` equals ``1``, and JSON texts can be
nested until the parser's stack ends. msgspec is strict about the first two and raises
`RecursionError` for the third; the tests hold it to that.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Final, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from chat.errors import Invalid, ParleyError, TooLarge, UnknownType
from chat.models import Conversation, ConversationId, Message, SessionId, UserId

PROTOCOL: Final = 1
MAX_FRAME_BYTES: Final = 128 * 1024
MAX_TEXT_CHARACTERS: Final = 8000
MAX_EMOJI_BYTES: Final = 32
MAX_REACTION_KINDS: Final = 20
MAX_PAGE_BYTES: Final = 256 * 1024
MAX_LISTED_MEMBERS: Final = 50
MAX_INTEGER: Final = 2**53 - 1  # the largest that every JSON implementation keeps (RFC 8259 §6)

# Close codes (RFC 6455 section 7.4; 4000 to 4999 are for private use)
UNSUPPORTED_DATA: Final = 1003
RESTARTING: Final = 1012
OVERLOADED: Final = 1013
SESSION_ENDED: Final = 4401
TOO_SLOW: Final = 4408
TOO_MANY: Final = 4429

RequestId = (
    Annotated[int, Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)] | Annotated[str, Meta(max_length=64)]
)
_Length = Meta(min_length=1, max_length=64)
_AnyId = Annotated[str, _Length]
_Conversation = Annotated[ConversationId, _Length]
_Number = Annotated[int, Meta(ge=1, le=MAX_INTEGER)]
_Position = Annotated[int, Meta(ge=0, le=MAX_INTEGER)]


# Requests


class Request(Struct, tag_field="type", kw_only=True, gc=False):
    """What every request has. Without `id` only a failure is answered."""

    id: RequestId | UnsetType = UNSET


class Question(Request, gc=False):
    """A request that is always answered, and so must carry an `id`."""

    id: RequestId


class Ping(Request, tag="ping", gc=False):
    """Is anybody there?"""


class Sync(Question, tag="sync", gc=False):
    """The list of one's conversations."""

    cursor: str | None = None


class Open(Question, tag="open", gc=False):
    """The direct conversation with a user, by id or username, or one's own by its id."""

    user: _AnyId | UnsetType = UNSET
    conversation: _Conversation | UnsetType = UNSET


class Send(Question, tag="send", gc=False):
    """A new message."""

    conversation: _Conversation
    client_id: _AnyId
    text: str
    reply_to: _Number | None = None


class History(Question, tag="history", gc=False):
    """Part of a conversation, at no position or at one."""

    conversation: _Conversation
    before: _Position | UnsetType = UNSET
    after: _Position | UnsetType = UNSET
    around: _Position | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Changes(Question, tag="changes", gc=False):
    """Messages changed after a `rev`."""

    conversation: _Conversation
    after: _Position
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Received(Request, tag="received", gc=False):
    """Everything up to `seq` has reached this user."""

    conversation: _Conversation
    seq: _Number


class Read(Request, tag="read", gc=False):
    """This user has read everything up to `seq`."""

    conversation: _Conversation
    seq: _Number


class Typing(Request, tag="typing", gc=False):
    """This user has begun, or ceased, to type."""

    conversation: _Conversation
    on: bool


class FindUsers(Question, tag="find_users", gc=False):
    """People whose username, or a word of whose name, begins with `q`."""

    q: Annotated[str, Meta(min_length=1, max_length=64)]
    limit: Annotated[int, Meta(ge=1, le=50)] = 20


class Edit(Question, tag="edit", gc=False):
    """Another text for one's own message."""

    conversation: _Conversation
    seq: _Number
    text: str


class Delete(Question, tag="delete", gc=False):
    """Take a message's content away."""

    conversation: _Conversation
    seq: _Number


class React(Question, tag="react", gc=False):
    """Put an emoji to a message, or take it away."""

    conversation: _Conversation
    seq: _Number
    emoji: str
    on: bool


_AnyRequest = (
    Ping
    | Sync
    | Open
    | Send
    | History
    | Changes
    | Received
    | Read
    | Typing
    | FindUsers
    | Edit
    | Delete
    | React
)
_KNOWN_TYPES = frozenset(str(kind.__struct_config__.tag) for kind in get_args(_AnyRequest))


class BadFrame(Exception):
    """A frame that is no request; `re` is its `id`, as far as it has a valid one."""

    def __init__(self, error: ParleyError, re: RequestId | UnsetType = UNSET) -> None:
        """Keep what the answer needs."""
        super().__init__(error.message)
        self.error = error
        self.re = re


_decoder: msgspec.json.Decoder[Request] = msgspec.json.Decoder(_AnyRequest)
_ESCAPED = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_PATH = re.compile(r" - at `\$\.([A-Za-z_]+)")
_MISSING = re.compile(r"missing required field `([A-Za-z_]+)`")


def parse(frame: str) -> Request:
    """Return the request in a text frame.

    Raises:
        BadFrame: it is none; carries the error to answer with.
    """
    try:
        request = _decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _refusal(frame, error) from None
    # msgspec skips fields that it does not know without decoding their escapes, and finds
    # U+0000 fine everywhere; such frames are rare enough for a second look at all of it.
    if _ESCAPED.search(frame):
        _check_strings(_loose(frame), request.id)
    check = _CHECKS.get(type(request))
    if check is not None:
        try:
            check(request)
        except ParleyError as error:
            raise BadFrame(error, request.id) from None
    return request


def _loose(frame: str) -> dict[str, Any]:
    """Return the object in a frame, even with lone surrogates in its strings.

    Raises:
        BadFrame: the frame is no JSON object.
    """
    try:
        value = json.loads(frame, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise BadFrame(Invalid("A frame must be one JSON object."))
    return value


def _no_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON (RFC 8259 section 6)


def _refusal(frame: str, reason: Exception) -> BadFrame:
    """Say why a frame is no request, as exactly as can be."""
    try:
        value = _loose(frame)
    except BadFrame as error:
        return error
    try:
        re_ = msgspec.convert(value["id"], RequestId) if "id" in value else UNSET
    except msgspec.ValidationError:
        re_ = None
    if re_ is None or _holds_forbidden(re_):
        return BadFrame(
            Invalid("`id` must be an integer or a string of at most 64 characters.", field="id")
        )
    try:
        if _ESCAPED.search(frame):
            _check_strings(value, re_)
    except BadFrame as error:
        return error
    kind = value.get("type")
    if not isinstance(kind, str):
        return BadFrame(Invalid("`type` must be a string.", field="type"), re_)
    if kind not in _KNOWN_TYPES:
        return BadFrame(UnknownType(field="type"), re_)
    field = invalid_field(str(reason))
    if field is None:
        return BadFrame(Invalid("A frame must be one JSON object."), re_)
    sentence = str(reason).split(" - at ")[0]
    return BadFrame(Invalid(f"`{field}`: {sentence}.", field=field), re_)


def invalid_field(reason: str) -> str | None:
    """Return the name of the field that a `msgspec.ValidationError` is about."""
    found = _PATH.search(reason) or _MISSING.search(reason)
    return found[1] if found else None


def _check_strings(value: dict[str, Any], re_: RequestId | UnsetType) -> None:
    """Refuse U+0000 and lone surrogates in any string, whether its field is known or not."""
    for field, content in value.items():
        if _holds_forbidden(field) or _holds_forbidden(content):
            known = field if field.isidentifier() else None
            sentence = "U+0000 and lone surrogates are not allowed in a string."
            raise BadFrame(Invalid(sentence, field=known), re_)


def _holds_forbidden(value: object) -> bool:
    waiting = [value]  # no recursion: it would end before that of `json.loads` does
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            if _FORBIDDEN.search(found):
                return True
        elif isinstance(found, list):
            waiting += found
        elif isinstance(found, dict):
            waiting += [*found, *found.values()]
    return False


def _check_text(request: Send | Edit) -> None:
    text = request.text
    if len(text) > MAX_TEXT_CHARACTERS:
        raise TooLarge(f"A message holds at most {MAX_TEXT_CHARACTERS} characters.", field="text")
    if not text or text.isspace():
        raise Invalid("A message needs at least one character that is not blank.", field="text")


def _check_send(request: Send) -> None:
    _check_text(request)
    client_id = request.client_id
    if not (client_id.isascii() and client_id.isprintable()) and _CONTROL.search(client_id):
        raise Invalid("`client_id` must not hold control characters.", field="client_id")


def _check_history(request: History) -> None:
    given = [name for name in ("before", "after", "around") if getattr(request, name) is not UNSET]
    if len(given) > 1:
        raise Invalid("Give only one of `before`, `after` and `around`.", field=given[1])


def _check_open(request: Open) -> None:
    if (request.user is UNSET) == (request.conversation is UNSET):
        raise Invalid("Give either `user` or `conversation`.", field="user")


def _check_find_users(request: FindUsers) -> None:
    if request.q.isspace():
        raise Invalid("`q` must not be blank.", field="q")


def _check_react(request: React) -> None:
    emoji = request.emoji
    if not emoji or emoji.isspace() or _CONTROL.search(emoji):
        raise Invalid("`emoji` must be an emoji.", field="emoji")
    if len(emoji.encode()) > MAX_EMOJI_BYTES:
        raise Invalid(f"An emoji has at most {MAX_EMOJI_BYTES} bytes.", field="emoji")


_CHECKS: dict[type, Any] = {
    Send: _check_send,
    Edit: _check_text,
    History: _check_history,
    Open: _check_open,
    FindUsers: _check_find_users,
    React: _check_react,
}


# Objects


class UserObject(Struct, frozen=True):
    """A user as one viewer may see them; `last_seen` is an RFC 3339 time."""

    id: UserId
    username: str
    name: str
    online: bool = False
    last_seen: str | None = None


class MemberObject(Struct, frozen=True):
    """A member with the marks."""

    user: UserObject
    role: str
    received: int
    read: int


class ConversationObject(Struct, frozen=True):
    """A conversation as one viewer sees it; `members` may be absent for a large group."""

    id: ConversationId
    kind: str
    title: str | None
    member_count: int
    head: int
    rev: int
    unread: int
    last: Message | None
    updated: str
    members: list[MemberObject] | UnsetType = UNSET


class Limits(Struct, frozen=True):
    """What a client must keep to."""

    frame: int = MAX_FRAME_BYTES
    text: int = MAX_TEXT_CHARACTERS


# Answers and events


class Frame(Struct, frozen=True, tag_field="type"):
    """What the server sends; `re` is the `id` of the request that it answers."""


class ErrorFrame(Frame, tag="error", frozen=True):
    """A refusal."""

    code: str
    message: str
    re: RequestId | UnsetType = UNSET
    field: str | UnsetType = UNSET
    retry_after: float | UnsetType = UNSET


class Ok(Frame, tag="ok", frozen=True):
    """Done."""

    re: RequestId


class Pong(Frame, tag="pong", frozen=True):
    """Somebody is there."""

    now: str
    re: RequestId | UnsetType = UNSET


class Synced(Frame, tag="synced", frozen=True):
    """A page of one's conversations."""

    re: RequestId
    conversations: list[ConversationObject]
    next: str | None


class ConversationFrame(Frame, tag="conversation", frozen=True):
    """A conversation: as an answer, or as an event (then without `re`)."""

    conversation: ConversationObject
    re: RequestId | UnsetType = UNSET


class Sent(Frame, tag="sent", frozen=True):
    """A message is stored for good."""

    re: RequestId
    conversation: ConversationId
    client_id: str
    seq: int
    at: str
    duplicate: bool


class HistoryFrame(Frame, tag="history", frozen=True):
    """A page of messages, already encoded."""

    re: RequestId
    conversation: ConversationId
    messages: list[msgspec.Raw]
    more_before: bool
    more_after: bool


class ChangesFrame(Frame, tag="changes", frozen=True):
    """A page of changed messages, already encoded."""

    re: RequestId
    conversation: ConversationId
    messages: list[msgspec.Raw]
    rev: int
    more: bool


class Users(Frame, tag="users", frozen=True):
    """People found."""

    re: RequestId
    users: list[UserObject]


class ChangedFrame(Frame, tag="changed", frozen=True):
    """The message after one's own change."""

    re: RequestId
    conversation: ConversationId
    message: Message


class Hello(Frame, tag="hello", frozen=True):
    """The first frame of every connection."""

    user: UserObject
    session: SessionId
    heartbeat: int
    server: str
    now: str
    limits: Limits = Limits()
    protocol: int = PROTOCOL


class MessageEvent(Frame, tag="message", frozen=True):
    """A message was stored."""

    conversation: ConversationId
    message: Message


class ChangeEvent(Frame, tag="change", frozen=True):
    """A message was edited, deleted or reacted to."""

    conversation: ConversationId
    message: Message


class ReceiptEvent(Frame, tag="receipt", frozen=True):
    """A member's marks moved."""

    conversation: ConversationId
    user: UserId
    received: int
    read: int


class TypingEvent(Frame, tag="typing", frozen=True):
    """Somebody types, or ceased to."""

    conversation: ConversationId
    user: UserId
    on: bool


class PresenceEvent(Frame, tag="presence", frozen=True):
    """Somebody came or went."""

    user: UserId
    online: bool
    last_seen: str | None


class ProfileEvent(Frame, tag="profile", frozen=True):
    """Somebody is called something else now."""

    user: UserId
    name: str


class Resync(Frame, tag="resync", frozen=True):
    """Events may have been missed."""


_encoder = msgspec.json.Encoder()
encode_json = _encoder.encode


def encode(frame: Frame) -> bytes:
    """Return a frame of ours as a whole WebSocket text frame, ready for any number of
    connections (RFC 6455 section 5.2: what a server sends is not masked)."""
    payload = _encoder.encode(frame)
    size = len(payload)
    if size < 126:
        return b"\x81" + size.to_bytes(1, "big") + payload
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def encode_error(error: ParleyError, re: RequestId | UnsetType = UNSET) -> bytes:
    """Return the frame that answers a request which failed; see `encode`."""
    return encode(
        ErrorFrame(
            error.code,
            error.message,
            re,
            UNSET if error.field is None else error.field,
            UNSET if error.retry_after is None else round(error.retry_after, 3),
        )
    )


def retry_reason(retry_ms: int) -> str:
    """Return the close reason that tells a client when to come back."""
    return encode_json({"retry_ms": retry_ms}).decode()


def conversation_object(
    conversation: Conversation,
    users: dict[UserId, UserObject],
    updated: str,
    *,
    last: Message | None = None,
    unread: int = 0,
    member_count: int | None = None,
) -> ConversationObject:
    """Return a conversation as one viewer sees it.

    Args:
        users: the members as that viewer may see them; who is missing is not listed.
        updated: the RFC 3339 form of ``conversation.updated``.
    """
    members = [
        MemberObject(users[member.user], member.role, member.received, member.read)
        for member in conversation.members
        if member.user in users
    ]
    return ConversationObject(
        id=conversation.id,
        kind=conversation.kind,
        title=conversation.title,
        member_count=member_count or len(conversation.members),
        head=conversation.head,
        rev=conversation.rev,
        unread=unread,
        last=last,
        updated=updated,
        members=members,
    )
