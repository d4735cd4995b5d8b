"""Whatever a broker loses or holds up, and whatever overtakes what: in the end everybody who has
asked takes everybody for what they are.

Hypothesis has people come, go, ask and be introduced at two processes, between which events are
lost or come late, and where answers are older than the events before them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import ClassVar, SupportsBytes, cast

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from brokers.base import Broker, Listener
from chat.connections import Connection, Flusher
from chat.hub import PRESENCE_TOPIC, Hub
from chat.metrics import Metrics
from chat.models import SessionId, User, UserId
from chat.presence import Presence
from chat.protocol import PresenceEvent, encode
from chat.stores.base import Store

ANN, BOB, CID = PEOPLE = [UserId(name) for name in ("_ann", "_bob", "_cid")]
TURNS = 40
STEP_TURNS = 5


class Shelf:
    """As much of a store as presence reads: everybody has talked to everybody."""

    async def users(self, ids: Iterable[UserId]) -> Mapping[UserId, User]:
        return {id_: User(id_, id_, id_, 1) for id_ in ids}

    async def contacts(self, user: UserId) -> set[UserId]:
        return set(PEOPLE) - {user}

    async def touch(self, users: object, sessions: object) -> None:
        pass


class Bus:
    """What lies between the processes, and knows what they hold."""

    def __init__(self) -> None:
        self.stations: list[Station] = []

    def holders(self, name: str) -> int:
        return sum(station.names.get(name, 0) for station in self.stations)


class Station(Broker):
    """A process's end of the bus."""

    crosses_processes: ClassVar[bool] = True

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.names: dict[str, int] = {}
        self.topics: set[str] = set()
        self.flows = asyncio.Event()  # cleared, answers to what was asked wait
        self.flows.set()
        self.late: list[tuple[Sequence[str], bytes]] = []  # from others, on its way
        bus.stations.append(self)

    async def open(self, listener: Listener) -> None:
        self.listener = listener

    async def close(self) -> None:
        self.names.clear()

    def was_connected(self) -> bool:
        return True

    def is_connected(self) -> bool:
        return True

    async def subscribe(self, topics: Iterable[str]) -> None:
        self.topics.update(topics)

    def unsubscribe(self, topics: Iterable[str]) -> None:
        self.topics.difference_update(topics)

    def publish(self, topics: Sequence[str], payload: SupportsBytes) -> None:
        for station in self.bus.stations:
            if station is not self:
                station.late.append((topics, bytes(payload)))
        self.arrive(topics, payload)

    def arrive(self, topics: Sequence[str], payload: SupportsBytes) -> None:
        if not self.topics.isdisjoint(topics):
            self.listener.received(payload)

    async def hold(self, name: str, count: int) -> int:
        self.names[name] = count
        total = self.bus.holders(name)
        await self.flows.wait()
        return total

    async def held(self, names: Collection[str]) -> Mapping[str, int]:
        found = {name: self.bus.holders(name) for name in names}
        await self.flows.wait()
        return {name: count for name, count in found.items() if count}

    def forget(self, name: str) -> None:
        pass

    async def everybody(self) -> tuple[set[str], bool]:
        found: set[str] = {name for name in PEOPLE if self.bus.holders(name)}
        await self.flows.wait()
        return found, True


class Client:
    """A device, and whom it takes to be online: what it was told last."""

    def __init__(self, process: Process, user: UserId) -> None:
        self.online: dict[UserId, bool] = {}
        self.told = 0
        self.has_asked = False
        self.connection = Connection(
            process.hub.new_id(), user, SessionId("s"), self, Flusher(Metrics())
        )

    def write(self, data: bytes) -> None:
        while data:  # frames of less than 126 bytes
            event = msgspec.json.decode(data[2 : 2 + data[1]])
            self.online[event["user"]] = event["online"]
            self.told += 1
            data = data[2 + data[1] :]

    def backlog(self) -> int:
        return 0

    def close(self, code: int, reason: str) -> None:
        raise AssertionError((code, reason))

    def abort(self) -> None:
        raise AssertionError


