"""A Redis for a test to ill-treat, and a broker of each kind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from brokers.base import Broker
from brokers.memory import MemoryBroker
from brokers.redis import RedisBroker
from tests.redis_server import RedisServer, shared_url


@pytest.fixture
def redis_url() -> str:
    """The URL of a Redis that answers."""
    return shared_url()


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A Redis of this test's own, to be ill-treated."""
    server = RedisServer()
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def names_do_not_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a test not find the names of the one before it."""
    monkeypatch.setattr("brokers.redis_leases.LINGER_MS", 1)


# The brokers that the contract is tried on: a further one is a row here.
BACKENDS: dict[str, Callable[[], Broker]] = {
    "memory": MemoryBroker,
    "redis": lambda: RedisBroker(shared_url()),
}


@pytest.fixture(params=BACKENDS)
def new_broker(request: pytest.FixtureRequest) -> Callable[[], Broker]:
    """Return a function that makes a broker of each kind in turn; those that cross
    processes share what they carry."""
    return BACKENDS[request.param]


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Return once a condition holds that nothing announces."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (nobody could set an event)
            await asyncio.sleep(0.005)
