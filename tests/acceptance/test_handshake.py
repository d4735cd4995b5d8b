"""Section 3: who is let in at `/ws`, and what is said first."""

import asyncio

import pytest

from tests.acceptance.client import Browser, World, check_user, handshake, http

LIMIT = 32


async def refused(world: World, **how) -> int:
    response, _, writer = await handshake(world.server, **how)
    writer.close()
    return response.status


async def cookie_of(world: World) -> str:
    ann = await world.person("ann")
    browser = Browser(world.server)
    await browser.submit("/login", username=ann.username, password=ann.password)
    return browser.cookie


async def test_a_bearer_token_opens_a_connection_that_says_hello(world):
    ann = await world.person("ann")

    connection = await ann.connect()

    hello = connection.hello
    session = (await ann.api("GET", "/api/v1/me")).json()["session"]["id"]
    assert hello["protocol"] == 1
    assert type(hello["protocol"]) is int
    check_user(hello["user"])
    assert hello["user"]["id"] == ann.id
    assert hello["user"]["username"] == ann.username
    assert hello["session"] == session
    assert 1 <= hello["heartbeat"] <= 60
    assert hello["limits"]["frame"] == 128 * 1024
    assert hello["limits"]["text"] == 8000
    assert isinstance(hello["server"], str)
    assert len(connection.frames) == 1


async def test_a_cookie_with_the_pages_own_origin_opens_a_connection(world):
    cookie = await cookie_of(world)

    connection = await world.connect(headers={"Cookie": cookie, "Origin": world.server.url})

    await connection.flush()


async def test_a_bearer_token_with_the_pages_own_origin_opens_a_connection(world):
    ann = await world.person("ann")

    connection = await world.connect(ann.token, headers={"Origin": world.server.url})

    await connection.flush()


async def test_without_a_session_it_is_unauthorized(world):
    assert await refused(world) == 401
    assert await refused(world, headers={"Origin": world.server.url}) == 401
    assert await refused(world, token="nonsense") == 401
    assert await refused(world, headers={"Cookie": "session=nonsense"}) in {401, 403}


async def test_a_token_in_the_address_opens_nothing(world):
    ann = await world.person("ann")

    for name in ("token", "access_token", "session"):
        assert await refused(world, path=f"/ws?{name}={ann.token}") in {400, 401, 403}
    later = await world.person("later")
    log = world.server.errors()
    assert later.id in log  # and with it all that came before
    assert ann.token not in log


async def test_a_foreign_origin_is_forbidden_with_cookie_and_with_token(world):
    ann, cookie = await world.person("ann"), await cookie_of(world)
    host, port = world.server.host, world.server.port
    foreign = [
        "http://evil.example",
        f"http://{host}.evil.example:{port}",
        f"http://evil.example:{port}",
        f"http://{host}:{port + 1}",
        f"http://{host}",
        f"https://{host}:{port}",
        "null",
        "file://",
        "",
        f"http://{host}:{port}.evil.example",
        f"http://{host}:{port}@evil.example",
    ]

    for origin in foreign:
        for how in ({"Cookie": cookie}, {"Authorization": f"Bearer {ann.token}"}):
            headers = {"Origin": origin} | how
            assert await refused(world, headers=headers) == 403, headers


async def test_a_cookie_without_an_origin_is_forbidden(world):
    cookie = await cookie_of(world)

    assert await refused(world, headers={"Cookie": cookie}) == 403


async def test_a_request_from_another_site_is_forbidden_whatever_its_origin(world):
    cookie = await cookie_of(world)
    headers = {"Cookie": cookie, "Origin": world.server.url, "Sec-Fetch-Site": "cross-site"}

    assert await refused(world, headers=headers) == 403


