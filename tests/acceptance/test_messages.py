"""Sections 3 and 4: conversations, messages, history and changes."""

import asyncio
import itertools
import random
from typing import Any

import pytest

from tests.acceptance.client import MAX_INTEGER, Connection, Frame

PAGE_BYTES = 256 * 1024


async def fill(connection: Connection, conversation: str, count: int) -> list[Frame]:
    """Sends `count` messages without waiting in between."""
    futures = [
        connection.start(
            "send", conversation=conversation, client_id=f"fill-{n}", text=f"message {n}"
        )
        for n in range(count)
    ]
    return list(await asyncio.gather(*futures))


async def test_opening_gives_the_conversation_with_its_members(world):
    ann, bob = await world.pair()
    connection = await ann.connect()

    by_id = (await connection.do("open", user=bob.id))["conversation"]
    by_name = (await connection.do("open", user=bob.username))["conversation"]

    assert by_id == by_name
    assert by_id["kind"] == "direct"
    assert by_id["member_count"] == 2
    assert {member["user"]["id"] for member in by_id["members"]} == {ann.id, bob.id}
    assert [by_id[name] for name in ("head", "rev", "unread", "last")] == [0, 0, 0, None]


async def test_two_people_never_get_two_conversations(world):
    for _ in range(5):
        ann, bob = await world.pair()
        sockets = [await ann.connect(), await bob.connect(), await ann.connect()]
        others = [bob.id, ann.username, bob.username]

        opened = await asyncio.gather(
            *(each.open(other) for each, other in zip(sockets, others, strict=True) for _ in "123")
        )

        assert len(set(opened)) == 1


async def test_opening_oneself_gives_a_conversation_for_notes(world):
    ann = await world.person()
    connection, other = await ann.connect(), await ann.connect()

    conversation = (await connection.do("open", user=ann.username))["conversation"]
    await connection.send(conversation["id"], "milk")

    assert conversation["member_count"] == 1
    assert [each["user"]["id"] for each in conversation["members"]] == [ann.id]
    assert (await other.event("message"))["message"]["text"] == "milk"
    (synced,) = (await other.do("sync"))["conversations"]
    assert synced["id"] == conversation["id"]
    assert synced["unread"] == 0


async def test_an_unknown_user_is_not_found(world):
    connection = await (await world.person()).connect()

    for user in ("nobody.here", "unknown-id", "", "x" * 64, "Nobody Here", "%"):
        answer = await connection.ask("open", user=user)
        assert answer["type"] == "error"
        assert answer["code"] in ({"not_found", "invalid"} if not user else {"not_found"})


async def test_sending_is_answered_with_the_place_of_the_message(world):
    ann, bob, conversation = await world.couple()

    sent = await ann.send(conversation, "second", "my-own-id", reply_to=1)

    assert sent["seq"] == 2
    assert sent["duplicate"] is False
    heard = (await bob.event("message"))["message"]
    assert heard == (await ann.history(conversation, after=1))["messages"][0]
    assert heard["from"] == ann.user_id
    assert heard["at"] == sent["at"]
    assert [heard[name] for name in ("seq", "client_id", "text", "reply_to")] == [
        2,
        "my-own-id",
        "second",
        1,
    ]
    assert [heard[name] for name in ("rev", "edited", "deleted", "reactions")] == [
        0,
        False,
        False,
        {},
    ]


async def test_reply_to_is_a_message_of_the_same_conversation(world):
    ann, _, conversation = await world.couple()
    carl = await world.person("carl")
    other = await ann.open(carl.id)
    await fill(ann, other, 5)

    for unknown in (2, 3, 5, MAX_INTEGER):
        await ann.refused(
            "invalid", "send", conversation=conversation, client_id="r", text="r", reply_to=unknown
        )
    sent = await ann.send(conversation, "r", "r", reply_to=None)

    assert sent["seq"] == 2


