"""What only MongoDB does: servers that go away, uncertain outcomes, majorities, indexes."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo.monitoring import CommandListener

from chat.clock import wall_clock
from chat.errors import StoreError, Unavailable
from chat.models import Added, ConversationId, Mark, UserId, new_conversation_id
from chat.stores import open_store as open_by_url
from chat.stores.base import Store
from chat.stores.mongo import MongoStore
from tests import mongo_server
from tests.chat.stores.backends import BACKENDS, MONGODB_DATABASE, NewStore
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
    mark,
    new,
    open_new_pair,
    open_pair,
    session,
    token,
    unread,
)
from tests.mongo_server import Mongod, connect, database_url, initiate
from tests.servers import wait_until

# Small times, so that a test sees what an operator would wait for.
HASTY = "serverSelectionTimeoutMS=500&socketTimeoutMS=700&heartbeatFrequencyMS=500"


@pytest.fixture
def new_store(tmp_path: Path) -> NewStore:
    return BACKENDS["mongodb"](tmp_path)


@pytest.fixture
def database() -> Iterator[Any]:
    """The database of `store`, as an operator sees it."""
    with connect(mongo_server.shared_url()) as client:
        yield client[MONGODB_DATABASE]


@pytest.fixture(scope="module")
def own_server() -> Iterator[tuple[Mongod, str]]:
    """A replica set of one member, to be treated badly, and its URL."""
    server = Mongod()
    yield server, initiate([server])
    server.kill()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[MongoStore]:
    store = MongoStore(url)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def until_there(store: Store) -> None:
    """Return once a store works again."""
    async with asyncio.timeout(30):
        while True:
            try:
                await store.ping()
            except Unavailable:
                await asyncio.sleep(0.05)
            else:
                return


class Complaints(logging.Handler):
    """Tells when the store has noticed that something is wrong."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.noticed = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.noticed.set()


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    handler = Complaints()
    logger = logging.getLogger("parley.stores.mongo")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


# At the start


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("mongodb://", "must be like"),
        ("mongodb:///parley", "must be like"),
        ("mongodb://127.0.0.1", "names no database"),
        ("mongodb://127.0.0.1/", "names no database"),
        ("mongodb://127.0.0.1/a.b", "letters"),
        ("mongodb://127.0.0.1/" + "x" * 64, "letters"),
        ("mongodb://127.0.0.1/a$b", "must be like"),
        ("mongodb://127.0.0.1:port/parley", "must be like"),
        ("mongodb://127.0.0.1:99999/parley", "must be like"),
        ("mongodb://127.0.0.1/parley?nonsense=1", "must be like"),
        ("mongodb://ann:s3cret@/parley", "must be like"),
        ("mongodb://ann:s3cret@word@127.0.0.1/parley", "must be like"),
        ("mongodb://ann:s3/cret@127.0.0.1/parley", "must be like"),
        ("mongodb://ann:s3%cret@127.0.0.1/parley", "must be like"),
        ("mongodb+srv://ann:s3cret@cluster.example", "names no database"),
    ],
)
def test_a_bad_url_is_refused_without_showing_the_password(url: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint) as refusal:
        open_by_url(url)

    assert "s3" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("scheme", ["mongodb", "mongodb+srv"])
def test_the_url_of_a_database_is_taken(scheme: str) -> None:
    assert isinstance(open_by_url(f"{scheme}://ann:pass%2Fword@cluster.example/chat"), MongoStore)


async def test_the_database_tells_the_time_of_all_servers(store: Store) -> None:
    before = wall_clock()

    told = await store.time()

    assert told is not None
    assert before <= told <= wall_clock()


async def test_a_stand_alone_server_is_refused_with_what_to_do() -> None:
    server = Mongod(is_alone=True)
    server.ask("ping")

    with pytest.raises(StoreError) as refusal:
        await MongoStore(f"mongodb://127.0.0.1:{server.port}/parley").open()

    assert "--replSet" in str(refusal.value)
    assert "rs.initiate()" in str(refusal.value)
    server.kill()


