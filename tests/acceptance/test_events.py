"""Section 3, events: what reaches whom, and nobody else."""

import asyncio
import itertools
import time

from tests.acceptance.client import Connection, Frame, World

OFFLINE_SECONDS = 10.0


async def circle(world: World) -> tuple[dict[str, Connection], str]:
    """Ann and bob with two connections each and a conversation, and a stranger, eve."""
    ann, bob = await world.pair()
    eve = await world.person("eve")
    sockets = {
        "ann": await ann.connect(),
        "ann's other": await ann.connect(),
        "bob": await bob.connect(),
        "bob's other": await bob.connect(),
        "eve": await eve.connect(),
    }
    conversation = await sockets["ann"].open(bob.id)
    await sockets["ann"].send(conversation, "hello")
    for name, socket in sockets.items():
        if name not in {"ann", "eve"}:
            await socket.event("conversation")
            await socket.event("message")
        if name != "eve":
            await socket.event("presence")
    await forget(sockets)
    return sockets, conversation


async def forget(sockets: dict[str, Connection]) -> None:
    for socket in sockets.values():
        await socket.flush()
        socket.events.clear()


async def told(sockets: dict[str, Connection], kind: str) -> set[str]:
    """Who has got exactly one event of this kind; nobody may have got another one.

    That somebody is online may be told once more at any time.
    """
    await asyncio.gather(*(socket.flush() for socket in sockets.values()))
    heard = {
        name: [each["type"] for each in socket.events if each["type"] != "presence"]
        for name, socket in sockets.items()
    }
    assert all(kinds in ([], [kind]) for kinds in heard.values()), heard
    return {name for name, kinds in heard.items() if kinds}


EVERYBODY_ELSE = {"ann's other", "bob", "bob's other"}


async def test_a_message_reaches_every_connection_of_every_member_but_the_senders(world):
    sockets, conversation = await circle(world)

    sent = await sockets["ann"].send(conversation, "second")

    assert await told(sockets, "message") == EVERYBODY_ELSE
    for name in EVERYBODY_ELSE:
        event = await sockets[name].event("message", conversation=conversation)
        assert event["message"]["seq"] == sent["seq"]


async def test_a_change_reaches_every_connection_of_every_member_but_the_askers(world):
    sockets, conversation = await circle(world)
    where = {"conversation": conversation, "seq": 1}

    for kind, rest in (
        ("edit", {"text": "hello!"}),
        ("react", {"emoji": "👍", "on": True}),
        ("react", {"emoji": "👍", "on": False}),
        ("delete", {}),
    ):
        changed = await sockets["ann"].do(kind, **where, **rest)
        assert await told(sockets, "change") == EVERYBODY_ELSE
        for name in EVERYBODY_ELSE:
            event = await sockets[name].event("change", conversation=conversation)
            assert event["message"] == changed["message"]


async def test_a_receipt_reaches_every_member(world):
    sockets, conversation = await circle(world)
    bob = sockets["bob"].user_id

    for kind, received, read in (("received", 1, 0), ("read", 1, 1)):
        await sockets["bob"].do(kind, conversation=conversation, seq=1)
        told_to = await told(sockets, "receipt")
        assert {"ann", "ann's other", "bob's other"} <= told_to
        assert "eve" not in told_to
        for name in told_to:
            event = await sockets[name].event("receipt", conversation=conversation)
            assert (event["user"], event["received"], event["read"]) == (bob, received, read)


async def test_typing_reaches_the_other_members_only(world):
    sockets, conversation = await circle(world)

    for on in (True, False):
        await sockets["ann"].do("typing", conversation=conversation, on=on)
        assert await told(sockets, "typing") == {"bob", "bob's other"}
        for name in ("bob", "bob's other"):
            event = await sockets[name].event("typing", conversation=conversation)
            assert (event["user"], event["on"]) == (sockets["ann"].user_id, on)


async def test_a_repeat_is_told_to_nobody_who_knows_it(world):
    sockets, conversation = await circle(world)
    await sockets["ann"].send(conversation, "second", "key")
    assert await told(sockets, "message") == EVERYBODY_ELSE
    await forget(sockets)

    assert (await sockets["ann"].send(conversation, "second", "key"))["duplicate"]

    assert await told(sockets, "message") == set()


async def test_opening_is_told_to_nobody(world):
    ann, bob = await world.pair()
    sockets = {"ann": await ann.connect(), "other": await ann.connect(), "bob": await bob.connect()}

    await sockets["ann"].open(bob.id)

    assert await told(sockets, "nothing") == set()
    assert (await sockets["ann"].do("sync"))["conversations"] == []


