"""Tests of stores are coroutines: ``async def test_…(store)``.

They run in the loop of one `asyncio.Runner` per test, in which their fixtures run too; that
needs no plugin. `store` is opened and empty. ``await open_store()`` opens a further one on
the same data: another process for a race, or, after ``await store.close()``, a restart.
`sqlite` is the one in a file at `path`.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from chat.stores.base import Store
from chat.stores.sqlite import SQLiteStore
from tests.chat.stores.backends import BACKENDS, NewStore

OpenStore = Callable[[], Awaitable[Store]]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine in the runner of its fixtures."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    runner = pyfuncitem._request.getfixturevalue("runner")
    runner.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(params=BACKENDS)
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> NewStore:
    return BACKENDS[request.param](tmp_path)


@pytest.fixture
def open_store(runner: asyncio.Runner, new_store: NewStore) -> Iterator[OpenStore]:
    opened: list[Store] = []

    async def open_one() -> Store:
        store = new_store()
        await store.open()
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        runner.run(store.close())


@pytest.fixture
def store(runner: asyncio.Runner, open_store: OpenStore) -> Store:
    async def open_one() -> Store:
        return await open_store()

    return runner.run(open_one())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "parley.db"


@pytest.fixture
def sqlite(runner: asyncio.Runner, path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(str(path))
    runner.run(store.open())
    yield store
    runner.run(store.close())
