"""Messages and marks in SQLite: functions of a connection, run by `chat.stores.sqlite`
inside a transaction."""

from __future__ import annotations

import sqlite3
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
from chat.stores.sqlite_growing import Growing, GrowingConversations
from chat.stores.sqlite_rows import (
    MESSAGE,
    ROWS,
    MessageRow,
    batches,
    decode_messages,
    execute_rows,
    message,
    one,
    to_json,
)
from chat.stores.sqlite_schema import MAX_SEQ, NOTED_TOGETHER

Connection = sqlite3.Connection

# A message that is not noted yet: its number, its sender's, its client_id.
_Recent = tuple[int, int, str]

# Where a member stands: numbers of conversation and user, head, live, received, read,
# sent, passed.
_Place = tuple[int, int, int, int, int, int, int, int]

_decode_places = msgspec.json.Decoder(list[tuple[int, _Place]]).decode
_encode = msgspec.json.Encoder().encode
_decode_recent = msgspec.json.Decoder(list[_Recent]).decode
_decode_stored = msgspec.json.Decoder(list[tuple[int, MessageRow, str | None]]).decode

# The messages in `c.recent_messages`, the last up to `c.head`, and of each its number and ``seq``.
_RECENT = "json_each('[' || c.recent_messages || ']') i"
_RECENT_MESSAGE = "json_extract(i.value, '$[0]')"
_RECENT_SENDER = "json_extract(i.value, '$[1]')"
_RECENT_SEQ = "c.head - json_array_length('[' || c.recent_messages || ']') + i.key + 1"

# The runs of `c` that hold messages with a ``seq`` from ?2 to ?3; the ``seq`` of each of them.
_RUNS = f"""message_runs r ON r.conversation = c.number AND r.last >= ?2 AND r.last <= ifnull(
    (SELECT min(last) FROM message_runs WHERE conversation = c.number AND last >= ?3), {MAX_SEQ})"""
_RUN_SEQ = "r.last - json_array_length(r.messages) + i.key + 1"

# OR FAIL, since OR ABORT makes SQLite copy every page for a statement of many rows (three times
# as slow); a failure takes back the whole transaction anyway.
_INSERT = f"""
    INSERT OR FAIL INTO messages
        (number, conversation, seq, sender, client_id, at, reply_to, text)
    SELECT * FROM {ROWS}
    """
# Number, head, updated, latest, recent.
_GROW = f"""
    UPDATE OR FAIL conversations SET head = i.column2, live = live + i.column2 - head,
        updated = i.column3, latest = i.column4,
        recent_messages = i.column5
    FROM {ROWS} i WHERE number = i.column1
    """
# Conversation, sender, how many more.
_COUNT_SENT = f"""
    UPDATE OR FAIL members SET sent = sent + i.column3
    FROM {ROWS} i WHERE conversation = i.column1 AND user = i.column2
    """
_NOTE_KEYS = f"""
    INSERT OR FAIL INTO message_keys (conversation, sender, client_id, message)
    SELECT * FROM {ROWS}
    """
_NOTE_RUNS = f"""
    INSERT OR FAIL INTO message_runs (conversation, last, messages, senders)
    SELECT * FROM {ROWS}
    """

# Place, conversation and user of a mark.
_FIND_MARKS = f"""
    SELECT json_group_array(json_array(i.column1, json_array(c.number, u.number, c.head, c.live,
        m.received, m.read, m.sent, m.passed)))
    FROM {ROWS} i
    CROSS JOIN conversations c ON c.id = i.column2
    CROSS JOIN users u ON u.id = i.column3
    CROSS JOIN members m ON m.conversation = c.number AND m.user = u.number
    """
# Conversation, user, received, read, passed.
_MOVE_MARKS = f"""
    UPDATE OR FAIL members SET received = i.column3, read = i.column4, passed = i.column5
    FROM {ROWS} i WHERE conversation = i.column1 AND user = i.column2
    """


