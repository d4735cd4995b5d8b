"""What breaks: each fault breaks something, waits, and mends it again, whatever happens."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.faults.cluster import ALONE, MONGODB, SQLITE, Cluster

Strike = Callable[[Cluster, random.Random, float], Awaitable[None]]


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


@fault(ALONE, SQLITE, MONGODB)
async def kill_server(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """kill -9 of a server; it is started again"""
    server = chance.choice(cluster.servers)
    await asyncio.to_thread(server.kill)
    try:
        await asyncio.sleep(chance.uniform(0, seconds))
    finally:
        await cluster.restart(server)


@fault(SQLITE, MONGODB)
async def freeze_server(cluster: Cluster, chance: random.Random, seconds: float) -> None:
    """a server frozen, which wakes again"""
    server = chance.choice(cluster.servers)
    await cluster.freeze(server)
    try:
        await asyncio.sleep(chance.uniform(0.5, seconds))
    finally:
        await cluster.thaw(server)
