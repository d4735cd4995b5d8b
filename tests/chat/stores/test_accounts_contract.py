"""What every store promises about accounts and sessions."""

import asyncio

import pytest

from chat.errors import Conflict, Unauthorized
from chat.models import Account, SessionId, User, UserId
from chat.stores.base import Store, search_key
from tests.chat.stores.conftest import OpenStore
from tests.chat.stores.samples import (
    ANN,
    AT,
    BOB,
    CEM,
    DOT,
    account,
    add_people,
    session,
    token,
)

NOBODY = UserId("_nobody")


async def find(store: Store, prefix: str, limit: int = 50, excluding: UserId = NOBODY) -> list[str]:
    found = await store.find_users(search_key(prefix), limit, excluding)
    return [user.username for user in found]


async def test_an_account_is_found_by_id_and_by_username(store: Store) -> None:
    ann = Account(User(ANN, "ann", "Ann 🦊 Lee"), "hash", AT)

    await store.add_user(ann)

    assert await store.account(ANN) == ann
    assert await store.account_named("ann") == ann


async def test_an_unknown_account_is_none(store: Store) -> None:
    assert await store.account(ANN) is None
    assert await store.account_named("ann") is None


async def test_a_taken_username_is_a_conflict(store: Store) -> None:
    await store.add_user(account(ANN))

    with pytest.raises(Conflict) as refusal:
        await store.add_user(Account(User(BOB, "ann", "Other"), "", AT))

    assert refusal.value.field == "username"
    assert await store.account(BOB) is None
    assert await find(store, "other") == []


async def test_adding_the_same_account_again_changes_nothing(store: Store) -> None:
    await store.add_user(account(ANN))

    await store.add_user(account(ANN))

    assert [found.user.id for found in await store.accounts("", 10)] == [ANN]


async def test_two_processes_never_give_one_name_twice(store: Store, open_store: OpenStore) -> None:
    other = await open_store()

    outcomes = await asyncio.gather(
        *(
            (store, other)[n % 2].add_user(Account(User(UserId(f"_{n}"), "ann", "Ann"), "", AT))
            for n in range(10)
        ),
        return_exceptions=True,
    )

    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 9


async def test_accounts_are_listed_by_username_in_parts(store: Store) -> None:
    await add_people(store, CEM, ANN, DOT, BOB)

    first = [found.user.username for found in await store.accounts("", 3)]
    second = [found.user.username for found in await store.accounts(first[-1], 3)]

    assert (first, second) == (["ann", "bob", "cem"], ["dot"])


async def test_users_are_fetched_together_without_the_unknown(store: Store) -> None:
    await add_people(store, ANN, BOB)

    found = await store.users([ANN, NOBODY, BOB, ANN])

    assert found == {ANN: User(ANN, "ann", "Ann"), BOB: User(BOB, "bob", "Bob")}
    assert await store.users([]) == {}


@pytest.mark.parametrize(
    "prefix", ["ann", "a", "ANN", "mary", "MARY ann", "lee", "ann lee", "ann  l", "mary ann lee"]
)
async def test_people_are_found_by_username_and_from_each_word_of_the_name_on(
    store: Store, prefix: str
) -> None:
    await store.add_user(account(ANN, "Mary Ann Lee"))

    assert await find(store, prefix) == ["ann"]


@pytest.mark.parametrize("prefix", ["nn", "mary lee", "lee ann", "annx", "ary", "ann leeds"])
async def test_people_are_not_found_by_other_parts(store: Store, prefix: str) -> None:
    await store.add_user(account(ANN, "Mary Ann Lee"))

    assert await find(store, prefix) == []


@pytest.mark.parametrize("wild", ["%", "_", "*", "[", "[a-z]", "\\", "a%", "a_", "a*", ".*", "^a"])
async def test_a_wildcard_means_itself(store: Store, wild: str) -> None:
    await store.add_user(account(ANN, "Ann"))
    await store.add_user(account(BOB, f"{wild}x"))

    assert await find(store, wild) == ["bob"]


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("Straße", "STRASSE"),
        ("STRASSE", "straß"),
        ("Łukasz", "łuk"),
        ("Ｆｕｌｌ", "full"),
        ("Cafe\u0301", "caf\u00e9"),
        ("Ἀθῆναι", "ἀθῆ"),
        ("🦊 Fox", "🦊"),
        ("\U0010ffff Last", "\U0010ffff"),
        ("\ud7ff Last before the surrogates", "\ud7ff"),
    ],
)
async def test_case_and_form_do_not_matter(store: Store, name: str, prefix: str) -> None:
    await store.add_user(account(ANN, name))
    await store.add_user(account(BOB))

    assert await find(store, prefix) == ["ann"]


