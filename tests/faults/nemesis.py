"""What breaks: each fault breaks something, waits, and mends it again, whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path

import redis
from pymongo.errors import PyMongoError

from tests.faults.cluster import ALONE, MONGODB, SQLITE, Cluster

logger = logging.getLogger("parley.faults")

# A little longer than a process's lease with Redis.
LEASE_SECONDS = 9.5

Strike = Callable[[Cluster, random.Random, float], Coroutine[None, None, None]]


@dataclass(frozen=True)
class Fault:
    """Something to break, in clusters of these kinds."""

    name: str
    what: str
    kinds: tuple[str, ...]
    strike: Strike


FAULTS: dict[str, Fault] = {}


def fault(*kinds: str) -> Callable[[Strike], Strike]:
    """Register a fault under its function's name; its docstring says what it is."""

    def register(strike: Strike) -> Strike:
        name = strike.__name__.replace("_", "-")
        FAULTS[name] = Fault(name, (strike.__doc__ or "").strip(), kinds, strike)
        return strike

    return register


# Servers


@fault(ALONE, SQLITE, MONGODB)
async def kill_server(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """kill -9 of a server; it is started again"""
    server = chance.choice(cluster.servers)
    await asyncio.to_thread(server.kill)
    try:
        await asyncio.sleep(chance.uniform(0, seconds))
    finally:
        await cluster.restart(server)


@fault(ALONE, SQLITE, MONGODB)
async def kill_often(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """kill -9 of one server after the other, at once started again"""
    for _ in range(chance.randint(3, 5)):
        server = chance.choice(cluster.servers)
        await asyncio.to_thread(server.kill)
        await cluster.restart(server)
        await asyncio.sleep(chance.uniform(0, seconds / 5))


@fault(SQLITE, MONGODB)
async def freeze_server(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """a server frozen, which wakes again"""
    server = chance.choice(cluster.servers)
    server.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(chance.uniform(0.5, seconds))
    finally:
        server.signal(signal.SIGCONT)


@fault(SQLITE, MONGODB)
async def zombie(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """a server frozen for longer than its lease, which wakes again"""
    server = chance.choice(cluster.servers)
    server.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(LEASE_SECONDS + chance.uniform(0.5, seconds))
    finally:
        server.signal(signal.SIGCONT)


@fault(ALONE, SQLITE, MONGODB)
async def restart_servers(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """SIGTERM of one server after the other, each started again"""
    servers = list(cluster.servers)
    chance.shuffle(servers)
    for server in servers:
        await cluster.stop(server)
        await cluster.restart(server)
        await asyncio.sleep(chance.uniform(0, seconds / 4))


@fault(SQLITE, MONGODB)
async def die_unannounced(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """Redis frozen, and a server killed that has stored what it could tell nobody"""
    assert cluster.redis is not None
    server = chance.choice(cluster.servers)
    cluster.redis.freeze()
    try:
        await asyncio.sleep(chance.uniform(0.1, 1))
        await asyncio.to_thread(server.kill)
    finally:
        cluster.redis.thaw()
        await asyncio.sleep(chance.uniform(0, seconds))
        await cluster.restart(server)


# Redis


@fault(SQLITE, MONGODB)
async def kill_redis(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """kill -9 of Redis, which comes back empty"""
    assert cluster.redis is not None
    await asyncio.to_thread(cluster.redis.kill)
    try:
        await asyncio.sleep(chance.uniform(0, seconds))
    finally:
        await asyncio.to_thread(cluster.redis.start)


@fault(SQLITE, MONGODB)
async def freeze_redis(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """Redis frozen, which wakes again"""
    assert cluster.redis is not None
    cluster.redis.freeze()
    try:
        await asyncio.sleep(chance.uniform(0.3, seconds))
    finally:
        cluster.redis.thaw()


@fault(SQLITE, MONGODB)
async def cut_redis(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """Redis cut off from one server, both ways or one way, with or without a reset"""
    wire = chance.choice(cluster.wires)
    up, down = chance.choice([(True, True), (True, False), (False, True)])
    wire.hold(up=up, down=down)
    try:
        await asyncio.sleep(chance.uniform(0.3, seconds))
    finally:
        if chance.random() < 0.5:
            wire.reset()
        wire.release()


@fault(SQLITE, MONGODB)
async def kill_subscribers(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """CLIENT KILL TYPE pubsub, again and again"""
    assert cluster.redis is not None
    with cluster.redis.client() as client:
        for _ in range(chance.randint(1, 4)):
            await asyncio.to_thread(client.client_kill_filter, _type="pubsub")
            await asyncio.sleep(chance.uniform(0, seconds / 3))


@fault(SQLITE, MONGODB)
async def overflow(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """Redis cuts off subscribers whose output buffers overflow, by garbage on our channels"""
    assert cluster.redis is not None
    with cluster.redis.client() as client:
        limit = "client-output-buffer-limit"
        await asyncio.to_thread(client.config_set, limit, "pubsub 32kb 16kb 1")
        try:
            for _ in range(chance.randint(2, 5)):
                for channel in await _our_channels(client, chance):
                    size = chance.choice([0, 20, 60_000, 2_000_000])
                    await asyncio.to_thread(client.publish, channel, chance.randbytes(size))
                await asyncio.sleep(chance.uniform(0, seconds / 3))
        finally:
            await asyncio.to_thread(client.config_set, limit, "pubsub 32mb 8mb 60")


@fault(SQLITE, MONGODB)
async def garbage(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """unreadable, broken and huge payloads on our channels, and keys of a wrong type"""
    assert cluster.redis is not None
    with cluster.redis.client() as client:
        for _ in range(chance.randint(3, 8)):
            for channel in await _our_channels(client, chance):
                size = chance.choice([0, 1, 20, 1000, 10_000_000])
                await asyncio.to_thread(client.publish, channel, chance.randbytes(size))
            for key in await asyncio.to_thread(client.keys, "parley:held:*"):
                if chance.random() < 0.5:
                    await asyncio.to_thread(client.set, key, "not a hash", px=500)
            await asyncio.sleep(chance.uniform(0, seconds / 4))


@fault(SQLITE, MONGODB)
async def full_redis(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """Redis out of memory: it refuses writes"""
    assert cluster.redis is not None
    with cluster.redis.client() as client:
        await asyncio.to_thread(client.config_set, "maxmemory", "1")
        try:
            await asyncio.sleep(chance.uniform(0.3, seconds))
        finally:
            await asyncio.to_thread(client.config_set, "maxmemory", "0")


async def _our_channels(client: redis.Redis, chance: random.Random) -> list[bytes]:
    channels: list[bytes] = await asyncio.to_thread(client.pubsub_channels, "parley:*")  # type: ignore[arg-type]
    return chance.sample(sorted(channels), min(3, len(channels)))


# Clients


@fault(ALONE, SQLITE, MONGODB)
async def flapping(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """clients cut off from servers for moments: reset, half closed, held, delayed"""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    try:
        while loop.time() < end:
            door = chance.choice(cluster.doors)
            what = chance.choice(["reset", "half close", "hold", "one way", "delay"])
            if what == "reset":
                door.reset()
            elif what == "half close":
                door.half_close()
            elif what == "delay":
                door.delay_seconds = chance.uniform(0.05, 1)
            else:
                up = what == "hold" or chance.random() < 0.5
                door.hold(up=up, down=what == "hold" or not up)
            await asyncio.sleep(chance.uniform(0.2, seconds / 3))
            door.delay_seconds = 0
            door.release()
    finally:
        for door in cluster.doors:
            door.delay_seconds = 0
            door.release()


@fault(ALONE, SQLITE, MONGODB)
async def lose_answers(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """a slow network, and connections reset while answers are on their way"""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    try:
        while loop.time() < end:
            for door in cluster.doors:
                door.delay_seconds = 0.1
            await asyncio.sleep(chance.uniform(0.2, 0.6))
            chance.choice(cluster.doors).reset()
    finally:
        for door in cluster.doors:
            door.delay_seconds = 0


@fault(ALONE, SQLITE, MONGODB)
async def vanish(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """all who are at one server vanish without a word, and come back to any"""
    door = chance.choice(cluster.doors)
    door.abandon()
    await asyncio.sleep(seconds)


# SQLite


@fault(ALONE, SQLITE)
async def lock_database(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """the SQLite file locked by another program"""
    await asyncio.to_thread(_lock, cluster.database, chance.uniform(0.3, seconds * 1.5))


def _lock(path: Path, seconds: float) -> None:
    db = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        db.execute("BEGIN EXCLUSIVE")
        time.sleep(seconds)
        db.execute("ROLLBACK")
    finally:
        db.close()


@fault(ALONE, SQLITE)
async def full_disk(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """files cannot grow any more (RLIMIT_FSIZE), as on a full disk"""
    servers = [server.pid for server in cluster.servers]
    limits = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in servers}
    size = chance.choice([0, cluster.database.stat().st_size])
    try:
        for pid, (_, hard) in limits.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
        await asyncio.sleep(chance.uniform(0.3, seconds))
    finally:
        for pid, limit in limits.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)


@fault(ALONE, SQLITE)
async def slow_disk(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """every fsync takes longer, by up to half a second (strace)"""
    delay = chance.randint(50_000, 500_000)
    inject = f"inject=fsync,fdatasync:delay_enter={delay}"
    await _strace(cluster, inject, chance.uniform(1, seconds))


@fault(ALONE, SQLITE)
async def broken_disk(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """some writes and fsyncs fail with EIO or ENOSPC (strace)"""
    calls = chance.choice(["pwrite64", "fsync,fdatasync"])
    error = chance.choice(["EIO", "ENOSPC"])
    first, step = chance.randint(1, 20), chance.randint(2, 10)
    inject = f"inject={calls}:error={error}:when={first}+{step}"
    await _strace(cluster, inject, chance.uniform(0.5, seconds))


async def _strace(cluster: Cluster, inject: str, seconds: float) -> None:
    """Interfere with the system calls of all servers for so long."""
    tracers = [
        await asyncio.create_subprocess_exec(
            *("strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,pwrite64", "-e", inject),
            *("-o", "/dev/null", "-p", str(server.pid)),
            stdin=asyncio.subprocess.DEVNULL,
        )
        for server in cluster.servers
    ]
    try:
        await asyncio.sleep(seconds)
    finally:
        for tracer in tracers:
            if tracer.returncode is None:
                tracer.terminate()
            await tracer.wait()


# MongoDB


@fault(MONGODB)
async def step_down(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """replSetStepDown of the primary"""
    for _ in range(chance.randint(1, 2)):
        primary = await cluster.primary()
        command = {"replSetStepDown": 2, "secondaryCatchUpPeriodSecs": 1, "force": True}
        with contextlib.suppress(PyMongoError):
            await asyncio.to_thread(primary.ask, command)
        await asyncio.sleep(chance.uniform(0, seconds / 2))
    await cluster.whole()


@fault(MONGODB)
async def kill_primary(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """kill -9 of the primary; it is started again"""
    primary = await cluster.primary()
    await asyncio.to_thread(primary.kill)
    try:
        await asyncio.sleep(chance.uniform(0, seconds))
    finally:
        await asyncio.to_thread(primary.start)
        await cluster.whole()


@fault(MONGODB)
async def freeze_primary(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """the primary frozen, which wakes when there is another"""
    primary = await cluster.primary()
    primary.freeze()
    try:
        await asyncio.sleep(chance.uniform(0.5, seconds * 2))
    finally:
        primary.thaw()
        await cluster.whole()


@fault(MONGODB)
async def lose_majority(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """both secondaries killed or frozen: nothing can be acknowledged"""
    primary = await cluster.primary()
    others = [mongod for mongod in cluster.mongods if mongod is not primary]
    is_frozen = chance.random() < 0.5
    for mongod in others:
        await asyncio.to_thread(mongod.freeze if is_frozen else mongod.kill)
    try:
        await asyncio.sleep(chance.uniform(1, seconds * 2))
    finally:
        for mongod in others:
            await asyncio.to_thread(mongod.thaw if is_frozen else mongod.start)
        await cluster.whole()


@fault(MONGODB)
async def power_cut(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """kill -9 of all three mongods at once: only their journals are left"""
    for mongod in cluster.mongods:
        await asyncio.to_thread(mongod.kill)
    try:
        await asyncio.sleep(chance.uniform(0, seconds / 2))
    finally:
        for mongod in cluster.mongods:
            await asyncio.to_thread(mongod.start)
        await cluster.whole()


@fault(MONGODB)
async def rollback_trap(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """secondaries that copy nothing, repeats meanwhile, and then the primary dies"""
    primary = await cluster.primary()
    others = [mongod for mongod in cluster.mongods if mongod is not primary]
    for mongod in others:
        await asyncio.to_thread(mongod.ask, _copying(is_stopped=True))
    try:
        await asyncio.sleep(chance.uniform(1, seconds))
        await asyncio.to_thread(primary.kill)
    finally:
        for mongod in others:
            await asyncio.to_thread(mongod.ask, _copying(is_stopped=False))
    await asyncio.sleep(chance.uniform(0, seconds))
    await cluster.primary()
    await asyncio.to_thread(primary.start)
    await cluster.whole()


@fault(MONGODB)
async def hole_trap(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """the same, and with the primary dies the server that alone could repeat its part"""
    primary = await cluster.primary()
    others = [mongod for mongod in cluster.mongods if mongod is not primary]
    server = chance.choice(cluster.servers)
    for mongod in others:
        await asyncio.to_thread(mongod.ask, _copying(is_stopped=True))
    try:
        await asyncio.sleep(chance.uniform(0.2, seconds / 2))
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(chance.uniform(0, 0.5))
        await asyncio.to_thread(primary.kill)
    finally:
        for mongod in others:
            await asyncio.to_thread(mongod.ask, _copying(is_stopped=False))
        await cluster.restart(server)
    await cluster.primary()
    await asyncio.to_thread(primary.start)
    await cluster.whole()


def _copying(*, is_stopped: bool) -> dict[str, object]:
    return {"configureFailPoint": "stopReplProducer", "mode": "alwaysOn" if is_stopped else "off"}


@fault(MONGODB)
async def drain_frozen(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """SIGTERM of a server whose store is frozen: it ends within 12 s all the same"""
    server = chance.choice(cluster.servers)
    for mongod in cluster.mongods:
        mongod.freeze()
    try:
        await asyncio.sleep(chance.uniform(0, 0.5))
        await cluster.stop(server)
    finally:
        for mongod in cluster.mongods:
            mongod.thaw()
        await cluster.whole()
        await cluster.restart(server)


# Everything


@fault(SQLITE, MONGODB)
async def storm(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """a server, Redis, clients and the store, all at once"""
    names = [
        chance.choice(["kill-server", "kill-often", "freeze-server", "restart-servers"]),
        chance.choice(["kill-redis", "freeze-redis", "cut-redis", "kill-subscribers", "overflow"]),
        chance.choice(["flapping", "vanish"]),
    ]
    if cluster.kind == MONGODB:
        names.append(chance.choice(["step-down", "kill-primary", "freeze-primary"]))
    else:
        names.append("lock-database")
    names = chance.sample(names, chance.randint(2, len(names)))
    logger.info("storm: %s", ", ".join(names))
    strikes = (
        FAULTS[name].strike(cluster, random.Random(chance.getrandbits(32)), seconds)
        for name in names
    )
    async with asyncio.TaskGroup() as group:
        for strike in strikes:
            group.create_task(strike)
