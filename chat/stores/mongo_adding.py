"""How messages get their places in MongoDB: exactly once, in order, without a hole.

A batch is inserted in one ordered ``insert_many``, each conversation's messages in
sequence after its head; the unique indexes decide. Ordered, since a failure must not let
a later message of the same conversation in: unordered, [5, 6, 7] with a taken 5 would
store 6 and 7 all the same, overtaking what then becomes 8. (One command for each
conversation would be as right, and as slow as many commits.) After a failure what is left
is numbered anew.

What a place and an answer rest on has been seen by a majority:

- A message follows a head that was read by majority, or whose insert a majority confirmed
  to this process. One batch is in flight for each conversation (`Locks`), and one insert
  is one command, so that no later part of it goes to another primary than the first.
- After a collision, or an outcome that is not known, what may have been stored is looked
  for by its key with a majority read. A duplicate-key error alone proves nothing: the
  message that it met may yet be rolled back. One that is found under the ``_id`` that this
  call gave it is this call's own, and no duplicate.
- A straggler, an insert that was given up and still arrives later, does no harm: it has
  the same keys as its repeat, and its first number is free only as long as its
  predecessor is the head.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from bson import ObjectId
from pymongo.errors import BulkWriteError

from chat.errors import Invalid, NotFound, ParleyError
from chat.models import Added, ConversationId, NewMessage, UserId
from chat.stores.mongo_messages import Head, Repeat, heads, repeat, repeated
from chat.stores.mongo_schema import MESSAGES_BY_KEY, Collections, Document, beat
from chat.stores.rules import as_sent

# Messages in one insert. More of the longest texts would not fit into one command (48 MB),
# and the driver would cut it into two.
MAX_INSERT = 512

# Conversations whose members and heads are remembered, some 500 bytes each. What is
# forgotten costs one more question.
MAX_PLACES = 20_000

# Keys in one question after an outcome that is not known.
MAX_KEYS = 100

DUPLICATE_KEY = 11000

Key = tuple[ConversationId, UserId, str]


class Locks:
    """One lock for each conversation, for as long as somebody wants it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[ConversationId, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def hold(self, conversations: Collection[ConversationId]) -> AsyncIterator[None]:
        """Keep others out of these conversations."""
        held: list[asyncio.Lock] = []
        try:
            # In one order everywhere, so that no two wait for each other.
            for conversation in sorted(conversations):
                lock = self._locks.get(conversation)
                if lock is None:
                    lock = self._locks[conversation] = asyncio.Lock()
                await lock.acquire()
                held.append(lock)
            yield
        finally:
            for lock in held:
                lock.release()


class Place:
    """What is known of a conversation that is written to; `head` is None for not known."""

    __slots__ = ("head", "members")

    def __init__(self, members: frozenset[UserId]) -> None:
        self.members = members
        self.head: Head | None = None


class Places:
    """Members and heads of the conversations last written to.

    The members of a direct conversation never change. A head here is one that a majority
    holds, but others may have added to it.
    """

    def __init__(self) -> None:
        self._places: OrderedDict[ConversationId, Place] = OrderedDict()

    def get(self, conversation: ConversationId) -> Place | None:
        """Return what is known."""
        return self._places.get(conversation)

    def head(self, conversation: ConversationId) -> Head | None:
        """Return a head that a majority holds, if one is known and holds a message."""
        place = self._places.get(conversation)
        return place.head if place is not None and place.head is not _NOTHING else None

    def forget_heads(self, conversations: Iterable[ConversationId]) -> None:
        """Have the heads read anew."""
        for conversation in conversations:
            place = self._places.get(conversation)
            if place is not None:
                place.head = None

    async def load(self, db: Collections, conversations: Collection[ConversationId]) -> None:
        """Read what is not known of these that exist."""
        strange: list[ConversationId] = []
        headless: list[ConversationId] = []
        for conversation in conversations:
            place = self._places.get(conversation)
            if place is None:
                strange.append(conversation)
            else:
                self._places.move_to_end(conversation)
            if place is None or place.head is None:
                headless.append(conversation)
        if not headless:
            return
        members, newest = await asyncio.gather(_members(db, strange), heads(db, headless))
        for conversation, users in members.items():
            self._places[conversation] = Place(frozenset(users))
        for conversation in headless:
            place = self._places.get(conversation)
            if place is not None:
                place.head = newest.get(conversation, _NOTHING)
        while len(self._places) > max(MAX_PLACES, len(conversations)):
            self._places.popitem(last=False)


class Adding:
    """One batch on its way. `run` may be called again after it failed."""

    def __init__(self, db: Collections, places: Places, batch: Sequence[NewMessage]) -> None:
        """Take a batch; nothing happens yet."""
        self._db = db
        self._places = places
        self._batch = batch
        self._ids = [ObjectId() for _ in batch]
        self._outcomes: list[Added | ParleyError | None] = [None] * len(batch)
        self._todo: Sequence[int] = range(len(batch))
        # Under which key what is stored already; each seen by a majority.
        self._stored: dict[Key, Repeat] = {}
        # Items that may be stored, though nobody said so.
        self._doubtful: list[int] = []
        # Items whose key was looked for after their `reply_to` seemed wrong.
        self._looked_for: set[int] = set()
        # Those that others write to as well come last, to be in the way of fewer.
        self._contended: set[ConversationId] = set()
        self._repeats = 0

    @property
    def conversations(self) -> set[ConversationId]:
        """The conversations of the batch."""
        return {new.conversation for new in self._batch}

    def outcomes(self, otherwise: ParleyError | None = None) -> list[Added | ParleyError]:
        """Return what became of each; `otherwise` for those of which it is not known."""
        found = [otherwise if outcome is None else outcome for outcome in self._outcomes]
        return [outcome for outcome in found if outcome is not None]

    async def run(self) -> None:
        """Store what is not stored yet.

        Raises:
            PyMongoError: there is no telling what is stored now; call again.
        """
        try:
            await self._run()
        except BaseException:
            self._places.forget_heads(self.conversations)
            raise

    async def _run(self) -> None:
        if self._doubtful:
            await self._look_for(self._doubtful)
            self._doubtful = []
        while self._todo:
            wanted = {self._batch[index].conversation for index in self._todo}
            await self._places.load(self._db, wanted)
            planned, unsure = self._plan()
            if unsure:
                self._places.forget_heads({self._batch[index].conversation for index in unsure})
                await asyncio.gather(self._look_for(unsure), self._places.load(self._db, wanted))
                self._looked_for.update(unsure)
            elif planned:
                await self._insert(planned)
            self._todo = [index for index in self._todo if self._outcomes[index] is None]

    def _plan(self) -> tuple[list[tuple[int, Head]], list[int]]:
        """Answer what needs no insert; return what is to be inserted where, and what must
        be looked for before anything goes on."""
        planned: dict[ConversationId, list[tuple[int, Head]]] = {}
        newest: dict[ConversationId, Head] = {}
        keys: set[Key] = set()
        unsure: list[int] = []
        count = 0
        for index in self._todo:
            new = self._batch[index]
            conversation, sender = new.conversation, new.sender
            place = self._places.get(conversation)
            if place is None or place.head is None or sender not in place.members:
                self._outcomes[index] = NotFound(
                    "There is no such conversation.", field="conversation"
                )
                continue
            key = (conversation, sender, new.client_id)
            stored = self._stored.get(key)
            if stored is not None:
                self._outcomes[index] = repeated(new, stored)
                continue
            if key in keys:
                continue  # Known once the first is stored.
            head = newest.get(conversation, place.head)
            if new.reply_to is not None and not 1 <= new.reply_to <= head.seq:
                if index in self._looked_for:
                    self._outcomes[index] = Invalid(
                        "There is no such message to reply to.", field="reply_to"
                    )
                else:
                    unsure.append(index)
                continue
            keys.add(key)
            head = Head(head.seq + 1, sender, head.sent_by(sender) + 1, new.at)
            newest[conversation] = head
            planned.setdefault(conversation, []).append((index, head))
            count += 1
            if count >= MAX_INSERT:
                break
        flat: list[tuple[int, Head]] = []
        for conversation in sorted(planned, key=self._contended.__contains__):
            flat += planned[conversation]
        return flat, unsure

    async def _insert(self, planned: list[tuple[int, Head]]) -> None:
        """Insert in order, and find out what became of each as far as it can be known."""
        documents = [self._document(index, place) for index, place in planned]
        # From here on until an answer comes, also if this is cancelled.
        self._doubtful = [index for index, _ in planned]
        try:
            await self._db.messages.insert_many(documents, ordered=True)
        except BulkWriteError as exc:
            errors = exc.details["writeErrors"]
            if exc.details["writeConcernErrors"] or [error["code"] for error in errors] != [
                DUPLICATE_KEY
            ]:
                raise
            (error,) = errors
            self._doubtful = []
            self._settle(planned[: error["index"]])
            index, wanted = planned[error["index"]]
            await self._collided(index, wanted, "client_id" in error["keyPattern"])
        else:
            self._doubtful = []
            self._settle(planned)

    def _settle(self, planned: Iterable[tuple[int, Head]]) -> None:
        """Note what a majority has confirmed."""
        for index, head in planned:
            new = self._batch[index]
            added = as_sent(new, head.seq)
            self._outcomes[index] = Added(added, duplicate=False)
            self._stored[new.conversation, new.sender, new.client_id] = Repeat(added)
            place = self._places.get(new.conversation)
            if place is not None:
                place.head = head

    async def _collided(self, index: int, wanted: Head, is_repeat: bool) -> None:
        """Learn what stands in the way of a message: itself, or another in its place."""
        new = self._batch[index]
        asked: Sequence[int] = [index]
        if is_repeat:
            # Who repeats one message mostly repeats more: ask once for all, and not by
            # one failure after the other.
            self._repeats += 1
            if self._repeats > 1:
                asked, self._repeats = self._todo, 0
        else:
            self._contended.add(new.conversation)
        for is_held in (False, True):
            if is_held:
                # What stands there is not held by a majority yet. It is once this is, or
                # it has gone.
                await beat(self._db)
            left = {self._batch[index].conversation for index in self._todo}
            self._places.forget_heads(left)
            await asyncio.gather(self._look_for(asked), self._places.load(self._db, left))
            place = self._places.get(new.conversation)
            if self._outcomes[index] is not None or (
                place is not None and place.head is not None and place.head.seq >= wanted.seq
            ):
                return

    async def _look_for(self, indexes: Sequence[int]) -> None:
        """Ask a majority which of these are stored."""
        for start in range(0, len(indexes), MAX_KEYS):
            part = indexes[start : start + MAX_KEYS]
            by_key = {self._key(index): index for index in reversed(part)}
            cursor = self._db.messages.find(
                {
                    "$or": [
                        {"conversation": conversation, "sender": sender, "client_id": client_id}
                        for conversation, sender, client_id in by_key
                    ]
                },
                # An index for each would be chosen by trying.
                **({"hint": MESSAGES_BY_KEY} if len(by_key) == 1 else {}),
            )
            for document in await cursor.to_list(None):
                key = (document["conversation"], document["sender"], document["client_id"])
                found = self._stored[key] = repeat(document)
                index = by_key[key]
                if self._outcomes[index] is None:
                    self._outcomes[index] = (
                        Added(found.message, duplicate=False)
                        if document["_id"] == self._ids[index]
                        else repeated(self._batch[index], found)
                    )
        self._todo = [index for index in self._todo if self._outcomes[index] is None]

    def _key(self, index: int) -> Key:
        new = self._batch[index]
        return new.conversation, new.sender, new.client_id

    def _document(self, index: int, place: Head) -> Document:
        new = self._batch[index]
        document: Document = {
            "_id": self._ids[index],
            "conversation": new.conversation,
            "seq": place.seq,
            "sender": new.sender,
            "nth": place.nth,
            "client_id": new.client_id,
            "at": new.at,
            "text": new.text,
        }
        if new.reply_to is not None:
            document["reply_to"] = new.reply_to
        return document


# The head of a conversation without a message.
_NOTHING = Head(0, UserId(""), 0, 0)


async def _members(
    db: Collections, conversations: Collection[ConversationId]
) -> dict[ConversationId, set[UserId]]:
    if not conversations:
        return {}
    found: dict[ConversationId, set[UserId]] = {}
    cursor = db.members.find(
        {"conversation": {"$in": list(conversations)}}, {"_id": 0, "conversation": 1, "user": 1}
    )
    for member in await cursor.to_list(None):
        found.setdefault(member["conversation"], set()).add(member["user"])
    return found
