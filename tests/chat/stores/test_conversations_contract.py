"""What every store promises about conversations, their lists, and marks."""

import asyncio
import base64

import pytest

from chat.errors import Invalid, NotFound
from chat.models import ConversationId, Mark, Marks, UserId, new_conversation_id
from chat.stores.base import Store
from tests.chat.stores.conftest import OpenStore
from tests.chat.stores.samples import (
    ANN,
    AT,
    BOB,
    CEM,
    DOT,
    add,
    add_many,
    add_people,
    deleted,
    mark,
    new,
    open_new_pair,
    open_pair,
    unread,
)

NOWHERE = ConversationId("cnowhere")


async def pages(store: Store, user: UserId, limit: int) -> list[list[ConversationId]]:
    """Return the ids of all of a user's conversations, page by page."""
    found = []
    cursor = None
    while True:
        page = await store.summaries(user, cursor, limit)
        found.append([summary.conversation.id for summary in page.items])
        if page.next is None:
            return found
        cursor = page.next


async def test_a_direct_conversation_is_made_once(store: Store) -> None:
    await add_people(store)
    wished = new_conversation_id()

    made = await store.open_direct(wished, BOB, ANN, AT)
    again = await store.open_direct(new_conversation_id(), ANN, BOB, AT + 5)

    assert again == made
    assert (made.id, made.kind, made.title, made.updated) == (wished, "direct", None, AT)
    assert (made.head, made.rev) == (0, 0)
    assert [member.user for member in made.members] == [ANN, BOB]
    assert await store.conversation(wished) == made


async def test_opening_again_with_the_same_id_is_safe(store: Store) -> None:
    await add_people(store)
    wished = new_conversation_id()
    made = await store.open_direct(wished, ANN, BOB, AT)

    assert await store.open_direct(wished, ANN, BOB, AT) == made


async def test_a_conversation_with_oneself_has_one_member(store: Store) -> None:
    await add_people(store)

    notes = await store.open_direct(new_conversation_id(), ANN, ANN, AT)

    assert [member.user for member in notes.members] == [ANN]
    assert await open_pair(store, ANN, ANN) == notes.id
    await add_many(store, notes.id, 3)
    assert await unread(store, notes.id, ANN) == 0
    assert await store.contacts(ANN) == set()


@pytest.mark.parametrize(("one", "other"), [("_ann", "_x"), ("_x", "_ann"), ("_x", "_x")])
async def test_nobody_talks_to_an_unknown_user(store: Store, one: str, other: str) -> None:
    await add_people(store)

    with pytest.raises(NotFound) as refusal:
        await store.open_direct(new_conversation_id(), UserId(one), UserId(other), AT)

    assert refusal.value.field == "user"


async def test_two_who_open_each_other_at_once_get_one_conversation(
    store: Store, open_store: OpenStore
) -> None:
    await add_people(store)
    other = await open_store()

    opened = await asyncio.gather(
        *(
            (store, other)[n % 2].open_direct(
                new_conversation_id(), *((ANN, BOB), (BOB, ANN))[n % 2], AT
            )
            for n in range(40)
        )
    )

    assert len({conversation.id for conversation in opened}) == 1


async def test_an_unknown_conversation_is_none(store: Store) -> None:
    assert await store.conversation(NOWHERE) is None
    assert await store.summary(NOWHERE, ANN) is None


async def test_a_stranger_sees_no_summary(store: Store) -> None:
    await add_people(store)
    conversation = await open_pair(store)

    assert await store.summary(conversation, CEM) is None
    assert await store.summary(conversation, UserId("_x")) is None


async def test_a_summary_has_the_last_message_and_what_is_unread(store: Store) -> None:
    conversation = await open_new_pair(store)
    empty = await store.summary(conversation, BOB)
    await add(store, new(conversation, "1"))
    last = await add(store, new(conversation, "2", at=AT + 7))

    full = await store.summary(conversation, BOB)

    assert empty is not None
    assert (empty.last, empty.unread) == (None, 0)
    assert full is not None
    assert (full.last, full.unread) == (last.message, 2)
    assert full.conversation == await store.conversation(conversation)
    assert (full.conversation.head, full.conversation.updated) == (2, AT + 7)


