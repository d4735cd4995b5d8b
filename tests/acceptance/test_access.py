"""Section 3: what is not one's own answers as what does not exist."""

from typing import Any

import pytest

from tests.acceptance.client import Connection, World

REQUESTS: list[dict[str, Any]] = [
    {"type": "send", "client_id": "c", "text": "intruding"},
    {"type": "send", "client_id": "of ann", "text": "hello"},
    {"type": "send", "client_id": "c", "text": "intruding", "reply_to": 1},
    {"type": "send", "client_id": "c", "text": "intruding", "reply_to": 99},
    {"type": "history"},
    {"type": "history", "around": 1, "limit": 1},
    {"type": "history", "after": 99},
    {"type": "changes", "after": 0},
    {"type": "changes", "after": 99, "limit": 1},
    {"type": "received", "seq": 1},
    {"type": "received", "seq": 99},
    {"type": "read", "seq": 1},
    {"type": "read", "seq": 99},
    {"type": "typing", "on": True},
    {"type": "typing", "on": False},
    {"type": "edit", "seq": 1, "text": "changed"},
    {"type": "edit", "seq": 99, "text": "changed"},
    {"type": "delete", "seq": 1},
    {"type": "delete", "seq": 2},
    {"type": "delete", "seq": 99},
    {"type": "react", "seq": 1, "emoji": "👍", "on": True},
    {"type": "react", "seq": 2, "emoji": "👍", "on": False},
    {"type": "react", "seq": 99, "emoji": "👍", "on": True},
]


async def scene(world: World) -> tuple[Connection, Connection, Connection, str]:
    ann, bob, conversation = await world.couple()
    await ann.send(conversation, "hello", "of ann")
    await ann.do("delete", conversation=conversation, seq=2)
    eve = await (await world.person("eve")).connect()
    await ann.flush()
    await bob.flush()
    return ann, bob, eve, conversation


def told(connection: Connection, known: int) -> list[str]:
    """What came after so many frames; that the other is online may be told once more."""
    return [each["type"] for each in connection.frames[known:] if each["type"] != "presence"]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: " ".join(map(str, each.values())))
async def test_a_foreign_conversation_answers_as_an_unknown_one(world, request_):
    ann, bob, eve, conversation = await scene(world)
    before = (await ann.history(conversation)).raw.partition('"messages"')[2]
    heard = [len(ann.frames), len(bob.frames)]
    mine = await eve.open(eve.user_id)
    session = eve.hello["session"]
    unknown = [conversation[::-1], "unknown", "x" * 64, ann.user_id, session, mine + "x", "0", "é"]

    foreign = await eve.start_object(request_ | {"id": 7, "conversation": conversation})
    answers = [
        await eve.start_object(request_ | {"id": 7, "conversation": each}) for each in unknown
    ]

    assert foreign["type"] == "error"
    assert foreign["code"] == "not_found"
    assert {each.raw for each in answers} == {foreign.raw}
    assert (await ann.history(conversation)).raw.partition('"messages"')[2] == before
    await bob.flush()
    assert told(ann, heard[0]) == ["history"]
    assert set(told(bob, heard[1])) == {"pong"}


async def test_a_conversation_opened_by_the_other_is_ones_own(world):
    ann, bob = await world.pair()
    ann_socket, bob_socket = await ann.connect(), await bob.connect()
    conversation = await ann_socket.open(bob.id)

    assert (await bob_socket.history(conversation))["messages"] == []
    assert await bob_socket.open(ann.id) == conversation
    await bob_socket.send(conversation, "first")

    await ann_socket.event("message")


async def test_a_stranger_hears_nothing_of_what_happens_in_a_conversation(world):
    ann, bob, eve, conversation = await scene(world)
    where = {"conversation": conversation}

    await ann.send(conversation, "between us")
    await bob.do("read", seq=3, **where)
    await bob.do("typing", on=True, **where)
    await ann.do("edit", seq=3, text="still between us", **where)
    await bob.do("react", seq=3, emoji="👍", on=True, **where)
    await bob.close()

    await eve.flush()
    assert {each["type"] for each in eve.frames} == {"hello", "pong"}
    assert (await eve.do("sync"))["conversations"] == []


async def test_people_show_only_their_public_side(world):
    ann, _, _ = await world.couple()
    eve = await (await world.person("eve")).connect()
    person = world.people[ann.user_id]

    answer = await eve.do("find_users", q=person.username)

    (user,) = answer["users"]
    assert user == {
        "id": ann.user_id,
        "username": person.username,
        "name": person.name,
        "online": False,
        "last_seen": None,
    }
    opened = (await eve.do("open", user=ann.user_id))["conversation"]
    (member,) = [each["user"] for each in opened["members"] if each["user"]["id"] == ann.user_id]
    assert member == user
