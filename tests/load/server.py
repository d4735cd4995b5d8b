"""The server under the measurement: a process on its own core, with the limits off."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.acceptance.process import ServerProcess
from tests.load import machine

# The load is far beyond what one address or user may do; everything else is as delivered.
# `ServerProcess` hashes passwords at cost 4.
UNLIMITED = ("--message-rate", "0", "--login-rate", "0")

_numbers = itertools.count(1)


class Server(ServerProcess):
    """A server on its own core (or on `cores`)."""

    def __init__(self, directory: Path, *flags: str, cores: Sequence[int] = ()) -> None:
        """Its data is a new folder of `directory`."""
        super().__init__(directory / f"server-{next(_numbers)}", *UNLIMITED, *flags)
        self.cores = cores or (machine.SERVER_CORE,)
        self.seconds_to_ready = 0.0

    def start(self, *more: str) -> Server:
        began = time.perf_counter()
        with machine.on_cores(*self.cores):
            super().start(*more)
        self.seconds_to_ready = time.perf_counter() - began
        return self

    @property
    def pid(self) -> int:
        """The id of its process."""
        assert self._process is not None
        return self._process.pid


@contextmanager
def serving(directory: Path, *flags: str, cores: Sequence[int] = ()) -> Iterator[Server]:
    """Run a server.

    Raises:
        AssertionError: it did not start, did not end as it should, or logged a traceback.
    """
    server = Server(directory, *flags, cores=cores)
    try:
        server.start()
        yield server
    except BaseException:
        server.kill()
        raise
    server.stop()
