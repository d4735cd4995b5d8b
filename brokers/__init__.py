"""Brokers by the scheme of their URL: a third one is one file and one row here."""

from __future__ import annotations

from collections.abc import Callable

from brokers.base import Broker


def _memory(url: str) -> Broker:
    from brokers.memory import MemoryBroker

    if url != "memory:":
        raise ValueError("takes nothing behind memory:")
    return MemoryBroker()


def _redis(url: str) -> Broker:
    from brokers.redis import RedisBroker

    return RedisBroker(url)


# An opener imports its driver itself: unused drivers are not loaded, and type checkers
# and one-file binaries see the import.
OPENERS: dict[str, Callable[[str], Broker]] = {
    "memory": _memory,
    "redis": _redis,
    "rediss": _redis,
    "unix": _redis,
}


def open_broker(url: str) -> Broker:
    """Return the broker of this URL, not yet connected.

    Raises:
        ValueError: the scheme is unknown, or the URL is malformed.
    """
    scheme, separator, _ = url.partition(":")
    opener = OPENERS.get(scheme)
    if not separator or opener is None:
        known = ", ".join(f"{name}:" for name in OPENERS)
        raise ValueError(f"must begin with one of {known}")
    return opener(url)
