"""Section 2: the JSON routes on accounts and sessions."""

import asyncio
import re

import pytest

from tests.acceptance.client import World, check_instant, check_user, http, is_id


async def register(world: World, **request):
    return await http(world.server, "POST", "/api/v1/register", json_body=request)


async def login(world: World, username: str, password: str):
    account = {"username": username, "password": password}
    return await http(world.server, "POST", "/api/v1/login", json_body=account)


async def test_registering_gives_a_user_and_a_token_and_no_cookie(world):
    answer = await register(
        world, username="First.User-1_x", password="8 chars!", name="Ann Ä 👩‍🚀"
    )

    assert answer.status == 201
    given = answer.json()
    check_user(given["user"])
    assert given["user"]["username"] == "first.user-1_x"
    assert given["user"]["name"] == "Ann Ä 👩‍🚀"
    assert (await http(world.server, "GET", "/api/v1/me", token=given["token"])).status == 200
    assert not {name for name in answer.cookies() if not name.endswith("_xsrf")}


async def test_a_name_may_be_left_out(world):
    answer = await register(world, username="nameless", password="correct horse")

    assert answer.status == 201
    assert 1 <= len(answer.json()["user"]["name"]) <= 64


@pytest.mark.parametrize(
    "username",
    [
        "",
        "ab",
        "a" * 33,
        ".abc",
        "-abc",
        "_abc",
        "a b c",
        "änna",
        "ann\n",
        "a/b",
        "ann\x00",
        "ＡＢＣ",
    ],
)
async def test_a_username_out_of_bounds_is_invalid(world, username):
    answer = await register(world, username=username, password="correct horse")

    answer.error(400, "invalid", "username")


@pytest.mark.parametrize("username", ["b0b", "0ab", "c" * 32, "D..", "e__", "f--"])
async def test_a_username_within_bounds_is_taken(world, username):
    answer = await register(world, username=username, password="correct horse")

    assert answer.status == 201
    assert answer.json()["user"]["username"] == username.lower()


@pytest.mark.parametrize(
    "password",
    [
        "",
        "7 chars",
        "x" * 257,
        "password",
        "12345678",
        "PassWord",
        "password-is-user",
    ],
)
async def test_a_password_out_of_bounds_common_or_the_username_is_invalid(world, password):
    answer = await register(world, username="password-is-user", password=password)

    answer.error(400, "invalid", "password")


async def test_every_character_of_a_password_counts(world):
    tricky = [
        "x" * 72 + "end",
        "y" * 256,
        "🔑" * 8,
        "🔑" * 256,
        "  blanks  around  ",
        "\t\u3000 \u200b\u00a0\u2003 \t",
        "é" * 40 + "1",
    ]
    for number, password in enumerate(tricky):
        username = f"tricky{number}"
        answer = await register(world, username=username, password=password)
        assert answer.status == 201, (password, answer.body)
        assert (await login(world, username, password)).status == 200
        for other in (password[:-1], password + "x", password[:-1] + "z", password.strip() + "\n"):
            (await login(world, username, other)).error(401, "unauthorized")
    (await login(world, "tricky0", "x" * 72)).error(401, "unauthorized")


async def test_a_lone_surrogate_is_invalid_in_any_string(world):
    fields = {"username": "surrogate", "password": "correct horse", "name": "Sur"}
    for name, value in fields.items():
        answer = await register(world, **(fields | {name: value + "\ud800"}))
        answer.error(400, "invalid")


async def test_a_nul_in_a_password_does_not_cut_it(world):
    answer = await register(world, username="nul-nul", password="correct\0horse")

    if answer.status == 201:
        assert (await login(world, "nul-nul", "correct\0horse")).status == 200
        (await login(world, "nul-nul", "correct\0house")).error(401, "unauthorized")
    else:
        answer.error(400, "invalid", "password")


@pytest.mark.parametrize("name", ["", "   ", "n" * 65, "a\x00b", 7, ["a"], {"$ne": 1}])
async def test_a_shown_name_out_of_bounds_is_invalid(world, name):
    answer = await register(world, username="a-fine-name", password="correct horse", name=name)

    answer.error(400, "invalid", "name")


