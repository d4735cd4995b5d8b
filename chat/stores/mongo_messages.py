"""Messages and marks in MongoDB: functions of its collections, run by `chat.stores.mongo`.

How messages are added is told in `chat.stores.mongo_adding`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec
from pymongo import UpdateOne

from chat.errors import Conflict, Invalid, NotFound, ParleyError, Unavailable
from chat.models import (
    Added,
    Changed,
    ConversationId,
    Mark,
    Marks,
    Message,
    NewMessage,
    UserId,
    rfc3339,
)
from chat.stores.mongo_schema import (
    MEMBERS_BY_CONVERSATION,
    MESSAGES_BY_REV,
    MESSAGES_BY_SEQ,
    Collections,
    Document,
)
from chat.stores.rules import only_changeable, text_digest

# The largest number that BSON holds; `seq` never gets there.
MAX_SEQ = (1 << 63) - 1

# Conversations in one question for marks that are not at the head: it names all pairs of
# these and the numbers asked for.
MARKS_AT_ONCE = 64


class Overtaken(Exception):
    """A message was changed by another between being read and being written."""


class Repeat(msgspec.Struct, frozen=True):
    """A stored message, and the digest of its first text if it has another by now."""

    message: Message
    first_text: bytes | None = None


class Head(msgspec.Struct, frozen=True):
    """The newest message of a conversation: its number, its sender's own, and its time."""

    seq: int
    sender: UserId
    nth: int
    at: int

    def sent_by(self, user: UserId) -> int:
        """Return how many of a direct conversation's messages are this member's."""
        return self.nth if user == self.sender else self.seq - self.nth


def message(document: Document) -> Message:
    """Return a message as clients see it."""
    return Message(
        seq=document["seq"],
        sender=document["sender"],
        client_id=document["client_id"],
        text=document["text"],
        at=rfc3339(document["at"]),
        reply_to=document.get("reply_to"),
        rev=document.get("rev", 0),
        edited=document.get("edited", False),
        deleted=document.get("deleted", False),
        reactions=dict(document.get("reactions", ())),
    )


def repeat(document: Document) -> Repeat:
    """Return what a message under the same key is compared with."""
    return Repeat(message(document), document.get("first_text"))


def repeated(new: NewMessage, stored: Repeat) -> Added | ParleyError:
    """Return the answer to a message whose client_id has been used before."""
    if stored.first_text is None:
        is_same = new.text == stored.message.text
    else:
        is_same = text_digest(stored.message, new.text) == stored.first_text
    if is_same:
        return Added(stored.message, duplicate=True)
    return Conflict("This client_id was used for another text.", field="client_id")


async def heads(
    db: Collections, conversations: Collection[ConversationId]
) -> dict[ConversationId, Head]:
    """Return the newest message of each conversation that has one, as a majority holds it."""
    if not conversations:
        return {}
    newest = db.messages.aggregate(
        [
            *_newest_first(conversations),
            {
                "$group": {
                    "_id": "$conversation",
                    **{field: {"$first": f"${field}"} for field in Head.__struct_fields__},
                }
            },
        ],
        hint=MESSAGES_BY_SEQ,
    )
    return {document.pop("_id"): Head(**document) for document in await newest.to_list(None)}


async def last_messages(
    db: Collections, conversations: Collection[ConversationId]
) -> dict[ConversationId, Document]:
    """Return the whole newest message of each conversation that has one."""
    if not conversations:
        return {}
    newest = db.messages.aggregate(
        [
            *_newest_first(conversations),
            {"$group": {"_id": "$conversation", "last": {"$first": "$$ROOT"}}},
        ],
        hint=MESSAGES_BY_SEQ,
    )
    return {found["_id"]: found["last"] for found in await newest.to_list(None)}


async def messages(
    db: Collections, conversation: ConversationId, first: int, last: int
) -> list[Message]:
    """See `Store.messages`."""
    if first > last:
        return []
    found = db.messages.find(
        {"conversation": conversation, "seq": {"$gte": first, "$lte": min(last, MAX_SEQ)}},
        sort=[("conversation", 1), ("seq", 1)],
        hint=MESSAGES_BY_SEQ,
    )
    return [message(document) for document in await found.to_list(None)]


async def changes(
    db: Collections, conversation: ConversationId, after: int, limit: int
) -> list[Message]:
    """See `Store.changes`."""
    found = db.messages.find(
        {"conversation": conversation, "rev": {"$gt": max(after, 0)}},
        sort=[("conversation", 1), ("rev", 1)],
        limit=limit,
        hint=MESSAGES_BY_REV,
    )
    return [message(document) for document in await found.to_list(None)]


async def stored_message(db: Collections, conversation: ConversationId, seq: int) -> Message:
    """Return one message.

    Raises:
        NotFound: there is none (field ``seq``).
    """
    found = await messages(db, conversation, seq, seq) if 1 <= seq <= MAX_SEQ else []
    if not found:
        raise NotFound("There is no such message.", field="seq")
    return found[0]


