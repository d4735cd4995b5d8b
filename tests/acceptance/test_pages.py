"""Section 2: pages, forms, cookies, and the routes that machines ask."""

import json
import re

import pytest

from tests.acceptance.client import (
    Browser,
    Person,
    World,
    assets_of,
    handshake,
    http,
    inputs_of,
    raw_http,
)


async def signed_in(world: World, person: Person, **how) -> Browser:
    browser = Browser(world.server, **how)
    answer = await browser.submit("/login", username=person.username, password=person.password)
    assert answer.status == 303, answer.body
    return browser


@pytest.mark.parametrize("path", ["/", "/c/some-id", "/c/some-id/7"])
async def test_the_chat_page_sends_a_stranger_to_the_login_page(world, path):
    answer = await Browser(world.server).request("GET", path)

    assert answer.status in {302, 303}
    assert re.match(r"/login(\?|$)", answer.headers.get("Location"))


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/login", {"username", "password", "_xsrf"}),
        ("/register", {"username", "password", "name", "_xsrf"}),
    ],
)
async def test_the_forms_have_their_fields(world, path, fields):
    answer = await Browser(world.server).request("GET", path)

    assert answer.status == 200
    assert fields <= set(inputs_of(answer))


async def test_registering_by_the_form_opens_the_chat_page(world):
    browser = Browser(world.server)

    answer = await browser.submit(
        "/register", username="by.form", password="correct horse", name="By Form"
    )

    assert answer.status == 303
    assert answer.headers.get("Location").startswith("/")
    page = await browser.request("GET", "/")
    assert page.status == 200
    assert page.headers.get("Content-Type").startswith("text/html")
    me = await browser.request("GET", "/api/v1/me")
    assert me.json()["user"]["name"] == "By Form"


async def test_the_session_cookie_is_for_the_server_alone(world):
    ann = await world.person("ann")

    browser = await signed_in(world, ann)

    assert len(browser.session_cookies) == 1
    (name,) = browser.session_cookies
    attributes = browser.attributes[name]
    assert "httponly" in attributes
    assert "samesite=lax" in attributes
    assert "path=/" in attributes
    assert not any(each.startswith("domain") for each in attributes)
    assert "secure" not in attributes  # http: a browser would not send it back


@pytest.mark.parametrize("server", [("--trusted-proxies", "127.0.0.0/8")], indirect=True)
async def test_behind_a_trusted_proxy_with_tls_the_cookie_is_secure(world):
    ann = await world.person("ann")
    proxy = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}

    browser = await signed_in(world, ann, headers=proxy)

    (name,) = browser.session_cookies
    assert name.startswith("__Host-")
    assert "secure" in browser.attributes[name]
    me = await browser.request("GET", "/api/v1/me")
    assert me.json()["session"]["address"] == "203.0.113.9"
    handed_on = proxy | {"Cookie": browser.cookie}
    own = world.server.url.replace("http:", "https:")
    await world.connect(headers=handed_on | {"Origin": own})
    response, _, _ = await handshake(world.server, headers=handed_on | {"Origin": world.server.url})
    assert response.status == 403


@pytest.mark.parametrize("server", [("--trusted-proxies", "127.0.0.0/8")], indirect=True)
async def test_what_a_client_says_in_front_of_a_trusted_proxy_is_not_believed(world):
    ann = await world.person("ann")
    headers = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9, 127.0.0.5"}

    me = await http(world.server, "GET", "/api/v1/me", token=ann.token, headers=headers)
    account = {"username": ann.username, "password": ann.password}
    given = await http(world.server, "POST", "/api/v1/login", json_body=account, headers=headers)

    assert me.status == 200
    session = (await ann.api("GET", "/api/v1/me", token=given.json()["token"])).json()["session"]
    assert session["address"] == "203.0.113.9"


