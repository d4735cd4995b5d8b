"""Section 2: what every JSON route does with requests that are not as they should be."""

import pytest

from tests.acceptance.client import http

ROUTES = {
    "/api/v1/register": {"POST"},
    "/api/v1/login": {"POST"},
    "/api/v1/logout": {"POST"},
    "/api/v1/available": {"GET"},
    "/api/v1/me": {"GET"},
    "/api/v1/name": {"POST"},
    "/api/v1/password": {"POST"},
    "/api/v1/sessions": {"GET"},
    "/api/v1/other-sessions": {"DELETE"},
    "/api/v1/sessions/some-id": {"DELETE"},
}
WITH_BODY = ["/api/v1/register", "/api/v1/login", "/api/v1/name", "/api/v1/password"]


@pytest.mark.parametrize("path", ROUTES)
async def test_another_method_is_not_allowed(world, path):
    ann = await world.person("ann")

    for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - ROUTES[path]:
        answer = await ann.api(method, path, {} if method != "GET" else None)
        answer.error(405, "method_not_allowed")


async def test_an_unknown_path_is_not_found(world):
    ann = await world.person("ann")

    for path in ("/api/v1/nothing", "/api/v2/me", "/api/v1/me/x", "/api/v1/sessions/a/b", "/api"):
        assert (await ann.api("GET", path)).status == 404
    (await ann.api("GET", "/api/v1/nothing")).error(404, "not_found")


@pytest.mark.parametrize("path", WITH_BODY)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"null",
        b'"text"',
        b"\xff\xfe{}",
        b"[" * 30000,
        b'{"username": NaN, "password": Infinity}',
        b'{"username": %s}' % (b"9" * 5000),
    ],
    ids=range(10),
)
async def test_a_body_that_is_missing_or_unreadable_is_invalid(world, path, body):
    ann = await world.person("ann")

    answer = await http(
        world.server,
        "POST",
        path,
        body=body,
        token=ann.token,
        headers={"Content-Type": "application/json"},
    )

    answer.error(400, "invalid")


@pytest.mark.parametrize("path", WITH_BODY)
async def test_a_request_with_nothing_in_it_lacks_its_body(world, path):
    ann = await world.person("ann")

    answer = await http(world.server, "POST", path, token=ann.token)  # and no Content-Type

    answer.error(400, "invalid")


@pytest.mark.parametrize("path", WITH_BODY)
@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)
async def test_another_content_type_is_unsupported(world, path, content_type):
    ann = await world.person("ann")

    answer = await http(
        world.server,
        "POST",
        path,
        body=b'{"username": "ann.other", "password": "correct horse", "old": "x", "new": "y"}',
        token=ann.token,
        headers={"Content-Type": content_type},
    )

    answer.error(415, "unsupported_type")


async def test_json_with_a_charset_and_unknown_fields_is_taken(world):
    ann = await world.person("ann")
    body = f'{{"username": "{ann.username}", "password": "{ann.password}", "more": [1]}}'

    answer = await http(
        world.server,
        "POST",
        "/api/v1/login",
        body=body.encode(),
        headers={"Content-Type": "Application/JSON; charset=UTF-8"},
    )

    assert answer.status == 200


async def test_a_body_far_too_large_is_refused_and_the_server_lives(world):
    body = b'{"username": "' + b"a" * 1_000_000 + b'"}'

    answer = await http(
        world.server,
        "POST",
        "/api/v1/login",
        body=body,
        headers={"Content-Type": "application/json"},
    )

    answer.error(413, "too_large")
    assert (await http(world.server, "GET", "/healthz")).status == 200


async def test_json_is_never_cached_nor_taken_for_something_else(world):
    ann = await world.person("ann")

    for path in ("/api/v1/me", "/api/v1/sessions", "/api/v1/nothing"):
        answer = await ann.api("GET", path)
        assert answer.headers.get("X-Content-Type-Options") == "nosniff"
        assert answer.headers.get("Content-Type").startswith("application/json")
