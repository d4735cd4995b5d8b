"""The broker of a single process: a set of topics and a call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import ClassVar, SupportsBytes

from brokers.base import Broker, Listener


class MemoryBroker(Broker):
    """Carries payloads within one process. Its lease lasts as long as the process."""

    crosses_processes: ClassVar[bool] = False

    def __init__(self) -> None:
        """Make a broker that nobody listens to yet."""
        self._listener: Listener | None = None
        self._topics: set[str] = set()
        self._held: dict[str, int] = {}

    async def open(self, listener: Listener) -> None:
        """Begin to call the listener."""
        self._listener = listener

    async def close(self) -> None:
        """Forget everything."""
        self._listener = None
        self._topics.clear()
        self._held.clear()

    def was_connected(self) -> bool:
        return True

    def is_connected(self) -> bool:
        """Return True: there is nothing between a process and itself."""
        return True

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Let payloads of these topics through."""
        self._topics.update(topics)

    def unsubscribe(self, topics: Iterable[str]) -> None:
        """Hold payloads of these topics back."""
        self._topics.difference_update(topics)

    def publish(self, topics: Sequence[str], payload: SupportsBytes) -> None:
        """Call the listener, if one of the topics is subscribed to."""
        if self._listener is not None and not self._topics.isdisjoint(topics):
            self._listener.received(payload)

    async def hold(self, name: str, count: int) -> int:
        """Set the count, and return it: nobody else holds anything."""
        if count:
            self._held[name] = count
        else:
            self._held.pop(name, None)
        return count

    async def held(self, names: Collection[str]) -> Mapping[str, int]:
        """Return the counts."""
        return {name: self._held[name] for name in names if name in self._held}

    def forget(self, name: str) -> None:
        """Do nothing: nobody else holds anything."""

    async def everybody(self) -> tuple[set[str], bool]:
        """Return all names."""
        return set(self._held), True