async def test_nobody_is_believed_to_be_a_proxy_by_default(world):
    ann = await world.person("ann")
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Real-Ip": "203.0.113.9"}

    browser = await signed_in(world, ann, headers=forged | {"X-Forwarded-Proto": "https"})

    me = await browser.request("GET", "/api/v1/me")
    assert me.json()["session"]["address"] == "127.0.0.1"
    assert "secure" not in browser.attributes[next(iter(browser.session_cookies))]


async def test_a_form_that_fails_shows_itself_again_with_the_reason(world):
    ann = await world.person("ann")
    browser = Browser(world.server)
    account = {"username": ann.username, "password": ann.password, "name": "Ann"}

    wrong = await browser.submit("/login", username=ann.username, password="wrong password")
    unknown = await browser.submit("/login", username="nobody.here", password="wrong password")
    taken = await browser.submit("/register", **account)
    invalid = await browser.submit("/register", **(account | {"username": "?"}))
    common = await browser.submit("/register", **(account | {"password": "password"}))
    absent = await browser.submit("/login")

    assert [wrong.status, unknown.status, taken.status] == [401, 401, 409]
    assert [invalid.status, common.status] == [400, 400]
    assert absent.status in {400, 401}
    for answer in (wrong, unknown, taken, invalid, common, absent):
        assert {"username", "password", "_xsrf"} <= set(inputs_of(answer))
    assert not browser.session_cookies
    said = [re.sub(rb"(?s)<[^>]*>", b"", each.body) for each in (wrong, unknown)]
    assert said[0] == said[1]


async def test_what_was_typed_comes_back_as_text_and_a_password_not_at_all(world):
    markup = '"><script>alert(1)</script>'

    answer = await Browser(world.server).submit(
        "/login", username=markup, password="secret-password"
    )

    assert b"<script>alert(1)" not in answer.body
    assert b"secret-password" not in answer.body


@pytest.mark.parametrize("path", ["/login", "/register"])
async def test_a_form_without_its_token_is_forbidden(world, path):
    browser = Browser(world.server)
    await browser.token(path)
    account = {"username": "no.token", "password": "correct horse", "name": "No"}

    without = await browser.request("POST", path, form=account)
    foreign_token = await Browser(world.server).token(path)
    foreign = await browser.request("POST", path, form=account | {"_xsrf": foreign_token})

    assert without.status == 403
    assert foreign.status == 403
    assert not browser.session_cookies


async def test_logging_out_by_the_page_ends_the_session_and_its_sockets(world):
    ann = await world.person("ann")
    browser = await signed_in(world, ann)
    origin = {"Origin": world.server.url, "Cookie": browser.cookie}
    sockets = [await world.connect(headers=origin) for _ in range(2)]
    kept = await ann.connect()
    cookie = browser.cookie

    refused = await browser.request("POST", "/logout", form={})
    assert refused.status == 403
    await sockets[0].flush()
    got = await browser.request("GET", "/logout")
    assert got.status == 405
    token = await browser.token("/")
    answer = await browser.request("POST", "/logout", form={"_xsrf": token})

    assert answer.status == 303
    assert [(await each.closed()).code for each in sockets] == [4401, 4401]
    again = await http(world.server, "GET", "/api/v1/me", headers={"Cookie": cookie})
    again.error(401, "unauthorized")
    await kept.flush()


async def test_json_with_a_cookie_needs_the_token_header_to_change_anything(world):
    ann = await world.person("ann")
    browser = await signed_in(world, ann)
    token = await browser.token("/")
    change = {"old": ann.password, "new": "another fine pass"}

    assert (await browser.request("GET", "/api/v1/me")).status == 200
    assert (await browser.request("GET", "/api/v1/sessions")).status == 200
    for method, path, body in (
        ("POST", "/api/v1/password", change),
        ("POST", "/api/v1/logout", None),
        ("DELETE", "/api/v1/sessions/x", None),
    ):
        for headers in ({}, {"X-XSRFToken": "2|00000000|00|0"}):
            answer = await browser.request(method, path, json_body=body, headers=headers)
            answer.error(403, "forbidden")
    header = {"X-XSRFToken": token}
    done = await browser.request("POST", "/api/v1/password", json_body=change, headers=header)
    assert done.status == 204
    ended = await browser.request("POST", "/api/v1/logout", headers=header)
    assert ended.status == 204