class Process:
    """A hub and the presence of who is there."""

    def __init__(self, bus: Bus) -> None:
        shelf = cast(Store, Shelf())
        self.station = Station(bus)
        self.hub = Hub(shelf, self.station, Metrics())
        self.presence = Presence(
            shelf, self.station, self.hub, lambda: 1, grace_seconds=0, look_seconds=0
        )
        self.clients: list[Client] = []

    async def open(self) -> None:
        hub, presence = self.hub, self.presence
        await self.station.open(
            Listener(hub.receive, hub.missed, presence.departed, presence.tell_all)
        )
        await self.station.subscribe([PRESENCE_TOPIC])

    async def come(self, user: UserId) -> None:
        client = Client(self, user)
        self.clients.append(client)
        await self.hub.add(client.connection)
        await self.presence.enter(client.connection)
        client.connection.start(b"")
        await self.ask(client)

    async def ask(self, client: Client) -> None:
        people = await Shelf().users(PEOPLE)
        for id_, seen in (await self.presence.of(people, people)).items():
            client.connection.send(encode(PresenceEvent(id_, seen.online, None)))
        client.has_asked = True

    def go(self, user: UserId) -> None:
        gone = [client for client in self.clients if client.connection.user == user][:1]
        for client in gone:
            self.clients.remove(client)
            self.hub.remove(client.connection)
            self.presence.leave(client.connection)


STEPS = ("look", "come", "go", "ask", "introduce", "hold up", "let go", "lose", "deliver")
Step = tuple[str, int, UserId]


async def turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def play(steps: Sequence[Step]) -> None:
    bus = Bus()
    processes = [Process(bus), Process(bus)]
    tasks: list[asyncio.Task[None]] = []
    begin: Callable[..., None] = lambda work: tasks.append(asyncio.create_task(work))  # noqa: E731
    for process in processes:
        await process.open()
    for what, number, user in steps:
        process = processes[number]
        if what == "come":
            begin(process.come(user))
        elif what == "go":
            process.go(user)
        elif what == "ask":
            for client in process.clients:
                if client.connection.user == user:
                    begin(process.ask(client))
        elif what == "look":
            begin(process.presence._look())
        elif what == "introduce":
            begin(process.presence.introduce([user, *(set(PEOPLE[:2]) - {user})]))
        elif what == "hold up":
            process.station.flows.clear()
        elif what == "let go":
            process.station.flows.set()
        elif what == "lose":
            del process.station.late[:1]
        elif process.station.late:
            process.station.arrive(*process.station.late.pop(0))
        for _ in range(STEP_TURNS):
            await asyncio.sleep(0)
    for process in processes:
        process.station.flows.set()
    await turns()
    for process in processes:
        while process.station.late:
            process.station.arrive(*process.station.late.pop(0))
    looks = [asyncio.create_task(process.presence.reconcile()) for process in processes]

    await turns()
    told = [client.told for process in processes for client in process.clients]
    await turns()

    assert told == [client.told for process in processes for client in process.clients]
    for task in (*tasks, *looks):
        task.cancel()
    await asyncio.gather(*tasks, *looks, return_exceptions=True)
    for process in processes:
        for client in process.clients:
            assert client.has_asked
            for user in set(PEOPLE) - {client.connection.user}:
                assert client.online.get(user) == bool(bus.holders(user)), (client, user)
            await process.presence.close()


# An answer that is older than the event before it.
@example(
    [
        ("come", 0, ANN),
        ("hold up", 0, ANN),
        ("ask", 0, ANN),
        ("come", 1, BOB),
        ("deliver", 0, ANN),
        ("let go", 0, ANN),
    ]
)
# Somebody goes at one process and comes at the other, and the first speaks last.
@example(
    [
        ("come", 0, ANN),
        ("come", 1, BOB),
        ("deliver", 0, ANN),
        ("hold up", 1, ANN),
        ("go", 1, BOB),
        ("come", 0, BOB),
        ("let go", 1, ANN),
        ("deliver", 0, ANN),
    ]
)
@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 1), st.sampled_from(PEOPLE)),
        min_size=3,
        max_size=30,
    )
)
def test_in_the_end_everybody_is_taken_for_what_they_are(steps: list[Step]) -> None:
    asyncio.run(play(steps))
