"""An installation to be broken: servers, what they share, and the wires between them.

Every server reaches its Redis, and every client its server, through a `Proxy` of its own, so
that each wire can be cut alone. Clients know the servers by their doors, whose addresses
stay when a server comes back on another port.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.acceptance.client import http
from tests.acceptance.process import ServerProcess
from tests.faults.proxy import Proxy
from tests.mongo_server import Mongod, database_url, initiate
from tests.redis_server import RedisServer

UNLIMITED = ("--login-rate", "0", "--message-rate", "0")
READY_SECONDS = 40.0
# The same line of a log in a run; each process that is started may say it anew.
MAX_REPEATS = 10

# What tells lines of a log apart that say the same: times, ports, ids.
_NUMBERS = re.compile(r"[0-9a-f]*[0-9][0-9a-f]*")

ALONE = "alone"
SQLITE = "sqlite"
MONGODB = "mongodb"
KINDS = {
    ALONE: "one server, SQLite",
    SQLITE: "two servers, SQLite and Redis",
    MONGODB: "two servers, three mongods and Redis",
}


class Cluster:
    """One installation of a kind; it lives for many runs."""

    def __init__(self, kind: str, code: Path | None = None) -> None:
        """Make it; nothing is started yet. `code` is a copy of the program to run instead."""
        self.kind = kind
        self.redis: RedisServer | None = None
        self.mongods: list[Mongod] = []
        self.servers: list[ServerProcess] = []
        self.wires: list[Proxy] = []  # from each server to the Redis
        self.doors: list[Proxy] = []  # from clients to each server
        self._looked_at: dict[ServerProcess, int] = {}  # characters of its log
        self._settings = {} if code is None else {"PYTHONPATH": str(code)}
        self._folder = tempfile.TemporaryDirectory(prefix="parley-faults-")

    @property
    def folder(self) -> Path:
        """Where everything of it is but what servers of others write."""
        return Path(self._folder.name)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "parley.db"

    async def start(self) -> None:
        """Start everything."""
        store = f"sqlite:{self.database}"
        if self.kind == MONGODB:
            store = database_url(await asyncio.to_thread(self._start_mongods), "parley")
        if self.kind != ALONE:
            self.redis = await asyncio.to_thread(RedisServer)
        for name in "a" if self.kind == ALONE else "ab":
            flags = [*UNLIMITED, "--store", store]
            if self.redis is not None:
                wire = Proxy(self._at_redis)
                await wire.start()
                self.wires.append(wire)
                flags += ["--broker", f"redis://{wire.host}:{wire.port}/0"]
            folder = self.folder / name
            server = ServerProcess(folder, *flags, settings=self._settings)
            self.servers.append(server)
            await self.restart(server)
            self.doors.append(await _door(server))
        await self.ready()

    def _start_mongods(self) -> str:
        self.mongods = [Mongod("--setParameter", "enableTestCommands=1") for _ in range(3)]
        return initiate(self.mongods)

    def _at_redis(self) -> tuple[str, int]:
        assert self.redis is not None
        return "127.0.0.1", self.redis.port

    async def ready(self) -> None:
        """Return once every server says that all is well."""
        async with asyncio.timeout(READY_SECONDS):
            for server in self.servers:
                await until(lambda server=server: _is_well(server))  # type: ignore[misc]

    def complaints(self) -> list[str]:
        """Return what is wrong in the servers' logs."""
        found = []
        for server in self.servers:
            errors = server.errors()[self._looked_at.get(server, 0) :]
            self._looked_at[server] = self._looked_at.get(server, 0) + len(errors)
            if "Traceback" in errors:
                found.append(f"a traceback: {errors[errors.index('Traceback') :][:3000]}")
            said = Counter(_NUMBERS.sub("#", line) for line in errors.splitlines())
            found += [
                f"a log line {count} times: {line}"
                for line, count in said.items()
                if count > MAX_REPEATS
            ]
        return found

    async def end(self) -> list[str]:
        """Stop the servers as an operator does; return what was wrong with that."""
        found = []
        for server in self.servers:
            try:
                await asyncio.to_thread(server.stop)
            except AssertionError as exc:
                found.append(str(exc))
        await self.kill()
        return found

    async def kill(self) -> None:
        """End everything at once."""
        for part in (*self.servers, self.redis, *self.mongods):
            if part is not None:
                await asyncio.to_thread(part.kill)
        for proxy in itertools.chain(self.doors, self.wires):
            await proxy.close()
        self._folder.cleanup()

    # What faults need

    async def restart(self, server: ServerProcess) -> None:
        """Start a server, again and however long a busy machine takes for that."""
        for is_last in (False, False, False, False, True):
            try:
                await asyncio.to_thread(server.start)
            except AssertionError:
                if is_last:
                    raise
            else:
                return

    async def stop(self, server: ServerProcess) -> None:
        """Stop a server as an operator does.

        Raises:
            AssertionError: it did not end as promised.
        """
        await asyncio.to_thread(server.stop)

    async def primary(self) -> Mongod:
        """Return the member of the replica set that takes writes, once there is one."""
        async with asyncio.timeout(READY_SECONDS):
            while True:
                for mongod in self.mongods:
                    if await asyncio.to_thread(_is_primary, mongod):
                        return mongod
                await asyncio.sleep(0.1)

    async def whole(self) -> None:
        """Return once the replica set has one primary, and all others follow it."""
        async with asyncio.timeout(READY_SECONDS):
            await self.primary()
            for mongod in self.mongods:
                await until(lambda mongod=mongod: asyncio.to_thread(_is_member, mongod))  # type: ignore[misc]


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    """Return once it is so."""
    while not await is_so():  # noqa: ASYNC110 (nobody tells)
        await asyncio.sleep(0.05)


def _is_primary(mongod: Mongod) -> bool:
    try:
        return mongod.is_primary()
    except RuntimeError:  # it was killed
        return False


def _is_member(mongod: Mongod) -> bool:
    return mongod.is_secondary() or mongod.is_primary()


async def _door(server: ServerProcess) -> Proxy:
    door = Proxy(lambda: (server.host, server.port))
    await door.start()
    return door


async def _is_well(server: ServerProcess) -> bool:
    try:
        answer = await http(server, "GET", "/readyz")
    except (OSError, EOFError, TimeoutError, AssertionError, ValueError):
        return False
    return answer.status == 200 and answer.json()["broker"] == "ok"