def add_messages(
    db: Connection, batch: Sequence[NewMessage], known: GrowingConversations
) -> list[Added | ParleyError]:
    """See `Store.add_messages`.

    The transaction holds the only lock for writing, so that nothing can come between
    looking a key up and using it; that keys are unique where they are noted is for bugs.
    """
    outcomes: list[Added | ParleyError] = []
    rows: list[tuple[object, ...]] = []
    number, places, noted = known.find(db, batch)
    grown: list[Growing] = []
    keys: dict[tuple[int, int, str], int] = {}
    sent: dict[tuple[int, int], int] = {}
    repeats: list[tuple[int, int]] = []
    for index, (new, growing) in enumerate(zip(batch, places, strict=True)):
        if growing is None:
            outcomes.append(NotFound("There is no such conversation.", field="conversation"))
            continue
        conversation, sender = growing.number, growing.members[new.sender]
        key = (conversation, sender, new.client_id)
        stored = keys.get(key, noted.get(index))
        # As JSON, in which quotes are escaped: hardly any key is among the recent ones, and
        # where none is, nothing is decoded.
        client_id = _encode(new.client_id).decode()
        if stored is None and client_id in growing.recent:
            stored = _number_of((sender, new.client_id), growing.recent)
        if stored is not None:
            repeats.append((index, stored))
            outcomes.append(Conflict())  # Known below.
            continue
        seq = growing.head + 1
        if new.reply_to is not None and not 1 <= new.reply_to < seq:
            outcomes.append(Invalid("There is no such message to reply to.", field="reply_to"))
            continue
        number += 1
        keys[key] = number
        if not growing.added:
            grown.append(growing)
        growing.head, growing.latest, growing.updated = seq, number, new.at
        growing.added.append(f"[{number},{sender},{client_id}]")
        sent[conversation, sender] = sent.get((conversation, sender), 0) + 1
        rows.append(
            (number, conversation, seq, sender, new.client_id, new.at, new.reply_to, new.text)
        )
        outcomes.append(Added(as_sent(new, seq), duplicate=False))
    execute_rows(db, _INSERT, rows)
    _note(db, grown)
    execute_rows(
        db,
        _GROW,
        [(it.number, it.head, it.updated, it.latest, it.recent) for it in grown],
    )
    execute_rows(db, _COUNT_SENT, [(*key, count) for key, count in sent.items()])
    known.keep(number)
    if repeats:
        stored_messages = _stored(db, {row for _, row in repeats})
        for index, row in repeats:
            outcomes[index] = _repeated(batch[index], *stored_messages[row])
    return outcomes


def messages(db: Connection, conversation: ConversationId, first: int, last: int) -> list[Message]:
    """See `Store.messages`."""
    first, last = max(first, 1), min(last, MAX_SEQ)
    if first > last:
        return []
    rows = one(
        db,
        f"SELECT json_group_array({MESSAGE}) FROM ("
        f" SELECT i.value message FROM conversations c CROSS JOIN {_RUNS}"
        f" CROSS JOIN json_each(r.messages) i WHERE c.id = ?1 AND {_RUN_SEQ} BETWEEN ?2 AND ?3"
        f" UNION ALL SELECT {_RECENT_MESSAGE} FROM conversations c CROSS JOIN {_RECENT}"
        f" WHERE c.id = ?1 AND {_RECENT_SEQ} BETWEEN ?2 AND ?3) page"
        " CROSS JOIN messages m ON m.number = page.message"
        " CROSS JOIN users u ON u.number = m.sender",
        conversation,
        first,
        last,
    )
    return sorted(map(message, decode_messages(rows)), key=lambda found: found.seq)


def changes(db: Connection, conversation: ConversationId, after: int, limit: int) -> list[Message]:
    """See `Store.changes`."""
    rows = one(
        db,
        f"SELECT json_group_array({MESSAGE}) FROM ("
        " SELECT m.number FROM conversations c"
        " CROSS JOIN messages m INDEXED BY messages_by_rev"
        " ON m.conversation = c.number AND m.rev > 0 AND m.rev > ?"
        " WHERE c.id = ? ORDER BY m.rev LIMIT ?) page"
        " CROSS JOIN messages m ON m.number = page.number"
        " CROSS JOIN users u ON u.number = m.sender",
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
            "SELECT c.number, c.rev, ifnull((SELECT json_extract(r.messages,"
            " '$[#-' || (r.last - ?2 + 1) || ']') FROM message_runs r"
            " WHERE r.conversation = c.number AND r.last >= ?2 ORDER BY r.last LIMIT 1),"
            f" (SELECT {_RECENT_MESSAGE} FROM {_RECENT} WHERE {_RECENT_SEQ} = ?2))"
            " FROM conversations c WHERE c.id = ?1",
            (conversation, seq),
        ).fetchone()
    if found is None or found[2] is None:
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
        " first_text = ifnull(first_text, ?) WHERE number = ?",
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
            " AND user = (SELECT sender FROM messages WHERE number = ?)",
            (appeared, number, key),
        )
        db.execute(
            "UPDATE members SET passed = passed + ? WHERE conversation = ? AND read >= ?"
            " AND user <> (SELECT sender FROM messages WHERE number = ?)",
            (appeared, number, seq, key),
        )
    return Changed(new, changed=True)


