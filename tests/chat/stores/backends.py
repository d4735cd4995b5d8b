"""The stores that the contract is tried on: a further one is a row here."""

from collections.abc import Callable
from pathlib import Path

from chat.stores.base import Store
from chat.stores.sqlite import SQLiteStore

NewStore = Callable[[], Store]


def _sqlite(directory: Path) -> NewStore:
    return lambda: SQLiteStore(str(directory / "parley.db"))


# Name → a function that is given an empty directory, prepares a fresh place for data (there
# or in a server), and returns a function that makes unopened stores, all on that data.
BACKENDS: dict[str, Callable[[Path], NewStore]] = {"sqlite": _sqlite}