async def test_a_repeat_gets_the_same_answer_on_any_connection(world):
    ann, bob, conversation = await world.couple()
    again = await world.another(ann)
    first = await ann.send(conversation, "once", "key")

    for connection in (ann, again, ann):
        repeat = await connection.send(conversation, "once", "key", reply_to=1)
        assert repeat["duplicate"] is True
        assert (repeat["seq"], repeat["at"]) == (first["seq"], first["at"])

    await bob.event("message")
    await bob.flush()
    assert bob.heard("message") == []
    assert [each["seq"] for each in (await bob.history(conversation))["messages"]] == [1, 2]


async def test_a_repeat_with_another_text_is_a_conflict_for_ever(world):
    ann, bob, conversation = await world.couple()
    await ann.send(conversation, "first", "key")

    async def repeat(text: str) -> Frame:
        request: dict[str, Any] = {"conversation": conversation, "client_id": "key", "text": text}
        answer: Frame = await ann.ask("send", **request)
        return answer

    assert (await repeat("second"))["code"] == "conflict"
    await ann.do("edit", conversation=conversation, seq=2, text="second")
    assert (await repeat("second"))["code"] == "conflict"
    assert (await repeat("first"))["duplicate"] is True
    await ann.do("delete", conversation=conversation, seq=2)
    assert (await repeat("second"))["code"] == "conflict"
    assert (await repeat("first"))["duplicate"] is True

    last = (await bob.history(conversation))["messages"][-1]
    assert (last["seq"], last["deleted"], last["text"]) == (2, True, None)


async def test_a_client_id_is_the_senders_own_in_each_conversation(world):
    ann, bob, conversation = await world.couple()
    notes = await ann.open(ann.user_id)

    answers = [
        await ann.send(conversation, "of ann", "key"),
        await bob.send(conversation, "of bob", "key"),
        await ann.send(notes, "of ann elsewhere", "key"),
    ]

    assert [each["duplicate"] for each in answers] == [False, False, False]
    assert [each["seq"] for each in answers] == [2, 3, 1]


async def test_of_equal_sends_at_once_one_is_stored(world):
    ann, bob, conversation = await world.couple()
    sockets = [ann] + [await world.another(ann) for _ in range(3)]

    for number in range(10):
        request = {"conversation": conversation, "client_id": f"same-{number}", "text": "same"}
        sent = await asyncio.gather(*(each.start("send", **request) for each in sockets * 3))
        assert {each["seq"] for each in sent} == {number + 2}
        assert [each["duplicate"] for each in sent].count(False) == 1

    for number in range(10):
        assert (await bob.event("message"))["message"]["seq"] == number + 2
    await bob.flush()
    assert bob.heard("message") == []


async def test_of_unequal_sends_at_once_one_is_stored_and_the_others_conflict(world):
    ann, _, conversation = await world.couple()
    where = {"conversation": conversation, "client_id": "one"}

    answers = await asyncio.gather(
        *(ann.start("send", text=f"text {n}", **where) for n in range(5))
    )

    assert [each.get("code", each["type"]) for each in answers] == ["sent"] + ["conflict"] * 4


async def test_many_sends_in_flight_get_one_order_that_keeps_each_senders(world):
    ann, bob, conversation = await world.couple()
    senders = [ann, bob, await world.another(ann)]
    listener = await world.another(bob)
    each_sends = 150

    futures = []
    for number in range(each_sends):
        for index, sender in enumerate(senders):
            key = {"client_id": f"{index}-{number}", "text": f"{index} {number}"}
            futures.append(sender.start("send", conversation=conversation, **key))
    sent = await asyncio.gather(*futures)

    total = len(senders) * each_sends
    assert sorted(each["seq"] for each in sent) == list(range(2, total + 2))
    heard = [(await listener.event("message"))["message"] for _ in range(total)]
    by_seq = {each["seq"]: each["client_id"] for each in sent}
    assert [each["client_id"] for each in heard] == [by_seq[n] for n in range(2, total + 2)]
    for index in range(len(senders)):
        own = [each["client_id"] for each in heard if each["client_id"].startswith(f"{index}-")]
        assert own == [f"{index}-{number}" for number in range(each_sends)]
    # Everybody else has the same, own sends included, or the ledger complains.
    for sender in senders:
        await sender.flush()


