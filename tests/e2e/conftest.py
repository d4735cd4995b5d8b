"""One Chromium and one server for all tests, in which everybody is new in every test.

What one test writes is of no concern to another: people have accounts of their own. A module
whose tests harm their server has a fixture `server` of its own.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.acceptance.process import ServerProcess
from tests.e2e.people import People

RESULTS = Path(__file__).parent / "results"
# No GPU, no sandbox (in containers it cannot be made), and nothing that phones home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Tests sign in and write more in a minute than people do.
UNLIMITED = ("--login-rate", "0", "--message-rate", "0")
PATIENCE_MS = 20_000


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "console(*patterns): lines of the browser's console that belong to this test"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if report.failed and report.when == "call":
        name = re.sub(r"\W+", "-", item.nodeid.removeprefix("tests/e2e/"))
        for people in those_in(item, People):
            people.take_pictures(RESULTS / name)
        for server in those_in(item, ServerProcess):
            report.sections.append(("the server's log", server.errors()[-4000:]))
    return report


def those_in(item: pytest.Item, kind: type[Any]) -> list[Any]:
    return [each for each in getattr(item, "funcargs", {}).values() if isinstance(each, kind)]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or the one that Playwright has installed; without any, tests fail."""
    shutil.rmtree(RESULTS, ignore_errors=True)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[ServerProcess]:
    """A running server with an empty store, which must end well."""
    process = ServerProcess(folder / "data", *UNLIMITED, settings=settings)
    try:
        process.start()
        yield process
        process.stop()
    finally:
        process.kill()


@contextmanager
def meeting(browser: Browser, *servers: ServerProcess) -> Iterator[People]:
    """Everybody who is on these servers, the first of which they go to."""
    people = People(browser, *(server.url for server in servers))
    try:
        yield people
    finally:
        people.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("server")) as process:
        yield process


@pytest.fixture
def people(browser, server) -> Iterator[People]:
    """Everybody in the test."""
    with meeting(browser, server) as everybody:
        yield everybody


@pytest.fixture(scope="module")
def company(browser, server) -> Iterator[People]:
    """Everybody in the tests of a module, who stay on their pages from one to the next."""
    with meeting(browser, server) as everybody:
        yield everybody


@pytest.fixture(autouse=True)
def nothing_wrong(request) -> Iterator[None]:
    """No page may have done anything wrong in the test: see `People.wrongs`."""
    yield
    marker = request.node.get_closest_marker("console")
    for people in those_in(request.node, People):
        assert people.pop_wrongs(marker.args if marker else ()) == []