@pytest.mark.parametrize("field", ["username", "password"])
@pytest.mark.parametrize("route", ["register", "login"])
async def test_a_field_that_is_missing_or_no_string_is_invalid(world, route, field):
    for value in (None, 7, True, ["a"], {"$gt": ""}, "absent"):
        request = {"username": "operator", "password": "correct horse", field: value}
        if value == "absent":
            del request[field]

        answer = await http(world.server, "POST", f"/api/v1/{route}", json_body=request)

        answer.error(400, "invalid", field)


async def test_a_username_is_given_once_whatever_its_case(world):
    ann = await world.person("ann")

    for username in (ann.username, ann.username.upper()):
        answer = await register(world, username=username, password="correct horse")
        answer.error(409, "conflict", "username")


async def test_of_two_who_want_one_name_at_once_one_gets_it(world):
    for number in range(5):
        request = {"username": f"wanted{number}", "password": "correct horse"}

        answers = await asyncio.gather(*(register(world, **request) for _ in range(3)))

        assert sorted(each.status for each in answers) == [201, 409, 409]


async def test_logging_in_gives_a_user_and_another_token(world):
    ann = await world.person("ann")

    answer = await login(world, ann.username.upper(), ann.password)

    assert answer.status == 200
    assert set(answer.json()) >= {"user", "token"}
    assert answer.json()["user"]["id"] == ann.id
    assert answer.json()["token"] != ann.token
    assert not {name for name in answer.cookies() if not name.endswith("_xsrf")}


async def test_a_failed_login_says_the_same_whether_or_not_the_account_exists(world):
    ann = await world.person("ann")

    wrong = await login(world, ann.username, "not the password")
    unknown = await login(world, "nobody.at.all", "not the password")
    impossible = await login(world, "?", "not the password")

    wrong.error(401, "unauthorized")
    assert wrong.body == unknown.body
    assert impossible.status in {400, 401}
    names = [[name for name, _ in each.headers.pairs] for each in (wrong, unknown)]
    assert names[0] == names[1]


async def test_me_is_the_user_and_the_session(world):
    ann = await world.person("ann")

    answer = await ann.api("GET", "/api/v1/me")

    assert answer.status == 200
    assert answer.json()["user"]["id"] == ann.id
    check_session(answer.json()["session"], current=True)
    assert "no-store" in answer.headers.get("Cache-Control")


def check_session(session: dict, *, current: bool) -> None:
    assert {"id", "current", "created", "last_seen", "address", "agent"} <= set(session)
    assert is_id(session["id"])
    assert session["current"] is current
    check_instant(session["created"])
    check_instant(session["last_seen"])
    assert session["address"] == "127.0.0.1"
    assert session["agent"] is None or isinstance(session["agent"], str)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/me"),
        ("GET", "/api/v1/sessions"),
        ("POST", "/api/v1/logout"),
        ("DELETE", "/api/v1/sessions/x"),
    ],
)
@pytest.mark.parametrize("authorization", [None, "Bearer ", "Bearer nonsense", "Basic eDp5"])
async def test_without_a_session_the_json_routes_are_unauthorized(
    world, method, path, authorization
):
    headers = {} if authorization is None else {"Authorization": authorization}

    answer = await http(world.server, method, path, headers=headers)

    answer.error(401, "unauthorized")


async def test_a_token_nearly_right_opens_nothing(world):
    ann = await world.person("ann")
    token = ann.token

    for wrong in (token[:-1], token + "x", token.swapcase(), "x" * 9000, f"{token} {token}"):
        answer = await http(world.server, "GET", "/api/v1/me", token=wrong)
        answer.error(401, "unauthorized")


async def test_a_password_is_changed_and_the_others_of_its_sessions_end(world):
    ann = await world.person("ann")
    other = await ann.login()
    socket, other_socket = await ann.connect(), await ann.connect(other)
    change = {"old": ann.password, "new": "another fine pass"}

    answer = await ann.api("POST", "/api/v1/password", change)

    assert answer.status == 204
    assert answer.body == b""
    (await ann.api("GET", "/api/v1/me", token=other)).error(401, "unauthorized")
    assert (await other_socket.closed()).code == 4401
    assert (await ann.api("GET", "/api/v1/me")).status == 200
    await socket.flush()
    (await login(world, ann.username, ann.password)).error(401, "unauthorized")
    assert (await login(world, ann.username, "another fine pass")).status == 200


