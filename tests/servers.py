"""Real servers for tests: what a MongoDB and a Redis have in common.

Each runs on a free port of 127.0.0.1 in a directory of its own, and ends with the tests at
the latest. `tests.mongo_server` and `tests.redis_server` have one to share, which is started
once for all tests of a session unless the environment names another, and as many as a test
wants for itself. There is no skip: a server that cannot be had is a failure.
"""

from __future__ import annotations

import atexit
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

START_SECONDS = 60.0


# Ports that no system gives to who asks for any: until a server listens, and while it is
# killed, nobody else gets its own. Each worker of pytest-xdist has every sixteenth.
_PORTS = range(10_000, 32_000, 16)
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 16
_given: set[int] = set()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on, another one each time."""
    while True:
        port = random.choice(_PORTS) + _WORKER
        if port in _given:
            continue
        _given.add(port)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue  # It is taken.
        return port


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
    """Return once something outside of this process is so.

    Raises:
        TimeoutError: it never was.
    """
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Server(ABC):
    """A program that can be killed, frozen and started again on its port."""

    def __init__(self) -> None:
        """Start it with an empty directory."""
        self.directory = Path(tempfile.mkdtemp(prefix="parley-test-"))
        atexit.register(shutil.rmtree, self.directory, ignore_errors=True)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.kill)
        self.start()

    @abstractmethod
    def command(self) -> list[str]:
        """Return what starts it."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it listens."""

    def start(self, *more: str) -> None:
        """Start it, again after it was killed; return once it answers.

        Args:
            more: options for this time.
        """
        with (self.directory / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [*self.command(), *more], stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        wait_until(lambda: self.check() and self.answers(), f"an answer of {self.command()[0]}")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Stop it without closing anything."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def check(self) -> bool:
        """Return whether it runs.

        Raises:
            RuntimeError: it has ended by itself.
        """
        if self._process is None or self._process.poll() is not None:
            output = (self.directory / "output").read_text("utf-8", "replace")
            raise RuntimeError(f"{self.command()[0]} has ended: {output[-2000:]}")
        return True