async def test_what_is_no_handshake_is_not_upgraded(world):
    ann = await world.person("ann")

    assert (await http(world.server, "GET", "/ws", token=ann.token)).status == 400
    assert (await http(world.server, "POST", "/ws", token=ann.token)).status == 405
    version = {"Sec-WebSocket-Version": "12"}
    assert await refused(world, token=ann.token, headers=version) == 426
    assert await refused(world, token=ann.token, without=["Sec-WebSocket-Key"]) == 400
    for key in ("x", "dG9vIHNob3J0", "AAAAAAAAAAAAAAAAAAAAAAA=", "dGhlIHNhbXBsZSBub25jZQ"):
        assert await refused(world, token=ann.token, headers={"Sec-WebSocket-Key": key}) == 400
    old, _, writer = await handshake(world.server, token=ann.token, version="HTTP/1.0")
    writer.close()
    assert old.status == 400
    for name in ("Upgrade", "Connection", "Sec-WebSocket-Version"):
        assert await refused(world, token=ann.token, without=[name]) in {400, 426}


async def test_compression_is_not_negotiated(world):
    ann = await world.person("ann")
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}

    connection = await world.connect(ann.token, headers=offer)

    await connection.flush()


@pytest.mark.parametrize("server", [("--allowed-hosts", "127.0.0.1,chat.example")], indirect=True)
async def test_a_name_that_is_not_served_is_misdirected(world):
    ann = await world.person("ann")

    await world.connect(ann.token)
    for origin in ("http://chat.example", "https://chat.example"):  # TLS may end before
        served = {"Host": "chat.example", "Origin": origin}
        await world.connect(ann.token, headers=served)
    for origin in ("ftp://chat.example", "//chat.example", "chrome-extension://chat.example"):
        foreign = {"Host": "chat.example", "Origin": origin}
        assert await refused(world, token=ann.token, headers=foreign) == 403
    rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
    assert await refused(world, token=ann.token, headers=rebound) == 421
    account = {"username": ann.username, "password": ann.password}
    for origin, status in [
        ("https://chat.example", 200),
        ("null", 200),
        ("http://evil.example", 421),
    ]:
        path, headers = "/api/v1/login", {"Origin": origin}
        answer = await http(world.server, "POST", path, json_body=account, headers=headers)
        assert answer.status == status


@pytest.mark.parametrize(
    "server",
    [("--allowed-hosts", "127.0.0.1,chat.example", "--trusted-proxies", "127.0.0.1")],
    indirect=True,
)
async def test_a_page_without_tls_does_not_speak_for_one_with_it(world):
    ann = await world.person("ann")
    secure = {"Host": "chat.example", "X-Forwarded-Proto": "https"}

    await world.connect(ann.token, headers=secure | {"Origin": "https://chat.example"})
    insecure = secure | {"Origin": "http://chat.example"}
    assert await refused(world, token=ann.token, headers=insecure) == 403


async def test_the_connection_after_the_32nd_is_closed_without_hello(world):
    ann, bob = await world.pair()
    other_session = await ann.login()
    connections = [await ann.connect() for _ in range(LIMIT - 1)]
    connections.append(await ann.connect(other_session))

    extra = await world.upgrade(ann.token)

    assert (await extra.closed()).code == 4429
    assert extra.frames == []
    await bob.connect()  # somebody else is not concerned
    await asyncio.gather(*(each.flush() for each in connections))

    await connections.pop().close()
    await ann.connect()
    assert (await (await world.upgrade(ann.token)).closed()).code == 4429


async def test_of_many_connections_at_once_no_more_than_32_live(world):
    ann = await world.person("ann")

    connections = await asyncio.gather(*(world.upgrade(ann.token) for _ in range(LIMIT + 8)))

    async def outcome(connection) -> object:
        done, pending = await asyncio.wait(
            [
                asyncio.create_task(connection.event("hello")),
                asyncio.create_task(connection.closed()),
            ],
            return_when=asyncio.FIRST_COMPLETED,
        )
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, *done, return_exceptions=True)
        return "hello" if connection.frames else (await connection.closed()).code

    outcomes = await asyncio.gather(*(outcome(each) for each in connections))
    assert outcomes.count("hello") == LIMIT
    assert outcomes.count(4429) == 8
