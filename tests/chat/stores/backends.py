"""The stores that the contract is tried on: a further one is a row here."""

import os
from collections.abc import Callable
from pathlib import Path

from chat.stores.base import Store
from chat.stores.mongo import MongoStore
from chat.stores.sqlite import SQLiteStore
from tests import mongo_server

NewStore = Callable[[], Store]

MONGODB_DATABASE = f"parley-test-{os.getpid()}"


def _sqlite(directory: Path) -> NewStore:
    return lambda: SQLiteStore(str(directory / "parley.db"))


def _mongodb(directory: Path) -> NewStore:
    server = mongo_server.shared_url()
    # One after the other: each is emptied for the next, which is faster than dropping it.
    mongo_server.empty_database(server, MONGODB_DATABASE)
    url = mongo_server.database_url(server, MONGODB_DATABASE)
    return lambda: MongoStore(url)


# Name → a function that is given an empty directory, prepares a fresh place for data (there
# or in a server), and returns a function that makes unopened stores, all on that data.
BACKENDS: dict[str, Callable[[Path], NewStore]] = {"sqlite": _sqlite, "mongodb": _mongodb}
