"""The people and connections of a test."""

import asyncio
import itertools
import os
from dataclasses import dataclass
from typing import Any

from tests.acceptance.client.connection import Connection, handshake
from tests.acceptance.client.http_client import WAIT_SECONDS, Address, Response, http
from tests.acceptance.client.ledger import Ledger


@dataclass
class Person:
    """Somebody with an account, and the first token of it."""

    world: "World"
    id: str
    username: str
    password: str
    name: str
    token: str

    async def api(
        self, method: str, path: str, json_body: Any = None, token: str | None = None
    ) -> Response:
        return await http(
            self.world.server, method, path, json_body=json_body, token=token or self.token
        )

    async def login(self) -> str:
        """A token of one more session."""
        answer = await http(
            self.world.server,
            "POST",
            "/api/v1/login",
            json_body={"username": self.username, "password": self.password},
        )
        assert answer.status == 200, answer.body
        return str(answer.json()["token"])

    async def connect(self, token: str | None = None) -> Connection:
        """One more connection, past its `hello`."""
        connection = await self.world.connect(token or self.token)
        assert connection.user_id == self.id
        return connection


class World:
    """The people and connections of one test, watched by one ledger.

    Where there are several servers, each request and each connection goes to the next one.
    """

    def __init__(self, *servers: Address) -> None:
        self._places = servers
        self._servers = itertools.cycle(servers)
        self._beacons: list[tuple[Connection, Connection]] = []
        self._beacon_conversation = ""
        self._settling = asyncio.Lock()
        self.ledger = Ledger()
        self.connections: list[Connection] = []
        self.people: dict[str, Person] = {}

    @property
    def server(self) -> Address:
        """Where to ask this time."""
        return next(self._servers)

    async def person(self, label: str = "ann", /, name: str | None = None) -> Person:
        """Registers somebody whose username begins with the label and is nobody else's."""
        username = f"{label.lower()}.{os.urandom(5).hex()}"
        password = f"pass of {username}"
        shown = name or label.title()
        request = {"username": username, "password": password, "name": shown}
        answer = await http(self.server, "POST", "/api/v1/register", json_body=request)
        assert answer.status == 201, answer.body
        given = answer.json()
        user = given["user"]
        person = Person(self, user["id"], username, password, shown, given["token"])
        self.people[person.id] = person
        return person

    async def crowd(self, count: int, name: str | None = None) -> list["Person"]:
        """Registers many; a few at a time, since a server puts off who comes in thousands."""
        few = asyncio.Semaphore(4)

        async def one() -> Person:
            async with few:
                return await self.person("one", name)

        return list(await asyncio.gather(*(one() for _ in range(count))))

    async def pair(self) -> tuple[Person, Person]:
        return await self.person("ann"), await self.person("bob")

    async def couple(self) -> tuple[Connection, Connection, str]:
        """Two people online, with one message between them that both have seen."""
        ann, bob = await self.pair()
        ann_socket, bob_socket = await ann.connect(), await bob.connect()
        conversation = await ann_socket.open(bob.id)
        await ann_socket.send(conversation, "hello")
        await bob_socket.event("conversation")
        await bob_socket.event("message")
        await ann_socket.event("presence")
        await bob_socket.event("presence")
        return ann_socket, bob_socket, conversation

    async def another(self, connection: Connection) -> Connection:
        """One more connection of the same session."""
        return await self.people[connection.user_id].connect()

    async def upgrade(self, token: str | None = None, **how: Any) -> Connection:
        """A connection that may never say `hello`."""
        response, reader, writer = await handshake(self.server, token=token, **how)
        assert response.status == 101, (response.status, response.body)
        connection = Connection(reader, writer, self.ledger)
        self.connections.append(connection)
        if len(self._places) > 1:
            connection.settle = self._settle
        return connection

    async def _settle(self) -> None:
        """Waits until what each server had told before now has reached the others.

        What one server tells another arrives in the order in which it was told: when two
        people on all servers have heard of each other, so has everybody else.
        """
        async with self._settling:
            if not self._beacons:
                one, other = await self.person("beacon"), await self.person("beacon")
                for place in self._places:
                    self._servers = itertools.cycle([place])
                    self._beacons.append((await one.connect(), await other.connect()))
                self._servers = itertools.cycle(self._places)
                self._beacon_conversation = await self._beacons[0][0].open(other.id)
            for sender, _ in self._beacons:
                await sender.do("typing", conversation=self._beacon_conversation, on=True)
            for _ in self._places:
                await asyncio.gather(*(hearer.event("typing") for _, hearer in self._beacons))

    async def connect(self, token: str | None = None, **how: Any) -> Connection:
        connection = await self.upgrade(token, **how)
        await connection.event("hello")
        return connection

    async def close(self) -> None:
        """Hears every connection out, closes it, and lets the ledger judge."""
        still_open = [each for each in self.connections if each.is_open and each.polite]
        flushed = [each.start("ping") for each in still_open if each.hello]
        if flushed:
            await asyncio.wait(flushed, timeout=WAIT_SECONDS)
        await asyncio.gather(*(each.abort() for each in self.connections), return_exceptions=True)
        self.ledger.close()
