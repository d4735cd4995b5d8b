"""A real redis-server for tests, without a file: what it held is gone when it ends."""

from __future__ import annotations

import os
from functools import cache

import redis

from deploy import programs
from tests.servers import Server

PROMISED_SECONDS = 10.0


class RedisServer(Server):
    """One redis-server of a test's own."""

    def __init__(self, *options: str) -> None:
        """Start one; `options` go to its command line."""
        self._options: tuple[str, ...] = options
        super().__init__()

    @property
    def url(self) -> str:
        """The URL of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        """Return a plain client, to look and to interfere."""
        return redis.Redis(port=self.port)

    def promote(self) -> None:
        """Make a master of a replica, for good."""
        self._options = ()
        with self.client() as client:
            client.slaveof()

    def command(self) -> list[str]:
        command = [programs.redis_server(), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--dir", str(self.directory), "--save", "", "--appendonly", "no"]
        return [*command, *self._options]

    def answers(self) -> bool:
        with self.client() as client:
            try:
                client.ping()
            except redis.ConnectionError:
                return False
        return True


@cache
def shared_url() -> str:
    """Return the URL of a Redis for all tests: that of PARLEY_TEST_REDIS, or one of our own."""
    promised = os.environ.get("PARLEY_TEST_REDIS")
    if not promised:
        return RedisServer().url
    with redis.Redis.from_url(promised, socket_connect_timeout=PROMISED_SECONDS) as client:
        client.ping()
    return promised
