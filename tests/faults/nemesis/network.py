"""What lies between clients and servers."""

from __future__ import annotations

import asyncio
import random

from tests.faults.cluster import ALONE, MONGODB, SQLITE, Cluster
from tests.faults.nemesis.fault import fault


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


@fault(ALONE, SQLITE, MONGODB)
async def slow_link(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """lines of 64 kbit/s with a latency of a second each way; each send is answered within 10 s"""
    try:
        for door in cluster.doors:
            door.delay_seconds, door.bytes_per_second = 1.0, 64_000 / 8
        await asyncio.sleep(chance.uniform(seconds, seconds * 2))
    finally:
        for door in cluster.doors:
            door.delay_seconds = door.bytes_per_second = 0
