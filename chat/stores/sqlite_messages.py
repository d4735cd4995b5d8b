"""Messages and marks in SQLite: functions of a connection, run by `chat.stores.sqlite`
inside a transaction."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from chat.errors import Conflict, Invalid, NotFound, ParleyError
from chat.models import (
    Added,
    Changed,
    ConversationId,
    Mark,
    Marks,
    Message,
    NewMessage,
)
from chat.stores.rules import as_sent, only_changeable, text_digest
from chat.stores.sqlite_rows import (
    MESSAGE,
    MessageRow,
    batches,
    decode_messages,
    message,
    message_id,
    one,
    to_json,
)
from chat.stores.sqlite_schema import KEYS_TOGETHER, MAX_SEQ, SEQ_BITS

Connection = sqlite3.Connection

# Number and head of the conversation, number of the user if he is a member, key of the
# message that is stored under the same client_id.
_Found = tuple[int | None, int | None, int | None, int | None]

# Where a member stands: numbers of conversation and user, head, live, received, read,
# sent, passed.
_Place = tuple[int, int, int, int, int, int, int, int]

_decode_found = msgspec.json.Decoder(list[tuple[int, _Found]]).decode
_decode_places = msgspec.json.Decoder(list[tuple[int, _Place]]).decode
_decode_stored = msgspec.json.Decoder(list[tuple[MessageRow, str | None]]).decode

_FROM_MEMBERS = (
    " JOIN conversations c ON c.id = i.column2"
    " JOIN users u ON u.id = i.column3"
    " JOIN members m ON m.conversation = c.number AND m.user = u.number"
)


def add_messages(db: Connection, batch: Sequence[NewMessage]) -> list[Added | ParleyError]:
    """See `Store.add_messages`.

    The transaction holds the only lock for writing, so that nothing can come between
    looking a key up and using it; that keys are unique there is for bugs.
    """
    outcomes: list[Added | ParleyError] = []
    rows: list[tuple[object, ...]] = []
    heads: dict[int, int] = {}
    times: dict[int, int] = {}
    grown: Counter[int] = Counter()
    sent: Counter[tuple[int, int]] = Counter()
    keys: dict[tuple[int, int, str], int] = {}
    repeats: list[tuple[int, int]] = []
    for index, (new, found) in enumerate(zip(batch, _look_up(db, batch), strict=True)):
        conversation, head, sender, stored = found
        if conversation is None or head is None or sender is None:
            outcomes.append(NotFound("There is no such conversation.", field="conversation"))
            continue
        key = (conversation, sender, new.client_id)
        stored = keys.get(key, stored)
        if stored is not None:
            repeats.append((index, stored))
            outcomes.append(Conflict())  # Known below.
            continue
        head = heads.get(conversation, head)
        if new.reply_to is not None and not 1 <= new.reply_to <= head:
            outcomes.append(Invalid("There is no such message to reply to.", field="reply_to"))
            continue
        seq = heads[conversation] = head + 1
        keys[key] = message_id(conversation, seq)
        times[conversation] = new.at
        grown[conversation] += 1
        sent[conversation, sender] += 1
        rows.append((keys[key], *key, new.at, new.reply_to, new.text))
        outcomes.append(Added(as_sent(new, seq), duplicate=False))
    for places, values in batches(rows):
        # OR FAIL, since OR ABORT makes SQLite copy every page for a statement of many rows
        # (three times as slow); a failure takes back the whole transaction anyway.
        db.execute(
            "INSERT OR FAIL INTO messages"
            f" (id, conversation, sender, client_id, at, reply_to, text) VALUES {places}",
            values,
        )
    for places, values in batches([(key, heads[key], grown[key], times[key]) for key in grown]):
        db.execute(
            "UPDATE OR FAIL conversations SET head = i.column2, live = live + i.column3,"
            f" updated = i.column4 FROM (VALUES {places}) i WHERE number = i.column1",
            values,
        )
    for places, values in batches([(*key, count) for key, count in sent.items()]):
        db.execute(
            f"UPDATE OR FAIL members SET sent = sent + i.column3 FROM (VALUES {places}) i"
            " WHERE conversation = i.column1 AND user = i.column2",
            values,
        )
    if repeats:
        known = _stored(db, {row for _, row in repeats})
        for index, row in repeats:
            outcomes[index] = _repeated(batch[index], *known[row])
    return outcomes


def messages(db: Connection, conversation: ConversationId, first: int, last: int) -> list[Message]:
    """See `Store.messages`."""
    first, last = max(first, 1), min(last, MAX_SEQ)
    if first > last:
        return []
    rows = one(
        db,
        f"SELECT json_group_array({MESSAGE}) FROM conversations c"
        f" CROSS JOIN messages m ON m.id BETWEEN (c.number << {SEQ_BITS}) + ?"
        f" AND (c.number << {SEQ_BITS}) + ?"
        " CROSS JOIN users u ON u.number = m.sender WHERE c.id = ?",
        first,
        last,
        conversation,
    )
    return sorted(map(message, decode_messages(rows)), key=lambda found: found.seq)


def changes(db: Connection, conversation: ConversationId, after: int, limit: int) -> list[Message]:
    """See `Store.changes`."""
    rows = one(
        db,
        f"SELECT json_group_array({MESSAGE}) FROM ("
        " SELECT m.id FROM conversations c"
        " CROSS JOIN messages m INDEXED BY messages_by_rev"
        " ON m.conversation = c.number AND m.rev > 0 AND m.rev > ?"
        " WHERE c.id = ? ORDER BY m.rev LIMIT ?) page"
        " CROSS JOIN messages m ON m.id = page.id CROSS JOIN users u ON u.number = m.sender",
        after,
        conversation,
        limit,
    )
    return sorted(map(message, decode_messages(rows)), key=lambda found: found.rev)


def change_message(
    db: Connection,
    conversation: ConversationId,
    seq: int,
    change: Callable[[Message], Message],
) -> Changed:
    """See `Store.change_message`."""
    found = None
    if 1 <= seq <= MAX_SEQ:
        found = db.execute(
            "SELECT c.number, c.rev, m.id FROM conversations c"
            f" CROSS JOIN messages m ON m.id = (c.number << {SEQ_BITS}) + ? WHERE c.id = ?",
            (seq, conversation),
        ).fetchone()
    if found is None:
        raise NotFound("There is no such message.", field="seq")
    number, rev, key = found
    old, _ = _stored(db, {key})[key]
    new = only_changeable(old, change(old))
    if new == old:
        return Changed(old, changed=False)
    new = msgspec.structs.replace(new, rev=rev + 1)
    appeared = old.deleted - new.deleted
    db.execute(
        "UPDATE conversations SET rev = ?, live = live + ? WHERE number = ?",
        (new.rev, appeared, number),
    )
    db.execute(
        "UPDATE messages SET rev = ?, edited = ?, reactions = ?, text = ?,"
        " first_text = ifnull(first_text, ?) WHERE id = ?",
        (
            new.rev,
            new.edited,
            msgspec.json.encode(new.reactions).decode() if new.reactions else None,
            new.text,
            None if new.text == old.text or old.text is None else text_digest(old, old.text),
            key,
        ),
    )
    if appeared:
        db.execute(
            "UPDATE members SET sent = sent + ? WHERE conversation = ?"
            " AND user = (SELECT sender FROM messages WHERE id = ?)",
            (appeared, number, key),
        )
        db.execute(
            "UPDATE members SET passed = passed + ? WHERE conversation = ? AND read >= ?"
            " AND user <> (SELECT sender FROM messages WHERE id = ?)",
            (appeared, number, seq, key),
        )
    return Changed(new, changed=True)


def move_marks(db: Connection, batch: Sequence[Mark]) -> list[Marks | ParleyError]:
    """See `Store.move_marks`."""
    asked = [(index, mark.conversation, mark.user) for index, mark in enumerate(batch)]
    places: dict[int, _Place] = {}
    for values, flat in batches(asked):
        rows = one(
            db,
            "SELECT json_group_array(json_array(i.column1, json_array(c.number, u.number,"
            " c.head, c.live, m.received, m.read, m.sent, m.passed)))"
            f" FROM (VALUES {values}) i{_FROM_MEMBERS.replace('JOIN', 'CROSS JOIN')}",
            *flat,
        )
        places.update(_decode_places(rows))
    outcomes: list[Marks | ParleyError] = []
    moved: dict[tuple[int, int], tuple[int, int, int]] = {}
    for index, mark in enumerate(batch):
        if index not in places:
            outcomes.append(NotFound("There is no such conversation.", field="conversation"))
            continue
        conversation, user, head, live, received, read, sent, passed = places[index]
        if max(mark.received, mark.read) > head:
            outcomes.append(Invalid("There is no such message yet.", field="seq"))
            continue
        received, read, passed = moved.get((conversation, user), (received, read, passed))
        wished = max(read, mark.read)
        marks = Marks(max(received, mark.received, wished), wished, moved=True)
        if (marks.received, marks.read) == (received, read):
            outcomes.append(msgspec.structs.replace(marks, moved=False))
            continue
        if wished > read:
            # The shorter way is counted: none at all for what reads everything.
            if head - wished < wished - read:
                passed = live - sent - _count_others(db, conversation, user, wished, head)
            else:
                passed += _count_others(db, conversation, user, read, wished)
        moved[conversation, user] = (marks.received, marks.read, passed)
        outcomes.append(marks)
    for values, flat in batches([(*key, *value) for key, value in moved.items()]):
        db.execute(
            "UPDATE OR FAIL members SET received = i.column3, read = i.column4,"
            f" passed = i.column5 FROM (VALUES {values}) i"
            " WHERE conversation = i.column1 AND user = i.column2",
            flat,
        )
    return outcomes


def _look_up(db: Connection, batch: Sequence[NewMessage]) -> Iterable[_Found]:
    """Return, for each message in its order, what is known about where it is to go."""
    asked = [
        (index, new.conversation, new.sender, new.client_id) for index, new in enumerate(batch)
    ]
    found: list[tuple[int, _Found]] = []
    for places, values in batches(asked):
        rows = one(
            db,
            "SELECT json_group_array(json_array(i.column1,"
            " json_array(c.number, c.head, m.user, ifnull(k.message, latest.id))))"
            f" FROM (VALUES {places}) i{_FROM_MEMBERS.replace('JOIN', 'LEFT JOIN')}"
            " LEFT JOIN message_keys k ON k.conversation = m.conversation"
            " AND k.sender = m.user AND k.client_id = i.column4"
            " LEFT JOIN messages latest"
            f" ON latest.id > (c.number << {SEQ_BITS}) + c.head / {KEYS_TOGETHER} * {KEYS_TOGETHER}"
            f" AND latest.id <= (c.number << {SEQ_BITS}) + c.head"
            " AND latest.sender = m.user AND latest.client_id = i.column4",
            *values,
        )
        found += _decode_found(rows)
    found.sort(key=lambda row: row[0])
    return (row[1] for row in found)


def _stored(db: Connection, keys: Iterable[int]) -> dict[int, tuple[Message, str | None]]:
    """Return messages by the keys of their rows, with the digests of their first texts."""
    rows = one(
        db,
        f"SELECT json_group_array(json_array({MESSAGE},"
        " CASE WHEN m.first_text IS NULL THEN NULL ELSE lower(hex(m.first_text)) END))"
        " FROM json_each(?) i CROSS JOIN messages m ON m.id = i.value"
        " CROSS JOIN users u ON u.number = m.sender",
        to_json(keys),
    )
    return {row[0]: (message(row), first_text) for row, first_text in _decode_stored(rows)}


def _repeated(new: NewMessage, stored: Message, first_text: str | None) -> Added | ParleyError:
    """Return the answer to a message whose client_id has been used before."""
    if first_text is None:
        is_same = new.text == stored.text
    else:
        is_same = text_digest(stored, new.text).hex() == first_text
    if is_same:
        return Added(stored, duplicate=True)
    return Conflict("This client_id was used for another text.", field="client_id")


def _count_others(db: Connection, conversation: int, user: int, after: int, last: int) -> int:
    """Return how many messages of others in ``(after, last]`` are not deleted."""
    if after >= last:
        return 0
    count: int = one(
        db,
        "SELECT count(*) FROM messages"
        " WHERE id > ? AND id <= ? AND sender <> ? AND text IS NOT NULL",
        message_id(conversation, after),
        message_id(conversation, last),
        user,
    )
    return count