async def test_a_list_holds_conversations_with_a_message_newest_first(store: Store) -> None:
    await add_people(store)
    opened = [await open_pair(store, ANN, other) for other in (BOB, CEM, DOT)]
    await add(store, new(opened[2], at=AT + 1))
    await add(store, new(opened[0], at=AT + 2))

    page = await store.summaries(ANN, None, 10)

    assert [summary.conversation.id for summary in page.items] == [opened[0], opened[2]]
    assert page.next is None
    assert [await store.summary(key, ANN) for key in (opened[0], opened[2])] == list(page.items)
    assert page.users == await store.users([ANN, BOB, DOT])
    assert await pages(store, CEM, 10) == [[]]


async def test_a_new_message_moves_its_conversation_to_the_front(store: Store) -> None:
    await add_people(store)
    opened = [await open_pair(store, ANN, other) for other in (BOB, CEM)]
    for at, conversation in enumerate(opened):
        await add(store, new(conversation, at=AT + at))

    await add(store, new(opened[0], "2", at=AT + 5))

    assert await pages(store, ANN, 10) == [opened]


async def test_a_change_does_not_move_a_conversation(store: Store) -> None:
    await add_people(store)
    opened = [await open_pair(store, ANN, other) for other in (BOB, CEM)]
    for at, conversation in enumerate(opened):
        await add(store, new(conversation, at=AT + at))

    await store.change_message(opened[0], 1, deleted)
    await mark(store, opened[0], BOB, read=1)

    assert await pages(store, ANN, 10) == [opened[::-1]]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8])
async def test_pages_hold_everything_once_also_where_times_are_equal(
    store: Store, limit: int
) -> None:
    people = [UserId(f"_user{number}") for number in range(7)]
    await add_people(store, ANN, *people)
    opened = []
    for number, other in enumerate(people):
        opened.append(await open_pair(store, ANN, other))
        await add(store, new(opened[-1], at=AT + number // 4))

    found = await pages(store, ANN, limit)

    everything = [key for page in found for key in page]
    assert sorted(everything) == sorted(opened)
    assert set(everything[:3]) == set(opened[4:])
    assert all(len(page) == limit for page in found[:-1])
    assert 1 <= len(found[-1]) <= limit


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "x" * 5000,
        "ä",
        "\ud800",
        "{}",
        base64.urlsafe_b64encode(b"1").decode(),
        base64.urlsafe_b64encode(b"-1 c1").decode(),
        base64.urlsafe_b64encode(b"01 c1").decode(),
        base64.urlsafe_b64encode(b"9999999999999999999999 c1").decode(),
        base64.urlsafe_b64encode(b"1 c1 c2").decode(),
        base64.urlsafe_b64encode(b"1 c1\n").decode(),
        base64.urlsafe_b64encode("1 cü".encode()).decode(),
    ],
)
async def test_a_foreign_cursor_is_invalid(store: Store, cursor: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await store.summaries(ANN, cursor, 10)

    assert refusal.value.field == "cursor"


async def test_contacts_are_those_one_shares_a_message_with(store: Store) -> None:
    await add_people(store)
    await add(store, new(await open_pair(store, ANN, BOB)))
    await add(store, new(await open_pair(store, ANN, ANN)))
    await open_pair(store, ANN, CEM)

    assert await store.contacts(ANN) == {BOB}
    assert await store.contacts(BOB) == {ANN}
    assert await store.contacts(CEM) == set()
    assert await store.contacts(UserId("_x")) == set()


# Marks and what is unread


async def test_a_mark_never_moves_back(store: Store) -> None:
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 5)

    assert await mark(store, conversation, BOB, received=4, read=3) == Marks(4, 3, True)
    assert await mark(store, conversation, BOB, received=2, read=1) == Marks(4, 3, False)
    assert await mark(store, conversation, BOB, received=5) == Marks(5, 3, True)
    assert await mark(store, conversation, BOB, read=5) == Marks(5, 5, True)
    assert await mark(store, conversation, BOB) == Marks(5, 5, False)


async def test_what_has_been_read_has_been_received(store: Store) -> None:
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 5)

    assert await mark(store, conversation, BOB, received=1, read=3) == Marks(3, 3, True)

    found = await store.conversation(conversation)
    assert found is not None
    place = found.member(BOB)
    assert place is not None
    assert (place.received, place.read) == (3, 3)