async def test_history_gives_pages_around_any_position(world):
    ann, _, conversation = await world.couple()
    await fill(ann, conversation, 249)
    head = 250

    async def page(**position: int) -> tuple[list[int], bool, bool]:
        answer = await ann.history(conversation, **position)
        return (
            [each["seq"] for each in answer["messages"]],
            answer["more_before"],
            answer["more_after"],
        )

    def seqs(first: int, last: int) -> list[int]:
        return list(range(first, last + 1))

    assert await page() == (seqs(201, 250), True, False)
    assert await page(limit=1) == ([250], True, False)
    assert await page(limit=200) == (seqs(51, 250), True, False)
    assert await page(before=MAX_INTEGER, limit=3) == (seqs(248, 250), True, False)
    assert await page(before=250, limit=3) == (seqs(247, 249), True, True)
    assert await page(before=4, limit=3) == (seqs(1, 3), False, True)
    assert await page(before=3, limit=200) == (seqs(1, 2), False, True)
    assert await page(before=1) == ([], False, True)
    assert await page(before=0) == ([], False, True)
    assert await page(after=0, limit=3) == (seqs(1, 3), False, True)
    assert await page(after=0) == (seqs(1, 50), False, True)
    assert await page(after=247, limit=3) == (seqs(248, 250), True, False)
    assert await page(after=247, limit=2) == (seqs(248, 249), True, True)
    assert await page(after=250) == ([], True, False)
    assert await page(after=MAX_INTEGER) == ([], True, False)

    for around in (0, 1, 2, 125, 249, 250, 251, MAX_INTEGER):
        found, more_before, more_after = await page(around=around, limit=11)
        assert found == seqs(found[0], found[-1])
        assert len(found) <= 11
        assert min(max(around, 1), head) in found
        assert (more_before, more_after) == (found[0] > 1, found[-1] < head)
    assert len((await page(around=125, limit=11))[0]) == 11
    assert await page(around=125, limit=1) == ([125], True, True)

    for two in ({"before": 5, "after": 1}, {"around": 5, "after": 1}, {"around": 5, "before": 9}):
        await ann.refused("invalid", "history", conversation=conversation, **two)


async def test_an_empty_conversation_has_an_empty_history(world):
    ann, bob = await world.pair()
    connection = await ann.connect()
    conversation = await connection.open(bob.id)

    for position in ({}, {"before": 0}, {"before": 9}, {"after": 0}, {"after": 9}, {"around": 1}):
        answer = await connection.history(conversation, **position)
        assert answer["messages"] == []
        assert (answer["more_before"], answer["more_after"]) == (False, False)
    changes = await connection.do("changes", conversation=conversation, after=0)
    assert (changes["messages"], changes["rev"], changes["more"]) == ([], 0, False)


async def test_a_page_ends_at_256_kib_counted_from_its_position(world):
    ann, bob, conversation = await world.couple()
    long = "𝄞" * 8000  # 32,000 bytes, so 8 of them fit and 9 do not
    for number in range(20):
        await ann.send(conversation, long, f"long-{number}")
    head = 21

    async def page(**position: int) -> tuple[list[int], bool, bool]:
        answer = await bob.history(conversation, limit=200, **position)
        found = [each["seq"] for each in answer["messages"]]
        assert found == list(range(found[0], found[-1] + 1))
        text = sum(len((each["text"] or "").encode()) for each in answer["messages"])
        assert text <= PAGE_BYTES
        assert len(answer.raw.encode()) <= PAGE_BYTES + 4096
        return found, answer["more_before"], answer["more_after"]

    newest, *more = await page()
    assert newest[-1] == head
    assert 5 <= len(newest) <= 8
    assert more == [True, False]
    first, *more = await page(after=0)
    assert first[0] == 1
    assert 6 <= len(first) <= 9
    assert more == [False, True]
    earlier, *more = await page(before=15)
    assert earlier[-1] == 14
    assert more == [True, True]
    around, *more = await page(around=11)
    assert 11 in around
    assert more == [True, True]

    walked, position = [], 0
    while True:
        found, _, more_after = await page(after=position)
        walked += found
        position = found[-1]
        if not more_after:
            break
    assert walked == list(range(1, head + 1))


