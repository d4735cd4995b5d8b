"""Sections 1 and 5: the limits on frames and logins, each with its answer."""

import asyncio
import time

import pytest

from tests.acceptance.client import Browser, Frame, World, http

FRAMES_A_SECOND = 3
BURST = 10 * FRAMES_A_SECOND
# Beyond the burst: fewer than are a flood, and more than a busy machine lets through meanwhile.
BEYOND = 50
FAILURES = 3

slow_frames = pytest.mark.parametrize(
    "server", [("--message-rate", str(FRAMES_A_SECOND))], indirect=True
)
few_logins = pytest.mark.parametrize("server", [("--login-rate", str(FAILURES))], indirect=True)


@slow_frames
async def test_frames_beyond_the_burst_are_rate_limited_and_not_obeyed(world):
    ann, bob = await world.pair()
    connection, listener = await ann.connect(), await bob.connect()
    started = time.monotonic()
    conversation = await connection.open(bob.id)

    futures = [
        connection.start("send", conversation=conversation, client_id=f"c{n}", text="flood")
        for n in range(BURST + BEYOND)
    ]
    answers = await asyncio.gather(*futures)
    most = BURST + 1 + FRAMES_A_SECOND * (time.monotonic() - started)

    sent = [each for each in answers if each["type"] == "sent"]
    limited = [each for each in answers if each["type"] == "error"]
    assert BURST - 1 <= len(sent) <= most
    assert {each["code"] for each in limited} == {"rate_limited"}
    assert all(0 < each["retry_after"] <= 10 for each in limited)
    assert [each["seq"] for each in sent] == list(range(1, len(sent) + 1))
    history = await listener.history(conversation, limit=200)
    assert len(history["messages"]) == len(sent)


def is_limited(answers: list[Frame]) -> bool:
    return "rate_limited" in {each.get("code") for each in answers}


@slow_frames
async def test_the_rate_is_that_of_a_user_and_of_nobody_else(world):
    ann, bob = await world.pair()
    first, second, of_bob = await ann.connect(), await ann.connect(), await bob.connect()

    of_first: list[Frame] = []
    of_second: list[Frame] = []
    while not (is_limited(of_first) and is_limited(of_second)):
        of_first += await asyncio.gather(*(first.start("ping") for _ in range(10)))
        of_second.append(await second.ask("ping"))

    assert len(of_second) < BURST  # by these alone it would not have been
    await of_bob.flush()


@slow_frames
async def test_a_flood_that_goes_on_is_closed_with_4429(world):
    ann, bob = await world.pair()
    flooding, listener = await ann.connect(), await bob.connect()

    for _ in range(100):
        for _ in range(100):
            flooding.write('{"type": "ping"}')
        if not flooding.is_open:
            break
        try:
            await flooding.drain()
        except ConnectionError:
            break

    assert (await flooding.closed()).code == 4429
    await listener.flush()


async def attempt(world: World, username: str, password: str, source: str | None = None):
    account = {"username": username, "password": password}
    return await http(world.server, "POST", "/api/v1/login", json_body=account, source=source)


@few_logins
async def test_the_first_failures_are_401_and_further_tries_429(world):
    ann = await world.person("ann")

    answers = [
        await attempt(world, ann.username, "wrong password", f"127.0.1.{n}") for n in range(1, 7)
    ]

    assert [each.status for each in answers] == [401] * FAILURES + [429] * (6 - FAILURES)
    error = answers[-1].error(429, "rate_limited")
    assert 0 < int(answers[-1].headers.get("Retry-After")) <= 60
    assert 0 < error["retry_after"] <= 60


@few_logins
async def test_failures_at_once_are_counted_all_the_same(world):
    ann = await world.person("ann")

    answers = await asyncio.gather(
        *(attempt(world, ann.username, "wrong", f"127.0.2.{n}") for n in range(1, 11))
    )

    assert sorted(each.status for each in answers) == [401] * FAILURES + [429] * (10 - FAILURES)


@few_logins
async def test_failures_of_one_address_are_counted_over_all_accounts(world):
    ann = await world.person("ann")

    answers = [
        await attempt(world, f"nobody{n}", "wrong password", "127.0.3.1") for n in range(FAILURES)
    ]
    limited = await attempt(world, ann.username, "wrong password", "127.0.3.1")
    elsewhere = await attempt(world, ann.username, "wrong password", "127.0.3.2")
    right = await attempt(world, ann.username, ann.password, "127.0.3.3")

    assert [each.status for each in answers] == [401] * FAILURES
    limited.error(429, "rate_limited")
    elsewhere.error(401, "unauthorized")
    assert right.status == 200


@few_logins
async def test_an_unknown_account_is_limited_as_a_known_one(world):
    ann = await world.person("ann")

    for number, username in enumerate((ann.username, "nobody.knows")):
        answers = [
            await attempt(world, username, "wrong password", f"127.0.{number + 4}.{n}")
            for n in range(1, FAILURES + 2)
        ]
        assert [each.status for each in answers] == [401] * FAILURES + [429]


@few_logins
async def test_logins_that_succeed_are_not_counted(world):
    ann = await world.person("ann")

    answers = [
        await attempt(world, ann.username, ann.password, "127.0.6.1")
        for _ in range(2 * FAILURES + 1)
    ]

    assert {each.status for each in answers} == {200}


@few_logins
async def test_the_form_counts_with_the_json_route(world):
    ann = await world.person("ann")
    source = "127.0.7.1"
    for _ in range(FAILURES):
        await attempt(world, ann.username, "wrong password", source)
    browser = Browser(world.server)
    token = await browser.token()
    form = {"username": ann.username, "password": "wrong password", "_xsrf": token}

    answer = await browser.request("POST", "/login", form=form, source=source)

    assert answer.status == 429
    assert int(answer.headers.get("Retry-After")) > 0
    assert b"<form" in answer.body


@few_logins
async def test_registrations_of_an_address_are_bounded(world):
    bound = 10 * FAILURES

    answers = []
    for number in range(bound + 3):
        account = {"username": f"new.account{number}", "password": "correct horse"}
        answers.append(
            await http(
                world.server, "POST", "/api/v1/register", json_body=account, source="127.0.8.1"
            )
        )

    assert [each.status for each in answers] == [201] * bound + [429] * 3
    answers[-1].error(429, "rate_limited")
    assert 0 < int(answers[-1].headers.get("Retry-After")) <= 3600


@few_logins
async def test_nobody_learns_all_usernames_by_registering(world):
    ann = await world.person("ann")
    account = {"username": ann.username, "password": "correct horse"}

    async def register(username: str, source: str) -> int:
        request = account | {"username": username}
        answer = await http(
            world.server, "POST", "/api/v1/register", json_body=request, source=source
        )
        return answer.status

    taken = [await register(ann.username, "127.0.9.1") for _ in range(3 * FAILURES + 2)]

    assert taken == [409] * (3 * FAILURES) + [429] * 2
    assert await register("free.username", "127.0.9.1") == 429
    assert await register("free.username", "127.0.9.2") == 201


@few_logins
async def test_what_cannot_be_a_username_is_counted_for_its_address_alone(world):
    for number in range(2 * FAILURES):
        answer = await attempt(world, f"nobody {number}", "wrong", f"127.0.10.{number + 1}")
        answer.error(401, "unauthorized")

    answers = [await attempt(world, f"somebody {n}", "wrong", "127.0.11.1") for n in range(4)]
    assert [each.status for each in answers] == [401] * FAILURES + [429]