async def test_marks_in_one_batch_are_taken_in_order_and_fail_alone(store: Store) -> None:
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 5)

    outcomes = await store.move_marks(
        [
            Mark(conversation, BOB, 2, 0),
            Mark(conversation, CEM, 1, 1),
            Mark(conversation, BOB, 1, 1),
            Mark(conversation, BOB, 6, 0),
            Mark(NOWHERE, BOB, 1, 1),
            Mark(conversation, BOB, 0, 2**53 - 1),
            Mark(conversation, ANN, 5, 5),
            Mark(conversation, BOB, 2, 1),
        ]
    )

    assert [found for found in outcomes if isinstance(found, Marks)] == [
        Marks(2, 0, True),
        Marks(2, 1, True),
        Marks(5, 5, True),
        Marks(2, 1, False),
    ]
    refusals = [found for found in outcomes if isinstance(found, Exception)]
    assert [(type(found), getattr(found, "field", "")) for found in refusals] == [
        (NotFound, "conversation"),
        (Invalid, "seq"),
        (NotFound, "conversation"),
        (Invalid, "seq"),
    ]
    assert await unread(store, conversation, BOB) == 4
    assert await store.move_marks([]) == []


async def test_sending_moves_no_mark(store: Store) -> None:
    conversation = await open_new_pair(store)

    await add_many(store, conversation, 3, ANN)
    await add_many(store, conversation, 2, BOB)

    found = await store.conversation(conversation)
    assert found is not None
    assert [(place.received, place.read) for place in found.members] == [(0, 0), (0, 0)]
    assert await unread(store, conversation, ANN) == 2
    assert await unread(store, conversation, BOB) == 3


@pytest.mark.parametrize(
    ("read", "left"), [(1, 5), (2, 4), (3, 4), (5, 3), (8, 1), (9, 0), (10, 0)]
)
async def test_unread_counts_what_others_sent_after_the_mark(
    store: Store, read: int, left: int
) -> None:
    conversation = await open_new_pair(store)
    for sender, count in ((ANN, 2), (BOB, 1), (ANN, 1), (BOB, 2), (ANN, 3), (BOB, 1)):
        await add_many(store, conversation, count, sender)

    await mark(store, conversation, BOB, read=read)

    assert await unread(store, conversation, BOB) == left


async def test_unread_is_right_wherever_the_mark_is_and_whatever_was_deleted(store: Store) -> None:
    conversation = await open_new_pair(store)
    gone = [2, 5, 9, 12, 13, 18]
    for seq in range(1, 20):
        await add_many(store, conversation, 1, (ANN, ANN, BOB)[seq % 3])
        if seq in gone[::2]:  # At once, the others when many have come since.
            await store.change_message(conversation, seq, deleted)
    for seq in gone[1::2]:
        await store.change_message(conversation, seq, deleted)
    others = [seq for seq in range(1, 20) if seq % 3 < 2 and seq not in gone]

    for read in range(20):
        await mark(store, conversation, BOB, read=read)
        left = sum(seq > read for seq in others)
        assert await unread(store, conversation, BOB) == left


async def test_deleted_messages_are_not_unread(store: Store) -> None:
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 6, ANN)
    await mark(store, conversation, BOB, read=2)

    for seq in (1, 4, 4, 6):
        await store.change_message(conversation, seq, deleted)

    assert await unread(store, conversation, BOB) == 2
    await mark(store, conversation, BOB, read=4)
    assert await unread(store, conversation, BOB) == 1
    await add_many(store, conversation, 1, ANN)
    assert await unread(store, conversation, BOB) == 2
    assert await unread(store, conversation, ANN) == 0


async def test_marks_from_two_processes_meet_at_the_larger(
    store: Store, open_store: OpenStore
) -> None:
    conversation = await open_new_pair(store)
    await add_many(store, conversation, 20)
    other = await open_store()

    await asyncio.gather(
        *(
            mark((store, other)[n % 2], conversation, BOB, received=n * 7 % 20 + 1, read=n)
            for n in range(20)
        )
    )

    assert await mark(store, conversation, BOB) == Marks(20, 19, False)
    assert await unread(other, conversation, BOB) == 1