async def change_message(
    db: Collections,
    session: Any,
    conversation: ConversationId,
    old: Message,
    change: Callable[[Message], Message],
) -> Changed:
    """Replace a message that is still `old`, in a transaction.

    The conversation is written first: of two changes at once one waits for its turn there,
    so that numbers become visible in order.

    Raises:
        Overtaken: it is not; nothing must be committed.
    """
    new = only_changeable(old, change(old))
    if new == old:
        return Changed(old, changed=False)
    counted = await db.conversations.find_one_and_update(
        {"_id": conversation},
        {"$inc": {"rev": 1}, **({"$max": {"deleted": old.seq}} if new.deleted else {})},
        projection={"rev": 1},
        return_document=True,
        session=session,
    )
    new = msgspec.structs.replace(new, rev=counted["rev"])
    written: Document = {
        "rev": new.rev,
        "text": new.text,
        "edited": new.edited,
        "deleted": new.deleted,
        # A list, since an emoji may be what MongoDB gives a meaning to in names.
        "reactions": list(new.reactions.items()),
    }
    if new.text != old.text and old.text is not None:
        # The first text of a message that was changed before is known already.
        written["first_text"] = {"$ifNull": ["$first_text", text_digest(old, old.text)]}
    result = await db.messages.update_one(
        {"conversation": conversation, "seq": old.seq, "rev": old.rev or None},
        [{"$set": {name: _literal(value) for name, value in written.items()}}],
        hint=MESSAGES_BY_SEQ,
        session=session,
    )
    if not result.matched_count:
        raise Overtaken
    return Changed(new, changed=True)


async def move_marks(
    db: Collections,
    known: Callable[[ConversationId], Head | None],
    batch: Sequence[Mark],
) -> list[Marks | ParleyError]:
    """See `Store.move_marks`.

    Every number that is written grows with the mark, so that the larger of two is right
    whichever process writes last.

    Args:
        known: a head that a majority holds, if one is known; the newest or an older one.
    """
    pairs = {(mark.conversation, mark.user) for mark in batch}
    reached: dict[ConversationId, int] = {}
    for mark in batch:
        key = mark.conversation
        reached[key] = max(reached.get(key, 0), mark.received, mark.read)
    tops = {key: head for key in reached if (head := known(key)) is not None}
    beyond = [key for key, seq in reached.items() if key not in tops or seq > tops[key].seq]
    places, fresh = await asyncio.gather(_places(db, pairs), heads(db, beyond))
    tops.update(fresh)
    outcomes: list[Marks | ParleyError] = []
    moved: dict[tuple[ConversationId, UserId], tuple[int, int]] = {}
    for mark in batch:
        pair = (mark.conversation, mark.user)
        top = tops.get(mark.conversation)
        if pair not in places:
            outcomes.append(NotFound("There is no such conversation.", field="conversation"))
            continue
        if max(mark.received, mark.read) > (0 if top is None else top.seq):
            outcomes.append(Invalid("There is no such message yet.", field="seq"))
            continue
        before = moved.get(pair, places[pair])
        read = max(before[1], mark.read)
        after = (max(before[0], mark.received, read), read)
        if after != before:
            moved[pair] = after
        outcomes.append(Marks(*after, moved=after != before))
    if moved:
        counts = await _own_counts(db, tops, {pair: read for pair, (_, read) in moved.items()})
        await db.members.bulk_write(
            [
                UpdateOne(
                    {"conversation": pair[0], "user": pair[1]},
                    {"$max": {"received": received, "read": read, "own": counts[pair]}},
                    hint=MEMBERS_BY_CONVERSATION,
                )
                for pair, (received, read) in moved.items()
            ],
            ordered=False,
        )
    return outcomes


def _newest_first(conversations: Collection[ConversationId]) -> list[Document]:
    """Return the stages that, with a $group of nothing but $first, become a DISTINCT_SCAN."""
    return [
        {"$match": {"conversation": {"$in": list(conversations)}}},
        {"$sort": {"conversation": -1, "seq": -1}},
    ]


async def _places(
    db: Collections, pairs: Collection[tuple[ConversationId, UserId]]
) -> dict[tuple[ConversationId, UserId], tuple[int, int]]:
    """Return the marks of the members among these."""
    found = db.members.find(
        {
            "conversation": {"$in": list({conversation for conversation, _ in pairs})},
            "user": {"$in": list({user for _, user in pairs})},
        },
        hint=MEMBERS_BY_CONVERSATION,
    )
    return {
        (place["conversation"], place["user"]): (place["received"], place["read"])
        for place in await found.to_list(None)
    }


async def _own_counts(
    db: Collections,
    tops: dict[ConversationId, Head],
    reads: dict[tuple[ConversationId, UserId], int],
) -> dict[tuple[ConversationId, UserId], int]:
    """Return how many of the first messages up to a mark are the member's own."""
    counts: dict[tuple[ConversationId, UserId], int] = {}
    asked: dict[ConversationId, set[int]] = {}
    for (conversation, user), read in reads.items():
        if not read:
            counts[conversation, user] = 0
        elif read == tops[conversation].seq:
            counts[conversation, user] = tops[conversation].sent_by(user)
        else:
            asked.setdefault(conversation, set()).add(read)
    found: dict[tuple[ConversationId, int], Head] = {}
    keys = list(asked)
    for start in range(0, len(keys), MARKS_AT_ONCE):
        part = keys[start : start + MARKS_AT_ONCE]
        cursor = db.messages.find(
            {
                "conversation": {"$in": part},
                "seq": {"$in": sorted(set[int]().union(*(asked[key] for key in part)))},
            },
            dict.fromkeys(("conversation", *Head.__struct_fields__), 1) | {"_id": 0},
            hint=MESSAGES_BY_SEQ,
        )
        for document in await cursor.to_list(None):
            key = document.pop("conversation")
            found[key, document["seq"]] = Head(**document)
    for (conversation, user), read in reads.items():
        if (conversation, user) in counts:
            continue
        if (conversation, read) not in found:
            raise Unavailable  # A new primary does not know yet that all hold it.
        counts[conversation, user] = found[conversation, read].sent_by(user)
    return counts


def _literal(value: object) -> object:
    """Return a value as an update by pipeline takes it, whatever a text begins with."""
    return value if isinstance(value, dict) else {"$literal": value}
