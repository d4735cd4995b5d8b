"""The process: as many files as it may have, nobody in when they are gone, an orderly end."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from chat.app import App
from chat.server import MAX_OPEN_FILES, MAX_TABLE_FILES, UNREAD_MS, Server, _listen
from tests.acceptance.process import ServerProcess
from tests.conftest import MakeSettings
from tests.servers import wait_until

if sys.platform != "win32":
    import resource

SECONDS = 60.0
FEW_FILES = 200


@contextmanager
def soft_limit(files: int) -> Iterator[int]:
    """Lower what this process may open, and what it starts; yields the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    try:
        yield hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def ask(server: ServerProcess, path: str = "/healthz") -> int:
    """The status of an answer on a new connection."""
    with closing(http.client.HTTPConnection(server.host, server.port, timeout=SECONDS)) as asked:
        asked.request("GET", path)
        return asked.getresponse().status


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the limits of a process")
def test_the_server_may_open_as_many_files_as_the_system_allows(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data")
    with soft_limit(FEW_FILES) as hard:
        server.start()

    limits = Path(f"/proc/{server.pid}/limits").read_text().splitlines()

    [line] = [line for line in limits if line.startswith("Max open files")]
    allowed = min(hard, MAX_OPEN_FILES)
    assert line.split()[3] == str(allowed)
    assert f"may open {allowed} files" in server.errors()
    server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the size of the table")
def test_the_table_of_open_files_need_not_grow_while_people_come(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data")
    server.start()
    status = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    limits = Path(f"/proc/{server.pid}/limits").read_text().splitlines()
    server.stop()

    [size] = [int(line.split()[1]) for line in status if line.startswith("FDSize:")]
    [allowed] = [int(line.split()[3]) for line in limits if line.startswith("Max open files")]
    assert size >= min(allowed, MAX_TABLE_FILES)
    server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
def test_without_files_those_inside_stay_and_others_come_when_somebody_leaves(
    tmp_path: Path,
) -> None:
    server = ServerProcess(tmp_path / "data").start()
    inside = http.client.HTTPConnection(server.host, server.port, timeout=SECONDS)
    inside.request("GET", "/healthz")
    inside.getresponse().read()
    highest = max(int(file.name) for file in Path(f"/proc/{server.pid}/fd").iterdir())
    # Few, but more than what it may open itself of its database a moment later.
    limit = highest + 12
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (limit, limit))
    address = (server.host, server.port)

    waiting = [socket.create_connection(address, SECONDS) for _ in range(highest + 10)]
    wait_until(lambda: "cannot let anybody in" in server.errors(), "a line in the log")
    inside.request("GET", "/healthz")
    assert inside.getresponse().read()
    for connection in waiting:
        connection.close()

    assert ask(server) == 200
    assert server.errors().count("cannot let anybody in") == 1
    inside.close()
    server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only there a listener hands this on")
def test_a_connection_that_takes_nothing_has_an_end() -> None:
    [listening] = _listen("127.0.0.1", 0)
    with listening, socket.create_connection(listening.getsockname()):
        listening.setblocking(True)
        accepted, _ = listening.accept()
        with accepted:
            unread_ms = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert unread_ms == UNREAD_MS


def test_two_colons_are_every_address_of_the_machine_on_one_port() -> None:
    listening = _listen("::", 0)
    port = listening[0].getsockname()[1]

    for host in ("127.0.0.1", "::1"):
        socket.create_connection((host, port)).close()
    for each in listening:
        each.close()


class Hashing:
    """Holds up the threads that hash until it is let go."""

    def __init__(self, app: App) -> None:
        self._hasher = app.hasher
        self._may_go_on = threading.Event()
        run, wait = self._hasher._run, self._may_go_on.wait
        self._held = [
            asyncio.create_task(run(wait, is_known=True)) for _ in range(self._hasher._idle)
        ]

    async def until_waiting(self, count: int) -> None:
        """Return once so many wait for a hash."""
        while len(self._hasher._strangers) < count:  # noqa: ASYNC110 (nobody tells)
            await asyncio.sleep(0.01)

    async def go_on(self) -> None:
        self._may_go_on.set()
        await asyncio.gather(*self._held)


async def post(
    address: tuple[str, int], path: str, body: bytes, content_type: str, cookie: str = ""
) -> tuple[int, str]:
    """The status of an answer, and its header and body."""
    reader, writer = await asyncio.open_connection(*address)
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Type: {content_type}"]
    lines += [f"Content-Length: {len(body)}", f"Cookie: {cookie}", "Connection: close", "", ""]
    writer.write("\r\n".join(lines).encode() + body)
    answer = (await reader.read()).decode()
    writer.close()
    return int(answer.split()[1]), answer


def test_who_waits_for_a_hash_hears_of_the_end(
    make_settings: MakeSettings, caplog: pytest.LogCaptureFixture
) -> None:
    async def check() -> None:
        app = App(make_settings())
        await app.start()
        hashing = Hashing(app)
        server = Server(app)
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setblocking(False)
        server.start([listening])
        address = listening.getsockname()
        account = {"username": "ann", "password": "correct horse"}
        form = urlencode({"_xsrf": "a" * 32, **account}).encode()
        async with asyncio.TaskGroup() as tasks:
            by_json = [
                tasks.create_task(
                    post(address, path, json.dumps(account).encode(), "application/json")
                )
                for path in ("/api/v1/login", "/api/v1/register", "/api/v1/login")
            ]
            by_form = tasks.create_task(
                post(
                    address,
                    "/login",
                    form,
                    "application/x-www-form-urlencoded",
                    f"_xsrf={'a' * 32}",
                )
            )
            await hashing.until_waiting(4)
            await server.stop()
            await hashing.go_on()

        for status, answer in (task.result() for task in by_json):
            assert status == 503
            assert "Retry-After: " in answer
            assert '"code":"unavailable"' in answer
        status, page = by_form.result()
        assert status == 503
        assert "The server is restarting" in page
        assert 'value="ann"' in page

    asyncio.run(asyncio.wait_for(check(), SECONDS))

    assert not [record for record in caplog.records if record.exc_info]
