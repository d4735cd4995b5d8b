"""What an operator is shown: no secrets, no forged lines, nobody's name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.client import World, handshake, http
from tests.acceptance.process import ServerProcess
from tests.servers import free_port, wait_until

SECRET = "hunter2-of-the-operator"


@pytest.fixture
def away(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server whose MongoDB and Redis, which have passwords, never answer."""
    port = free_port()
    settings = {
        "PARLEY_STORE": f"mongodb://parley:{SECRET}@127.0.0.1:{port}/parley?replicaSet=rs0",
        "PARLEY_BROKER": f"redis://:{SECRET}@127.0.0.1:{port}/0",
        "PARLEY_METRICS_TOKEN": SECRET,
    }
    server = ServerProcess(tmp_path / "data", "--log-level", "debug", settings=settings)
    try:
        yield server.start()
    finally:
        server.kill()


def arguments_of(server: ServerProcess) -> str:
    return Path(f"/proc/{server.pid}/cmdline").read_text()


async def test_passwords_of_store_and_broker_are_shown_nowhere(away: ServerProcess) -> None:
    # 90
    wait_until(lambda: "127.0.0.1" in away.errors(), "a line about the store")
    account = {"username": "ann", "password": "correct horse"}

    answers = [
        await http(away, "GET", "/readyz"),
        await http(away, "GET", "/metrics", token=SECRET),
        await http(away, "GET", "/api/v1/me", token="x" * 43),
        await http(away, "POST", "/api/v1/login", json_body=account),
        (await handshake(away, token="x" * 43))[0],
    ]

    assert [each.status for each in answers] == [503, 200, 503, 503, 503]
    for answer in answers:
        assert SECRET.encode() not in answer.body
    assert SECRET not in away.errors()
    assert "***" in away.errors()
    assert SECRET not in arguments_of(away)
    assert "Traceback" not in away.errors()


async def test_the_log_and_the_metrics_tell_nothing_of_people(
    own_server: ServerProcess, world: World
) -> None:
    # 89, 90, 91
    server = own_server
    ann, bob, conversation = await world.couple()
    person = world.people[ann.user_id]
    await ann.send(conversation, "a text between us")
    forged = "x\n2026-11-22T08:30:41.123Z INFO parley.app: forged\x1b[2J\u2028"
    for name in (forged, "x" * 10_000, person.username):
        account = {"username": name, "password": "guessed-password"}
        await http(server, "POST", "/api/v1/login", json_body=account)
    headers = {"User-Agent": "forged\x1b[2J", "Cookie": "parley_session=cookie-of-ann"}
    await http(server, "GET", "/c/forged%0d%0aline?token=token-of-ann", headers=headers)
    await bob.do("find_users", q=person.username)

    metrics = (await http(server, "GET", "/metrics")).body.decode()
    ready = (await http(server, "GET", "/readyz")).body.decode()

    secrets = [person.username, person.password, person.token, conversation]
    secrets += ["a text between us", "guessed-password", "cookie-of-ann", "token-of-ann"]
    for told in (metrics, ready, server.errors()):
        assert not [secret for secret in secrets if secret in told]
    lines = server.errors().split("\n")
    assert all(line.isprintable() for line in lines)
    assert not [line for line in lines if "forged" in line]
    events = [line.partition("parley.accounts: ")[2] for line in lines]
    assert [event for event in events if event] == [
        f"new account {person.id} from 127.0.0.1",
        f"new account {bob.user_id} from 127.0.0.1",
        "failed login of an unknown account from 127.0.0.1",
        "failed login of an unknown account from 127.0.0.1",
        f"failed login of {person.id} from 127.0.0.1",
    ]


@pytest.fixture
def server(own_server: ServerProcess) -> ServerProcess:
    return own_server.start("--log-level", "debug")
