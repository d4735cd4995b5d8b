"""The WebSocket's handler: the handshake, frames in and out, and the end."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Callable
from socket import SO_RCVBUF, SO_SNDBUF, SOL_SOCKET
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError
from tornado.httputil import HTTPServerRequest
from tornado.iostream import IOStream

from chat.app import App
from chat.connections import MAX_BACKLOG_BYTES, Connection
from chat.models import UserId
from chat.requests import Requests
from handlers.socket import ClientSocket, Handover, SocketHandler
from tests.acceptance.client import CLOSE, TEXT, encode_frame
from tests.handlers.conftest import Browser, RecordingBroker, Room

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455 section 1.3


async def status_of_handshake(room: Room, **headers: str) -> int:
    try:
        await room.handshake(**headers)
    except HTTPClientError as error:
        return error.code
    return 101


def _alive(*kinds: type) -> list[Any]:
    return [each for each in gc.get_objects() if isinstance(each, kinds)]


@pytest.mark.gen_test
async def test_a_handshake_needs_a_session(room: Room) -> None:
    token = await room.register("ann")

    assert await status_of_handshake(room) == 401
    assert await status_of_handshake(room, Authorization="Bearer wrong") == 401
    assert await status_of_handshake(room, Authorization=f"Bearer {token}") == 101


@pytest.mark.gen_test
async def test_another_sites_page_is_refused_even_with_a_token(
    browser: Browser, room: Room
) -> None:
    bearer = f"Bearer {await room.register('ann')}"
    own = browser.base

    async def status(origin: str, **more: str) -> int:
        return await status_of_handshake(room, Authorization=bearer, Origin=origin, **more)

    assert await status(own) == 101
    for origin in ("null", "http://evil.example", own + ".evil.example", own + "1"):
        assert await status(origin) == 403
    assert await status(own.replace("http:", "https:")) == 403
    assert await status(own, Sec_Fetch_Site="cross-site") == 403


@pytest.mark.gen_test
async def test_a_cookie_needs_an_origin(
    browser: Browser, room: Room, new_browser: Callable[[], Browser]
) -> None:
    visitor = new_browser()
    await visitor.submit("/register", username="cat", password="correct horse battery")
    cookie = f"parley_session={visitor.cookies['parley_session']}"

    assert await status_of_handshake(room, Cookie=cookie) == 403
    assert await status_of_handshake(room, Cookie=cookie, Origin=browser.base) == 101


@pytest.mark.gen_test
async def test_a_plain_request_is_no_handshake(browser: Browser) -> None:
    assert (await browser.get("/ws")).code == 400
    assert (await browser.post("/ws")).code == 405


@pytest.mark.gen_test
async def test_the_first_frame_says_hello(room: Room, parley: App) -> None:
    await room.register("ann")
    client = await room.connect("ann")
    pong = await client.ask("ping")

    assert pong["type"] == "pong"
    assert parley.hub.count == 1


@pytest.mark.gen_test
async def test_a_message_reaches_the_peer_and_ones_own_other_tabs_but_not_the_sender(
    room: Room,
) -> None:
    ann, bob, conversation = await room.talk("ann", "bob")
    tab = await room.connect("ann")

    sent = await ann.ask("send", conversation=conversation, client_id="k", text="hi")

    assert (sent["type"], sent["seq"], sent["duplicate"]) == ("sent", 1, False)
    for client in (bob, tab):
        shown = await client.next("conversation")
        assert (shown["conversation"]["id"], shown["conversation"]["head"]) == (conversation, 0)
        event = await client.next("message")
        assert event["message"]["text"] == "hi"
    await ann.next("presence")
    assert (await ann.ask("ping"))["type"] == "pong"
    assert {frame["type"] for frame in ann._kept} <= {"presence"}


@pytest.mark.gen_test
async def test_every_event_passes_the_broker(room: Room, broker: RecordingBroker) -> None:
    ann, bob, conversation = await room.talk("ann", "bob")
    await ann.ask("send", conversation=conversation, client_id="k", text="unmistakable")
    await bob.next("message")
    await bob.ask("typing", conversation=conversation, on=True)
    await bob.ask("read", conversation=conversation, seq=1)
    await ann.ask("edit", conversation=conversation, seq=1, text="changed text")
    await ann.next("receipt")
    await bob.next("change")

    def published(word: bytes) -> int:
        return sum(word in payload for _, payload in broker.published)

    while published(b'"type":"presence"') < 4:
        await ann.ask("ping")  # the loop turns
    assert published(b'"type":"message"') == 1
    assert published(b'"type":"change"') == 1
    assert published(b'"type":"receipt"') == 1
    assert published(b'"type":"typing"') == 1
    assert published(b'"type":"presence"') == 4  # both came, and were introduced


@pytest.mark.gen_test
async def test_many_sends_in_flight_are_stored_and_answered_in_order(room: Room) -> None:
    ann, bob, conversation = await room.talk("ann", "bob")
    count = 200

    for number in range(count):
        frame = {
            "type": "send",
            "id": number,
            "conversation": conversation,
            "client_id": f"k{number}",
            "text": str(number),
        }
        await ann.send(json.dumps(frame))

    answers = [await ann.next("sent") for _ in range(count)]
    events = [await bob.next("message") for _ in range(count)]
    assert [answer["re"] for answer in answers] == list(range(count))
    assert [answer["seq"] for answer in answers] == list(range(1, count + 1))
    assert [event["message"]["text"] for event in events] == [str(n) for n in range(count)]


@pytest.mark.gen_test
async def test_a_client_sees_its_own_writes(room: Room) -> None:
    ann, _, conversation = await room.talk("ann", "bob")
    for number in range(5):
        frame = {
            "type": "send",
            "id": f"s{number}",
            "conversation": conversation,
            "client_id": f"k{number}",
            "text": "hi",
        }
        await ann.send(json.dumps(frame))

    history = await ann.ask("history", conversation=conversation)

    assert [message["seq"] for message in history["messages"]] == [1, 2, 3, 4, 5]


@pytest.mark.gen_test
async def test_a_bad_frame_is_answered_and_the_connection_stays(room: Room) -> None:
    ann = await room.connect("ann")

    await ann.send("[]")
    error = await ann.next("error")

    assert error == {
        "type": "error",
        "code": "invalid",
        "message": "A frame must be one JSON object.",
    }
    assert (await ann.ask("ping"))["type"] == "pong"


@pytest.mark.gen_test
async def test_a_logout_ends_every_tab_of_the_session_and_no_other(
    room: Room, browser: Browser
) -> None:
    tabs = [await room.connect("ann") for _ in range(3)]
    other = await room.connect("ann", await room.login("ann"))

    status, _ = await browser.api("POST", "/api/v1/logout", token=room.tokens["ann"])

    assert status == 204
    for tab in tabs:
        assert await tab.closed() == 4401
        assert tab.close_reason == "logout"
    assert (await other.ask("ping"))["type"] == "pong"


@pytest.mark.gen_test
async def test_the_connection_after_the_last_allowed_one_is_closed_without_hello(
    room: Room,
) -> None:
    clients = [await room.connect("ann") for _ in range(32)]

    one_too_many = await room.handshake(Authorization=f"Bearer {room.tokens['ann']}")
    assert await one_too_many.closed() == 4429
    assert one_too_many._kept == []

    clients[0].close()
    await clients[0].closed()
    again = await room.connect("ann")
    assert (await again.ask("ping"))["type"] == "pong"


@pytest.mark.gen_test
async def test_a_reader_that_stops_is_cut_off_and_the_others_go_on(room: Room, parley: App) -> None:
    ann, bob, conversation = await room.talk("ann", "bob")
    await ann.ask("send", conversation=conversation, client_id="k", text="hi")
    await bob.next("message")
    stuck = parley.hub.connections(UserId(room.ids["bob"]))[0]
    theirs: Any = stuck.transport
    theirs._transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
    ours: Any = bob._connection
    ours.protocol.stream.socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096)  # and nobody reads

    text = "x" * 8000
    for number in range(MAX_BACKLOG_BYTES // 8000 + 50):
        answer = await ann.ask("send", conversation=conversation, client_id=f"k{number}", text=text)
        assert answer["type"] == "sent"

    assert stuck.is_closed
    assert theirs.is_lost
    assert parley.metrics.closes == {4408: 1}


@pytest.mark.gen_test
async def test_nothing_of_a_handshake_outlives_it(room: Room, parley: App) -> None:
    await room.register("ann")
    gc.collect()
    gc.disable()
    try:
        ann = await room.connect("ann")
        await ann.ask("ping")
        assert _alive(Handover, HTTPServerRequest, SocketHandler) == []
        assert [each for each in _alive(IOStream) if each.closed()] == []

        ann.close()
        await ann.closed()
        await parley.hub.until_empty()
        assert _alive(ClientSocket, Connection, Requests) == []
    finally:
        gc.enable()


@pytest.mark.gen_test
async def test_what_is_sent_with_the_handshake_is_answered(
    room: Room, browser: Browser, parley: App
) -> None:
    token = await room.register("ann")
    host, port = browser.base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))

    writer.write(
        f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n".encode()
        + encode_frame(TEXT, b'{"type": "ping", "id": 7}')
    )

    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    while b'"type":"pong"' not in (frame := await reader.readuntil(b"}")):
        pass
    assert b'"re":7' in frame
    writer.close()
    await writer.wait_closed()
    await parley.hub.until_empty()


@pytest.mark.gen_test
async def test_the_key_must_be_one(browser: Browser, room: Room) -> None:
    token = await room.register("ann")

    for key in ("", "x", KEY[:-4], KEY + KEY, KEY.replace("=", "")):
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": key,
        }
        status, _ = await browser.api("GET", "/ws", token=token, headers=headers)
        assert status == 400, key


@pytest.mark.gen_test
async def test_ends_are_counted_by_their_code(room: Room, parley: App) -> None:
    for payload, code in ((b"\x0f\xa0", 0), (b"\x03\xe9", 1001), (b"", 1005), (b"\x03", 1002)):
        ann = await room.connect("ann")
        theirs: Any = ann._connection.protocol
        theirs.stream.write(encode_frame(CLOSE, payload))
        await ann.closed()
        await parley.hub.until_empty()
        assert parley.metrics.closes.pop(code) == 1
    ann = await room.connect("ann")
    await ann._connection.write_message(b"", binary=True)
    assert await ann.closed() == 1003
    await parley.hub.until_empty()
    assert parley.metrics.closes == {1003: 1}


@pytest.mark.gen_test
async def test_a_client_that_leaves_while_it_is_let_in_is_not_kept(
    room: Room, parley: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await room.register("ann")
    entered, left = asyncio.Event(), asyncio.Event()
    enter, forget = parley.presence.enter, parley.forget

    async def slow(connection: Connection) -> bool:
        entered.set()
        await left.wait()
        return await enter(connection)

    def forgotten(connection: Connection) -> None:
        forget(connection)
        left.set()

    monkeypatch.setattr(parley.presence, "enter", slow)
    monkeypatch.setattr(parley, "forget", forgotten)
    client = await room.handshake(Authorization=f"Bearer {token}")
    await entered.wait()
    theirs: Any = client._connection.protocol
    theirs.stream.close()

    await left.wait()

    assert parley.hub.count == 0


@pytest.mark.gen_test
async def test_a_bug_while_a_client_is_let_in_is_told_as_one(
    room: Room, parley: App, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(connection: Connection) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(parley.presence, "enter", fails)
    client = await room.handshake(Authorization=f"Bearer {await room.register('ann')}")

    assert await client.closed() == 1011
    assert [record.message for record in caplog.records if record.exc_info] == [
        "opening a connection"
    ]


@pytest.mark.flags(message_rate="1")
@pytest.mark.gen_test
async def test_a_flood_is_refused_and_then_cut_off(room: Room) -> None:
    ann = await room.connect("ann")

    codes = [(await ann.ask("ping")).get("code") for _ in range(10)]
    assert codes == [None] * 10
    while (code := (await ann.ask("ping")).get("code")) is None:
        pass
    assert code == "rate_limited"
    for _ in range(30):
        await ann.send('{"type":"ping"}')

    assert await ann.closed() == 4429
    assert json.loads(ann.close_reason or "")["retry_ms"] > 0


@pytest.mark.gen_test
async def test_a_conversation_without_a_message_is_found_by_its_id_by_its_members(
    room: Room,
) -> None:
    ann, bob, conversation = await room.talk("ann", "bob")
    cat = await room.connect("cat")

    for member in (ann, bob):
        found = await member.ask("open", conversation=conversation)
        assert found["conversation"]["id"] == conversation
    refused = await cat.ask("open", conversation=conversation)
    unknown = await cat.ask("open", conversation="cNone")
    assert (refused["code"], refused["field"]) == ("not_found", "conversation")
    assert {**refused, "re": 0} == {**unknown, "re": 0}
    for wrong in ({}, {"user": "bob", "conversation": conversation}):
        assert (await ann.ask("open", **wrong))["field"] == "user"
