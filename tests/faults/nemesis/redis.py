"""Redis: killed, frozen, cut off, full, and told nonsense."""

from __future__ import annotations

import asyncio
import random

import redis

from tests.faults.cluster import MONGODB, SQLITE, Cluster
from tests.faults.nemesis.fault import fault
from tests.faults.proxy import Proxy
from tests.redis_server import RedisServer

FILLERS = 20
FILLER_BYTES = 1 << 20


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
            for key in await asyncio.to_thread(client.keys, "parley:[hn]*"):
                if chance.random() < 0.5:
                    await asyncio.to_thread(client.set, key, "neither a hash nor a set")
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


@fault(SQLITE, MONGODB)
async def wrong_password(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """Redis wants another password (CONFIG SET requirepass), and cuts everybody off"""
    assert cluster.redis is not None
    with cluster.redis.client() as client:
        await asyncio.to_thread(client.config_set, "requirepass", "another")
        try:
            for kind in ("normal", "pubsub"):
                await asyncio.to_thread(client.client_kill_filter, _type=kind)
            await asyncio.sleep(chance.uniform(0.3, seconds))
        finally:
            await asyncio.to_thread(client.config_set, "requirepass", "")


@fault(SQLITE, MONGODB)
async def read_only_redis(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """Redis is the replica of one that is not there: it refuses writes"""
    assert cluster.redis is not None
    with cluster.redis.client() as client:
        await asyncio.to_thread(client.slaveof, "127.0.0.1", 1)
        try:
            await asyncio.sleep(chance.uniform(0.3, seconds))
        finally:
            await asyncio.to_thread(client.slaveof)


@fault(SQLITE, MONGODB)
async def load_redis(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """Redis is killed, and takes its time to load what it had saved a while before"""
    assert cluster.redis is not None
    with cluster.redis.client() as client:
        # It answers (LOADING) after each two megabytes.
        for number in range(FILLERS):
            filler = chance.randbytes(FILLER_BYTES)
            await asyncio.to_thread(client.set, f"filler:{number}", filler)
        await asyncio.to_thread(client.save)
        await asyncio.sleep(chance.uniform(0, seconds / 2))
    await asyncio.to_thread(cluster.redis.kill)
    delay = round(chance.uniform(0.3, seconds) * 1e6 / FILLERS)
    try:
        await asyncio.to_thread(cluster.redis.start, "--key-load-delay", str(delay))
    finally:
        (cluster.redis.directory / "dump.rdb").unlink()
        with cluster.redis.client() as client:
            await asyncio.to_thread(client.delete, *map("filler:{}".format, range(FILLERS)))


@fault(SQLITE, MONGODB)
async def fail_over(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """Redis fails over to a replica, which has missed the last writes and is promoted late"""
    assert cluster.redis is not None
    master = cluster.redis
    link = Proxy(lambda: ("127.0.0.1", master.port))
    await link.start()
    try:
        replica = await asyncio.to_thread(RedisServer, "--replicaof", link.host, str(link.port))
        with replica.client() as client:
            while (await asyncio.to_thread(client.info))["master_link_status"] != "up":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            link.hold()
            if chance.random() < 0.7:  # People move to another server, which is missed.
                chance.choice(cluster.doors).reset()
            await asyncio.sleep(chance.uniform(0, seconds / 2))
            await asyncio.to_thread(master.kill)
            cluster.redis = replica
            await asyncio.sleep(chance.uniform(0, seconds / 4))
        await asyncio.to_thread(replica.promote)
    finally:
        await link.close()


async def _our_channels(client: redis.Redis, chance: random.Random) -> list[bytes]:
    channels: list[bytes] = await asyncio.to_thread(client.pubsub_channels, "parley:*")  # type: ignore[arg-type]
    return chance.sample(sorted(channels), min(3, len(channels)))