async def test_a_conversation_shows_up_just_before_its_first_message(world):
    ann, bob = await world.pair()
    sender, other, peer = await ann.connect(), await ann.connect(), await bob.connect()
    conversation = await sender.open(bob.id)

    await sender.send(conversation, "first")
    await sender.send(conversation, "second")

    for socket in (other, peer):
        await socket.event("message", lambda frame: frame["message"]["seq"] == 2)
        kinds = [each["type"] for each in socket.frames if each["type"] != "presence"]
        assert kinds == ["hello", "conversation", "message", "message"]
        shown = (await socket.event("conversation"))["conversation"]
        assert shown["id"] == conversation
        assert {each["user"]["id"] for each in shown["members"]} == {ann.id, bob.id}
    assert [each for each in sender.frames if each["type"] == "conversation"][1:] == []


async def test_both_first_messages_at_once_show_one_conversation_to_each(world):
    for _ in range(5):
        ann, bob = await world.pair()
        ann_socket, bob_socket = await ann.connect(), await bob.connect()
        conversation = await ann_socket.open(bob.id)
        assert await bob_socket.open(ann.id) == conversation

        await asyncio.gather(
            ann_socket.send(conversation, "of ann"), bob_socket.send(conversation, "of bob")
        )

        for socket in (ann_socket, bob_socket):
            await socket.event("message")
            assert len((await socket.do("sync"))["conversations"]) == 1
            assert len(socket.heard("conversation")) <= 1


async def test_strangers_are_shown_offline_until_the_first_message(world):
    ann, bob = await world.pair()
    ann_socket, bob_socket = await ann.connect(), await bob.connect()

    def shown(conversation: dict) -> tuple:
        (user,) = [each["user"] for each in conversation["members"] if each["user"]["id"] == bob.id]
        return user["online"], user["last_seen"]

    found = (await ann_socket.do("find_users", q=bob.username))["users"][0]
    assert (found["online"], found["last_seen"]) == (False, None)
    opened = (await ann_socket.do("open", user=bob.id))["conversation"]
    assert shown(opened) == (False, None)
    assert ann_socket.heard("presence") == []

    await ann_socket.send(opened["id"], "hello")

    for socket, other in ((ann_socket, bob), (bob_socket, ann)):
        event = await socket.event("presence", user=other.id)
        assert (event["online"], event["last_seen"]) == (True, None)
    found = (await ann_socket.do("find_users", q=bob.username))["users"][0]
    assert (found["online"], found["last_seen"]) == (True, None)
    assert shown((await ann_socket.do("open", user=bob.id))["conversation"]) == (True, None)
    assert shown((await ann_socket.do("sync"))["conversations"][0]) == (True, None)


async def test_the_first_message_to_somebody_offline_says_so(world):
    ann, bob = await world.pair()
    connection = await ann.connect()
    conversation = await connection.open(bob.id)

    await connection.send(conversation, "hello")

    event = await connection.event("presence", user=bob.id)
    assert (event["online"], event["last_seen"]) == (False, None)


async def test_somebody_who_comes_is_shown_online_to_those_who_know_and_only_to_them(world):
    ann, _, _ = await world.couple()
    carl = await world.person("carl")
    eve = await (await world.person("eve")).connect()
    conversation = await ann.open(carl.id)
    await ann.send(conversation, "hello")
    await ann.event("presence", user=carl.id, online=False)
    await eve.open(carl.id)

    first = await carl.connect()
    await ann.event("presence", user=carl.id, online=True)
    await first.flush()

    await eve.flush()
    assert eve.heard("presence") == []


