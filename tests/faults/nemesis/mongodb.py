"""The replica set: its primary, its majority, its memory."""

from __future__ import annotations

import asyncio
import contextlib
import random

from pymongo.errors import PyMongoError

from tests.faults.cluster import MONGODB, Cluster
from tests.faults.nemesis.fault import fault
from tests.mongo_server import Mongod


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
        await _copy_again(others)
    await asyncio.sleep(chance.uniform(0, seconds))
    await _return_after_another(cluster, primary)


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
        await _copy_again(others)
        await cluster.restart(server)
    await _return_after_another(cluster, primary)


async def _copy_again(mongods: list[Mongod]) -> None:
    """Let all copy, also when one of them does not answer."""
    off = _copying(is_stopped=False)
    await asyncio.gather(*(asyncio.to_thread(mongod.ask, off) for mongod in mongods))


async def _return_after_another(cluster: Cluster, primary: Mongod) -> None:
    """Start the old primary once there is another, and also when there is none in time."""
    try:
        await cluster.primary()
    finally:
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
