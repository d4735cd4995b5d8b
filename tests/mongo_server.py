"""A real MongoDB replica set for tests."""

from __future__ import annotations

import atexit
import os
from functools import cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pymongo
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

from deploy import programs
from tests.servers import START_SECONDS, Server, wait_until

PROMISED_SECONDS = 10.0

Client = pymongo.MongoClient[dict[str, Any]]


class Mongod(Server):
    """One mongod; a member of the replica set rs0, or alone."""

    def __init__(self, *options: str, is_alone: bool = False) -> None:
        """Start one; `options` go to its command line."""
        # What a replica set keeps for members that lag: 990 MB by default.
        membership = [] if is_alone else ["--replSet", "rs0", "--oplogSize", "64"]
        self._options = [*membership, *options]
        super().__init__()

    def command(self) -> list[str]:
        command = [programs.mongod(), "--dbpath", str(self.directory)]
        command += ["--port", str(self.port), "--bind_ip", "127.0.0.1", "--nounixsocket"]
        return [*command, "--wiredTigerCacheSizeGB", "0.25", *self._options]

    def answers(self) -> bool:
        try:
            self.ask("hello", seconds=1)
        except PyMongoError:
            return False
        return True

    def ask(self, command: str | dict[str, Any], *, seconds: float = START_SECONDS) -> Any:
        """Return its answer to an administrator's command."""
        self.check()
        with self.client(serverSelectionTimeoutMS=seconds * 1000) as client:
            return client.admin.command(command)

    def client(self, **options: Any) -> Client:
        """Return a client of this member alone."""
        return pymongo.MongoClient("127.0.0.1", self.port, directConnection=True, **options)

    def is_primary(self) -> bool:
        """Whether it takes writes."""
        return self._is("isWritablePrimary")

    def is_secondary(self) -> bool:
        """Whether it follows a primary, and has all that was there before."""
        return self._is("secondary")

    def _is(self, role: str) -> bool:
        try:
            return bool(self.ask("hello")[role])
        except PyMongoError:
            return False


def initiate(members: list[Mongod], **settings: object) -> str:
    """Make a replica set of these; the first becomes primary. Return its URL without a
    database."""
    hosts = [f"127.0.0.1:{member.port}" for member in members]
    config = {
        "_id": "rs0",
        "members": [
            # Only the first is elected at the start, and at once.
            {"_id": number, "host": host, "priority": 1 if number else 2}
            for number, host in enumerate(hosts)
        ],
        "settings": {"electionTimeoutMillis": 2000, **settings},
    }
    members[0].ask({"replSetInitiate": config})
    wait_until(members[0].is_primary, "a primary")
    for member in members[1:]:
        wait_until(member.is_secondary, "a secondary")
    return f"mongodb://{','.join(hosts)}/?replicaSet=rs0"


@cache
def shared_url() -> str:
    """Return the URL of a replica set for all tests, without a database: that of
    PARLEY_TEST_MONGODB, or one of our own."""
    promised = os.environ.get("PARLEY_TEST_MONGODB")
    if not promised:
        return initiate([Mongod()])
    with connect(promised, serverSelectionTimeoutMS=PROMISED_SECONDS * 1000) as client:
        client.admin.command("ping")
    return promised


def connect(url: str, **options: Any) -> Client:
    """Return a client of a replica set, to be closed."""
    return pymongo.MongoClient(url, **options)


def database_url(server: str, database: str) -> str:
    """Return the URL of a database of this server."""
    parts = urlsplit(server)
    return urlunsplit(parts._replace(path=f"/{database}"))


def empty_database(server: str, database: str) -> None:
    """Delete everything in a database but its collections and indexes, which take longer
    to make than anything else; drop it when the tests end."""
    client = _client(server)
    if database not in _emptied:
        _emptied.add(database)
        atexit.register(client.drop_database, database)
    for name in sorted(client[database].list_collection_names(), key="meta".__eq__):
        # The last of these is held by a majority; then all before it are.
        concern = WriteConcern("majority" if name == "meta" else 1)
        client[database].get_collection(name, write_concern=concern).delete_many({})


_emptied: set[str] = set()


@cache
def _client(server: str) -> Client:
    client = connect(server)
    atexit.register(client.close)
    return client
