"""A whole installation on this machine, to try: ``make demo-cluster``.

It runs a Redis, a MongoDB replica set of one member, and two Parley servers over both, all on
127.0.0.1. Two ports are yours to choose, those of Redis and MongoDB are whatever is free.
What people write is kept in a directory of its own for the next time.

Ctrl-C, SIGTERM and SIGHUP stop everything, the servers first; a second one ends it at once.
(Only ``kill -9`` of this program leaves the parts behind.)
A part that ends by itself takes the others with it: exit status 1, and which one it was.
The parts are in process groups of their own, or Ctrl-C would take MongoDB away from servers
that are about to write to it. Settings in the environment (``PARLEY_…``) reach both servers.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from deploy import programs

HOST = "127.0.0.1"
CHECKOUT = Path(__file__).resolve().parent.parent
DATA_DIR = CHECKOUT / "data" / "demo-cluster"

START_SECONDS = 60.0
LOOK_SECONDS = 0.1
# A server promises 12 s; MongoDB writes down what it holds.
STOP_SECONDS = 20.0

MAX_SHOWN_CHARACTERS = 300

NOT_YET_INITIALIZED = 94  # MongoDB's error code for a member without a configuration


class DemoError(Exception):
    """The cluster cannot run, or not any longer; the text says why."""


class Part:
    """A running program of the cluster."""

    def __init__(self, name: str, url: str, process: asyncio.subprocess.Process, log: Path) -> None:
        """Take over a process that writes to `log`."""
        self.name = name
        self.url = url
        self.process = process
        self.log = log

    def __str__(self) -> str:
        return f"{self.name:<12} pid {self.process.pid:<8} {self.url}"

    async def watch(self) -> None:
        """Wait for its end.

        Raises:
            DemoError: always; cancel this where the end is wanted.
        """
        status = await self.process.wait()
        if status < 0:
            raise DemoError(f"{self.name} was ended by signal {-status}; its log is {self.log}")
        lines = self.log.read_text("utf-8", "replace").splitlines()
        last = lines[-1][:MAX_SHOWN_CHARACTERS] if lines else "nothing"
        raise DemoError(f"{self.name} ended with status {status}; {self.log} ends with: {last}")

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        if self.process.returncode is None:
            self.process.send_signal(number)


class Cluster:
    """Redis, MongoDB and the servers, in one directory."""

    def __init__(self, ports: Sequence[int], directory: Path) -> None:
        """Nothing is started yet."""
        self._ports = ports
        self._directory = directory
        self._backing: list[Part] = []
        self._servers: list[Part] = []

    async def run(self) -> None:
        """Start everything, say so, and run until this is cancelled; stop everything then.

        Raises:
            DemoError: something could not be started, or has ended by itself.
        """
        try:
            async with asyncio.TaskGroup() as watching:
                await self._start(watching)
                self._say_ready()
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        finally:
            await self._stop()

    def kill(self) -> None:
        """End everything at once."""
        for part in self._servers + self._backing:
            part.signal(signal.SIGKILL)

    async def _start(self, watching: asyncio.TaskGroup) -> None:
        async def start(name: str, url: str, *command: str) -> Part:
            log = self._directory / f"{name}.log"
            with log.open("ab") as output:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    cwd=CHECKOUT,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    process_group=0,
                )
            part = Part(name, url, process, log)
            watching.create_task(part.watch())
            return part

        port = free_port()
        broker = f"redis://{HOST}:{port}/0"
        # It keeps nothing: events are of the moment, and messages are in MongoDB.
        command = [programs.redis_server(), "--bind", HOST, "--port", str(port)]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self._directory)]
        self._backing.append(await start("redis", broker, *command))
        await answer_of_redis(port)

        port = free_port()
        store = f"mongodb://{HOST}:{port}/parley?replicaSet=rs0"
        database = self._directory / "mongod"
        database.mkdir(exist_ok=True)
        command = [programs.mongod(), "--bind_ip", HOST, "--port", str(port), "--nounixsocket"]
        command += ["--dbpath", str(database), "--replSet", "rs0", "--quiet"]
        command += ["--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25"]
        self._backing.append(await start("mongod", store, *command))
        await make_primary(port)

        for port in self._ports:
            command = [sys.executable, "-m", "chat", "serve", "--host", HOST, "--port", str(port)]
            command += ["--store", store, "--broker", broker, "--data-dir", str(self._directory)]
            url = f"http://{HOST}:{port}/"
            self._servers.append(await start(f"parley-{port}", url, *command))
        for port in self._ports:
            await until(partial(is_ready, port), f"the server on port {port}")

    def _say_ready(self) -> None:
        for part in self._backing + self._servers:
            print(part)
        print("Parley is ready on", " and ".join(server.url for server in self._servers))
        print(f"What is written is kept in {self._directory}. Ctrl-C stops everything.", flush=True)

    async def _stop(self) -> None:
        for parts in (self._servers, self._backing):
            for part in parts:
                part.signal(signal.SIGTERM)
            ends = [asyncio.create_task(part.process.wait()) for part in parts]
            if ends and (await asyncio.wait(ends, timeout=STOP_SECONDS))[1]:
                for part in parts:
                    part.signal(signal.SIGKILL)
                await asyncio.wait(ends)


async def answer_of_redis(port: int) -> None:
    """Wait until a Redis listens.

    Raises:
        DemoError: it never did.
    """

    async def answers() -> bool:
        async with Redis(host=HOST, port=port) as client:
            try:
                await client.ping()
            except RedisConnectionError:
                return False
        return True

    await until(answers, "Redis")


async def make_primary(port: int) -> None:
    """Make a mongod the only member of its replica set, and wait until it takes writes.

    Raises:
        DemoError: it never did.
    """
    address = f"{HOST}:{port}"
    member = AsyncMongoClient[dict[str, object]](
        address, directConnection=True, serverSelectionTimeoutMS=round(START_SECONDS * 1000)
    )

    async def takes_writes() -> bool:
        return bool((await member.admin.command("hello"))["isWritablePrimary"])

    async with member:
        try:
            try:
                config = (await member.admin.command("replSetGetConfig"))["config"]
            except OperationFailure as error:
                if error.code != NOT_YET_INITIALIZED:
                    raise
                config = {
                    "_id": "rs0",
                    "members": [{"_id": 0, "host": address}],
                    # How long it waits for itself (10 s by default) when its port has changed.
                    "settings": {"electionTimeoutMillis": 1000},
                }
                await member.admin.command("replSetInitiate", config)
            if config["members"][0]["host"] != address:
                # It has another port than the last time, and takes itself for removed.
                config["members"][0]["host"] = address
                config["version"] += 1
                await member.admin.command("replSetReconfig", config, force=True)
            await until(takes_writes, "MongoDB")
        except PyMongoError as error:
            raise DemoError(f"MongoDB does not do its part: {error}") from error


async def is_ready(port: int) -> bool:
    """Whether a server says that it can do everything."""
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    try:
        writer.write(f"GET /readyz HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        return b" 200 " in await reader.readline()
    except ConnectionError:
        return False
    finally:
        writer.close()


async def until(is_so: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until something outside of this process is so.

    Raises:
        DemoError: it never was.
    """
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await is_so():  # noqa: ASYNC110 (nobody could set an event)
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        raise DemoError(f"{what} does not answer within {START_SECONDS:.0f} s") from None


def free_port() -> int:
    """Return a port that nobody listened on a moment ago."""
    with socket.create_server((HOST, 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


async def run(cluster: Cluster) -> None:
    """Run a cluster until a signal ends it.

    Raises:
        DemoError: see `Cluster.run`.
    """
    running = asyncio.create_task(cluster.run())
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if running.cancelling():
            cluster.kill()
        else:
            print("Stopping ...", flush=True)
            running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    # Cancelled by nobody but `stop`.
    await asyncio.wait([running])
    if not running.cancelled():
        running.result()


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="demo-cluster", description="Parley twice, to try.")
    parser.add_argument("--ports", nargs=2, type=int, default=(8888, 8889), metavar="N")
    parser.add_argument("--data-dir", type=Path, default=DATA_DIR, metavar="PATH")
    given = parser.parse_args()
    directory = given.data_dir.absolute()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with FileLock(directory / "lock", blocking=False):
            asyncio.run(run(Cluster(given.ports, directory)))
    except Timeout:
        return fail(f"a demo cluster runs in {directory} already")
    except (DemoError, OSError) as error:
        return fail(str(error))
    return 0


def fail(reason: str) -> int:
    """Say why; return the exit status."""
    print(f"demo-cluster: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
