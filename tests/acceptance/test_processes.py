"""Several processes on one store and one Redis: their deaths, and those of what they share."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.client import Connection, Person, World, http
from tests.acceptance.conftest import UNLIMITED
from tests.acceptance.mirror import Talker, check_copies
from tests.acceptance.process import ServerProcess, run_parley
from tests.mongo_server import Mongod, database_url, initiate
from tests.redis_server import RedisServer

MAX_CONNECTIONS = 32
ENDED_SECONDS = 1.0  # section 4: until a socket of a session that ended is closed
# Talkers: two devices of each, enough to say that what breaks breaks in the middle.
MESSAGES = 60


class Site:
    """Two servers of one installation, on a Redis of their own."""

    def __init__(self, folder: Path, store: str, *flags: str) -> None:
        self.redis = RedisServer()
        shared = ("--store", store, "--broker", self.redis.url)
        self.servers = [
            ServerProcess(folder / name, *UNLIMITED, *shared, *flags) for name in ("a", "b")
        ]

    def start(self) -> World:
        return World(*(server.start() for server in self.servers))

    def end(self) -> None:
        for server in self.servers:
            server.kill()
        self.redis.kill()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    found = Site(tmp_path, f"sqlite:{tmp_path / 'shared.db'}")
    yield found
    found.end()


@pytest.fixture
def mongo_site(tmp_path: Path) -> Iterator[tuple[Site, Mongod]]:
    mongod = Mongod()
    found = Site(tmp_path, database_url(initiate([mongod]), "talk"))
    yield found, mongod
    found.end()
    mongod.kill()


async def ready(server: ServerProcess, status: int, **parts: str) -> None:
    """Waits until a server says so of itself."""
    while True:
        answer = await http(server, "GET", "/readyz")
        if answer.status == status and parts.items() <= answer.json().items():
            return
        await asyncio.sleep(0.05)


async def connect(person: Person, server: ServerProcess) -> Connection:
    """A connection of this person to this server."""
    return await World.connect(one_place(person.world, server), person.token)


def one_place(world: World, server: ServerProcess) -> World:
    """The same people and ledger, at one server."""
    alone = World(server)
    alone.ledger, alone.connections, alone.people = world.ledger, world.connections, world.people
    return alone


async def talk_through(
    world: World, fault: Callable[[], Awaitable[None]], listeners: int = 1
) -> list[Talker]:
    """Has two people talk on two devices each, does something in the middle, and compares."""
    *sockets, conversation = await world.couple()
    ann, bob = (world.people[socket.user_id] for socket in sockets)
    talkers = [Talker(person, conversation) for person in (ann, bob, ann, bob)]
    for talker in talkers:
        await talker.present()
    silent = [Talker(person, conversation) for person in (ann, bob) for _ in range(listeners)]
    for each in silent:
        await each.present()

    talks = [
        asyncio.create_task(talker.talk(f"{index}", MESSAGES))
        for index, talker in enumerate(talkers)
    ]
    while sum(len(each.acknowledged) for each in talkers) < MESSAGES:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await fault()
    await asyncio.gather(*talks)

    everybody = [*talkers, *silent]
    copies = [await each.has(MESSAGES * len(talkers) + 1) for each in everybody]
    check_copies(talkers, copies)
    return everybody


async def test_a_server_that_is_killed_costs_nothing(site: Site) -> None:
    world = site.start()
    victim = site.servers[0]

    async def fault() -> None:
        await asyncio.to_thread(victim.kill)
        await asyncio.to_thread(victim.start)

    await talk_through(world, fault)


async def test_a_redis_that_is_killed_and_comes_back_empty_costs_nothing(site: Site) -> None:
    world = site.start()

    async def fault() -> None:
        await asyncio.to_thread(site.redis.kill)
        for server in site.servers:
            await ready(server, 200, broker="away")
        await asyncio.to_thread(site.redis.start)

    await talk_through(world, fault)


async def test_a_redis_that_is_frozen_costs_nothing(site: Site) -> None:
    world = site.start()

    async def fault() -> None:
        site.redis.freeze()
        for server in site.servers:
            await ready(server, 200, broker="away")
        site.redis.thaw()

    await talk_through(world, fault)


async def test_a_mongod_and_a_server_that_are_killed_cost_nothing(
    mongo_site: tuple[Site, Mongod],
) -> None:
    site, mongod = mongo_site
    world = site.start()

    async def fault() -> None:
        await asyncio.to_thread(mongod.kill)
        await ready(site.servers[0], 503, store="away")
        await asyncio.to_thread(mongod.start)
        await ready(site.servers[0], 200)
        await asyncio.to_thread(site.servers[1].kill)
        await asyncio.to_thread(site.servers[1].start)

    await talk_through(world, fault)


async def test_who_was_on_a_server_that_died_is_offline_and_what_it_left_unsaid_is_told(
    site: Site,
) -> None:
    world = site.start()
    ann, bob = await world.pair()
    on_a, on_b = await connect(ann, site.servers[0]), await connect(bob, site.servers[1])
    conversation = await on_a.open(bob.id)
    await on_a.send(conversation, "hello")
    await on_b.event("message")
    await on_b.event("presence", online=True)

    site.redis.freeze()
    unsaid = await on_a.send(conversation, "unsaid")
    site.servers[0].kill()
    site.redis.thaw()

    await on_b.event("presence", user=ann.id, online=False, seconds=25)
    if not any(event["message"]["seq"] == unsaid["seq"] for event in on_b.heard("message")):
        await on_b.event("resync", seconds=15)
    page = await on_b.history(conversation, after=1)
    assert [each["text"] for each in page["messages"]] == ["unsaid"]


async def test_a_logout_closes_the_sockets_on_the_other_server(site: Site) -> None:
    world = site.start()
    ann = await world.person()
    sockets = [await connect(ann, server) for server in site.servers]
    other_session = await connect(ann, site.servers[1])
    await other_session.close()

    await http(site.servers[0], "POST", "/api/v1/logout", token=ann.token)

    for socket in sockets:
        assert (await socket.closed()).code == 4401
    took = 2 * ENDED_SECONDS
    while took > ENDED_SECONDS:  # a busy machine has slower moments
        token = await ann.login()
        socket = await one_place(world, site.servers[1]).connect(token)
        await http(site.servers[0], "POST", "/api/v1/logout", token=token)
        began = time.monotonic()
        assert (await socket.closed()).code == 4401
        took = time.monotonic() - began


async def test_a_logout_closes_the_sockets_on_the_other_server_also_without_redis(
    site: Site,
) -> None:
    world = site.start()
    ann = await world.person()
    sockets = [await connect(ann, server) for server in site.servers]
    await asyncio.to_thread(site.redis.kill)

    await http(site.servers[0], "POST", "/api/v1/logout", token=ann.token)

    for socket in sockets:
        assert (await socket.closed(30)).code == 4401


async def test_a_server_whose_broker_reaches_nobody_is_kept_from_a_shared_file(
    site: Site, tmp_path: Path
) -> None:
    world = site.start()
    await world.couple()
    store = f"sqlite:{tmp_path / 'shared.db'}"

    refused = await asyncio.to_thread(
        run_parley, "--port", "0", "--store", store, "--data-dir", str(tmp_path), cwd=tmp_path
    )

    assert refused.returncode == 2
    [line] = refused.stderr.splitlines()
    assert "--broker redis" in line


async def test_connections_are_counted_over_both_servers(site: Site) -> None:
    world = site.start()
    ann = await world.person()
    sockets = [await connect(ann, site.servers[number % 2]) for number in range(MAX_CONNECTIONS)]

    for server in site.servers:
        refused = await one_place(world, server).upgrade(ann.token)
        assert (await refused.closed()).code == 4429
        assert refused.frames == []

    await sockets[0].close()
    place = one_place(world, site.servers[1])
    while not await is_let_in(await place.upgrade(ann.token)):  # noqa: ASYNC110
        await asyncio.sleep(0.05)  # Until the other server has counted again.


async def is_let_in(connection: Connection) -> bool:
    try:
        await connection.event("hello")
    except AssertionError:
        return False
    return True


async def test_a_server_is_ready_once_its_redis_has_answered(site: Site) -> None:
    site.redis.kill()
    server = site.servers[0]
    world = World(server.start())
    await ready(server, 503, store="ok", broker="away")

    ann = await (await world.person()).connect()  # It serves all the same.
    await asyncio.to_thread(site.redis.start)
    await ready(server, 200, broker="ok")
    await asyncio.to_thread(site.redis.kill)
    await ready(server, 200, broker="away")
    await ann.flush()
    await world.close()


# Workers


def children(process: ServerProcess) -> list[int]:
    """The processes that a server has started."""
    pid = process.pid
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def test_workers_share_a_port_and_one_that_dies_is_replaced(tmp_path: Path) -> None:
    redis = RedisServer()
    server = ServerProcess(
        tmp_path / "data", *UNLIMITED, "--broker", redis.url, "--workers", "3"
    ).start()
    world = World(server)
    first = children(server)
    assert len(first) == 3

    async def fault() -> None:
        os.kill(first[0], signal.SIGKILL)
        while not set(children(server)) - set(first):  # noqa: ASYNC110 (nobody tells)
            await asyncio.sleep(0.05)

    await talk_through(world, fault, listeners=6)
    assert len(children(server)) == 3
    told = ""
    while not all(f'parley_connections{{worker="{index}"}}' in told for index in range(3)):
        told += (await http(server, "GET", "/metrics")).body.decode()
    await world.close()

    await asyncio.to_thread(server.stop)
    for pid in first:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    redis.kill()


async def test_workers_that_cannot_start_end_with_one_line(tmp_path: Path) -> None:
    redis = RedisServer()
    with redis.client() as client:
        client.config_set("requirepass", "secret")
    flags = ("--broker", redis.url, "--workers", "2")
    server = ServerProcess(tmp_path / "data", *UNLIMITED, *flags)

    with pytest.raises(AssertionError, match="no ready line"):
        await asyncio.to_thread(server.start)

    assert server.wait() == 2
    lines = server.errors().splitlines()
    assert "--broker" in lines[-1]
    assert "Traceback" not in server.errors()
    redis.kill()


async def test_a_mongod_that_is_away_at_the_start_is_waited_for(tmp_path: Path) -> None:
    mongod = Mongod()
    url = initiate([mongod])
    mongod.kill()
    server = ServerProcess(tmp_path / "data", *UNLIMITED, "--store", database_url(url, "late"))
    await asyncio.to_thread(server.start)
    await ready(server, 503, store="away")

    await asyncio.to_thread(mongod.start)
    await ready(server, 200, store="ok")

    world = World(server)
    await world.couple()
    await world.close()
    await asyncio.to_thread(server.stop)
    mongod.kill()
