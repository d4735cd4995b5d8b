"""MongoDB and Redis beside the clients, on their core."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from tests.load import machine
from tests.mongo_server import Mongod, database_url, initiate
from tests.redis_server import RedisServer

_numbers = itertools.count(1)


@contextmanager
def mongodb() -> Iterator[str]:
    """Run a replica set of one member; its URL names an empty database."""
    with machine.on_cores(machine.CLIENT_CORE):
        mongod = Mongod()
    try:
        yield database_url(initiate([mongod]), f"load{next(_numbers)}")
    finally:
        mongod.kill()
        shutil.rmtree(mongod.directory, ignore_errors=True)


@contextmanager
def redis() -> Iterator[str]:
    """Run a Redis that keeps nothing on the disk; its URL."""
    with machine.on_cores(machine.CLIENT_CORE):
        server = RedisServer()
    try:
        yield server.url
    finally:
        server.kill()
