"""Files of the SQLite store from outside: what is in them, and other processes that use them."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parents[3]

# Opens the store in argv[1], runs `main(store)`, and closes it.
CHILD = """
import asyncio, resource, sqlite3, sys
from chat.errors import *
from chat.models import *
from chat.stores.sqlite import SQLiteStore
from tests.chat.stores.samples import *

{}

async def run():
    store = SQLiteStore(sys.argv[1])
    await store.open()
    await main(store)
    await store.close()

asyncio.run(run())
"""


def start(main: str, path: Path) -> subprocess.Popen[str]:
    """Start a child that runs `main`, the source of a coroutine function."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD.format(main), str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def is_sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as db:
        return bool(db.execute("PRAGMA integrity_check").fetchone() == ("ok",))


def content(path: str | Path) -> bytes:
    """Return what a file holds, nothing if it is none."""
    return Path(path).read_bytes() if Path(path).is_file() else b""


def overwrite(path: str | Path, data: bytes) -> None:
    Path(path).write_bytes(data)
