"""The JSON API: its answers, its errors, and whom it believes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handlers.conftest import PASSWORD, Browser, Room


@pytest.mark.gen_test
async def test_registering_answers_with_the_user_and_a_token(browser: Browser) -> None:
    status, answer = await browser.api(
        "POST", "/api/v1/register", {"username": "Ann", "password": PASSWORD, "name": "Ann Lee"}
    )

    assert status == 201
    user = answer["user"]
    assert (user["username"], user["name"]) == ("ann", "Ann Lee")
    status, me = await browser.api("GET", "/api/v1/me", token=answer["token"])
    assert status == 200
    assert me["user"]["id"] == user["id"]
    assert me["session"]["current"] is True
    assert "parley_session" not in browser.cookies


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "username"),
        ({"username": "ann"}, "password"),
        ({"username": 5, "password": PASSWORD}, "username"),
        ({"username": {"$ne": 1}, "password": PASSWORD}, "username"),
        ({"username": "an", "password": PASSWORD}, "username"),
        ({"username": "_ann", "password": PASSWORD}, "username"),
        ({"username": "a" * 33, "password": PASSWORD}, "username"),
        ({"username": "änn", "password": PASSWORD}, "username"),
        ({"username": "\u212aelvin", "password": PASSWORD}, "username"),
        ({"username": "ann", "password": "parley12"[:7]}, "password"),
        ({"username": "ann", "password": "x" * 257}, "password"),
        ({"username": "annabell", "password": "annabell"}, "password"),
        ({"username": "ann", "password": "password"}, "password"),
        ({"username": "ann", "password": PASSWORD, "name": " "}, "name"),
        ({"username": "ann", "password": PASSWORD, "name": "x" * 65}, "name"),
        ({"username": "ann", "password": PASSWORD, "name": "a\nb"}, "name"),
        ({"username": "ann", "password": PASSWORD, "name": ["a"]}, "name"),
    ],
)
@pytest.mark.gen_test
async def test_a_bad_field_is_named(browser: Browser, body: dict[str, Any], field: str) -> None:
    status, answer = await browser.api("POST", "/api/v1/register", body)

    assert (status, answer["error"]["code"], answer["error"]["field"]) == (400, "invalid", field)


@pytest.mark.gen_test
async def test_whether_a_username_is_taken_is_told_before(browser: Browser, room: Room) -> None:
    await room.register("ann")

    async def look(username: str) -> tuple[int, Any]:
        return await browser.api("GET", f"/api/v1/available?username={username}")

    assert await look("ann") == (200, {"available": False})
    assert await look("ANN") == (200, {"available": False})
    assert await look("bob") == (200, {"available": True})
    for refused in ("", "an", "_ann", "%C3%A4nn", "ann%20"):
        status, answer = await look(refused)
        assert (status, answer["error"]["field"]) == (400, "username")


@pytest.mark.flags(login_rate="1")
@pytest.mark.gen_test
async def test_nobody_asks_for_all_usernames(browser: Browser) -> None:
    path = "/api/v1/available?username=ann"

    assert [(await browser.api("GET", path))[0] for _ in range(4)] == [200, 200, 200, 429]


@pytest.mark.flags(registration="closed")
@pytest.mark.gen_test
async def test_where_registration_is_closed_no_username_is_told(browser: Browser) -> None:
    assert (await browser.api("GET", "/api/v1/available?username=ann"))[0] == 403


@pytest.mark.gen_test
async def test_a_body_must_be_json_and_say_so(browser: Browser) -> None:
    async def status(body: str, content_type: str = "application/json", **headers: str) -> int:
        sent = {"Content-Type": content_type, **headers}
        return (await browser.post("/api/v1/login", body, headers=sent)).code

    assert await status("") == 400
    assert await status("{") == 400
    assert await status("[]") == 400
    assert await status('{"username": "\\ud800", "password": "x"}') == 400
    assert await status("[" * 30_000) == 400
    assert await status("{}", "text/plain") == 415
    assert await status("a=b", "application/x-www-form-urlencoded") == 415
    assert await status("{}", **{"Content-Encoding": "gzip"}) == 415
    assert await status('{"username": "ann", "password": "' + "x" * 70_000 + '"}') == 413
    body = '{"username": "nobody", "password": "x"}'
    assert await status(body, "Application/JSON; charset=utf-8") == 401


@pytest.mark.gen_test
async def test_an_address_or_method_that_is_not_there(browser: Browser) -> None:
    status, answer = await browser.api("GET", "/api/v1/nope")
    assert (status, answer["error"]["code"]) == (404, "not_found")
    response = await browser.get("/api/v1/login")
    assert (response.code, response.headers["Allow"]) == (405, "POST")
    assert (await browser.api("DELETE", "/api/v1/me"))[0] == 405


@pytest.mark.gen_test
async def test_a_cookie_needs_the_header_and_a_bearer_does_not(
    browser: Browser, room: Room
) -> None:
    await browser.submit("/register", username="ann", password=PASSWORD)
    token = browser.cookies["parley_session"]
    xsrf = browser.cookies["_xsrf"]
    body = {"old": PASSWORD, "new": PASSWORD + "2"}

    assert (await browser.api("POST", "/api/v1/password", body))[0] == 403
    status, _ = await browser.api("POST", "/api/v1/password", body, headers={"X-XSRFToken": xsrf})
    assert status == 204
    browser.cookies.clear()
    assert (await browser.api("POST", "/api/v1/logout", token=token))[0] == 204
    assert (await browser.api("GET", "/api/v1/me", token=token))[0] == 401


@pytest.mark.gen_test
async def test_a_password_change_ends_all_other_sessions(browser: Browser, room: Room) -> None:
    keep = await room.register("ann")
    other = await room.login("ann")
    kept, ended = await room.connect("ann"), await room.connect("ann", other)

    async def change(old: str, new: str) -> tuple[int, Any]:
        body = {"old": old, "new": new}
        return await browser.api("POST", "/api/v1/password", body, token=keep)

    status, answer = await change("wrong wrong", "another password")
    assert (status, answer["error"]["code"], answer["error"]["field"]) == (403, "forbidden", "old")
    status, answer = await change(PASSWORD, "short")
    assert (status, answer["error"]["field"]) == (400, "new")
    assert (await change(PASSWORD, "another password"))[0] == 204

    assert await ended.closed() == 4401
    assert (await browser.api("GET", "/api/v1/me", token=other))[0] == 401
    assert (await kept.ask("ping"))["type"] == "pong"
    login = {"username": "ann", "password": "another password"}
    assert (await browser.api("POST", "/api/v1/login", login))[0] == 200


@pytest.mark.gen_test
async def test_sessions_are_listed_and_ended_one_by_one(browser: Browser, room: Room) -> None:
    first = await room.register("ann")
    second = await room.login("ann")
    stranger = await room.register("bob")

    _, answer = await browser.api("GET", "/api/v1/sessions", token=first)
    by_current = {session["current"]: session["id"] for session in answer["sessions"]}
    assert len(answer["sessions"]) == 2
    assert set(answer["sessions"][0]) == {
        "id", "current", "created", "last_seen", "address", "agent"
    }  # fmt: skip
    path = f"/api/v1/sessions/{by_current[False]}"
    status, refused = await browser.api("DELETE", path, token=stranger)
    assert (status, refused["error"]["code"]) == (404, "not_found")
    assert (await browser.api("DELETE", path, token=first))[0] == 204

    assert (await browser.api("DELETE", path, token=first))[0] == 404
    assert (await browser.api("GET", "/api/v1/me", token=second))[0] == 401


@pytest.mark.gen_test
async def test_all_other_sessions_end_at_once(browser: Browser, room: Room) -> None:
    keep = await room.register("ann")
    others = [await room.login("ann") for _ in range(2)]
    kept, ended = await room.connect("ann"), await room.connect("ann", others[0])
    await room.connect("bob")

    assert (await browser.api("DELETE", "/api/v1/other-sessions", token=keep))[0] == 204

    assert (await ended.closed(), ended.close_reason) == (4401, "revoked")
    for token in others:
        assert (await browser.api("GET", "/api/v1/me", token=token))[0] == 401
    _, answer = await browser.api("GET", "/api/v1/sessions", token=keep)
    assert [session["current"] for session in answer["sessions"]] == [True]
    assert (await kept.ask("ping"))["type"] == "pong"
    assert (await browser.api("GET", "/api/v1/me", token=room.tokens["bob"]))[0] == 200
    # With nobody else signed in there is nothing to end.
    assert (await browser.api("DELETE", "/api/v1/other-sessions", token=keep))[0] == 204


@pytest.mark.gen_test
async def test_a_new_name_is_told_to_those_who_know_the_person(
    browser: Browser, room: Room
) -> None:
    ann, bob, conversation = await room.talk("ann", "bob")
    await ann.ask("send", conversation=conversation, client_id="1", text="hello")
    other_tab, stranger = await room.connect("ann"), await room.connect("cem")

    status, answer = await browser.api(
        "POST", "/api/v1/name", {"name": " Ann 🦊"}, token=room.tokens["ann"]
    )

    assert (status, answer["user"]["name"], answer["user"]["online"]) == (200, " Ann 🦊", True)
    told = {"type": "profile", "user": room.ids["ann"], "name": " Ann 🦊"}
    for client in (ann, other_tab, bob):
        assert await client.next("profile") == told
    assert (await stranger.ask("find_users", q="🦊"))["users"][0]["name"] == " Ann 🦊"
    assert not stranger.has_heard("profile")


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb", 5, None])
@pytest.mark.gen_test
async def test_a_name_that_nobody_may_have_changes_nothing(
    browser: Browser, room: Room, name: object
) -> None:
    token = await room.register("ann")

    status, answer = await browser.api("POST", "/api/v1/name", {"name": name}, token=token)

    assert (status, answer["error"]["code"], answer["error"]["field"]) == (400, "invalid", "name")
    assert (await browser.api("GET", "/api/v1/me", token=token))[1]["user"]["name"] == "ann"


@pytest.mark.flags(login_rate="2")
@pytest.mark.gen_test
async def test_names_change_only_so_often(browser: Browser, room: Room) -> None:
    token = await room.register("ann")

    async def rename(name: str) -> tuple[int, Any]:
        return await browser.api("POST", "/api/v1/name", {"name": name}, token=token)

    assert [(await rename(name))[0] for name in ("One", "Two", "Three")] == [200, 200, 429]
    assert 50 < (await rename("Four"))[1]["error"]["retry_after"] <= 60
    assert (await browser.api("GET", "/api/v1/me", token=token))[1]["user"]["name"] == "Two"


@pytest.mark.flags(login_rate="3")
@pytest.mark.gen_test
async def test_failed_logins_are_limited_per_account_and_a_right_one_forgives(
    browser: Browser, room: Room
) -> None:
    await room.register("ann")

    async def login(password: str) -> tuple[int, Any]:
        return await browser.api("POST", "/api/v1/login", {"username": "ann", "password": password})

    assert [(await login("wrong wrong"))[0] for _ in range(3)] == [401] * 3
    status, answer = await login("wrong wrong")
    assert (status, answer["error"]["code"]) == (429, "rate_limited")
    assert 50 < answer["error"]["retry_after"] <= 60
    assert (await login(PASSWORD))[0] == 429


@pytest.mark.flags(trusted_proxies="127.0.0.1,::1,10.0.0.0/8")
@pytest.mark.gen_test
async def test_the_address_is_the_last_one_before_the_trusted_proxies(
    browser: Browser, room: Room
) -> None:
    token = await room.register("ann")

    async def address(forwarded: str) -> str:
        status, answer = await browser.api(
            "POST",
            "/api/v1/login",
            {"username": "ann", "password": PASSWORD},
            headers={"X-Forwarded-For": forwarded},
        )
        assert status == 200
        _, me = await browser.api("GET", "/api/v1/me", token=answer["token"])
        found: str = me["session"]["address"]
        return found

    assert token
    assert await address("203.0.113.9") == "203.0.113.9"
    assert await address("6.6.6.6, 203.0.113.9, 10.1.2.3") == "203.0.113.9"
    assert await address("nonsense, 10.1.2.3") == "10.1.2.3"
    assert await address("6.6.6.6, 203.0.113.9:4711, 10.1.2.3:80") == "203.0.113.9"
    assert await address("[2001:db8::9]:4711, 10.1.2.3") == "2001:db8::9"
    assert await address("2001:db8::9, [::1]") == "2001:db8::9"