async def test_a_prefix_finds_what_goes_on_with_the_highest_characters(store: Store) -> None:
    await store.add_user(account(ANN, "ab\U0010ffff\U0010ffffx"))

    assert await find(store, "ab") == ["ann"]


async def test_found_people_are_ordered_and_limited(store: Store) -> None:
    for user in (DOT, BOB, ANN, CEM):
        await store.add_user(account(user, "Smith Smithson"))

    assert await find(store, "smith", 3) == ["ann", "bob", "cem"]


async def test_nobody_finds_himself_or_a_disabled_account(store: Store) -> None:
    for user in (ANN, BOB, CEM):
        await store.add_user(account(user, "Smith"))
    await store.set_disabled(BOB, True)

    assert await find(store, "smith", excluding=ANN) == ["cem"]

    await store.set_disabled(BOB, False)
    assert await find(store, "smith", excluding=ANN) == ["bob", "cem"]


async def test_a_new_name_is_the_one_that_people_are_found_by(store: Store) -> None:
    await store.add_user(account(ANN, "Mary Ann Lee"))
    await store.add_user(account(BOB, "Lee"))

    await store.set_name(ANN, "Zoë Ann")

    assert (await store.users([ANN]))[ANN].name == "Zoë Ann"
    assert [await find(store, each) for each in ("zoë", "ann", "mary")] == [["ann"], ["ann"], []]
    assert await find(store, "lee") == ["bob"]


async def test_the_name_of_an_unknown_user_changes_nothing(store: Store) -> None:
    await store.set_name(NOBODY, "Nobody")

    assert await store.users([NOBODY]) == {}
    assert await find(store, "nobody", excluding=ANN) == []


async def test_of_two_names_at_once_one_is_found_and_the_other_is_not(
    store: Store, open_store: OpenStore
) -> None:
    await store.add_user(account(ANN))
    other = await open_store()

    await asyncio.gather(store.set_name(ANN, "Mary"), other.set_name(ANN, "Zoë"))

    name = (await store.users([ANN]))[ANN].name
    assert await find(store, name) == ["ann"]
    assert await find(store, "mary" if name == "Zoë" else "zoë") == []


async def test_a_new_password_ends_all_sessions_but_one(store: Store) -> None:
    await add_people(store, ANN, BOB)
    for name in ("a1", "a2", "a3"):
        await store.add_session(session(name), token(name), 10)
    await store.add_session(session("b1", BOB), token("b1"), 10)

    ended = await store.set_password(ANN, "new", SessionId("a2"))

    assert sorted(ended) == ["a1", "a3"]
    assert [found.id for found in await store.sessions(ANN)] == ["a2"]
    assert [found.id for found in await store.sessions(BOB)] == ["b1"]
    changed = await store.account(ANN)
    assert changed is not None
    assert changed.password_hash == "new"
    assert await store.set_password(ANN, "newer", None) == ["a2"]


async def test_a_hash_is_replaced_only_while_it_is_the_old_one(store: Store) -> None:
    await store.add_user(account(ANN, password_hash="old"))

    await store.replace_hash(ANN, "old", "costlier")
    await store.replace_hash(ANN, "old", "late")

    found = await store.account(ANN)
    assert found is not None
    assert found.password_hash == "costlier"


async def test_switching_an_account_off_ends_its_sessions(store: Store) -> None:
    await add_people(store, ANN)
    await store.add_session(session("a1"), token("a1"), 10)

    assert await store.set_disabled(ANN, True) == ["a1"]

    found = await store.account(ANN)
    assert found is not None
    assert found.disabled
    assert await store.session(token("a1")) is None
    assert await store.set_disabled(ANN, False) == []
    found = await store.account(ANN)
    assert found is not None
    assert not found.disabled


async def test_the_highest_password_cost_is_known(store: Store) -> None:
    assert await store.highest_password_cost() == 0

    await store.add_user(account(ANN, password_hash="$2b$10$" + "x" * 53))
    await store.add_user(account(BOB, password_hash="$2b$12$" + "x" * 53))
    await store.add_user(account(CEM, password_hash="other"))
    assert await store.highest_password_cost() == 12

    await store.replace_hash(BOB, "$2b$12$" + "x" * 53, "$2b$04$" + "x" * 53)
    assert await store.highest_password_cost() == 10

    await store.set_password(ANN, "$2b$15$" + "x" * 53, None)
    assert await store.highest_password_cost() == 15


async def test_last_seen_times_never_move_back(store: Store) -> None:
    await add_people(store, ANN, BOB)
    await store.add_session(session("a1"), token("a1"), 10)

    await store.touch({ANN: AT + 5, NOBODY: AT}, {SessionId("a1"): AT + 6, SessionId("x"): AT})
    await store.touch({ANN: AT + 1, BOB: AT}, {SessionId("a1"): AT + 2})
    await store.touch({}, {})

    found = await store.users([ANN, BOB])
    assert [found[user].last_seen for user in (ANN, BOB)] == [AT + 5, AT]
    assert [found.last_seen for found in await store.sessions(ANN)] == [AT + 6]


