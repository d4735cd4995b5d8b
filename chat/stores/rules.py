"""Rules that are the same in every store: keys, cursors, and what a change may reach."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from operator import attrgetter

import msgspec

from chat.errors import Invalid
from chat.models import ConversationId, Member, Message, NewMessage, Summary, UserId, rfc3339

# Beyond so many members a list does not name them: a page of 200 would be megabytes.
LISTED_MEMBERS = 50

_BY_USER = attrgetter("user")
_CURSOR = re.compile(r"(0|[1-9][0-9]{0,17}) ([!-~]{1,64})")


def pair_key(one: UserId, other: UserId) -> str:
    """Return what only the direct conversation of these two has."""
    return " ".join(sorted((one, other)))


def in_order(members: Iterable[Member]) -> tuple[Member, ...]:
    """Return members as a conversation names them: ordered by user id."""
    return tuple(sorted(members, key=_BY_USER))


def place(summary: Summary) -> tuple[int, ConversationId]:
    """Return by what a list is ordered."""
    return summary.conversation.updated, summary.conversation.id


def write_cursor(updated: int, conversation: ConversationId) -> str:
    """Return the cursor of what comes after this place in a list."""
    return base64.urlsafe_b64encode(f"{updated} {conversation}".encode()).decode()


def read_cursor(cursor: str) -> tuple[int, ConversationId]:
    """Return the place that `write_cursor` wrote down.

    Raises:
        Invalid: it never wrote this.
    """
    try:
        text = base64.b64decode(cursor.encode("ascii"), b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeError) as exc:
        raise Invalid("This cursor is not valid.", field="cursor") from exc
    found = _CURSOR.fullmatch(text)
    if found is None or write_cursor(int(found[1]), ConversationId(found[2])) != cursor:
        raise Invalid("This cursor is not valid.", field="cursor")
    return int(found[1]), ConversationId(found[2])


def as_sent(new: NewMessage, seq: int) -> Message:
    """Return a new message under its number."""
    return Message(
        seq=seq,
        sender=new.sender,
        client_id=new.client_id,
        text=new.text,
        at=rfc3339(new.at),
        reply_to=new.reply_to,
    )


def text_digest(sent: Message, text: str) -> bytes:
    """Return what is kept of a message's first text once it has another or none.

    The client_id is in it so that equal texts do not show.
    """
    return hashlib.sha256(f"{sent.client_id}\0{text}".encode()).digest()[:16]


def only_changeable(old: Message, new: Message) -> Message:
    """Return `old` with those parts of `new` that a change may reach."""
    gone = new.deleted or new.text is None
    return msgspec.structs.replace(
        old,
        text=None if gone else new.text,
        edited=new.edited,
        deleted=gone,
        reactions={} if gone else new.reactions,
    )
