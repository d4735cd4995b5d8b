"""What every store promises about its life and about attempts (see `chat.stores.base`)."""

import asyncio

import pytest

from chat.errors import Unavailable
from chat.stores.base import Store
from tests.chat.stores.conftest import OpenStore
from tests.chat.stores.samples import (
    ANN,
    AT,
    BOB,
    account,
    add,
    mark,
    new,
    open_new_pair,
    session,
    token,
)


async def test_an_open_store_answers_a_ping(store: Store) -> None:
    await store.ping()


async def test_closing_twice_is_closing_once(store: Store) -> None:
    await store.close()

    await store.close()


async def test_a_closed_store_is_unavailable(store: Store) -> None:
    await store.close()

    with pytest.raises(Unavailable):
        await store.account(ANN)
    with pytest.raises(Unavailable):
        await store.add_user(account(ANN))


async def test_what_was_begun_before_closing_is_finished(
    store: Store, open_store: OpenStore
) -> None:
    conversation = await open_new_pair(store)

    sending = [
        asyncio.ensure_future(add(store, new(conversation, str(number)))) for number in range(20)
    ]
    await asyncio.sleep(0)
    await store.close()

    assert [(await sent).message.seq for sent in sending] == list(range(1, 21))
    again = await open_store()
    assert len(await again.messages(conversation, 1, 100)) == 20


async def test_data_outlives_the_store_object(store: Store, open_store: OpenStore) -> None:
    conversation = await open_new_pair(store)
    sent = await add(store, new(conversation))
    await store.close()

    again = await open_store()

    assert await again.messages(conversation, 1, 1) == [sent.message]


async def test_sessions_that_end_in_another_process_are_noticed(
    store: Store, open_store: OpenStore
) -> None:
    conversation = await open_new_pair(store)
    other = await open_store()
    await store.have_sessions_ended()

    await other.add_session(session("a1"), token("a1"), 1)
    await add(other, new(conversation))
    await mark(other, conversation, BOB, received=1)
    assert not await store.have_sessions_ended()

    await other.add_session(session("a2"), token("a2"), 1)
    assert await store.have_sessions_ended()
    await other.end_sessions(ANN, [session("a2").id])
    assert await store.have_sessions_ended()
    for change in (other.set_password(ANN, "new", None), other.set_disabled(ANN, True)):
        await other.add_session(session("a3"), token("a3"), 1)
        await store.have_sessions_ended()
        await change
        assert await store.have_sessions_ended()
    assert not await store.have_sessions_ended()


async def test_a_cancelled_call_harms_no_other(store: Store) -> None:
    conversation = await open_new_pair(store)

    sending = [
        asyncio.ensure_future(add(store, new(conversation, str(number)))) for number in range(9)
    ]
    await asyncio.sleep(0)
    sending[4].cancel()
    outcomes = await asyncio.gather(*sending, return_exceptions=True)

    assert sum(isinstance(outcome, BaseException) for outcome in outcomes) == 1
    await store.ping()


# Attempts


async def test_attempts_are_counted_up_to_the_limit(store: Store) -> None:
    counted = [await store.count_attempt(["ann"], 3, 1000, AT + n) for n in range(4)]

    assert counted == [0, 0, 0, 997]


async def test_a_count_is_forgotten_after_its_window(store: Store) -> None:
    await store.count_attempt(["ann"], 1, 1000, AT)

    assert await store.count_attempt(["ann"], 1, 1000, AT + 999) == 1
    assert await store.count_attempt(["ann"], 1, 1000, AT + 1000) == 0
    assert await store.count_attempt(["ann"], 1, 1000, AT + 1001) == 999


async def test_one_full_key_keeps_all_from_being_counted(store: Store) -> None:
    await store.count_attempt(["ann"], 1, 1000, AT)

    assert await store.count_attempt(["ann", "address"], 1, 1000, AT + 400) == 600

    assert await store.count_attempt(["address"], 1, 1000, AT + 500) == 0


async def test_the_wait_is_until_all_keys_are_free(store: Store) -> None:
    await store.count_attempt(["ann"], 1, 1000, AT)
    await store.count_attempt(["address"], 1, 1000, AT + 300)

    assert await store.count_attempt(["ann", "address"], 1, 1000, AT + 400) == 900


async def test_a_key_given_twice_counts_once(store: Store) -> None:
    await store.count_attempt(["ann", "ann"], 2, 1000, AT)

    assert await store.count_attempt(["ann"], 2, 1000, AT) == 0


async def test_asking_for_the_wait_counts_nothing(store: Store) -> None:
    waits = [await store.attempts_wait(["ann", "address"], 1, AT) for _ in range(3)]

    assert waits == [0, 0, 0]
    assert await store.count_attempt(["ann", "address"], 1, 1000, AT) == 0
    assert await store.attempts_wait(["address"], 1, AT + 400) == 600
    assert await store.attempts_wait(["address"], 2, AT + 400) == 0
    assert await store.attempts_wait(["address"], 1, AT + 1000) == 0


async def test_forgotten_attempts_no_longer_count(store: Store) -> None:
    for key in ("ann", "bob", "cem"):
        await store.count_attempt([key], 1, 1000, AT)

    await store.forget_attempts(["ann", "bob", "nobody"])

    waits = [await store.attempts_wait([key], 1, AT) for key in ("ann", "bob", "cem")]
    assert waits == [0, 0, 1000]


async def test_no_keys_are_never_full(store: Store) -> None:
    assert await store.count_attempt([], 1, 1000, AT) == 0
    assert await store.attempts_wait([], 1, AT) == 0
    await store.forget_attempts([])


async def test_keys_have_a_literal_meaning(store: Store) -> None:
    for key in ("%", "_", "a.b", "$where", "\\", "*"):
        assert await store.count_attempt([key], 1, 1000, AT) == 0

    assert await store.count_attempt(["a"], 1, 1000, AT) == 0
    assert await store.count_attempt(["axb"], 1, 1000, AT) == 0


async def test_a_clock_put_back_does_not_lock_a_key_for_long(store: Store) -> None:
    await store.count_attempt(["ann"], 1, 1000, AT + 3_600_000)

    assert await store.attempts_wait(["ann"], 1, AT) == 0
    assert await store.count_attempt(["ann"], 1, 1000, AT) == 0
    assert await store.count_attempt(["ann"], 1, 1000, AT) == 1000


async def test_two_processes_count_together(store: Store, open_store: OpenStore) -> None:
    other = await open_store()

    waits = await asyncio.gather(
        *((store, other)[n % 2].count_attempt(["ann"], 7, 1000, AT) for n in range(20))
    )

    assert sorted(waits) == [0] * 7 + [1000] * 13
