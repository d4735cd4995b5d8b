"""Sections 4 and 6: what was acknowledged survives, and a stop is an orderly one."""

import asyncio
import json
import random
import signal
import time

import pytest

from tests.acceptance.client import Connection, World, handshake, http
from tests.acceptance.process import STOP_SECONDS, ServerProcess, run_parley


def begin(connection: Connection, conversation: str, key: str) -> "asyncio.Future":
    return connection.start("send", conversation=conversation, client_id=key, text=f"text {key}")


async def end_by(server: ServerProcess, number: signal.Signals) -> int:
    server.signal(number)
    return await asyncio.to_thread(server.wait)


def judge(messages: list[dict], acknowledged: dict[str, int], order: list[list[str]]) -> None:
    """Everything acknowledged is there once, at its place, and each sender's order is kept."""
    assert [each["seq"] for each in messages] == list(range(1, len(messages) + 1))
    stored = {each["client_id"]: each["seq"] for each in messages}
    assert len(stored) == len(messages)
    assert acknowledged.items() <= stored.items()
    for each in messages:
        assert each["text"] == f"text {each['client_id']}"
    for keys in order:
        seqs = [stored[key] for key in keys if key in stored]
        assert seqs == sorted(seqs)
        assert list(keys[: len(seqs)]) == [key for key in keys if key in stored], "a hole"


async def whole_history(connection: Connection, conversation: str) -> list[dict]:
    messages: list[dict] = []
    more = True
    while more:
        after = messages[-1]["seq"] if messages else 0
        page = await connection.history(conversation, after=after, limit=200)
        messages += page["messages"]
        more = page["more_after"]
    return messages


async def send_all(
    sender: Connection,
    conversation: str,
    keys: list[str],
    acknowledged: dict[str, int],
    acked: asyncio.Event,
    enough: int,
) -> None:
    """Sends at once, and notes what is acknowledged; `acked` is set when that is enough."""
    futures = {key: begin(sender, conversation, key) for key in keys}
    for key, future in futures.items():
        try:
            answer = await future
        except ConnectionError:
            return
        assert answer["type"] == "sent"
        assert not answer["duplicate"]
        acknowledged[key] = answer["seq"]
        if len(acknowledged) >= enough:
            acked.set()


async def test_what_was_acknowledged_survives_kill_9_once_and_in_order(own_server):
    server = own_server
    server.start()
    world = World(server)
    ann, bob = await world.pair()
    conversation = ""
    acknowledged: dict[str, int] = {}
    order: list[list[str]] = []

    for run in range(3):
        senders = [await ann.connect(), await bob.connect(), await ann.connect()]
        conversation = await senders[0].open(bob.id)
        order += [[f"{run}-{index}-{number}" for number in range(400)] for index in range(3)]
        acked = asyncio.Event()
        enough = len(acknowledged) + random.randrange(20, 300)

        tasks = [
            asyncio.create_task(send_all(sender, conversation, keys, acknowledged, acked, enough))
            for sender, keys in zip(senders, order[-3:], strict=True)
        ]
        await acked.wait()
        await end_by(server, signal.SIGKILL)
        await asyncio.gather(*tasks)
        assert len(acknowledged) >= enough

        server.start()
        reader = await bob.connect()
        judge(await whole_history(reader, conversation), acknowledged, order)

    # The senders repeat everything, in their order, as a client whose answers were lost does.
    again = [await ann.connect(), await bob.connect()]
    for index, keys in enumerate(order):
        sender = again[1] if index % 3 == 1 else again[0]
        repeats = await asyncio.gather(*(begin(sender, conversation, key) for key in keys))
        for key, answer in zip(keys, repeats, strict=True):
            assert answer["seq"] == acknowledged.setdefault(key, answer["seq"])
    messages = await whole_history(again[0], conversation)
    judge(messages, acknowledged, order)
    assert len(messages) == 3 * 3 * 400
    (synced,) = (await again[0].do("sync"))["conversations"]
    assert synced["head"] == len(messages)
    await world.close()