async def test_an_edit_shows_with_its_number_and_only_ones_own(world):
    ann, bob, conversation = await world.couple()

    changed = await ann.do("edit", conversation=conversation, seq=1, text="hello!")

    message = changed["message"]
    assert (message["text"], message["edited"], message["rev"]) == ("hello!", True, 1)
    assert (await bob.event("change"))["message"] == message
    await bob.refused("forbidden", "edit", conversation=conversation, seq=1, text="mine")
    await bob.refused("forbidden", "delete", conversation=conversation, seq=1)
    for kind, rest in (
        ("edit", {"text": "x"}),
        ("delete", {}),
        ("react", {"emoji": "👍", "on": True}),
    ):
        await ann.refused("not_found", kind, conversation=conversation, seq=2, **rest)
        await bob.refused("not_found", kind, conversation=conversation, seq=MAX_INTEGER, **rest)
    assert (await ann.history(conversation))["messages"] == [message]


async def test_what_changes_nothing_takes_no_number_and_is_not_told(world):
    ann, bob, conversation = await world.couple()
    where = {"conversation": conversation, "seq": 1}

    same = await ann.do("edit", text="hello", **where)
    assert (same["message"]["rev"], same["message"]["edited"]) == (0, False)
    off = await bob.do("react", emoji="👍", on=False, **where)
    assert off["message"]["rev"] == 0
    on = await bob.do("react", emoji="👍", on=True, **where)
    assert (on["message"]["rev"], on["message"]["edited"]) == (1, False)
    again = await bob.do("react", emoji="👍", on=True, **where)
    assert again["message"] == on["message"]
    deleted = await ann.do("delete", **where)
    assert deleted["message"]["rev"] == 2
    gone = await ann.do("delete", **where)
    assert gone["message"] == deleted["message"]

    await ann.flush()
    await bob.flush()
    assert [each["message"]["rev"] for each in ann.heard("change")] == [1]
    assert [each["message"]["rev"] for each in bob.heard("change")] == [2]


async def test_a_deleted_message_keeps_its_place_and_nothing_else(world):
    ann, bob, conversation = await world.couple()
    where = {"conversation": conversation, "seq": 1}
    await bob.do("react", emoji="👍", on=True, **where)

    changed = await ann.do("delete", **where)

    message = changed["message"]
    assert (message["deleted"], message["text"], message["reactions"]) == (True, None, {})
    assert message["seq"] == 1
    await bob.event("change", lambda frame: frame["message"]["deleted"])
    await ann.refused("conflict", "edit", text="back", **where)
    for person in (ann, bob):
        await person.refused("conflict", "react", emoji="👍", on=True, **where)
    assert (await bob.history(conversation))["messages"] == [message]
    assert "hello" not in (await bob.do("sync")).raw
    await ann.send(conversation, "a reply to what is gone", reply_to=1)


async def test_reactions_are_who_holds_which(world):
    ann, bob, conversation = await world.couple()

    async def react(who: Connection, emoji: str, on: bool = True) -> Any:
        where = {"conversation": conversation, "seq": 1}
        answer = await who.do("react", emoji=emoji, on=on, **where)
        return answer["message"]["reactions"]

    assert await react(ann, "👍") == {"👍": [ann.user_id]}
    both = await react(bob, "👍")
    assert sorted(both["👍"]) == sorted([ann.user_id, bob.user_id])
    assert set(await react(bob, "🎉")) == {"👍", "🎉"}
    assert await react(ann, "👍", on=False) == {"👍": [bob.user_id], "🎉": [bob.user_id]}
    assert await react(bob, "👍", on=False) == {"🎉": [bob.user_id]}
    longest = "👩‍👩‍👧‍👦" + "x" * 7
    assert len(longest.encode()) == 32
    assert set(await react(ann, longest)) == {"🎉", longest}


