"""What every store promises about messages: once, in order, and how they change."""

import asyncio

import msgspec
import pytest

from chat.errors import Conflict, Forbidden, Invalid, NotFound
from chat.models import Added, ConversationId, Message
from chat.stores.base import Store
from tests.chat.stores.conftest import OpenStore
from tests.chat.stores.samples import (
    ANN,
    AT,
    BOB,
    CEM,
    add,
    add_many,
    add_people,
    deleted,
    edited,
    head,
    new,
    open_new_pair,
    open_pair,
    reacted,
)

NOWHERE = ConversationId("cnowhere")


async def test_a_message_is_stored_as_it_was_sent(store: Store) -> None:
    conversation = await open_new_pair(store)
    await add(store, new(conversation, "0"))

    added = await add(store, new(conversation, "k1", "Hi\n", reply_to=1))

    assert added == Added(
        Message(
            seq=2,
            sender=ANN,
            client_id="k1",
            text="Hi\n",
            at="2026-11-22T08:30:41.123Z",
            reply_to=1,
        ),
        duplicate=False,
    )
    assert await store.messages(conversation, 2, 2) == [added.message]


@pytest.mark.parametrize(
    "text",
    [
        " leading and trailing \t\n",
        "e\u0301 is not \u00e9",
        "👩‍👩‍👧‍👦 🏳️‍🌈 \U0010ffff \U00010000",
        "Z" + "\u0335\u0321" * 50,
        "\u202eright to left\u202c \u200b \ufeff \u2028 \u2029 \x7f \x01 \x1f",
        "\"quotes\" 'single' \\ \\u0041 \\n {} [] null",
        "\ue000\uffff\ufdd0",
        "'; DROP TABLE messages; --",
        "x" * 8000,
        "🦊" * 8000,
        "0",
    ],
)
async def test_texts_are_kept_exactly(store: Store, text: str) -> None:
    conversation = await open_new_pair(store)
    client_id = text[:64]

    added = await add(store, new(conversation, client_id, text))

    (stored,) = await store.messages(conversation, 1, 1)
    assert (stored.text, stored.client_id) == (text, client_id)
    assert added.message == stored
    assert (await add(store, new(conversation, client_id, text))).duplicate
    summary = await store.summary(conversation, BOB)
    assert summary is not None
    assert summary.last == stored


async def test_a_batch_is_numbered_in_its_order_for_each_conversation(store: Store) -> None:
    await add_people(store)
    one, other = await open_pair(store, ANN, BOB), await open_pair(store, ANN, CEM)
    batch = [new((one, other)[n % 3 == 0], str(n), at=AT - n) for n in range(200)]

    outcomes = await store.add_messages(batch)

    for conversation in (one, other):
        sent = [item.client_id for item in batch if item.conversation == conversation]
        stored = await store.messages(conversation, 1, 1000)
        assert [message.client_id for message in stored] == sent
        assert [message.seq for message in stored] == list(range(1, len(sent) + 1))
        assert [
            outcome.message
            for outcome, item in zip(outcomes, batch, strict=True)
            if isinstance(outcome, Added) and item.conversation == conversation
        ] == stored


async def test_an_empty_batch_is_nothing(store: Store) -> None:
    assert await store.add_messages([]) == []


async def test_a_repeat_is_answered_with_what_is_stored(store: Store) -> None:
    conversation = await open_new_pair(store)
    first = await add(store, new(conversation))

    again = await add(store, new(conversation, at=AT + 99, reply_to=77))

    assert again == Added(first.message, duplicate=True)
    assert await head(store, conversation) == 1


async def test_a_repeat_after_a_restart_is_a_duplicate(store: Store, open_store: OpenStore) -> None:
    conversation = await open_new_pair(store)
    first = await add(store, new(conversation))
    await store.close()

    again = await add(await open_store(), new(conversation))

    assert again == Added(first.message, duplicate=True)