async def test_who_may_not_write_is_told_so(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("between members\n")
    key.chmod(0o600)
    server = Mongod("--keyFile", str(key))
    initiate([server])
    place = f"127.0.0.1:{server.port}"
    with connect(f"mongodb://{place}/?directConnection=true") as client:
        client.admin.command("createUser", "root", pwd="root", roles=["root"])
    with connect(f"mongodb://root:root@{place}/?directConnection=true") as client:
        for name, role in (("reader", "read"), ("writer", "readWrite")):
            client.parley.command("createUser", name, pwd="s3cret", roles=[role])

    for credentials, hint in (
        ("reader:s3cret", "readWrite"),
        ("writer:wr0ng", "password"),
        ("nobody:s3cret", "password"),
    ):
        with pytest.raises(StoreError, match=hint) as refusal:
            await MongoStore(f"mongodb://{credentials}@{place}/parley").open()
        assert credentials.partition(":")[2] not in str(refusal.value)
    with pytest.raises(StoreError, match="readWrite"):
        await MongoStore(f"mongodb://{place}/parley").open()
    async with opened(f"mongodb://writer:s3cret@{place}/parley") as store:
        await store.ping()
    server.kill()


async def test_a_database_of_a_newer_version_is_refused(store: Store, database: Any) -> None:
    database.meta.update_one({"_id": "schema"}, {"$set": {"version": 99}})

    with pytest.raises(StoreError, match="newer version"):
        await MongoStore(database_url(mongo_server.shared_url(), MONGODB_DATABASE)).open()


async def test_a_database_of_another_program_is_refused(store: Store, database: Any) -> None:
    database.meta.delete_many({})
    database.users.insert_one({"_id": 1})

    with pytest.raises(StoreError, match="another program"):
        await MongoStore(database_url(mongo_server.shared_url(), MONGODB_DATABASE)).open()


async def test_messages_are_unique_by_indexes_that_begin_with_the_conversation(
    store: Store, database: Any
) -> None:
    indexes = database.messages.index_information().values()

    keys = [[name for name, _ in index["key"]] for index in indexes if index.get("unique")]
    assert ["conversation", "seq"] in keys
    assert ["conversation", "sender", "client_id"] in keys
    assert all(key[0] == "conversation" for key in keys)
    assert database.attempts.index_information()["by_expiry"]["expireAfterSeconds"] == 0


async def test_a_server_that_is_away_at_the_start_is_used_once_it_is_there(
    own_server: tuple[Mongod, str],
) -> None:
    server, url = own_server
    server.kill()

    async with opened(database_url(url, "away") + f"&{HASTY}") as store:
        with pytest.raises(Unavailable):
            await store.ping()
        refusals = await asyncio.gather(
            *(store.account(ANN) for _ in range(200)), return_exceptions=True
        )
        assert {type(refusal) for refusal in refusals} == {Unavailable}
        (outcome,) = await store.add_messages([new(new_conversation_id())])
        assert isinstance(outcome, Unavailable)

        await asyncio.to_thread(server.start)
        await until_there(store)

        conversation = await open_new_pair(store)
        assert (await add(store, new(conversation))).message.seq == 1
    with connect(url) as client:
        assert "by_key" in client.away.messages.index_information()


# Outcomes that are not known


async def test_a_killed_server_loses_and_doubles_nothing(own_server: tuple[Mongod, str]) -> None:
    server, url = own_server
    async with opened(database_url(url, "killed") + f"&{HASTY}") as store:
        conversation = await open_new_pair(store)
        acknowledged: dict[str, int] = {}
        enough = asyncio.Event()

        async def talk(sender: UserId) -> None:
            for number in range(300):
                message = new(conversation, f"{sender} {number}", sender=sender)
                added = await add(store, message)
                assert not added.duplicate
                acknowledged[message.client_id] = added.message.seq
                if len(acknowledged) > 100:
                    enough.set()

        talks = asyncio.gather(talk(ANN), talk(BOB))
        await enough.wait()
        server.kill()
        with pytest.raises(Unavailable):
            await store.ping()
        await asyncio.to_thread(server.start)
        await talks
    async with opened(database_url(url, "killed")) as again:
        stored = await again.messages(conversation, 1, 1000)

    assert [message.seq for message in stored] == list(range(1, 601))
    assert {message.client_id: message.seq for message in stored} == acknowledged
    for sender in (ANN, BOB):
        own = [message.client_id for message in stored if message.sender == sender]
        assert own == [f"{sender} {number}" for number in range(300)]


async def test_an_unknown_outcome_is_settled_by_its_key(
    own_server: tuple[Mongod, str], complaints: Complaints
) -> None:
    server, url = own_server
    async with opened(database_url(url, "frozen") + f"&{HASTY}") as store:
        conversation = await open_new_pair(store)
        await add_many(store, conversation, 3)
        batch = [new(conversation, f"frozen {number}") for number in range(100)]

        server.freeze()
        sending = asyncio.ensure_future(store.add_messages(batch))
        marking = asyncio.ensure_future(mark(store, conversation, BOB, read=2))
        await complaints.noticed.wait()
        server.thaw()
        outcomes = await sending

        assert [
            (found.message.seq, found.duplicate) for found in outcomes if isinstance(found, Added)
        ] == [(seq, False) for seq in range(4, 104)]
        assert (await marking).read == 2
        stored = await store.messages(conversation, 1, 1000)
        assert [message.seq for message in stored] == list(range(1, 104))
        repeats = await store.add_messages(batch)
        assert all(isinstance(found, Added) and found.duplicate for found in repeats)


async def test_nothing_is_acknowledged_that_a_majority_may_yet_lose() -> None:
    """The rollback trap and the hole trap: a message that only the old primary has."""
    members = [Mongod("--setParameter", "enableTestCommands=1") for _ in range(3)]
    primary, *secondaries = members
    url = initiate(members, catchUpTimeoutMillis=500)
    place = database_url(url, "trap") + f"&{HASTY}"
    async with opened(place) as one, opened(place) as other:
        conversation = await open_new_pair(one)
        first = await add(one, new(conversation, "0"))
        await other.add_messages([new(conversation, "0")])
        for member in secondaries:
            member.ask({"configureFailPoint": "stopReplProducer", "mode": "alwaysOn"})

        sending = asyncio.ensure_future(add(one, new(conversation, "trap")))
        with primary.client(readConcernLevel="local") as client:
            messages = client.trap.messages
            await asyncio.to_thread(
                wait_until,
                lambda: messages.find_one({"client_id": "trap"}) is not None,
                "the message on the primary",
            )
        repeating = asyncio.ensure_future(add(other, new(conversation, "trap")))
        following = asyncio.ensure_future(add(other, new(conversation, "next", sender=BOB)))
        done, _ = await asyncio.wait([sending, repeating, following], timeout=1)
        assert not done
        primary.kill()
        for member in secondaries:
            await asyncio.to_thread(
                member.ask, {"configureFailPoint": "stopReplProducer", "mode": "off"}
            )
        added = await asyncio.gather(sending, repeating, following)

        stored = await other.messages(conversation, 1, 10)
        assert [message.seq for message in stored] == [1, 2, 3]
        assert stored[0] == first.message
        assert sorted(message.client_id for message in stored[1:]) == ["next", "trap"]
        assert added[0].message == added[1].message
        assert all(found.message in stored for found in added)
    for member in members:
        member.kill()


# Several processes


async def test_two_stores_that_race_leave_no_hole_and_keep_each_senders_order(
    store: Store, open_store: OpenStore
) -> None:
    await add_people(store)
    talks = [await open_pair(store, ANN, BOB), await open_pair(store, ANN, CEM)]
    stores = {ANN: store, BOB: await open_store(), CEM: await open_store()}

    async def talk(sender: UserId) -> None:
        mine = talks if sender == ANN else [talks[sender == CEM]]
        for number in range(15):
            batch = [
                new(mine[item % len(mine)], f"{number:02} {item:02}", sender=sender)
                for item in range(20)
            ]
            outcomes = await stores[sender].add_messages(batch)
            assert all(isinstance(found, Added) and not found.duplicate for found in outcomes)

    await asyncio.gather(*(talk(sender) for sender in stores))

    for conversation, count in zip(talks, (450, 450), strict=True):
        stored = await store.messages(conversation, 1, 1000)
        assert [message.seq for message in stored] == list(range(1, count + 1))
        for sender in stores:
            own = [message.client_id for message in stored if message.sender == sender]
            assert own == sorted(own)


async def test_a_collision_lets_no_later_message_overtake(
    store: Store, open_store: OpenStore
) -> None:
    await add_people(store)
    talks = [await open_pair(store, ANN, other) for other in (BOB, CEM)]
    other = await open_store()
    batch = [new(talks[number % 2], f"{number:02}") for number in range(20)]
    await store.add_messages([new(talk, "known") for talk in talks])
    await other.add_messages([new(talk, "in between", sender=BOB) for talk in talks[:1]])

    outcomes = await store.add_messages(batch)

    seqs = [found.message.seq for found in outcomes if isinstance(found, Added)]
    assert seqs[::2] == list(range(3, 13))
    assert seqs[1::2] == list(range(2, 12))


async def test_unread_is_what_counting_says_whoever_writes(
    store: Store, open_store: OpenStore
) -> None:
    conversation = await open_new_pair(store)
    stores = (store, await open_store())
    chance = random.Random(7)
    read = {ANN: 0, BOB: 0}

    async def act(number: int) -> None:
        mine = stores[number % 2]
        user = (ANN, BOB)[chance.randrange(2)]
        kind = chance.random()
        found = await mine.conversation(conversation)
        assert found is not None
        if kind < 0.5 or not found.head:
            await add(mine, new(conversation, str(number), sender=user))
        elif kind < 0.8:
            seq = chance.randint(1, found.head)
            read[user] = max(read[user], seq)
            await mark(mine, conversation, user, read=seq)
        else:
            await mine.change_message(conversation, chance.randint(1, found.head), deleted)

    for start in range(0, 120, 6):
        await asyncio.gather(*(act(number) for number in range(start, start + 6)))

        stored = await store.messages(conversation, 1, 1000)
        for user in (ANN, BOB):
            counted = sum(
                message.seq > read[user] and message.sender != user and not message.deleted
                for message in stored
            )
            assert [await unread(each, conversation, user) for each in stores] == [counted] * 2


async def test_an_account_is_not_switched_off_past_a_session_that_begins(
    store: Store, open_store: OpenStore
) -> None:
    await add_people(store, ANN)
    other = await open_store()

    for number in range(10):
        name = f"a{number}"
        await asyncio.gather(
            store.add_session(session(name), token(name), 10),
            other.set_disabled(ANN, True),
            return_exceptions=True,
        )
        assert await store.sessions(ANN) == []
        await store.set_disabled(ANN, False)


# Round trips


class Commands(CommandListener):
    """Counts what is asked of servers."""

    count = 0

    def started(self, event: object) -> None:
        self.count += 1

    def succeeded(self, event: object) -> None:
        """Say nothing."""

    def failed(self, event: object) -> None:
        """Say nothing."""


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Counts for the stores that are made afterwards."""
    found = Commands()
    made = MongoStore.__init__.__globals__["AsyncIOMotorClient"]

    def make(*args: Any, **kwargs: Any) -> Any:
        return made(*args, event_listeners=[found], **kwargs)

    monkeypatch.setattr("chat.stores.mongo.AsyncIOMotorClient", make)
    return found


async def test_calls_take_the_same_round_trips_however_much_there_is(
    commands: Commands, store: Store
) -> None:
    people = [UserId(f"_user{number:02}") for number in range(40)]
    await add_people(store, ANN, *people)
    talks = [await open_pair(store, ANN, other) for other in people]

    async def counts(talks: list[ConversationId], name: str) -> list[int]:
        found = []
        batch = [new(key, f"{name} {number}") for key in talks for number in range(2)]
        marks = [Mark(key, people[number], 1, 1) for number, key in enumerate(talks)]
        await store.add_messages([new(key, name) for key in talks])
        for call in (
            store.add_messages(batch),
            store.summaries(ANN, None, 100),
            store.contacts(ANN),
            store.users(people),
            store.touch(dict.fromkeys(people, AT), {}),
            store.move_marks(marks),
        ):
            before = commands.count
            await call
            found.append(commands.count - before)
        return found

    few, many = await counts(talks[:3], "few"), await counts(talks, "many")

    assert few == many
    assert many[0] == 1
    assert max(many) <= 6
