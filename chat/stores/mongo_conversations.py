"""Conversations and their lists in MongoDB: functions of its collections, run by
`chat.stores.mongo`.

A list takes the same few round trips however many conversations it holds: the user's
places, the newest message of each, then what is to be shown of a page, all at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from typing import Any

from chat.errors import NotFound
from chat.models import (
    DIRECT,
    Conversation,
    ConversationId,
    Member,
    Page,
    Summary,
    UserId,
)
from chat.stores.mongo_accounts import users
from chat.stores.mongo_messages import heads, last_messages, message
from chat.stores.mongo_schema import (
    MEMBERS_BY_CONVERSATION,
    MESSAGES_BY_SEQ,
    MESSAGES_DELETED,
    Collections,
    Document,
)
from chat.stores.rules import (
    LISTED_MEMBERS,
    in_order,
    pair_key,
    place,
    read_cursor,
    write_cursor,
)


async def direct(db: Collections, one: UserId, other: UserId) -> Conversation | None:
    """Return the direct conversation of these two, if there is one."""
    return await _load(db, {"pair": pair_key(one, other)})


async def open_direct(
    db: Collections,
    session: Any,
    conversation: ConversationId,
    one: UserId,
    other: UserId,
    now: int,
) -> None:
    """Make the direct conversation of these two, in a transaction.

    Raises:
        NotFound: one of them does not exist (field ``user``).
        DuplicateKeyError: there is one, though a majority may not hold it yet.
    """
    people = sorted({one, other})
    found = await db.users.count_documents({"_id": {"$in": people}}, session=session)
    if found < len(people):
        raise NotFound("There is no such user.", field="user")
    await db.conversations.insert_one(
        {
            "_id": conversation,
            "kind": DIRECT,
            "title": None,
            "pair": pair_key(one, other),
            "created": now,
            "rev": 0,
            "deleted": 0,
            "size": len(people),
        },
        session=session,
    )
    await db.members.insert_many(
        [
            {
                "conversation": conversation,
                "user": user,
                "role": "member",
                "received": 0,
                "read": 0,
                "own": 0,
            }
            for user in people
        ],
        session=session,
    )


async def conversation(db: Collections, conversation: ConversationId) -> Conversation | None:
    """See `Store.conversation`."""
    return await _load(db, {"_id": conversation})


async def summary(db: Collections, conversation: ConversationId, user: UserId) -> Summary | None:
    """See `Store.summary`."""
    place = await db.members.find_one(
        {"conversation": conversation, "user": user}, hint=MEMBERS_BY_CONVERSATION
    )
    if place is None:
        return None
    found = await _summaries(db, [place], beyond=[conversation])
    return found[0] if found else None


async def summaries(db: Collections, user: UserId, cursor: str | None, limit: int) -> Page:
    """See `Store.summaries`."""
    before = None if cursor is None else read_cursor(cursor)
    places = {
        place["conversation"]: place
        for place in await db.members.find({"user": user}).to_list(None)
    }
    tops = await heads(db, places)
    order = sorted(((top.at, key) for key, top in tops.items()), reverse=True)
    if before is not None:
        order = [spot for spot in order if spot < before]
    page = order[:limit]
    found = await _summaries(db, [places[key] for _, key in page])
    # One may have got a message since.
    found.sort(key=place, reverse=True)
    named = {member.user for summary in found for member in summary.conversation.members}
    following = write_cursor(*page[-1]) if len(order) > limit else None
    return Page(found, following, await users(db, named))


async def contacts(db: Collections, user: UserId) -> set[UserId]:
    """See `Store.contacts`."""
    places = await db.members.find({"user": user}, {"_id": 0, "conversation": 1}).to_list(None)
    mine = [place["conversation"] for place in places]
    if not mine:
        return set()
    begun, small = await asyncio.gather(
        db.messages.find(
            {"conversation": {"$in": mine}, "seq": 1},
            {"_id": 0, "conversation": 1},
            hint=MESSAGES_BY_SEQ,
        ).to_list(None),
        db.conversations.find(
            {"_id": {"$in": mine}, "size": {"$lte": LISTED_MEMBERS}}, {"_id": 1}
        ).to_list(None),
    )
    shared = {found["conversation"] for found in begun} & {found["_id"] for found in small}
    members = await _members(db, shared)
    return {member["user"] for member in members} - {user}


async def _load(db: Collections, which: Document) -> Conversation | None:
    cursor = db.conversations.aggregate(
        [
            {"$match": which},
            {
                "$lookup": {
                    "from": "members",
                    "localField": "_id",
                    "foreignField": "conversation",
                    "as": "members",
                }
            },
            {
                "$lookup": {
                    "from": "messages",
                    "localField": "_id",
                    "foreignField": "conversation",
                    "pipeline": [
                        {"$sort": {"conversation": -1, "seq": -1}},
                        {"$limit": 1},
                        {"$project": {"_id": 0, "seq": 1, "at": 1}},
                    ],
                    "as": "last",
                }
            },
        ]
    )
    for found in await cursor.to_list(None):
        last = found["last"][0] if found["last"] else None
        return _conversation(found, found["members"], last)
    return None


async def _summaries(
    db: Collections, places: Collection[Document], beyond: Collection[ConversationId] = ()
) -> list[Summary]:
    """Return conversations as the members at these places see them, in their order.

    Args:
        beyond: those whose members are all named, however many there are.
    """
    if not places:
        return []
    keys = [place["conversation"] for place in places]
    rows, lasts = await asyncio.gather(
        db.conversations.find({"_id": {"$in": keys}}).to_list(None), last_messages(db, keys)
    )
    found = {row["_id"]: row for row in rows}
    named = [key for key, row in found.items() if row["size"] <= LISTED_MEMBERS or key in beyond]
    members, gone = await asyncio.gather(
        _members(db, named), _deleted_unread(db, places, found, lasts)
    )
    people: dict[ConversationId, list[Document]] = {
        place["conversation"]: [place] for place in places
    }
    for key in named:
        people[key] = []
    for member in members:
        people[member["conversation"]].append(member)
    return [
        Summary(
            conversation=_conversation(found[key], people[key], lasts.get(key)),
            last=message(lasts[key]) if key in lasts else None,
            unread=max(0, _unseen(place, lasts.get(key)) - gone.get(key, 0)),
        )
        for place in places
        if (key := place["conversation"]) in found
    ]


async def _members(db: Collections, conversations: Iterable[ConversationId]) -> list[Document]:
    keys = list(conversations)
    if not keys:
        return []
    found: list[Document] = await db.members.find({"conversation": {"$in": keys}}).to_list(None)
    return found


def _unseen(place: Document, last: Document | None) -> int:
    """Return how many messages others wrote after a member's mark, deleted ones included."""
    if last is None:
        return 0
    is_own = last["sender"] == place["user"]
    own = last["nth"] if is_own else last["seq"] - last["nth"]
    return int((last["seq"] - place["read"]) - (own - place["own"]))


