"""A whole server on pytest-tornado's loop, with a broker that remembers every event."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, SupportsBytes
from urllib.parse import urlencode

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.httputil import HTTPHeaders
from tornado.ioloop import IOLoop
from tornado.web import Application
from tornado.websocket import WebSocketClientConnection, websocket_connect

from brokers.memory import MemoryBroker
from chat.app import App
from handlers.routes import make_application
from tests.conftest import MakeSettings

PASSWORD = "correct horse battery"


class RecordingBroker(MemoryBroker):
    """The memory broker, and a list of what was published."""

    def __init__(self) -> None:
        super().__init__()
        self.published: list[tuple[tuple[str, ...], bytes]] = []

    def publish(self, topics: Sequence[str], payload: SupportsBytes) -> None:
        self.published.append((tuple(topics), bytes(payload)))
        super().publish(topics, payload)


@pytest.fixture
def io_loop() -> Iterator[IOLoop]:
    """A loop for each test. pytest-tornado's own makes it current in a way that Tornado 6.2
    has deprecated."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield IOLoop.current()
    loop.run_until_complete(loop.shutdown_asyncgens())
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture
def flags(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings of the server: what the test's marker ``flags`` says."""
    marker = request.node.get_closest_marker("flags")
    return dict(marker.kwargs) if marker else {}


@pytest.fixture
def broker() -> RecordingBroker:
    return RecordingBroker()


@pytest.fixture
def parley(
    io_loop: IOLoop, make_settings: MakeSettings, flags: dict[str, str], broker: RecordingBroker
) -> Iterator[App]:
    app = App(make_settings(**flags), broker=broker)
    io_loop.run_sync(app.start)
    yield app
    io_loop.run_sync(app.stop)


@pytest.fixture
def app(parley: App) -> Application:
    """What pytest-tornado's `http_server` serves."""
    return make_application(parley)


class Browser:
    """Fetches pages as a browser does: with a cookie jar, without following redirects."""

    def __init__(self, client: AsyncHTTPClient, base: str) -> None:
        self._client = client
        self.base = base
        self.cookies: dict[str, str] = {}
        self.cookie_headers: list[str] = []

    async def get(self, path: str, **kwargs: Any) -> HTTPResponse:
        return await self._fetch(path, "GET", **kwargs)

    async def post(self, path: str, body: str = "", **kwargs: Any) -> HTTPResponse:
        return await self._fetch(path, "POST", body=body, **kwargs)

    async def submit(self, path: str, **fields: str) -> HTTPResponse:
        """Open a form and send it back filled in."""
        await self.get("/login" if path == "/logout" else path)
        fields = {"_xsrf": self.cookies.get("_xsrf", ""), **fields}
        return await self.post(path, urlencode(fields))

    async def api(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Ask the JSON API; return the status and the decoded answer."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        response = await self._fetch(
            path,
            method,
            body=json.dumps(body) if body is not None else ("" if method == "POST" else None),
            headers=sent,
        )
        return response.code, json.loads(response.body) if response.body else None

    async def _fetch(
        self,
        path: str,
        method: str,
        *,
        body: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> HTTPResponse:
        sent = HTTPHeaders(headers or {})
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        response = await self._client.fetch(
            HTTPRequest(
                self.base + path,
                method=method,
                headers=sent,
                body=body,
                follow_redirects=False,
                allow_nonstandard_methods=True,
            ),
            raise_error=False,
        )
        for header in response.headers.get_list("Set-Cookie"):
            self.cookie_headers.append(header)
            name, _, value = header.partition(";")[0].partition("=")
            if value in ("", '""'):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return response


class Client:
    """A WebSocket client that knows nothing but frames."""

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self._connection = connection
        self._id = 0
        self._kept: list[dict[str, Any]] = []
        self._ended = False

    @property
    def close_code(self) -> int | None:
        return self._connection.close_code

    @property
    def close_reason(self) -> str | None:
        return self._connection.close_reason

    async def send(self, frame: str) -> None:
        await self._connection.write_message(frame)

    async def next(self, kind: str) -> dict[str, Any]:
        """Return the next frame of a type; the ones before it are kept for later calls."""
        for frame in self._kept:
            if frame["type"] == kind:
                self._kept.remove(frame)
                return frame
        while True:
            frame = await self.frame()
            if frame["type"] == kind:
                return frame
            self._kept.append(frame)

    def has_heard(self, kind: str) -> bool:
        """Whether a frame of a type came before the last answer, and is kept."""
        return any(frame["type"] == kind for frame in self._kept)

    async def frame(self) -> dict[str, Any]:
        text = await self._connection.read_message()
        assert text is not None, (self.close_code, self.close_reason)
        frame: dict[str, Any] = json.loads(text)
        return frame

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a request; return its answer. Events that come first are kept."""
        self._id += 1
        await self.send(json.dumps({"type": kind, "id": self._id, **fields}))
        while True:
            frame = await self.frame()
            if frame.get("re") == self._id:
                return frame
            self._kept.append(frame)

    async def closed(self) -> int | None:
        """Wait for the end of the connection; return its close code."""
        while not self._ended and await self._connection.read_message() is not None:
            pass
        self._ended = True
        return self.close_code

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def new_browser(
    http_server: object, http_client: AsyncHTTPClient, base_url: str
) -> Callable[[], Browser]:
    return lambda: Browser(http_client, base_url)


@pytest.fixture
def browser(new_browser: Callable[[], Browser]) -> Browser:
    return new_browser()


class Room:
    """Registers people and connects them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.tokens: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self._clients: list[Client] = []

    async def register(self, username: str) -> str:
        """Make an account; return a session's token."""
        status, answer = await self._browser.api(
            "POST", "/api/v1/register", {"username": username, "password": PASSWORD}
        )
        assert status == 201, answer
        self.tokens[username] = answer["token"]
        self.ids[username] = answer["user"]["id"]
        return self.tokens[username]

    async def login(self, username: str) -> str:
        """Begin a further session; return its token."""
        status, answer = await self._browser.api(
            "POST", "/api/v1/login", {"username": username, "password": PASSWORD}
        )
        assert status == 200, answer
        token: str = answer["token"]
        return token

    async def connect(self, username: str, token: str | None = None) -> Client:
        """Connect as a user, who is registered if need be; hello has been read."""
        if username not in self.tokens:
            await self.register(username)
        client = await self.handshake(Authorization=f"Bearer {token or self.tokens[username]}")
        await client.next("hello")
        return client

    async def handshake(self, **headers: str) -> Client:
        """Open a WebSocket with these headers; raises `HTTPClientError` if it is refused."""
        url = self._browser.base.replace("http", "ws", 1) + "/ws"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        client = Client(await websocket_connect(HTTPRequest(url, headers=named)))
        self._clients.append(client)
        return client

    async def leave(self) -> None:
        """Close every connection, and wait until they are."""
        for client in self._clients:
            client.close()
            await client.closed()

    async def talk(self, one: str, other: str) -> tuple[Client, Client, str]:
        """Connect two people; return their clients and the id of their conversation."""
        first, second = await self.connect(one), await self.connect(other)
        opened = await first.ask("open", user=other)
        return first, second, opened["conversation"]["id"]


@pytest.fixture
def room(io_loop: IOLoop, browser: Browser) -> Iterator[Room]:
    room = Room(browser)
    yield room
    io_loop.run_sync(room.leave)