async def test_a_password_is_not_changed_without_the_old_one_or_for_a_bad_one(world):
    ann = await world.person("ann")
    other = await ann.login()

    wrong = await ann.api("POST", "/api/v1/password", {"old": "wrong", "new": "another fine pass"})
    wrong.error(403, "forbidden", "old")
    for new in ("short", "x" * 257, "password", ann.username, None, 8):
        answer = await ann.api("POST", "/api/v1/password", {"old": ann.password, "new": new})
        answer.error(400, "invalid", "new")
    (await ann.api("POST", "/api/v1/password", {"new": "another fine pass"})).error(
        400, "invalid", "old"
    )

    assert (await ann.api("GET", "/api/v1/me", token=other)).status == 200
    assert (await login(world, ann.username, ann.password)).status == 200


async def test_sessions_are_listed_with_the_current_one_marked(world):
    ann, bob = await world.pair()
    second = await ann.login()

    answer = await ann.api("GET", "/api/v1/sessions")

    sessions = answer.json()["sessions"]
    me = (await ann.api("GET", "/api/v1/me")).json()["session"]
    assert len(sessions) == 2
    for session in sessions:
        check_session(session, current=session["id"] == me["id"])
    assert me["id"] in {session["id"] for session in sessions}
    assert len((await bob.api("GET", "/api/v1/sessions")).json()["sessions"]) == 1
    assert second not in answer.body.decode()
    assert ann.token not in answer.body.decode()


async def test_the_agent_of_a_session_is_what_the_client_called_itself(world):
    ann = await world.person("ann")
    account = {"username": ann.username, "password": ann.password}
    agent = {"User-Agent": "Acceptance/1.0 (one line)"}

    given = await http(world.server, "POST", "/api/v1/login", json_body=account, headers=agent)

    session = (await ann.api("GET", "/api/v1/me", token=given.json()["token"])).json()["session"]
    assert session["agent"] == "Acceptance/1.0 (one line)"


async def test_ending_one_of_ones_sessions_closes_its_sockets_and_no_others(world):
    ann = await world.person("ann")
    other = await ann.login()
    other_id = (await ann.api("GET", "/api/v1/me", token=other)).json()["session"]["id"]
    socket = await ann.connect()
    ended = [await ann.connect(other) for _ in range(3)]
    assert {each.hello["session"] for each in ended} == {other_id}

    answer = await ann.api("DELETE", f"/api/v1/sessions/{other_id}")

    assert answer.status == 204
    (await ann.api("GET", "/api/v1/me", token=other)).error(401, "unauthorized")
    closed = await asyncio.gather(*(each.closed() for each in ended))
    assert {each.code for each in closed} == {4401}
    await socket.flush()
    (await ann.api("DELETE", f"/api/v1/sessions/{other_id}")).error(404, "not_found")


async def test_the_session_of_somebody_else_answers_as_one_that_does_not_exist(world):
    ann, bob = await world.pair()
    of_bob = (await bob.api("GET", "/api/v1/me")).json()["session"]["id"]

    foreign = await ann.api("DELETE", f"/api/v1/sessions/{of_bob}")
    unknown = await ann.api("DELETE", f"/api/v1/sessions/{of_bob[::-1]}")

    foreign.error(404, "not_found")
    assert foreign.body == unknown.body
    assert (await bob.api("GET", "/api/v1/me")).status == 200


async def test_logging_out_ends_the_session_and_closes_its_sockets(world):
    ann, bob = await world.pair()
    other = await ann.login()
    ended = [await ann.connect() for _ in range(3)]
    kept, of_bob = await ann.connect(other), await bob.connect()

    answer = await ann.api("POST", "/api/v1/logout")

    assert answer.status == 204
    (await ann.api("GET", "/api/v1/me")).error(401, "unauthorized")
    closed = await asyncio.gather(*(each.closed() for each in ended))
    assert {each.code for each in closed} == {4401}
    await kept.flush()
    await of_bob.flush()
    (await ann.api("POST", "/api/v1/logout")).error(401, "unauthorized")


async def test_ids_of_sessions_are_not_tokens(world):
    ann = await world.person("ann")
    session = (await ann.api("GET", "/api/v1/me")).json()["session"]["id"]

    (await ann.api("GET", "/api/v1/me", token=session)).error(401, "unauthorized")


async def test_tokens_cannot_be_guessed(world):
    people = [await world.person("ann") for _ in range(3)]

    assert len({person.token for person in people}) == 3
    assert all(len(re.sub(r"[^A-Za-z0-9_-]", "", person.token)) >= 32 for person in people)