async def test_a_repeat_is_known_however_many_came_since(store: Store) -> None:
    conversation = await open_new_pair(store)
    sent = [
        new(conversation, str(number), sender=(ANN, BOB)[number // 2 % 2]) for number in range(40)
    ]
    for message in sent:
        assert not (await add(store, message)).duplicate

    again = [await add(store, message) for message in sent]

    assert [(found.duplicate, found.message.seq) for found in again] == [
        (True, seq) for seq in range(1, 41)
    ]
    assert await head(store, conversation) == 40


async def test_repeats_within_one_batch_are_found_too(store: Store) -> None:
    conversation = await open_new_pair(store)
    keys = ["1", "2", "1", "3", "2", "1"]

    outcomes = await store.add_messages([new(conversation, key) for key in keys])

    assert [
        (found.message.client_id, found.message.seq, found.duplicate)
        for found in outcomes
        if isinstance(found, Added)
    ] == [
        ("1", 1, False),
        ("2", 2, False),
        ("1", 1, True),
        ("3", 3, False),
        ("2", 2, True),
        ("1", 1, True),
    ]


async def test_many_repeats_among_new_ones_leave_no_hole(store: Store) -> None:
    conversation = await open_new_pair(store)
    await store.add_messages([new(conversation, str(n)) for n in range(0, 150, 2)])

    outcomes = await store.add_messages([new(conversation, str(n)) for n in range(150)])

    assert [found.duplicate for found in outcomes if isinstance(found, Added)] == [True, False] * 75
    stored = await store.messages(conversation, 1, 1000)
    assert [message.seq for message in stored] == list(range(1, 151))


async def test_the_key_is_conversation_sender_and_client_id(store: Store) -> None:
    await add_people(store)
    one, other = await open_pair(store, ANN, BOB), await open_pair(store, ANN, CEM)

    sent = [
        await add(store, new(one, "k", "from Ann")),
        await add(store, new(one, "k", "from Bob", BOB)),
        await add(store, new(other, "k", "elsewhere")),
        await add(store, new(one, "K", "from Ann")),
    ]

    assert [(found.message.seq, found.duplicate) for found in sent] == [
        (1, False),
        (2, False),
        (1, False),
        (3, False),
    ]


async def test_another_text_under_the_same_key_is_a_conflict(store: Store) -> None:
    conversation = await open_new_pair(store)
    await add(store, new(conversation, "1", "one"))

    outcomes = await store.add_messages(
        [
            new(conversation, "1", "two"),
            new(conversation, "2", "three"),
            new(conversation, "2", "four"),
        ]
    )

    assert [type(found) for found in outcomes] == [Conflict, Added, Conflict]
    assert getattr(outcomes[0], "field", "") == "client_id"
    assert [found.text for found in await store.messages(conversation, 1, 9)] == ["one", "three"]


async def test_the_first_text_decides_after_edits_and_deletion(store: Store) -> None:
    conversation = await open_new_pair(store)
    await add(store, new(conversation, "1", "one"))

    for change in (edited("two"), edited("three"), edited("one"), edited("four"), deleted):
        current = (await store.change_message(conversation, 1, change)).message

        assert await add(store, new(conversation, "1", "one")) == Added(current, duplicate=True)
        for text in ("two", "three", "four", ""):
            with pytest.raises(Conflict):
                await add(store, new(conversation, "1", text))
    assert await head(store, conversation) == 1


async def test_a_repeat_of_a_deleted_message_does_not_bring_it_back(store: Store) -> None:
    conversation = await open_new_pair(store)
    await add(store, new(conversation))
    await store.change_message(conversation, 1, deleted)

    again = await add(store, new(conversation))

    assert again.duplicate
    assert again.message.deleted
    assert again.message.text is None


async def test_only_members_send(store: Store) -> None:
    await add_people(store)
    conversation = await open_pair(store)

    outcomes = await store.add_messages(
        [
            new(conversation, "1", sender=CEM),
            new(conversation, "2"),
            new(NOWHERE, "3"),
        ]
    )

    assert [type(found) for found in outcomes] == [NotFound, Added, NotFound]
    assert [getattr(found, "field", "") for found in outcomes] == [
        "conversation",
        "",
        "conversation",
    ]
    assert await head(store, conversation) == 1


async def test_only_an_earlier_message_can_be_replied_to(store: Store) -> None:
    conversation = await open_new_pair(store)
    replies = [1, None, 1, 2, 3, 0, -1, 2**53 - 1, 2]

    outcomes = await store.add_messages(
        [new(conversation, str(n), reply_to=reply_to) for n, reply_to in enumerate(replies)]
    )

    assert [type(found) for found in outcomes] == [
        Invalid,
        Added,
        Added,
        Added,
        Added,
        Invalid,
        Invalid,
        Invalid,
        Added,
    ]
    assert getattr(outcomes[0], "field", "") == "reply_to"
    stored = await store.messages(conversation, 1, 9)
    assert [(found.seq, found.reply_to) for found in stored] == [
        (1, None),
        (2, 1),
        (3, 2),
        (4, 3),
        (5, 2),
    ]


async def test_two_processes_that_send_the_same_store_it_once(
    store: Store, open_store: OpenStore
) -> None:
    conversation = await open_new_pair(store)
    other = await open_store()

    added = await asyncio.gather(
        *(add((store, other)[n % 2], new(conversation, str(n // 4))) for n in range(200))
    )

    assert sum(not found.duplicate for found in added) == 50
    assert len({(found.message.client_id, found.message.seq) for found in added}) == 50
    stored = await other.messages(conversation, 1, 1000)
    assert [found.seq for found in stored] == list(range(1, 51))
    assert len({found.client_id for found in stored}) == 50


async def test_two_processes_number_one_conversation_together(
    store: Store, open_store: OpenStore
) -> None:
    conversation = await open_new_pair(store)
    stores = (store, await open_store())

    async def talk(number: int) -> list[int]:
        seqs = []
        for count in range(25):
            message = new(conversation, f"{number} {count}", sender=(ANN, BOB)[number % 2])
            seqs.append((await add(stores[number % 2], message)).message.seq)
        return seqs

    talks = await asyncio.gather(*(talk(number) for number in range(6)))

    assert all(seqs == sorted(seqs) for seqs in talks)
    assert sorted(seq for seqs in talks for seq in seqs) == list(range(1, 151))


async def test_messages_are_read_by_range(store: Store) -> None:
    await add_people(store)
    conversation, other = await open_pair(store), await open_pair(store, ANN, CEM)
    await add_many(store, conversation, 10)
    await add_many(store, other, 3)

    async def seqs(first: int, last: int) -> list[int]:
        return [found.seq for found in await store.messages(conversation, first, last)]

    assert await seqs(3, 5) == [3, 4, 5]
    assert await seqs(10, 10) == [10]
    assert await seqs(0, 2) == [1, 2]
    assert await seqs(9, 2**53 - 1) == [9, 10]
    assert await seqs(11, 20) == []
    assert await seqs(5, 4) == []
    assert await seqs(2**53 - 1, 2**53 - 1) == []
    assert await seqs(-5, 0) == []
    assert await store.messages(NOWHERE, 1, 10) == []


@pytest.mark.parametrize("count", [7, 8, 9, 15, 16, 17, 33])
async def test_every_range_is_read_while_others_write_in_between(store: Store, count: int) -> None:
    await add_people(store)
    conversation, other = await open_pair(store), await open_pair(store, ANN, CEM)
    for number in range(count):
        await add_many(store, conversation, 1, (ANN, BOB)[number % 2])
        await add_many(store, other, 1 + number % 3)

    for first in range(1, count + 1):
        for last in range(first, count + 1):
            found = await store.messages(conversation, first, last)
            assert [message.text for message in found] == [
                str(seq) for seq in range(first, last + 1)
            ]


# Changes


async def test_a_change_takes_the_next_rev(store: Store) -> None:
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 3)

    revs = [
        (await store.change_message(conversation, seq, change)).message.rev
        for seq, change in (
            (2, edited("two")),
            (1, reacted("👍", BOB)),
            (2, edited("II")),
            (3, deleted),
        )
    ]

    assert revs == [1, 2, 3, 4]
    found = await store.conversation(conversation)
    assert found is not None
    assert (found.rev, found.head) == (4, 3)


async def test_an_edit_is_stored(store: Store) -> None:
    conversation = await open_new_pair(store)
    sent = await add(store, new(conversation, "1", "one"))

    changed = await store.change_message(conversation, 1, edited("two 🦊"))

    assert changed.changed
    assert changed.message == msgspec.structs.replace(
        sent.message, text="two 🦊", edited=True, rev=1
    )
    assert await store.messages(conversation, 1, 1) == [changed.message]


async def test_reactions_are_stored(store: Store) -> None:
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 1)

    await store.change_message(conversation, 1, reacted("👍", BOB, ANN))
    await store.change_message(conversation, 1, reacted('"\\', BOB))

    (stored,) = await store.messages(conversation, 1, 1)
    assert stored.reactions == {"👍": [BOB, ANN], '"\\': [BOB]}
    assert list(stored.reactions) == ["👍", '"\\']
    assert not stored.edited

    await store.change_message(conversation, 1, reacted("👍"))
    await store.change_message(conversation, 1, reacted('"\\'))
    (stored,) = await store.messages(conversation, 1, 1)
    assert stored.reactions == {}


async def test_a_deleted_message_has_no_text_and_no_reactions(store: Store) -> None:
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 1)
    await store.change_message(conversation, 1, reacted("👍", BOB))

    changed = await store.change_message(
        conversation, 1, lambda message: msgspec.structs.replace(message, deleted=True)
    )

    assert (changed.message.text, changed.message.reactions) == (None, {})
    assert await store.messages(conversation, 1, 1) == [changed.message]


async def test_a_change_that_changes_nothing_takes_no_rev(store: Store) -> None:
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 1)
    once = await store.change_message(conversation, 1, edited("one"))

    again = await store.change_message(conversation, 1, edited("one"))

    assert (again.changed, again.message) == (False, once.message)
    found = await store.conversation(conversation)
    assert found is not None
    assert found.rev == 1


async def test_a_change_reaches_only_what_may_change(store: Store) -> None:
    conversation = await open_new_pair(store)
    sent = await add(store, new(conversation))

    changed = await store.change_message(
        conversation,
        1,
        lambda message: msgspec.structs.replace(message, seq=9, sender=BOB, client_id="x", rev=7),
    )

    assert (changed.changed, changed.message) == (False, sent.message)


async def test_a_refusal_by_the_change_is_passed_on(store: Store) -> None:
    conversation = await open_new_pair(store)
    sent = await add(store, new(conversation))

    def refuse(message: Message) -> Message:
        raise Forbidden("No.", field="seq")

    with pytest.raises(Forbidden) as refusal:
        await store.change_message(conversation, 1, refuse)

    assert (refusal.value.message, refusal.value.field) == ("No.", "seq")
    assert await store.messages(conversation, 1, 1) == [sent.message]


@pytest.mark.parametrize("seq", [0, 2, -1, 2**32 + 1, 2**53 - 1])
async def test_an_unknown_message_cannot_be_changed(store: Store, seq: int) -> None:
    conversation = await open_new_pair(store)
    await add(store, new(conversation))

    for place in (conversation, NOWHERE):
        with pytest.raises(NotFound) as refusal:
            await store.change_message(place, seq, deleted)
        assert refusal.value.field == "seq"


async def test_changes_are_read_by_rev(store: Store) -> None:
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 6)
    for seq in (5, 2, 4, 2, 6):
        await store.change_message(conversation, seq, reacted(f"{seq}", BOB))
    await store.change_message(conversation, 2, reacted("x", BOB))

    async def changes(after: int, limit: int) -> list[tuple[int, int]]:
        found = await store.changes(conversation, after, limit)
        return [(message.rev, message.seq) for message in found]

    assert await changes(0, 10) == [(1, 5), (3, 4), (4, 6), (5, 2)]
    assert await changes(0, 2) == [(1, 5), (3, 4)]
    assert await changes(3, 10) == [(4, 6), (5, 2)]
    assert await changes(5, 10) == []
    assert await changes(2**53 - 1, 10) == []
    assert await store.changes(NOWHERE, 0, 10) == []


async def test_two_processes_change_one_conversation_without_a_hole_in_rev(
    store: Store, open_store: OpenStore
) -> None:
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 10)
    stores = (store, await open_store())

    changed = await asyncio.gather(
        *(
            stores[n % 2].change_message(conversation, n % 10 + 1, reacted(str(n), BOB))
            for n in range(60)
        )
    )

    assert sorted(found.message.rev for found in changed) == list(range(1, 61))
    stored = await store.messages(conversation, 1, 10)
    assert sorted(emoji for found in stored for emoji in found.reactions) == sorted(
        str(n) for n in range(60)
    )
    assert [found.rev for found in await store.changes(conversation, 0, 99)] == sorted(
        found.rev for found in stored
    )
