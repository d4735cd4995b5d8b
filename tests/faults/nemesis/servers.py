"""Parley's own processes: killed, frozen, restarted."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal

from tests.faults.cluster import ALONE, MONGODB, SQLITE, Cluster
from tests.faults.nemesis.fault import fault

# A little longer than a process's lease with Redis.
LEASE_SECONDS = 9.5


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


@fault(ALONE, SQLITE, MONGODB)
async def out_of_files(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """a server may open no more files (RLIMIT_NOFILE), and its clients are cut off meanwhile"""
    server = chance.choice(cluster.servers)
    pid, door = server.pid, cluster.doors[cluster.servers.index(server)]
    limit = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    open_files = len(await asyncio.to_thread(os.listdir, f"/proc/{pid}/fd"))
    try:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_files, limit[1]))
        await asyncio.sleep(chance.uniform(0, seconds / 2))
        # Of those who come back some find room, or nobody.
        fewer = open_files - chance.randint(4, 14)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (fewer, limit[1]))
        door.reset()
        await asyncio.sleep(chance.uniform(0.3, seconds))
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)