async def test_a_message_holds_twenty_kinds_of_reactions(world):
    ann, bob, conversation = await world.couple()
    where = {"conversation": conversation, "seq": 1}
    kinds = [chr(0x1F600 + n) for n in range(21)]

    for emoji in kinds[:20]:
        await ann.do("react", emoji=emoji, on=True, **where)

    await bob.refused("invalid", "react", emoji=kinds[20], on=True, **where)
    full = await bob.do("react", emoji=kinds[0], on=True, **where)
    assert len(full["message"]["reactions"]) == 20
    await ann.do("react", emoji=kinds[5], on=False, **where)
    await bob.do("react", emoji=kinds[20], on=True, **where)


async def test_changes_are_told_from_any_number_on(world):
    ann, bob, conversation = await world.couple()
    await fill(ann, conversation, 9)
    order = [3, 7, 1, 9, 5]
    for seq in order:
        await ann.do("edit", conversation=conversation, seq=seq, text=f"edited {seq}")
    await bob.do("react", conversation=conversation, seq=7, emoji="👍", on=True)
    await ann.do("delete", conversation=conversation, seq=1)

    async def changes(after: int, **rest: int) -> tuple[list[tuple[int, int]], int, bool]:
        answer = await bob.do("changes", conversation=conversation, after=after, **rest)
        found = [(each["seq"], each["rev"]) for each in answer["messages"]]
        return found, answer["rev"], answer["more"]

    everything = [(3, 1), (9, 4), (5, 5), (7, 6), (1, 7)]
    assert await changes(0) == (everything, 7, False)
    assert await changes(4) == (everything[2:], 7, False)
    assert await changes(7) == ([], 7, False)
    assert await changes(0, limit=2) == (everything[:2], 4, True)
    assert await changes(4, limit=2) == (everything[2:4], 6, True)
    assert await changes(6, limit=1) == (everything[4:], 7, False)
    (conversation_now,) = (await bob.do("sync"))["conversations"]
    assert conversation_now["rev"] == 7


