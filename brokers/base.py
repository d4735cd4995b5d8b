"""What Parley needs of a broker: topics and payloads, and leases. A broker knows no chat: a
payload is whatever has `bytes`.

The broker is a hint, the store is the truth: a broker may lose, repeat and reorder what
crosses processes, and those above it put that right. What it must never do is wait: to
publish returns at once, whatever state the network is in.

A *lease* is a process's sign of life. Names (for Parley: users) hang on the lease of the
process that holds them, and count as held until that process lets go of them, or dies and
its lease runs out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, SupportsBytes


@dataclass(frozen=True, slots=True)
class Listener:
    """What the process behind a broker wants to be told; all are called on its loop.

    Attributes:
        received: a payload arrived on a topic that is subscribed to, as it was published if
            that was here, else as bytes. Once, even if it was published to several such topics.
        gap: payloads on these topics may have been lost; on any topic, for None.
        departed: these names were held by a process that died, or that did not come back
            with the broker; told to at least one process.
        lapsed: this process was taken for dead, and has just hung its names on a new lease.
    """

    received: Callable[[Any], None]
    gap: Callable[[Collection[str] | None], None]
    departed: Callable[[Collection[str]], None]
    lapsed: Callable[[], None]


class Broker(ABC):
    """Carries payloads between the processes that share it."""

    crosses_processes: ClassVar[bool]
    """Whether several processes may share it."""

    @abstractmethod
    async def open(self, listener: Listener) -> None:
        """Connect, or begin to try. Returns also while the other side is away.

        Raises:
            ValueError: the other side is there and will never let us in; says why.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let go of the lease, and a moment later of what hangs on it. May be called twice."""

    @abstractmethod
    def was_connected(self) -> bool:
        """Whether payloads ever crossed to other processes."""

    @abstractmethod
    def is_connected(self) -> bool:
        """Whether payloads cross to other processes now."""

    @abstractmethod
    async def subscribe(self, topics: Iterable[str]) -> None:
        """Return once what is published to these topics arrives here.

        While the broker is away it returns at once; `Listener.gap` follows when it is back.
        No-op for a topic subscribed to already.
        """

    @abstractmethod
    def unsubscribe(self, topics: Iterable[str]) -> None:
        """Let go of topics. No-op for one not subscribed to."""

    @abstractmethod
    def publish(self, topics: Sequence[str], payload: SupportsBytes) -> None:
        """Hand a payload to whoever is subscribed to any of the topics.

        This process's own listener, if it is, has been called before this returns. Others
        follow in the order of the calls, or never. Does not wait and does not raise.
        """

    @abstractmethod
    async def hold(self, name: str, count: int) -> int:
        """Hang a name on this process's lease with a count; 0 takes it off.

        Returns:
            The sum of what all living processes hold of that name, as far as known.
        """

    @abstractmethod
    async def held(self, names: Collection[str]) -> Mapping[str, int]:
        """Return for each of `names` that is held the sum over all living processes."""

    @abstractmethod
    def forget(self, name: str) -> None:
        """Hear from who held a name that nobody does: what was known before is void."""

    @abstractmethod
    async def everybody(self) -> tuple[set[str], bool]:
        """Return the names that living processes hold, and whether these are all.

        They may not be while the broker is away, and for a moment after.
        """
