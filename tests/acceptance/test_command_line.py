"""Section 1: flags, environment and file, refusals, and the commands on accounts."""

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.client import Browser, World, handshake, http
from tests.acceptance.process import ServerProcess, run_parley

# Arguments, environment, and what the line must name.
REFUSED: dict[str, tuple[list[str], dict[str, str], str]] = {
    "unknown flag": (["--no-such-flag", "1"], {}, "no-such-flag"),
    "shortened flag": (["--bcrypt", "4"], {}, "bcrypt"),
    "unknown command": (["dance"], {}, "dance"),
    "flag without value": (["--port"], {}, "port"),
    "port no number": (["--port", "abc"], {}, "port"),
    "port too high": (["--port", "65536"], {}, "port"),
    "port below zero": (["--port=-1"], {}, "port"),
    "host no address": (["--host", "no such host"], {}, "host"),
    "public store no database": (
        ["--host", "0.0.0.0", "--store", "sqlite:bad.toml"],
        {},
        "bad.toml",
    ),
    "rounds too low": (["--bcrypt-rounds", "3"], {}, "bcrypt-rounds"),
    "rounds too high": (["--bcrypt-rounds", "17"], {}, "bcrypt-rounds"),
    "rounds no number": (["--bcrypt-rounds", "4.5"], {}, "bcrypt-rounds"),
    "registration unknown": (["--registration", "maybe"], {}, "registration"),
    "registration invite": (["--registration", "invite"], {}, "registration"),
    "store unknown": (["--store", "papyrus:scroll"], {}, "store"),
    "broker unknown": (["--broker", "pigeon:"], {}, "broker"),
    "workers none": (["--workers", "0"], {}, "workers"),
    "workers in memory": (["--workers", "4", "--broker", "memory:"], {}, "broker"),
    "workers by default": (["--workers", "2"], {}, "workers"),
    "login rate negative": (["--login-rate=-1"], {}, "login-rate"),
    "message rate no number": (["--message-rate", "fast"], {}, "message-rate"),
    "proxies no network": (["--trusted-proxies", "10.0.0.0/99"], {}, "trusted-proxies"),
    "idle no duration": (["--session-idle", "soon"], {}, "session-idle"),
    "max no duration": (["--session-max", ""], {}, "session-max"),
    "log level unknown": (["--log-level", "loud"], {}, "log-level"),
    "log format unknown": (["--log-format", "xml"], {}, "log-format"),
    "file absent": (["--config", "absent.toml"], {}, "absent.toml"),
    "file no toml": (["--config", "broken.toml"], {}, "broken.toml"),
    "file unknown name": (["--config", "unknown.toml"], {}, "no-such-name"),
    "file bad value": (["--config", "bad.toml"], {}, "bcrypt-rounds"),
    "file wrong type": (["--config", "type.toml"], {}, "port"),
    "environment bad value": ([], {"PARLEY_PORT": "abc"}, "port"),
    "environment unknown name": ([], {"PARLEY_NO_SUCH_NAME": "1"}, "no_such_name"),
    "data directory a file": (["--data-dir", "bad.toml"], {}, "bad.toml"),
    "store no database": (["--store", "sqlite:bad.toml"], {}, "bad.toml"),
}
FILES = {
    "broken.toml": "port = = 1",
    "unknown.toml": "no-such-name = 1",
    "bad.toml": "bcrypt-rounds = 99",
    "type.toml": "port = true",
}


@pytest.fixture(scope="module")
def refused_starts(tmp_path_factory) -> Iterator[dict[str, Any]]:
    # A start takes the better part of a second: all are made at once, on every core.
    where = tmp_path_factory.mktemp("refused")
    for name, text in FILES.items():
        (where / name).write_text(text)
    with ThreadPoolExecutor(3) as pool:
        yield {"where": where} | {
            name: pool.submit(
                run_parley,
                *arguments,
                cwd=where,
                **({"PARLEY_PORT": "0", "PARLEY_DATA_DIR": str(where / f"data {name}")} | settings),
            )
            for name, (arguments, settings, _) in REFUSED.items()
        }


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_setting_stops_the_start_with_one_line_and_status_2(refused_starts, name):
    word = REFUSED[name][2]

    done = refused_starts[name].result()

    said = (done.stdout + done.stderr).strip()
    assert done.returncode == 2, said
    assert len(said.splitlines()) == 1, said
    assert word.replace("_", "-") in said.lower().replace("_", "-")


def test_a_refused_combination_says_what_to_do_instead(refused_starts):
    said = refused_starts["workers in memory"].result().stderr

    assert "redis" in said


def test_a_store_that_is_no_database_is_left_as_it_was(refused_starts):
    refused_starts["store no database"].result()

    assert (refused_starts["where"] / "bad.toml").read_text() == FILES["bad.toml"]


def test_the_version_is_told(tmp_path):
    done = run_parley("--version", cwd=tmp_path)

    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 1
    assert any(letter.isdigit() for letter in done.stdout)


def test_a_taken_port_is_said_in_one_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        done = run_parley("serve", "--port", port, "--data-dir", "data", cwd=tmp_path)

    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert port in done.stderr


