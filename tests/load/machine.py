"""The machine under the measurement: which core does what, and what /proc says of it."""

from __future__ import annotations

import gc
import os
import platform
import resource
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# The server's core, and the one of its clients and databases: the first and the last of
# those that this process may use. With one core only they are the same, and figures worth
# little.
_ALLOWED = sorted(os.sched_getaffinity(0))
SERVER_CORE = _ALLOWED[0]
CLIENT_CORE = _ALLOWED[-1]

# What a process has open beside its connections.
OTHER_FILES = 100

SYNC_BYTES = 4096
SYNCS = 100

_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def on_cores(*cores: int) -> Iterator[None]:
    """Run on these cores; what is started meanwhile stays on them."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def without_pauses() -> Iterator[None]:
    """Keep Python's garbage collector from stopping the clients meanwhile."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def allow_connections(count: int) -> None:
    """See that this process, and the server that it starts, may hold so many connections.

    Raises:
        RuntimeError: the system allows too few open files.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < count + OTHER_FILES:
        raise RuntimeError(f"{count} connections need more open files than ulimit -Hn: {most}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process, all its threads and what they did in the
    kernel included; in steps of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process occupies, in bytes; `pss` shares out what several processes map."""

    rss: int
    pss: int


def memory(pid: int) -> Memory:
    """Return the memory of a process."""
    sizes = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        sizes[name] = int(rest.split()[0]) * 1024
    return Memory(sizes["Rss"], sizes["Pss"])


@dataclass(frozen=True, slots=True)
class Load:
    """Who used how much of the cores for a while; all in seconds.

    `others` is what neither the server nor this tool and its databases took of the
    server's core: with much of it, rates say little.
    """

    elapsed: float
    server: float
    client: float
    server_core: float
    client_core: float

    @property
    def others(self) -> float:
        """The part of the server's core that somebody else took, 0 to 1."""
        return max(0.0, self.server_core - self.server) / self.elapsed

    def __str__(self) -> str:
        parts = (self.server, self.server_core, self.client, self.client_core)
        server, server_core, client, client_core = (part / self.elapsed for part in parts)
        return (
            f"the server took {server:.0%} of its core, which was {server_core:.0%} busy; "
            f"the client {client:.0%} of its core, which was {client_core:.0%} busy"
        )

    @property
    def is_client_bound(self) -> bool:
        """Whether the clients were the ones that could not do more."""
        return self.client >= 0.9 * self.elapsed

    @property
    def is_client_core_full(self) -> bool:
        """Whether the clients and the databases together could not do more."""
        return self.client_core >= 0.97 * self.elapsed


class Meter:
    """Reads the `Load` of these servers and this process since it was made."""

    def __init__(self, pids: Sequence[int]) -> None:
        """Begin."""
        self._pids = pids
        self._before = self._read()

    def read(self) -> Load:
        """Return the load so far."""
        now = self._read()
        return Load(*(new - old for new, old in zip(now, self._before, strict=True)))

    def _read(self) -> tuple[float, float, float, float, float]:
        server = sum(map(cpu_seconds, self._pids))
        cores = (_busy_seconds(SERVER_CORE), _busy_seconds(CLIENT_CORE))
        return time.perf_counter(), server, time.process_time(), *cores


def describe() -> str:
    """Return one line about the machine."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return (
        f"{model}, {os.cpu_count()} cores, {gib:.0f} GiB; Linux {platform.release()}, "
        f"Python {platform.python_version()}; server on core {SERVER_CORE}, clients and "
        f"databases on core {CLIENT_CORE}; load average {os.getloadavg()[0]:.1f} at the start"
    )


def describe_disk(directory: Path) -> str:
    """Return how long the disk takes to keep 4 KiB, of which every commit waits for some."""
    block = bytes(SYNC_BYTES)
    taken: list[float] = []
    with (directory / "sync").open("wb", buffering=0) as file:
        for _ in range(2 * SYNCS):  # the first half makes the file as long as it stays
            file.seek(len(taken) % SYNCS * SYNC_BYTES)
            file.write(block)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - began) * 1e3)
    return f"fdatasync of 4 KiB {statistics.median(taken[SYNCS:]):.2f} ms"


def _busy_seconds(core: int) -> float:
    for line in Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name == f"cpu{core}":
            user, nice, system, _, _, irq, softirq, *_ = map(int, fields)
            return (user + nice + system + irq + softirq) / _TICKS
    raise LookupError(f"/proc/stat knows no core {core}")
