"""Section 4 under stress: what happens at the same moment as something else."""

import asyncio
import json
import socket

from tests.acceptance.client import Connection, handshake, http

LONG = "𝄞" * 8000  # 32,000 bytes


async def test_a_new_connection_misses_nothing_after_its_hello(world):
    ann, bob, conversation = await world.couple()
    done = asyncio.Event()

    async def talk() -> int:
        count = 1
        while not done.is_set():
            await asyncio.gather(*(ann.send(conversation, "more") for _ in range(5)))
            count += 5
        return count

    talking = asyncio.create_task(talk())
    joined: list[tuple[Connection, int]] = []
    for _ in range(15):
        connection = await world.another(bob)
        page = await connection.history(conversation, limit=1)
        joined.append((connection, page["messages"][-1]["seq"]))
    done.set()
    head = await talking

    for connection, known in joined:
        await connection.flush()
        heard = [each["message"]["seq"] for each in connection.heard("message")]
        assert set(range(known + 1, head + 1)) <= set(heard)


async def test_a_session_that_ends_during_a_handshake_leaves_no_connection(world):
    ann = await world.person()

    async def try_to_enter(token: str) -> Connection | None:
        response, reader, writer = await handshake(world.server, token=token)
        if response.status != 101:
            assert response.status == 401
            return None
        connection = Connection(reader, writer, world.ledger)
        world.connections.append(connection)
        return connection

    for _ in range(15):
        token = await ann.login()

        *tried, ended = await asyncio.gather(
            *(try_to_enter(token) for _ in range(4)),
            ann.api("POST", "/api/v1/logout", token=token),
        )

        assert ended.status == 204
        assert await try_to_enter(token) is None
        for connection in tried:
            if connection is not None:
                assert (await connection.closed()).code == 4401


async def test_nothing_is_sent_by_a_session_that_has_ended(world):
    ann, bob, conversation = await world.couple()
    person = world.people[ann.user_id]
    futures = [
        ann.start("send", conversation=conversation, client_id=f"c{n}", text="late?")
        for n in range(300)
    ]

    assert (await person.api("POST", "/api/v1/logout")).status == 204

    assert (await ann.closed()).code == 4401
    outcomes = await asyncio.gather(*futures, return_exceptions=True)
    sent = [each["seq"] for each in outcomes if not isinstance(each, BaseException)]
    assert sent == list(range(2, len(sent) + 2))
    head = 0
    while head < len(sent) + 1 or head != len(bob.heard("message")) + 1:
        await bob.flush()
        head = (await bob.do("sync"))["conversations"][0]["head"]


async def test_a_client_that_does_not_read_is_left_behind_and_no_other(world):
    ann, bob, conversation = await world.couple()
    response, reader, writer = await handshake(world.server, token=world.people[bob.user_id].token)
    assert response.status == 101
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # of the stream's transport
    handle = writer.get_extra_info("socket")
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    for run in range(8):
        sent = [
            ann.start("send", conversation=conversation, client_id=f"{run}-{n}", text=LONG)
            for n in range(20)
        ]
        await asyncio.gather(*sent)
        # He has read these, or more would be more than the bound for him, too.
        for seq in range(2 + 20 * run, 22 + 20 * run):
            assert (await bob.event("message"))["message"]["seq"] == seq

    slow = Connection(reader, writer, world.ledger)
    world.connections.append(slow)
    writer.transport.resume_reading()  # type: ignore[attr-defined]  # as above
    assert (await slow.closed(30)).code in {4408, 1006}
    assert len(slow.heard("message")) < 160
    back = await world.another(bob)
    missed = await back.history(conversation, after=len(slow.heard("message")) + 1)
    assert missed["messages"]


async def test_large_answers_do_not_count_as_reading_too_slowly(world):
    ann, bob, conversation = await world.couple()
    for number in range(40):
        await ann.send(conversation, LONG, f"long-{number}")
        edit = {"conversation": conversation, "seq": number + 2, "text": LONG[:-1] + "."}
        await ann.do("edit", **edit)
    people = await world.crowd(40)
    for person in people:
        notes = await ann.open(person.id)
        await ann.send(notes, LONG)

    changed, after, more = 0, 0, True
    while more:
        page = await bob.do("changes", conversation=conversation, after=after, limit=200)
        changed, after, more = changed + len(page["messages"]), page["rev"], page["more"]
    synced = await ann.do("sync")
    pages = await asyncio.gather(
        *(bob.start("history", conversation=conversation, after=0) for _ in range(10))
    )

    assert changed == 40
    assert len(synced["conversations"]) == 41 or synced["next"] is not None
    assert {len(each["messages"]) for each in pages} == {len(pages[0]["messages"])}
    await bob.flush()


async def test_too_many_logins_at_once_are_put_off_and_the_others_chat_on(world):
    ann, _, conversation = await world.couple()
    person = world.people[ann.user_id]
    account = {"username": person.username, "password": person.password}

    logins = [
        asyncio.create_task(http(world.server, "POST", "/api/v1/login", json_body=account))
        for _ in range(150)
    ]
    for number in range(20):
        await ann.send(conversation, f"meanwhile {number}")
    answers = await asyncio.gather(*logins)

    assert {each.status for each in answers} <= {200, 503}
    assert 200 in {each.status for each in answers}
    for answer in answers:
        if answer.status == 503:
            assert answer.error(503, "unavailable")["retry_after"] > 0
            assert int(answer.headers.get("Retry-After")) > 0


async def test_edits_deletes_and_reactions_at_once_end_alike_for_all(world):
    ann, bob, conversation = await world.couple()
    listener = await world.another(bob)
    where = {"conversation": conversation, "seq": 1}

    futures = [
        each.start("react", emoji=emoji, on=on, **where)
        for on in (True, False, True)
        for emoji in "👍🎉🚀"
        for each in (ann, bob)
    ]
    futures += [ann.start("edit", text=f"edit {n}", **where) for n in range(10)]
    futures.append(ann.start("delete", **where))
    futures += [bob.start("react", emoji="🙂", on=True, **where) for _ in range(3)]
    answers = await asyncio.gather(*futures)

    codes = {each["code"] for each in answers if each["type"] == "error"}
    assert codes <= {"conflict"}
    await asyncio.gather(*(each.flush() for each in (ann, bob, listener)))
    (final,) = (await listener.history(conversation))["messages"]
    assert final["deleted"]
    assert final["rev"] == max(
        each["message"]["rev"] for each in answers if each["type"] == "changed"
    )
    assert listener.heard("change")[-1]["message"] == final


async def test_garbage_of_one_is_noticed_by_nobody_else(world):
    ann, bob, conversation = await world.couple()
    eve = await (await world.person("eve")).connect()

    for number in range(300):
        eve.write(json.dumps({"type": "send", "id": [number], "conversation": conversation}))
        eve.write("{" * (number + 1))
    await ann.send(conversation, "calm")

    await bob.event("message")
    await eve.flush()
    errors = [each for each in eve.frames if each["type"] == "error"]
    assert len(errors) == 600