def test_without_a_command_it_serves(tmp_path):
    server = ServerProcess(tmp_path / "data", settings={"PARLEY_HOST": "127.0.0.9"})
    try:
        server.start()
        assert server.host == "127.0.0.9"
        server.stop()
    finally:
        server.kill()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    started: list[ServerProcess] = []

    def start_server(*flags: str, **settings: str) -> ServerProcess:
        server = ServerProcess(tmp_path / f"data{len(started)}", *flags, settings=settings)
        started.append(server)
        return server.start()

    try:
        yield start_server
        for server in started:
            server.stop()
    finally:
        for server in started:
            server.kill()


async def test_a_flag_beats_the_environment_which_beats_the_file(tmp_path, start):
    file = tmp_path / "parley.toml"
    file.write_text(
        'host = "127.0.0.5"\nregistration = "closed"\nmetrics-token = "of-the-file"\n'
        'allowed-hosts = ["127.0.0.3", "chat.example"]\nlogin-rate = 0\n'
    )

    server = start(
        "--config",
        str(file),
        "--host",
        "127.0.0.2",
        "--host",
        "127.0.0.3",
        PARLEY_HOST="127.0.0.4",
        PARLEY_REGISTRATION="open",
    )

    assert server.host == "127.0.0.3"  # the last of the repeated flag
    assert (await World(server).person()).token  # the environment opened registration
    bearer = {"Authorization": "Bearer of-the-file"}
    assert (await http(server, "GET", "/metrics", headers=bearer)).status == 200
    assert (await http(server, "GET", "/healthz", headers={"Host": "chat.example"})).status == 200
    elsewhere = await http(server, "GET", "/api/v1/me", headers={"Host": "other.example"})
    elsewhere.error(421, "misdirected")


async def test_nobody_registers_where_registration_is_closed(start):
    server = start("--registration", "closed")
    account = {"username": "ann", "password": "correct horse"}

    by_json = await http(server, "POST", "/api/v1/register", json_body=account)
    by_form = await Browser(server).submit("/register", page="/login", **account, name="Ann")

    by_json.error(403, "forbidden")
    assert by_form.status == 403


async def test_accounts_are_kept_from_the_command_line(tmp_path, start):
    server = start()
    settings = {"PARLEY_DATA_DIR": str(server.data_dir), "PARLEY_BCRYPT_ROUNDS": "4"}

    def user(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return run_parley("user", *arguments, cwd=tmp_path, stdin=stdin, **settings)

    async def login(password: str):
        account = {"username": "carol", "password": password}
        return await http(server, "POST", "/api/v1/login", json_body=account)

    assert user("add", "carol", stdin="first password\n").returncode == 0
    assert (await login("first password")).status == 200
    listed = user("list")
    assert listed.returncode == 0
    assert "carol" in listed.stdout

    assert user("disable", "carol").returncode == 0
    disabled = await login("first password")
    wrong = await login("wrong password")
    disabled.error(401, "unauthorized")
    assert disabled.body == wrong.body

    assert user("enable", "carol").returncode == 0
    assert (await login("first password")).status == 200
    assert user("passwd", "carol", stdin="second password\n").returncode == 0
    (await login("first password")).error(401, "unauthorized")
    assert (await login("second password")).status == 200

    for arguments in (["passwd", "nobody"], ["disable", "nobody"], ["add", "carol"], ["add", "x"]):
        refused = user(*arguments, stdin="some password\n")
        assert refused.returncode != 0, arguments
        assert len(refused.stderr.strip().splitlines()) == 1, refused.stderr


async def test_a_session_unused_or_old_for_its_limit_has_ended_and_no_other(start):
    server = start("--session-idle", "6s", "--session-max", "10s", "--message-rate", "0")
    world = World(server)
    began = time.monotonic()
    ann = await world.person()
    unused, with_frames = await ann.login(), await ann.login()
    all_have_begun = time.monotonic()
    connection = await ann.connect(with_frames)

    while time.monotonic() < all_have_begun + 6:
        await connection.flush()
        assert (await ann.api("GET", "/api/v1/me")).status == 200
    assert (await ann.api("GET", "/api/v1/me", token=with_frames)).status == 200
    (await ann.api("GET", "/api/v1/me", token=unused)).error(401, "unauthorized")

    closed = await connection.closed()
    assert time.monotonic() > began + 10
    assert (closed.code, closed.reason) == (4401, "expired")
    for token in (ann.token, with_frames):
        (await ann.api("GET", "/api/v1/me", token=token)).error(401, "unauthorized")
        response, _, _ = await handshake(server, token=token)
        assert response.status == 401
    await world.close()


async def test_the_log_is_json_where_json_is_wished_and_tells_no_secrets(tmp_path, start):
    store = tmp_path / "elsewhere.db"
    server = start("--log-format", "json", "--log-level", "debug", "--store", f"sqlite:{store}")
    world = World(server)
    ann, bob, conversation = await world.couple()
    await ann.send(conversation, "a secret of mine\nforged line \x1b[31m")
    person = world.people[bob.user_id]
    await person.api("GET", "/api/v1/me?x=%0aforged%20line")
    await http(server, "GET", "/api/v1/me", headers={"User-Agent": "a\tb", "Cookie": "s=value-s"})
    await world.close()
    server.stop()

    lines = server.errors().splitlines()
    assert lines
    assert all(isinstance(json.loads(line), dict) for line in lines)
    for secret in (person.token, person.password, "a secret of mine", "value-s"):
        assert secret not in server.errors()
    assert store.exists()