async def _deleted_unread(
    db: Collections,
    places: Iterable[Document],
    conversations: dict[ConversationId, Document],
    lasts: dict[ConversationId, Document],
) -> dict[ConversationId, int]:
    """Return how many of the unseen messages are deleted, where there are any."""
    asked = [
        {
            "conversation": place["conversation"],
            "seq": {"$gt": place["read"]},
            "sender": {"$ne": place["user"]},
            "deleted": True,
        }
        for place in places
        if (row := conversations.get(place["conversation"])) is not None
        and row["deleted"] > place["read"]
        and _unseen(place, lasts.get(place["conversation"])) > 0
    ]
    if not asked:
        return {}
    cursor = db.messages.aggregate(
        [
            {"$match": {"$or": asked} if len(asked) > 1 else asked[0]},
            {"$group": {"_id": "$conversation", "count": {"$sum": 1}}},
        ],
        **({"hint": MESSAGES_DELETED} if len(asked) == 1 else {}),
    )
    return {found["_id"]: found["count"] for found in await cursor.to_list(None)}


def _conversation(
    row: Document, members: Iterable[Document], last: Document | None
) -> Conversation:
    places = in_order(
        Member(member["user"], member["role"], member["received"], member["read"])
        for member in members
    )
    return Conversation(
        id=row["_id"],
        kind=row["kind"],
        title=row["title"],
        members=places,
        head=0 if last is None else last["seq"],
        rev=row["rev"],
        updated=row["created"] if last is None else last["at"],
    )