async def test_the_last_close_is_told_within_ten_seconds_and_a_reload_not_at_all(world):
    ann, bob, conversation = await world.couple()
    carl, dora, fay = [await world.person(name) for name in ("carl", "dora", "fay")]
    sockets = {}
    for person in (carl, dora, fay):
        sockets[person.id] = await person.connect()
        direct = await ann.open(person.id)
        await ann.send(direct, "hello")
        await ann.event("presence", user=person.id, online=True)

    for number in range(20):  # bob reloads the page, and a tab of his dies
        await (bob.close() if number % 2 else bob.abort())
        bob = await world.another(bob)
    other_tab = await fay.connect()
    await sockets[fay.id].close()  # fay is still there with another tab
    started = time.monotonic()
    await sockets[carl.id].close()  # carl says goodbye, dora's connection is cut
    await sockets[dora.id].abort()

    async def gone(user: str) -> Frame:
        event: Frame = await ann.event("presence", user=user, online=False, seconds=30)
        if ann.settle is None:  # what crosses to another process may be held up by Redis
            assert time.monotonic() - started <= OFFLINE_SECONDS + 0.5
        return event

    for event in await asyncio.gather(gone(carl.id), gone(dora.id)):
        assert event["last_seen"] is not None
    for user in (bob.user_id, fay.id):
        frames = [each for each in ann.frames if each["type"] == "presence"]
        shown = [each["online"] for each in frames if each["user"] == user]
        assert all(shown)
        assert len(shown) < 5  # once or twice, and not for each reload
    found = (await ann.do("find_users", q=carl.username))["users"][0]
    assert found["online"] is False
    assert found["last_seen"] is not None
    (member,) = [
        each["user"]
        for each in (await ann.do("open", user=carl.id))["conversation"]["members"]
        if each["user"]["id"] == carl.id
    ]
    assert member["last_seen"] == found["last_seen"]
    await bob.send(conversation, "back")
    await other_tab.flush()
    back = await carl.connect()
    await ann.event("presence", user=carl.id, online=True)
    await back.flush()


async def test_marks_never_move_back(world):
    ann, bob, conversation = await world.couple()
    for number in range(2, 11):
        await ann.send(conversation, f"message {number}")

    async def marks() -> tuple[int, int]:
        opened = (await ann.do("open", user=bob.user_id))["conversation"]
        (member,) = [each for each in opened["members"] if each["user"]["id"] == bob.user_id]
        return member["received"], member["read"]

    for kind, seq, expected in (
        ("read", 3, (3, 3)),
        ("received", 2, (3, 3)),
        ("received", 7, (7, 3)),
        ("read", 5, (7, 5)),
        ("read", 1, (7, 5)),
        ("received", 7, (7, 5)),
        ("read", 10, (10, 10)),
        ("received", 9, (10, 10)),
    ):
        await bob.do(kind, conversation=conversation, seq=seq)
        assert await marks() == expected
    for kind in ("received", "read"):
        await bob.refused("invalid", kind, conversation=conversation, seq=11)
    assert await marks() == (10, 10)

    await ann.flush()
    heard = [(each["received"], each["read"]) for each in ann.heard("receipt")]
    assert heard == sorted(set(heard)), "an event for a mark that did not move, or moved back"
    assert heard[-1] == (10, 10)


async def test_marks_from_many_connections_at_once_end_at_the_highest(world):
    ann, bob, conversation = await world.couple()
    for number in range(2, 51):
        ann.start("send", conversation=conversation, client_id=f"m{number}", text="many")
    await bob.event("message", lambda frame: frame["message"]["seq"] == 50)
    sockets = [bob, await world.another(bob), await world.another(bob)]
    ann.events.clear()

    futures = [
        socket.start(kind, conversation=conversation, seq=seq)
        for seq in (50, 3, 49, 7, 48, 1, 20, 50, 2)
        for socket in sockets
        for kind in ("received", "read")
    ]
    await asyncio.gather(*futures)

    await ann.flush()
    heard = [(each["received"], each["read"]) for each in ann.heard("receipt")]
    assert heard[-1] == (50, 50)
    for before, after in itertools.pairwise(heard):
        assert before[0] <= after[0]
        assert before[1] <= after[1]


async def test_a_reconnected_client_comes_to_the_state_of_those_who_stayed(world):
    ann, bob, conversation = await world.couple()
    for number in range(2, 6):
        await ann.send(conversation, f"message {number}")
    stayed = await world.another(bob)
    await bob.close()
    for number in range(6, 16):
        await ann.send(conversation, f"message {number}")
    await ann.do("edit", conversation=conversation, seq=2, text="edited")
    await ann.do("delete", conversation=conversation, seq=3)

    back = await world.another(bob)
    (known,) = (await back.do("sync"))["conversations"]
    missed = await back.history(conversation, after=5)
    changed = await back.do("changes", conversation=conversation, after=0)

    assert known == (await stayed.do("sync"))["conversations"][0]
    assert known["head"] == 15
    assert [each["seq"] for each in missed["messages"]] == list(range(6, 16))
    assert [(each["seq"], each["rev"]) for each in changed["messages"]] == [(2, 1), (3, 2)]
    assert changed["rev"] == known["rev"] == 2
