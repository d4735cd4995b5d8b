"""Redis: killed, frozen, cut off, full, and told nonsense."""

from __future__ import annotations

import asyncio
import random

import redis

from tests.faults.cluster import MONGODB, SQLITE, Cluster
from tests.faults.nemesis.fault import fault


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