async def test_a_cookie_put_there_before_never_becomes_a_session(world):
    ann = await world.person("ann")
    name = next(iter((await signed_in(world, ann)).session_cookies))
    browser = Browser(world.server)
    browser.jar[name] = planted = "planted-by-somebody"

    await browser.submit("/login", username=ann.username, password=ann.password)

    assert browser.jar[name] != planted
    headers = {"Cookie": f"{name}={planted}"}
    answer = await http(world.server, "GET", "/api/v1/me", headers=headers)
    answer.error(401, "unauthorized")


async def test_a_new_login_gets_a_new_cookie(world):
    ann = await world.person("ann")
    browser = await signed_in(world, ann)
    first = dict(browser.session_cookies)

    await browser.submit("/login", page="/", username=ann.username, password=ann.password)

    assert browser.session_cookies != first


async def test_a_forged_or_broken_cookie_is_no_session(world):
    ann = await world.person("ann")
    ((name, value),) = (await signed_in(world, ann)).session_cookies.items()

    for wrong in (
        value[:-1],
        value[:-1] + "!",
        "x" * 9000,
        "",
        "2|1:0|10:1|4:name|4:eA==|" + "0" * 64,
    ):
        headers = {"Cookie": f"{name}={wrong}"}
        answer = await http(world.server, "GET", "/api/v1/me", headers=headers)
        assert answer.status == 401, wrong
        page = await http(world.server, "GET", "/", headers=headers)
        assert page.status in {302, 303}


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "https:evil",
        "javascript:x",
        "/%0d%0aX-Evil:1",
        "/\t/evil.example",
        "evil.example",
        "%2f%2fevil.example",
    ],
)
async def test_the_way_after_a_login_leads_only_to_this_server(world, target):
    ann = await world.person("ann")
    browser = Browser(world.server)
    token = await browser.token(f"/login?next={target.replace(chr(9), '%09')}")
    account = {"username": ann.username, "password": ann.password, "_xsrf": token, "next": target}

    answer = await browser.request(
        "POST", "/login?next=" + target.replace("\t", "%09"), form=account
    )

    assert answer.status == 303
    location = answer.headers.get("Location")
    assert re.match(r"/(?![/\\\t])", location), location
    assert "X-Evil" not in answer.headers


async def test_the_chat_page_is_also_at_the_address_of_a_conversation(world):
    ann_socket, _, conversation = await world.couple()
    await ann_socket.send(conversation, "second")
    ann = await world.person("ann")
    carl_socket = await ann.connect()
    notes = await carl_socket.open(ann.id)
    await carl_socket.send(notes, "to myself")
    browser = await signed_in(world, ann)

    for path in (f"/c/{notes}", f"/c/{notes}/1"):
        page = await browser.request("GET", path)
        assert page.status == 200
        assert page.headers.get("Content-Type").startswith("text/html")
        assert "no-store" in page.headers.get("Cache-Control")
    for path in (f"/c/{conversation}", "/c/unknown", "/c/unknown/1", "/c/unknown/x", "/c/"):
        assert (await browser.request("GET", path)).status in {200, 404}


async def test_assets_are_cached_for_a_year_under_their_versioned_address(world):
    page = await Browser(world.server).request("GET", "/login")

    assets = assets_of(page)
    assert assets
    for asset in assets:
        answer = await http(world.server, "GET", asset)
        assert answer.status == 200, asset
        age = re.search(r"max-age=(\d+)", answer.headers.get("Cache-Control"))
        if "?" in asset:
            assert age is not None, (asset, answer.headers.pairs)
            assert int(age[1]) >= 31_000_000


