"""What whoever runs the server is told."""

import json

import pytest

from chat.app import App
from chat.errors import Unavailable
from tests.handlers.conftest import Browser, Room


@pytest.mark.gen_test
async def test_a_running_server_is_alive_and_ready(browser: Browser) -> None:
    assert (await browser.get("/healthz")).code == 200
    ready = await browser.get("/readyz")

    assert ready.code == 200
    assert json.loads(ready.body) == {
        "ready": True,
        "store": "ok",
        "broker": "ok",
        "stopping": False,
    }


@pytest.mark.gen_test
async def test_a_server_without_its_store_is_alive_but_not_ready(
    browser: Browser, parley: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> None:
        raise Unavailable

    monkeypatch.setattr(parley.store, "ping", away)

    assert (await browser.get("/healthz")).code == 200
    ready = await browser.get("/readyz")
    assert (ready.code, json.loads(ready.body)["store"]) == (503, "away")


@pytest.mark.gen_test
async def test_a_stopping_server_is_not_ready(browser: Browser, parley: App) -> None:
    await parley.drain()

    ready = await browser.get("/readyz")

    assert (ready.code, json.loads(ready.body)["stopping"]) == (503, True)


@pytest.mark.gen_test
async def test_what_happens_is_counted(browser: Browser, room: Room) -> None:
    ann, bob, conversation = await room.talk("ann", "bob")
    await ann.ask("send", conversation=conversation, client_id="k", text="hi")
    await bob.next("message")
    await browser.api("POST", "/api/v1/login", {"username": "ann", "password": "wrong wrong"})
    bob.close()
    await bob.closed()

    text = (await browser.get("/metrics")).body.decode()

    assert "parley_messages_total 1.0" in text
    assert "parley_failed_logins_total 1.0" in text
    assert 'parley_commit_seconds_count{what="messages"} 1.0' in text
    assert 'parley_publish_seconds_count{what="messages"} 1.0' in text
    assert "parley_loop_lag_seconds_bucket" in text
    assert "ann" not in text


@pytest.mark.gen_test
async def test_metrics_are_for_this_machine_alone(browser: Browser) -> None:
    assert (await browser.get("/metrics")).code == 200
    for header in ("X-Forwarded-For", "x-forwarded-host", "X-Real-IP", "Forwarded", "Via"):
        proxied = await browser.get("/metrics", headers={header: "127.0.0.1"})
        assert proxied.code == 403, header


@pytest.mark.flags(metrics_token="a-long-secret")
@pytest.mark.gen_test
async def test_with_a_token_metrics_are_for_who_has_it(browser: Browser) -> None:
    async def status(**headers: str) -> int:
        return (await browser.get("/metrics", headers=headers)).code

    assert await status() == 403
    assert await status(Authorization="Bearer wrong") == 403
    assert await status(Authorization="Bearer a-long-secret") == 200
