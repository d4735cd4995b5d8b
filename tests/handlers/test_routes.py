"""Every route that is not meant for everybody asks for a session."""

import pytest

from tests.handlers.conftest import Browser

PUBLIC = {
    "/login",
    "/register",
    "/logout",
    "/healthz",
    "/readyz",
    "/metrics",
    "/shell",
    "/sw.js",
    "/manifest.webmanifest",
    "/favicon.ico",
    "/robots.txt",
    "/api/v1/register",
    "/api/v1/available",
    "/api/v1/login",
}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 302),
        ("GET", "/c/cAbc", 302),
        ("GET", "/c/cAbc/1", 302),
        ("POST", "/api/v1/logout", 401),
        ("GET", "/api/v1/me", 401),
        ("POST", "/api/v1/name", 401),
        ("POST", "/api/v1/password", 401),
        ("GET", "/api/v1/sessions", 401),
        ("DELETE", "/api/v1/other-sessions", 401),
        ("DELETE", "/api/v1/sessions/sAbc", 401),
    ],
)
@pytest.mark.gen_test
async def test_nobody_gets_in_without_a_session(
    browser: Browser, method: str, path: str, status: int
) -> None:
    body: object = {} if method == "POST" else None

    assert (await browser.api(method, path, body))[0] == status


@pytest.mark.gen_test
async def test_the_list_of_public_routes_is_complete(browser: Browser) -> None:
    for path in PUBLIC:
        assert (await browser.get(path)).code in (200, 400, 405), path
