"""Stores by the scheme of their URL: a third one is one file and one row here."""

from __future__ import annotations

from collections.abc import Callable

from chat.stores.base import Store


def _sqlite(url: str) -> Store:
    from chat.stores.sqlite import SQLiteStore

    return SQLiteStore(url.removeprefix("sqlite:"))


def _mongodb(url: str) -> Store:
    from chat.stores.mongo import MongoStore

    return MongoStore(url)


# An opener imports its driver itself: unused drivers are not loaded, and type checkers
# and one-file binaries see the import.
OPENERS: dict[str, Callable[[str], Store]] = {
    "sqlite": _sqlite,
    "mongodb": _mongodb,
    "mongodb+srv": _mongodb,
}


def open_store(url: str) -> Store:
    """Return the store of this URL, not yet connected.

    Raises:
        ValueError: the scheme is unknown, or the URL is malformed.
    """
    scheme, separator, _ = url.partition(":")
    opener = OPENERS.get(scheme)
    if not separator or opener is None:
        known = ", ".join(f"{name}:" for name in OPENERS)
        raise ValueError(f"must begin with one of {known}")
    return opener(url)
