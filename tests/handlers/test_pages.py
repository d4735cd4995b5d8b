"""The pages: forms that say what was wrong, headers that keep others out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from chat import resources
from chat.app import App
from tests.handlers.conftest import PASSWORD, Browser, Room


@pytest.mark.gen_test
async def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(browser: Browser) -> None:
    assert (await browser.get("/")).headers["Location"] == "/login"
    assert (await browser.get("/c/cAbc/7")).headers["Location"] == "/login?next=%2Fc%2FcAbc%2F7"

    entered = await browser.submit(
        "/register", username="Ann", password=PASSWORD, name="Ann Lee", next="/c/cAbc/7"
    )

    assert (entered.code, entered.headers["Location"]) == (303, "/c/cAbc/7")
    page = await browser.get("/c/cAbc/7")
    assert page.code == 200
    assert b"Ann Lee" in page.body


@pytest.mark.parametrize(
    "path", ["//evil", "/\\evil", "https:evil", "javascript:x", "/c/a\r\nX: y", "/api/v1/me"]
)
@pytest.mark.gen_test
async def test_nobody_is_sent_anywhere_else(browser: Browser, path: str) -> None:
    entered = await browser.submit("/register", username="ann", password=PASSWORD, next=path)

    assert entered.headers["Location"] == "/"


@pytest.mark.gen_test
async def test_a_form_that_fails_is_shown_again_with_the_reason(browser: Browser) -> None:
    short = await browser.submit("/register", username="ann", password="tiny pw", name="Ann <b>")
    assert short.code == 400
    assert b"at least 8 characters" in short.body
    assert b"Ann &lt;b&gt;" in short.body
    assert b"tiny pw" not in short.body

    await browser.submit("/register", username="ann", password=PASSWORD)
    other = Browser(browser._client, browser.base)
    taken = await other.submit("/register", username="ANN", password=PASSWORD)
    assert (taken.code, b"taken" in taken.body) == (409, True)
    wrong = await other.submit("/login", username="ann", password=PASSWORD + "!")
    unknown = await other.submit("/login", username="nobody", password=PASSWORD)
    assert (wrong.code, unknown.code) == (401, 401)
    assert b"The username or the password is wrong." in wrong.body
    assert _without_secrets(wrong.body, b"ann") == _without_secrets(unknown.body, b"nobody")


def _without_secrets(page: bytes, username: bytes) -> bytes:
    page = page.replace(b'value="%s"' % username, b"")
    return re.sub(rb'nonce="[^"]*"|value="[^"]*"', b"", page)


@pytest.mark.flags(login_rate="2")
@pytest.mark.gen_test
async def test_too_many_tries_are_told_how_long_to_wait(browser: Browser) -> None:
    codes = [
        (await browser.submit("/login", username="ann", password="wrong wrong")).code
        for _ in range(3)
    ]
    last = await browser.submit("/login", username="ann", password="wrong wrong")

    assert codes == [401, 401, 429]
    assert b"Try again in" in last.body
    assert 50 <= int(last.headers["Retry-After"]) <= 61


@pytest.mark.gen_test
async def test_a_form_from_somewhere_else_is_refused(browser: Browser) -> None:
    body = f"username=ann&password={PASSWORD.replace(' ', '+')}"

    assert (await browser.post("/register", body)).code == 403
    await browser.get("/register")
    assert (await browser.post("/register", body + "&_xsrf=2|a|b|1")).code == 403
    body += f"&_xsrf={browser.cookies['_xsrf'].replace('|', '%7C')}"
    for site in ("cross-site", "same-site"):  # who has planted the cookie, too
        headers = {"Sec-Fetch-Site": site}
        assert (await browser.post("/register", body, headers=headers)).code == 403
    assert (await browser.get("/")).headers["Location"] == "/login"


@pytest.mark.gen_test
async def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(browser: Browser) -> None:
    await browser.submit("/register", username="ann", password=PASSWORD)

    header = next(each for each in browser.cookie_headers if each.startswith("parley_session="))
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(header.split("; "))
    assert "Secure" not in header


@pytest.mark.flags(trusted_proxies="127.0.0.1,::1")
@pytest.mark.gen_test
async def test_behind_a_tls_proxy_the_cookie_is_bound_to_the_host(browser: Browser) -> None:
    page = await browser.get("/register", headers={"X-Forwarded-Proto": "https"})
    xsrf = browser.cookies["__Host-_xsrf"]
    fields = f"username=ann&password={PASSWORD.replace(' ', '+')}&_xsrf={xsrf}"
    entered = await browser.post(
        "/register", fields.replace("|", "%7C"), headers={"X-Forwarded-Proto": "https"}
    )

    assert "wss://" in page.headers["Content-Security-Policy"]
    assert page.headers["Strict-Transport-Security"]
    assert entered.code == 303
    header = entered.headers.get_list("Set-Cookie")[-1]
    assert header.startswith("__Host-parley_session=")
    assert {"Secure", "Path=/"} <= set(header.split("; "))
    assert all(each.startswith("__Host-") for each in browser.cookies)


@pytest.mark.gen_test
async def test_a_set_cookie_never_becomes_a_session(browser: Browser) -> None:
    browser.cookies["parley_session"] = "chosen-by-somebody-else"

    await browser.submit("/register", username="ann", password=PASSWORD)

    assert browser.cookies["parley_session"] != "chosen-by-somebody-else"


@pytest.mark.gen_test
async def test_signing_in_again_ends_the_session_that_the_browser_had(
    browser: Browser, room: Room
) -> None:
    await browser.submit("/register", username="ann", password=PASSWORD)
    old = browser.cookies["parley_session"]
    tab = await room.handshake(Cookie=f"parley_session={old}", Origin=browser.base)
    await tab.next("hello")

    await browser.submit("/register", username="bob", password=PASSWORD)

    assert await tab.closed() == 4401
    assert (await browser.get("/")).code == 200


@pytest.mark.gen_test
async def test_a_logout_ends_the_session_for_good(browser: Browser) -> None:
    await browser.submit("/register", username="ann", password=PASSWORD)
    token = browser.cookies["parley_session"]

    left = await browser.submit("/logout")

    assert (left.code, left.headers["Location"]) == (303, "/login")
    assert "parley_session" not in browser.cookies
    browser.cookies["parley_session"] = token
    assert (await browser.get("/")).headers["Location"] == "/login"
    assert (await browser.get("/logout")).code == 405


@pytest.mark.flags(registration="closed")
@pytest.mark.gen_test
async def test_closed_registration_is_said_and_kept(browser: Browser, parley: App) -> None:
    assert b"Create an account" not in (await browser.get("/login")).body

    refused = await browser.submit("/register", username="ann", password=PASSWORD)

    assert refused.code == 403
    assert await parley.store.account_named("ann") is None


@pytest.mark.gen_test
async def test_every_page_has_a_strict_policy_of_its_own(browser: Browser) -> None:
    policies = [(await browser.get("/login")).headers["Content-Security-Policy"] for _ in "ab"]

    assert policies[0] != policies[1]
    for part in ("default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for"):
        assert part in policies[0]
    assert "unsafe" not in policies[0]


@pytest.mark.gen_test
async def test_every_answer_carries_the_security_headers(browser: Browser) -> None:
    for path in ("/", "/login", "/nope", "/api/v1/me", "/healthz", "/static/nope", "/sw.js"):
        headers = (await browser.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "no-referrer", path
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert headers["Content-Security-Policy"], path
        assert "Server" not in headers, path


@pytest.mark.gen_test
async def test_assets_are_kept_for_a_year_under_their_version_only(browser: Browser) -> None:
    page = (await browser.get("/login")).body.decode()
    found = re.search(r'"(/static/[^"?]+)\?v=(\w+)"', page)
    assert found

    versioned = await browser.get(f"{found[1]}?v={found[2]}")
    bare = await browser.get(found[1])

    assert "max-age=31536000" in versioned.headers["Cache-Control"]
    assert bare.headers["Cache-Control"] == "no-cache"


@pytest.mark.gen_test
async def test_the_import_map_versions_every_module(browser: Browser) -> None:
    page = (await browser.get("/login")).body.decode()
    found = re.search(r'<script type="importmap"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found

    imports = json.loads(found[1])["imports"]

    modules = {
        f"/static/{file.relative_to(resources.static()).as_posix()}"
        for file in resources.static().rglob("*.js")
    }
    assert set(imports) == modules
    assert (await browser.get(next(iter(imports.values())))).code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../setup.py",
        "/static/%2e%2e/setup.py",
        "/static/..%2fsetup.py",
        "/static/%00",
        "/static//etc/passwd",
        "/static/..\\setup.py",
        "/static/",
        "/static/js",
    ],
)
@pytest.mark.gen_test
async def test_nothing_outside_the_folder_is_served(browser: Browser, path: str) -> None:
    assert (await browser.get(path)).code == 404


@pytest.mark.gen_test
async def test_the_worker_and_the_manifest_are_served_from_the_top(browser: Browser) -> None:
    worker = await browser.get("/sw.js")
    manifest = await browser.get("/manifest.webmanifest")

    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert json.loads(manifest.body)["name"] == "Parley"


@pytest.mark.flags(allowed_hosts="chat.example.org")
@pytest.mark.gen_test
async def test_other_host_names_are_misdirected(browser: Browser) -> None:
    assert (await browser.get("/login")).code == 421
    for host in ("chat.example.org", "CHAT.example.org:8888"):
        assert (await browser.get("/login", headers={"Host": host})).code == 200
    # probes ask a process by its address; what is there to be read is not for them
    assert (await browser.get("/healthz")).code == 200
    assert (await browser.get("/readyz")).code == 200
    assert (await browser.get("/metrics")).code == 421


@pytest.mark.gen_test
async def test_an_error_page_shows_no_traceback(
    browser: Browser, parley: App, new_browser: Callable[[], Browser]
) -> None:
    await browser.submit("/register", username="ann", password=PASSWORD)

    async def broken(_: str) -> None:
        raise RuntimeError("secret detail")

    parley.sessions.find = broken  # type: ignore[method-assign, assignment]
    page = await browser.get("/")

    assert page.code == 500
    assert b"secret detail" not in page.body
    assert b"Traceback" not in page.body