async def test_changes_in_flight_from_many_get_one_order_without_gaps(world):
    ann, bob, conversation = await world.couple()
    await fill(ann, conversation, 19)
    listener = await world.another(bob)

    futures = []
    for number in range(100):
        where = {"conversation": conversation, "seq": number % 20 + 1}
        futures.append(ann.start("edit", text=f"edit {number}", **where))
        futures.append(bob.start("react", emoji=chr(0x1F600 + number // 20), on=True, **where))
    answers = await asyncio.gather(*futures)

    assert sorted(each["message"]["rev"] for each in answers) == list(range(1, 201))
    heard = [(await listener.event("change"))["message"]["rev"] for _ in range(200)]
    assert heard == list(range(1, 201))


async def test_unread_counts_what_others_sent_and_did_not_delete(world):
    ann, bob, conversation = await world.couple()
    for text in ("second", "third", "fourth"):
        await ann.send(conversation, text)

    async def unread(who: Connection) -> int:
        (synced,) = (await who.do("sync"))["conversations"]
        return int(synced["unread"])

    assert (await unread(ann), await unread(bob)) == (0, 4)
    await bob.send(conversation, "fifth")
    assert (await unread(ann), await unread(bob)) == (1, 4)  # sending moves no mark
    await bob.do("received", conversation=conversation, seq=5)
    assert await unread(bob) == 4
    await bob.do("read", conversation=conversation, seq=2)
    assert await unread(bob) == 2
    await ann.do("delete", conversation=conversation, seq=3)
    assert await unread(bob) == 1
    await bob.do("read", conversation=conversation, seq=5)
    assert await unread(bob) == 0


async def test_sync_tells_conversations_with_messages_newest_first(world):
    ann = await world.person()
    connection = await ann.connect()
    others = [await world.person(name) for name in ("bob", "carl", "dora", "ed")]
    opened = [await connection.open(each.id) for each in others]
    for conversation in opened[:3]:
        await connection.send(conversation, "hello")
    await connection.send(opened[0], "and again")

    synced = await connection.do("sync")

    assert [each["id"] for each in synced["conversations"]] == [opened[0], opened[2], opened[1]]
    assert synced["next"] is None
    first = synced["conversations"][0]
    assert first["head"] == 2
    assert first["last"]["text"] == "and again"
    updated = [each["updated"] for each in synced["conversations"]]
    assert updated == sorted(updated, reverse=True)
    assert (await (await others[3].connect()).do("sync"))["conversations"] == []


async def test_what_is_sent_in_one_go_is_told_in_its_order(world):
    ann = await world.person()
    connection = await ann.connect()
    others = [await world.person(name) for name in ("bob", "carl", "dora", "ed")]
    opened = [await connection.open(each.id) for each in others]

    await asyncio.gather(*(connection.send(conversation, "hello") for conversation in opened))

    synced = await connection.do("sync")
    assert [each["id"] for each in synced["conversations"]] == opened[::-1]


async def test_sync_is_told_in_pages_of_two_hundred(world):
    ann = await world.person()
    connection = await ann.connect()
    people = await world.crowd(205)
    opened = [await connection.open(each.id) for each in people]
    for conversation in opened:
        await connection.send(conversation, "hello")

    first = await connection.do("sync")
    second = await connection.do("sync", cursor=first["next"])

    assert len(first["conversations"]) == 200
    assert second["next"] is None
    told = first["conversations"] + second["conversations"]
    assert sorted(each["id"] for each in told) == sorted(opened)
    assert [told[0]["id"], told[-1]["id"]] == [opened[-1], opened[0]]
    updated = [each["updated"] for each in told]
    assert updated == sorted(updated, reverse=True)

    eve = await (await world.person("eve")).connect()  # a cursor shows nothing of anybody else
    answer = await eve.ask("sync", cursor=first["next"])
    assert answer["type"] == "error" or answer["conversations"] == []


async def test_people_are_found_by_the_beginnings_of_their_names(world):
    mark = f"q{random.randrange(10**9)}"
    ann = await world.person("ann", name=f"{mark} Ann")
    zoe = await world.person("zoe", name=f"Zoé {mark.upper()}son")
    pat = await world.person(f"{mark}pat", name="Pat O'Per_%cent")
    connection = await ann.connect()

    async def found(q: str, **rest: int) -> set[str]:
        answer = await connection.do("find_users", q=q, **rest)
        return {each["id"] for each in answer["users"]}

    assert await found(mark) == {zoe.id, pat.id}  # never oneself
    assert await found(mark.upper()) == {zoe.id, pat.id}
    assert await found(mark + "s") == {zoe.id}
    assert await found(mark + "p") == {pat.id}
    assert await found(mark[1:]) == set()  # prefixes, not parts
    assert len(await found(mark, limit=1)) == 1
    assert zoe.id in await found(zoe.username)
    for wild in (
        "%",
        "_",
        ".*",
        "*",
        "(a+)+$",
        "' OR 1=1 --",
        '"',
        "\\",
        "%%%",
        "\u0301",
        "x" * 64,
    ):
        assert pat.id not in await found(wild)
    answer = await connection.do("find_users", q=mark + "s")
    assert answer["users"][0]["username"] == zoe.username
    assert answer["users"][0]["name"] == zoe.name


async def test_twenty_people_are_found_unless_asked_for_more(world):
    mark = f"r{random.randrange(10**9)}"
    await world.crowd(55, name=f"{mark} of many")
    connection = await (await world.person()).connect()

    counts = []
    for rest in ({}, {"limit": 1}, {"limit": 50}):
        answer = await connection.do("find_users", q=mark, **rest)
        counts.append(len({each["id"] for each in answer["users"]}))

    assert counts == [20, 1, 50]


@pytest.mark.parametrize("kind", ["history", "sync"])
async def test_what_was_acknowledged_is_in_what_is_asked_for_next(world, kind):
    ann, bob, conversation = await world.couple()

    for number in itertools.islice(itertools.count(2), 30):
        await ann.send(conversation, f"message {number}")
        if kind == "history":
            head = (await bob.history(conversation, limit=1))["messages"][-1]["seq"]
        else:
            head = (await bob.do("sync"))["conversations"][0]["head"]
        assert head == number