@pytest.mark.parametrize(
    "path",
    [
        "/static/../setup.py",
        "/static/%2e%2e/setup.py",
        "/static/..%2fsetup.py",
        "/static/..\\setup.py",
        "/static/%00",
        "/static/",
        "/static",
        "/static//etc/passwd",
        "//etc/passwd",
    ],
)
async def test_nothing_outside_the_assets_is_served(world, path):
    answer = await http(world.server, "GET", path)

    assert answer.status in {400, 403, 404}
    assert b"root:" not in answer.body
    assert b"setuptools" not in answer.body


async def test_the_service_worker_and_the_manifest_are_there(world):
    worker = await http(world.server, "GET", "/sw.js")
    manifest = await http(world.server, "GET", "/manifest.webmanifest")

    assert worker.status == 200
    assert "javascript" in worker.headers.get("Content-Type")
    assert manifest.status == 200
    assert isinstance(json.loads(manifest.body), dict)


async def test_health_and_readiness_are_told(world):
    health = await http(world.server, "GET", "/healthz")
    ready = await http(world.server, "GET", "/readyz")

    assert health.status == 200
    assert ready.status == 200
    told = json.dumps(ready.json())
    assert "store" in told
    assert "broker" in told


async def test_metrics_are_for_the_machine_itself(world):
    metrics = await http(world.server, "GET", "/metrics")
    forwarded = [
        await http(world.server, "GET", "/metrics", headers={name: value})
        for name, value in [
            ("X-Forwarded-For", "127.0.0.1"),
            ("Forwarded", "for=127.0.0.1"),
            ("X-Real-IP", "127.0.0.1"),
            ("X-Forwarded-Proto", "http"),
            ("X-Forwarded-Host", "127.0.0.1"),
            ("Via", "1.1 proxy"),
        ]
    ]

    assert metrics.status == 200
    assert metrics.headers.get("Content-Type").startswith("text/plain")
    assert b"# TYPE" in metrics.body
    assert [each.status in {401, 403, 404} for each in forwarded] == [True] * 6


@pytest.mark.parametrize("server", [("--metrics-token", "the-token")], indirect=True)
async def test_metrics_with_a_token_are_for_those_who_know_it(world):
    right = await http(world.server, "GET", "/metrics", token="the-token")
    none = await http(world.server, "GET", "/metrics")
    wrong = await http(world.server, "GET", "/metrics", token="a-token")

    assert right.status == 200
    assert none.status in {401, 403}
    assert wrong.status in {401, 403}


POST = b"POST /login HTTP/1.1\r\nHost: a\r\n"
GET = b"GET / HTTP/1.1\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40) + b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /\r\n\r\n",
        GET + b"\r\n",
        GET + b"Host: a\r\nHost: b\r\n\r\n",
        GET + b"Host : a\r\n\r\n",
        GET + b"Host: a\r\nX: \x00\r\n\r\n",
        POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        POST + b"Content-Length: +5\r\n\r\nabcde",
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: gzip\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n0_1\r\na\r\n0\r\n\r\n",
    ],
    ids=range(13),
)
async def test_malformed_http_is_a_bad_request_and_the_server_lives(world, request_bytes):
    answer = await raw_http(world.server, request_bytes)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 400"), answer[:200]
    assert (await http(world.server, "GET", "/healthz")).status == 200


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "get", "NONSENSE"])
async def test_a_page_with_another_method_is_not_allowed(world, method):
    answer = await http(world.server, method, "/login")

    assert answer.status == 405


async def test_the_server_does_not_say_what_it_is_made_of(world):
    for path in ("/login", "/healthz", "/nothing", "/api/v1/me"):
        answer = await http(world.server, "GET", path)
        assert "Tornado" not in answer.headers.get("Server")


async def test_an_unknown_page_is_not_found(world):
    answer = await http(world.server, "GET", "/no/such/page")

    assert answer.status == 404
    assert b"Traceback" not in answer.body
