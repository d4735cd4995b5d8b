"""A server for the tests of a module, and coroutines as tests, all with a deadline."""

import asyncio
import inspect
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.client import World
from tests.acceptance.process import ServerProcess, shared_by_processes

DEADLINE_SECONDS = 180.0  # for the slowest of them on a busy machine
# Tests register and send more in a minute than people do; the limits have tests of their own.
ACROSS_PROCESSES = {"test_access", "test_convergence", "test_events", "test_messages", "test_races"}
UNLIMITED = ("--login-rate", "0", "--message-rate", "0")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    worlds = [each for each in pyfuncitem.funcargs.values() if isinstance(each, World)]

    async def run() -> None:
        failed = True
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await pyfuncitem.obj(**arguments)
            failed = False
        finally:
            for world in worlds:
                try:
                    await world.close()
                except AssertionError as exc:
                    if not failed:
                        raise
                    print(f"and the ledger says: {exc}")

    asyncio.run(run())
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    server = getattr(item, "funcargs", {}).get("server")
    if report.failed and isinstance(server, ServerProcess) and server.error_file.exists():
        report.sections.append(("the server's log", server.errors()[-4000:]))
    return report


@pytest.fixture(scope="module")
def servers(tmp_path_factory) -> Iterator[Callable[..., ServerProcess]]:
    """Running servers of the module, one for each set of flags; all must end well."""
    running: dict[tuple[str, ...], ServerProcess] = {}

    def get(*flags: str) -> ServerProcess:
        if flags not in running:
            data_dir = tmp_path_factory.mktemp("server") / "data"
            running[flags] = ServerProcess(data_dir, *UNLIMITED, *flags)
            running[flags].start()
        return running[flags]

    try:
        yield get
        for process in running.values():
            process.stop()
    finally:
        for process in running.values():
            process.kill()


@pytest.fixture
def server(request: pytest.FixtureRequest, servers) -> ServerProcess:
    """A running server; a parameter is a tuple of flags to be added."""
    process: ServerProcess = servers(*getattr(request, "param", ()))
    return process


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that the test itself starts, ends, and starts again; by hand it is killed."""
    process = ServerProcess(tmp_path / "data", *UNLIMITED)
    try:
        yield process
        process.stop()
    finally:
        process.kill()


@pytest.fixture(scope="module")
def clusters(tmp_path_factory) -> Iterator[Callable[[str], list[ServerProcess]]]:
    """Two running servers on one store and one Redis, by the name of the store."""
    running: dict[str, list[ServerProcess]] = {}

    def get(store: str) -> list[ServerProcess]:
        if store not in running:
            folder = tmp_path_factory.mktemp(store)
            flags = (*UNLIMITED, *shared_by_processes(store, folder))
            running[store] = [ServerProcess(folder / name, *flags).start() for name in "ab"]
        return running[store]

    try:
        yield get
        for process in itertools.chain.from_iterable(running.values()):
            process.stop()
    finally:
        for process in itertools.chain.from_iterable(running.values()):
            process.kill()


@pytest.fixture
def world(request: pytest.FixtureRequest, server: ServerProcess) -> World:
    """People who use one server, or two that share a store and a broker."""
    store = getattr(request, "param", None)
    if store is None:
        return World(server)
    return World(*request.getfixturevalue("clusters")(store))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try what reaches others also with the others on another process."""
    module = metafunc.module.__name__.rpartition(".")[2]
    if module in ACROSS_PROCESSES and "world" in metafunc.fixturenames:
        places = {"one process": None, "two on sqlite": "sqlite", "two on mongodb": "mongodb"}
        metafunc.parametrize("world", places.values(), ids=places.keys(), indirect=True)
