"""Several at once."""

from __future__ import annotations

import asyncio
import logging
import random

from tests.faults.cluster import MONGODB, SQLITE, Cluster
from tests.faults.nemesis.fault import FAULTS, fault

logger = logging.getLogger("parley.faults")


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
