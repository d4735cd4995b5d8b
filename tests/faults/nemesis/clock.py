"""Wall clocks that jump and that differ, by libfaketime; stopwatches are let alone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.acceptance.process import ROOT, ServerProcess
from tests.faults.cluster import ALONE, MONGODB, SQLITE, Cluster
from tests.faults.nemesis.fault import fault

# In seconds. Longer than a session may be idle (30 days), or live at all (90).
JUMPS = (3600, -3600, 31 * 86_400, -31 * 86_400, 100 * 86_400)
APART_SECONDS = 300

# Python's `time.sleep` (clock_nanosleep with an absolute time) fails by EINVAL under
# libfaketime 0.9.10, and MongoDB's driver has a thread that sleeps.
SLEEP = """
import threading, time
time.sleep = lambda seconds: threading.Event().wait(seconds)
"""


@fault(ALONE, SQLITE, MONGODB)
async def clock_jumps(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """the wall clock of one server or of all jumps: by an hour, a month, a hundred days"""
    chosen = chance.sample(cluster.servers, chance.randint(1, len(cluster.servers)))
    async with _clocks(chosen):
        for _ in range(chance.randint(2, 4)):
            off = chance.choice(JUMPS)
            for server in chosen:
                _set(server, off)
            await asyncio.sleep(chance.uniform(0.3, seconds / 2))


@fault(MONGODB)
async def clocks_apart(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """servers on two machines whose clocks are five minutes apart, from their start on"""
    one, other = chance.sample(cluster.servers, 2)
    async with _clocks([one], APART_SECONDS), _clocks([other], -APART_SECONDS):
        await asyncio.sleep(chance.uniform(0.5, seconds))


@asynccontextmanager
async def _clocks(servers: Sequence[ServerProcess], off: int = 0) -> AsyncIterator[None]:
    """Restart servers, one after the other, with clocks that can be set; and without."""
    before = [dict(server.settings) for server in servers]
    try:
        for server in servers:
            _set(server, off)
            _preload(server)
            await _again(server)
        yield
    finally:
        for server, settings in zip(servers, before, strict=True):
            _set(server, 0)
            server.settings = settings
            await _again(server)


async def _again(server: ServerProcess) -> None:
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)


def _set(server: ServerProcess, off: int) -> None:
    """Set a clock so many seconds ahead of the true one."""
    new = _file(server).with_suffix(".new")
    new.write_text(f"{off:+d}\n")
    new.replace(_file(server))  # It is read each time that somebody asks for the time.


def _file(server: ServerProcess) -> Path:
    return server.data_dir.with_suffix(".clock")


def _preload(server: ServerProcess) -> None:
    folder = server.data_dir.parent / "sleep"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(SLEEP)
    server.settings = server.settings | {
        "LD_PRELOAD": _library(),
        "FAKETIME_TIMESTAMP_FILE": str(_file(server)),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": f"{folder}:{server.settings.get('PYTHONPATH', ROOT)}",
    }


def _library() -> str:
    for path in Path("/usr/lib").glob("*/faketime/libfaketime.so.1"):
        return str(path)
    raise AssertionError("libfaketime is missing; Debian: apt install faketime")