# Sessions


async def test_a_session_is_found_by_its_token(store: Store) -> None:
    await add_people(store, ANN)
    kept = session("a1")

    assert await store.add_session(kept, token("a1"), 10) == []

    assert await store.session(token("a1")) == (kept, User(ANN, "ann", "Ann"))
    assert await store.session(token("other")) is None


async def test_keeping_the_same_session_again_changes_nothing(store: Store) -> None:
    await add_people(store, ANN)
    await store.add_session(session("a1"), token("a1"), 1)

    assert await store.add_session(session("a1"), token("a1"), 1) == []

    assert await store.sessions(ANN) == [session("a1")]


async def test_nobody_signs_in_to_a_disabled_or_missing_account(store: Store) -> None:
    await add_people(store, ANN)
    await store.set_disabled(ANN, True)

    for user in (ANN, NOBODY):
        with pytest.raises(Unauthorized):
            await store.add_session(session("a1", user), token("a1"), 10)

    assert await store.session(token("a1")) is None


async def test_sessions_are_listed_the_last_used_first(store: Store) -> None:
    await add_people(store, ANN)
    for name, last_seen in (("a1", AT + 2), ("a2", AT + 3), ("a3", AT + 1)):
        await store.add_session(session(name, last_seen=last_seen), token(name), 10)

    assert [found.id for found in await store.sessions(ANN)] == ["a2", "a1", "a3"]
    assert await store.sessions(NOBODY) == []


async def test_the_least_recently_used_session_makes_room(store: Store) -> None:
    await add_people(store, ANN, BOB)
    await store.add_session(session("b1", BOB, last_seen=AT), token("b1"), 3)
    for name, last_seen in (("a1", AT + 1), ("a2", AT + 2), ("a3", AT + 3)):
        await store.add_session(session(name, last_seen=last_seen), token(name), 3)
    await store.touch({}, {SessionId("a1"): AT + 9})

    ended = await store.add_session(session("a4", last_seen=AT + 4), token("a4"), 3)

    assert ended == ["a2"]
    assert await store.session(token("a2")) is None
    assert {found.id for found in await store.sessions(ANN)} == {"a1", "a3", "a4"}
    assert len(await store.sessions(BOB)) == 1


async def test_the_new_session_is_never_the_one_that_ends(store: Store) -> None:
    await add_people(store, ANN)
    await store.add_session(session("a1", last_seen=AT + 9), token("a1"), 1)

    ended = await store.add_session(session("a2", last_seen=AT), token("a2"), 1)

    assert ended == ["a1"]


async def test_only_ones_own_sessions_can_be_ended(store: Store) -> None:
    await add_people(store, ANN, BOB)
    for name, user in (("a1", ANN), ("a2", ANN), ("b1", BOB)):
        await store.add_session(session(name, user), token(name), 10)

    ended = await store.end_sessions(ANN, [SessionId(name) for name in ("a1", "b1", "x")])

    assert ended == ["a1"]
    assert await store.session(token("a1")) is None
    assert await store.session(token("b1")) is not None
    assert await store.end_sessions(ANN, [SessionId("a1")]) == []
    assert await store.end_sessions(ANN, []) == []


async def test_live_sessions_have_neither_ended_nor_aged(store: Store) -> None:
    await add_people(store, ANN)
    for name, created, last_seen in (
        ("live", AT, AT),
        ("old", AT - 100, AT),
        ("idle", AT, AT - 100),
        ("ended", AT, AT),
    ):
        await store.add_session(session(name, ANN, last_seen, created), token(name), 10)
    await store.end_sessions(ANN, [SessionId("ended")])
    asked = [SessionId(name) for name in ("live", "old", "idle", "ended", "never")]

    assert await store.live_sessions(asked, AT - 50, AT - 50) == {"live"}
    assert await store.live_sessions(asked, AT - 200, AT - 200) == {"live", "old", "idle"}
    assert await store.live_sessions([], 0, 0) == set()


async def test_sessions_past_their_age_are_deleted(store: Store) -> None:
    await add_people(store, ANN)
    for name, created, last_seen in (("live", AT, AT), ("old", AT - 9, AT), ("idle", AT, AT - 9)):
        await store.add_session(session(name, ANN, last_seen, created), token(name), 10)

    assert await store.expire_sessions(AT - 5, AT - 5) == 2
    assert await store.expire_sessions(AT - 5, AT - 5) == 0

    assert [found.id for found in await store.sessions(ANN)] == ["live"]