async def test_a_restart_forgets_nothing(own_server):
    server = own_server
    server.start()
    world = World(server)
    ann, bob, conversation = await world.couple()
    await ann.send(conversation, "second", "key")
    await ann.do("edit", conversation=conversation, seq=1, text="edited")
    await bob.do("react", conversation=conversation, seq=2, emoji="👍", on=True)
    await bob.do("read", conversation=conversation, seq=1)
    await bob.do("received", conversation=conversation, seq=2)
    before = (await bob.do("sync"))["conversations"]
    page = (await bob.history(conversation))["messages"]

    await end_by(server, signal.SIGKILL)
    server.start()
    again, other = await world.another(ann), await world.another(bob)

    after = (await other.do("sync"))["conversations"]
    for conversations in (before, after):
        for member in conversations[0]["members"]:
            del member["user"]["online"], member["user"]["last_seen"]
    assert after == before
    assert (await other.history(conversation))["messages"] == page
    repeat = await again.send(conversation, "second", "key")
    assert (repeat["seq"], repeat["duplicate"]) == (2, True)
    request = {"conversation": conversation, "client_id": "key", "text": "other"}
    await again.refused("conflict", "send", **request)
    changed = await again.do("delete", conversation=conversation, seq=1)
    assert changed["message"]["rev"] == 3
    assert (await again.send(conversation, "third"))["seq"] == 3
    await world.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_closes_sockets_with_1012_and_loses_nothing(own_server, number):
    server = own_server
    server.start()
    world = World(server)
    ann, bob, conversation = await world.couple()
    idle = await world.another(bob)
    keys = [f"key-{n}" for n in range(500)]
    futures = [begin(ann, conversation, key) for key in keys]
    await futures[20]
    started = time.monotonic()

    status = await end_by(server, number)

    assert status == 0
    assert time.monotonic() - started < STOP_SECONDS
    for connection in (ann, bob, idle):
        closed = await connection.closed()
        assert closed.code == 1012
        assert type(json.loads(closed.reason)["retry_ms"]) is int
        assert json.loads(closed.reason)["retry_ms"] >= 0
    with pytest.raises(ConnectionRefusedError):
        await handshake(server, token="any")

    acknowledged = {}
    for key, future in zip(keys, futures, strict=True):
        if future.exception() is None:
            answer = future.result()
            if answer["type"] == "sent":
                acknowledged[key] = answer["seq"]
            else:
                assert answer["code"] == "unavailable"
    server.start()
    again = await world.another(bob)
    stored = {each["client_id"]: each["seq"] for each in await whole_history(again, conversation)}
    assert acknowledged.items() <= stored.items()
    await world.close()


async def test_clients_that_never_close_do_not_hold_up_a_stop(own_server):
    server = own_server
    server.start()
    world = World(server)
    ann = await world.person()
    for _ in range(3):
        (await ann.connect()).polite = False
    frozen = await ann.connect()
    frozen._task.cancel()  # it does not even read
    _, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
    await writer.drain()
    started = time.monotonic()

    status = await end_by(server, signal.SIGTERM)

    assert status == 0
    assert time.monotonic() - started < STOP_SECONDS
    writer.close()
    await world.close()


async def test_a_second_signal_ends_a_stop_at_once(own_server):
    server = own_server
    server.start()
    world = World(server)
    ann = await world.person()
    (await ann.connect()).polite = False  # waits for the close frame that never comes
    polite = await ann.connect()
    server.signal(signal.SIGTERM)
    assert (await polite.closed()).code == 1012

    status = await end_by(server, signal.SIGINT)

    assert status != 0  # a stop in order ends with 0, and would have waited
    await world.close()


async def test_sessions_survive_a_restart_and_ended_ones_stay_ended(own_server):
    server = own_server
    server.start()
    world = World(server)
    ann = await world.person()
    ended = await ann.login()
    assert (await ann.api("POST", "/api/v1/logout", token=ended)).status == 204

    await end_by(server, signal.SIGKILL)
    server.start()

    assert (await ann.api("GET", "/api/v1/me")).status == 200
    (await ann.api("GET", "/api/v1/me", token=ended)).error(401, "unauthorized")
    await ann.connect()
    await world.close()


async def test_a_password_set_from_the_command_line_ends_the_users_sessions(own_server, tmp_path):
    server = own_server
    server.start()
    world = World(server)
    ann, bob = await world.pair()
    sockets = [await ann.connect(), await ann.connect(await ann.login())]
    of_bob = await bob.connect()
    settings = {"PARLEY_DATA_DIR": str(server.data_dir), "PARLEY_BCRYPT_ROUNDS": "4"}

    done = await asyncio.to_thread(
        run_parley,
        *("user", "passwd", ann.username),
        cwd=tmp_path,
        stdin="another fine pass\n",
        **settings,
    )

    assert done.returncode == 0, done.stderr
    closed = await asyncio.gather(*(each.closed() for each in sockets))
    assert {each.code for each in closed} == {4401}
    (await ann.api("GET", "/api/v1/me")).error(401, "unauthorized")
    await of_bob.flush()
    account = {"username": ann.username, "password": "another fine pass"}
    assert (await http(server, "POST", "/api/v1/login", json_body=account)).status == 200
    await world.close()


async def test_hundreds_of_random_deaths_between_send_and_answer_are_harmless(own_server):
    # A batch in one write, and death after a random moment: stored or not, never by half.
    server = own_server
    world = None
    acknowledged: dict[str, int] = {}
    order: list[list[str]] = []
    conversation = ""
    for run in range(5):
        server.start()
        if world is None:
            world = World(server)
            ann, bob = await world.pair()
        sender = await ann.connect()
        conversation = await sender.open(bob.id)
        judge(await whole_history(sender, conversation), acknowledged, order)
        keys = [f"{run}-{n}" for n in range(50)]
        order.append(keys)
        futures = [begin(sender, conversation, key) for key in keys]
        await sender.drain()
        await asyncio.wait(futures, timeout=random.random() * 0.02)
        await end_by(server, signal.SIGKILL)
        await sender.closed()
        for key, future in zip(keys, futures, strict=True):
            if future.exception() is None:
                acknowledged[key] = future.result()["seq"]
    server.start()
    assert world is not None
    sender = await ann.connect()
    judge(await whole_history(sender, conversation), acknowledged, order)
    await world.close()