def move_marks(db: Connection, batch: Sequence[Mark]) -> list[Marks | ParleyError]:
    """See `Store.move_marks`."""
    asked = [(index, mark.conversation, mark.user) for index, mark in enumerate(batch)]
    places: dict[int, _Place] = {}
    for query, values in batches(_FIND_MARKS, asked):
        places.update(_decode_places(one(db, query, *values)))
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
    execute_rows(db, _MOVE_MARKS, [(*key, *value) for key, value in moved.items()])
    return outcomes


def _number_of(key: tuple[int, str], recent: str) -> int | None:
    """Return the number of the message with a key among those that are not noted."""
    return next((row[0] for row in _decode_recent(f"[{recent}]") if row[1:] == key), None)


def _note(db: Connection, grown: Sequence[Growing]) -> None:
    """Put what was added with the `recent` ones, and note those that make `NOTED_TOGETHER`.

    At which ``seq`` differs from one conversation to the next: all that grow in step would be
    noted in the same commit otherwise, and everybody wait for it (measured at half of
    saturation: p99 8.1 ms instead of 7.4).
    """
    keys: list[tuple[object, ...]] = []
    runs: list[tuple[object, ...]] = []
    for growing in grown:
        conversation = growing.number
        growing.recent = ",".join(filter(None, (growing.recent, *growing.added)))
        noted = growing.head - (growing.head + conversation) % NOTED_TOGETHER
        if noted > growing.head - len(growing.added):
            messages = _decode_recent(f"[{growing.recent}]")
            count = len(messages) - (growing.head - noted)
            for start in range(0, count, NOTED_TOGETHER):
                run = messages[start : min(start + NOTED_TOGETHER, count)]
                numbers, senders, _ = zip(*run, strict=True)
                last = noted - count + start + len(run)
                runs.append((conversation, last, to_json(numbers), to_json(senders)))
            keys += [(conversation, *key, number) for number, *key in messages[:count]]
            growing.recent = to_json(messages[count:])[1:-1]
        growing.added.clear()
    execute_rows(db, _NOTE_RUNS, runs)
    execute_rows(db, _NOTE_KEYS, keys)


def _stored(db: Connection, numbers: Iterable[int]) -> dict[int, tuple[Message, str | None]]:
    """Return messages by their numbers, with the digests of their first texts."""
    rows = one(
        db,
        f"SELECT json_group_array(json_array(m.number, {MESSAGE},"
        " CASE WHEN m.first_text IS NULL THEN NULL ELSE lower(hex(m.first_text)) END))"
        " FROM json_each(?) i CROSS JOIN messages m ON m.number = i.value"
        " CROSS JOIN users u ON u.number = m.sender",
        to_json(numbers),
    )
    return {number: (message(row), first_text) for number, row, first_text in _decode_stored(rows)}


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
        f"SELECT (SELECT count(*) FROM conversations c CROSS JOIN {_RUNS}"
        " CROSS JOIN json_each(r.senders) i WHERE c.number = ?1 AND i.value <> ?4"
        f" AND {_RUN_SEQ} BETWEEN ?2 AND ?3)"
        f" + (SELECT count(*) FROM conversations c CROSS JOIN {_RECENT}"
        f" WHERE c.number = ?1 AND {_RECENT_SENDER} <> ?4 AND {_RECENT_SEQ} BETWEEN ?2 AND ?3)"
        " - (SELECT count(*) FROM messages INDEXED BY deleted_messages WHERE conversation = ?1"
        " AND text IS NULL AND sender <> ?4 AND seq BETWEEN ?2 AND ?3)",
        conversation,
        after + 1,
        last,
        user,
    )
    return count
