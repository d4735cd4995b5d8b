"""The disk, and the SQLite file on it."""

from __future__ import annotations

import asyncio
import random
import resource
import sqlite3
import time
from pathlib import Path

from tests.faults.cluster import ALONE, SQLITE, Cluster
from tests.faults.nemesis.fault import fault


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
