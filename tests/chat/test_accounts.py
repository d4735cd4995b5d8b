"""Signing up and in: limits that hold, and failures that tell nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from chat.accounts import Accounts, check_name, check_username
from chat.app import App
from chat.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited, Unauthorized
from chat.passwords import Hasher, cost_of
from tests.conftest import MakeSettings

PASSWORD = "correct horse battery"
HOME = "192.0.2.1"


@pytest.fixture
def run(make_settings: MakeSettings) -> Callable[..., None]:
    """Return a function that runs a check against a started `App`."""

    def run(check: Callable[[App], Awaitable[None]], **flags: str) -> None:
        async def started() -> None:
            app = App(make_settings(**flags))
            await app.start()
            try:
                await check(app)
            finally:
                await app.stop()

        asyncio.run(started())

    return run


Run = Callable[..., None]


async def sign_in(accounts: Accounts, name: str, password: str, address: str = HOME) -> str:
    _, token = await accounts.sign_in(name, password, address, "test")
    return token


@pytest.mark.parametrize("username", ["ann", "a.b-c_d", "0ann", "x" * 32, "ANN"])
def test_usernames_are_stored_in_lower_case(username: str) -> None:
    assert check_username(username) == username.lower()


@pytest.mark.parametrize("username", ["", "an", ".ann", "-ann", "a b", "ann\n", "änn", "\u212aab"])
def test_other_usernames_are_refused(username: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_username(username)
    assert caught.value.field == "username"


def test_names_are_kept_exactly() -> None:
    for name in ("Ann", " Ann ", "Ünï 🎉", "x" * 64, "\u202eevil"):
        assert check_name(name) == name
    for name in ("", "  ", "x" * 65, "a\nb", "a\x00"):
        with pytest.raises(Invalid):
            check_name(name)


def test_of_many_registrations_of_one_name_one_wins(run: Run) -> None:
    async def check(app: App) -> None:
        async def register() -> bool:
            try:
                await app.accounts.sign_up("ann", PASSWORD, None, HOME, "test")
            except Conflict:
                return False
            return True

        assert sum(await asyncio.gather(*(register() for _ in range(8)))) == 1

    run(check)


def test_wrong_unknown_and_disabled_are_told_apart_by_nobody(run: Run) -> None:
    async def check(app: App) -> None:
        await app.accounts.register("ann", PASSWORD, None)
        await app.accounts.register("bob", PASSWORD, None)
        await app.accounts.set_disabled("bob", True)
        messages = set()
        for name, password in [
            ("ann", "wrong wrong"),
            ("nobody", PASSWORD),
            ("bob", PASSWORD),
            ("not a username", PASSWORD),
            ("ann", "x" * 1_000),
        ]:
            with pytest.raises(Unauthorized) as caught:
                await sign_in(app.accounts, name, password)
            messages.add((caught.value.message, caught.value.field))
        assert len(messages) == 1

    run(check)


def test_the_first_failures_are_told_and_the_next_ones_wait(run: Run) -> None:
    async def check(app: App) -> None:
        await app.accounts.register("ann", PASSWORD, None)
        for _ in range(3):
            with pytest.raises(Unauthorized):
                await sign_in(app.accounts, "ann", "wrong wrong")
        for password in ("wrong wrong", PASSWORD):
            with pytest.raises(RateLimited) as caught:
                await sign_in(app.accounts, "ann", password, "198.51.100.7")
            assert caught.value.retry_after

    run(check, login_rate="3")


def test_the_owner_of_an_account_that_others_guess_at_still_gets_in(run: Run) -> None:
    async def check(app: App) -> None:
        user, token = await app.accounts.sign_up("ann", PASSWORD, None, HOME, "test")
        for number in range(5):
            with pytest.raises((Unauthorized, RateLimited)):
                await sign_in(app.accounts, "ann", "wrong wrong", f"198.51.100.{number}")

        assert await sign_in(app.accounts, "ann", PASSWORD)
        session, _ = await app.sessions.find(token)
        await app.accounts.change_password(user.id, session.id, PASSWORD, "another good one")

        with pytest.raises(RateLimited):
            await sign_in(app.accounts, "ann", "another good one", "198.51.100.7")
        assert await sign_in(app.accounts, "ann", "another good one")

    run(check, login_rate="3")


def test_an_address_that_fails_is_limited_for_all_accounts(run: Run) -> None:
    async def check(app: App) -> None:
        await app.accounts.register("ann", PASSWORD, None)
        for name in ("bob", "cat", "dan"):
            with pytest.raises(Unauthorized):
                await sign_in(app.accounts, name, "wrong wrong")
        with pytest.raises(RateLimited):
            await sign_in(app.accounts, "ann", PASSWORD)
        assert await sign_in(app.accounts, "ann", PASSWORD, "198.51.100.7")

    run(check, login_rate="3")


def test_many_tries_at_once_are_no_way_around_the_limit(run: Run) -> None:
    async def check(app: App) -> None:
        await app.accounts.register("ann", PASSWORD, None)

        async def try_in() -> type[Exception] | None:
            try:
                await sign_in(app.accounts, "ann", "wrong wrong")
            except (Unauthorized, RateLimited) as error:
                return type(error)
            return None

        outcomes = await asyncio.gather(*(try_in() for _ in range(12)))
        assert outcomes.count(Unauthorized) == 3
        assert outcomes.count(RateLimited) == 9

    run(check, login_rate="3")


def test_many_right_logins_at_once_all_succeed(run: Run) -> None:
    async def check(app: App) -> None:
        await app.accounts.register("ann", PASSWORD, None)
        tokens = await asyncio.gather(*(sign_in(app.accounts, "ann", PASSWORD) for _ in range(8)))
        assert len(set(tokens)) == 8

    run(check, login_rate="3")


def test_a_right_login_forgives_the_account_but_not_the_address(run: Run) -> None:
    async def check(app: App) -> None:
        await app.accounts.register("ann", PASSWORD, None)
        for address in ("198.51.100.1", "198.51.100.2", "198.51.100.3"):
            for _ in range(2):
                with pytest.raises(Unauthorized):
                    await sign_in(app.accounts, "ann", "wrong wrong", address)
            await sign_in(app.accounts, "ann", PASSWORD, address)
        with pytest.raises(Unauthorized):
            await sign_in(app.accounts, "bob", PASSWORD, "198.51.100.1")
        with pytest.raises(RateLimited):
            await sign_in(app.accounts, "ann", PASSWORD, "198.51.100.1")

    run(check, login_rate="3")


def test_registrations_are_bounded_per_address(run: Run) -> None:
    async def check(app: App) -> None:
        for number in range(10):
            await app.accounts.sign_up(f"user{number}", PASSWORD, None, HOME, "test")
        with pytest.raises(RateLimited):
            await app.accounts.sign_up("user10", PASSWORD, None, HOME, "test")
        await app.accounts.sign_up("user10", PASSWORD, None, "198.51.100.7", "test")

    run(check, login_rate="1")


def test_closed_registration_is_closed(run: Run) -> None:
    async def check(app: App) -> None:
        with pytest.raises(Forbidden):
            await app.accounts.sign_up("ann", PASSWORD, None, HOME, "test")
        await app.accounts.register("ann", PASSWORD, None)

    run(check, registration="closed")


def test_a_hash_of_another_cost_is_renewed_at_the_next_login(run: Run) -> None:
    async def check(app: App) -> None:
        await app.accounts.register("ann", PASSWORD, None)
        app.accounts._hasher = app.hasher = Hasher(5)

        await sign_in(app.accounts, "ann", PASSWORD)

        account = await app.store.account_named("ann")
        assert account
        assert cost_of(account.password_hash) == 5
        await sign_in(app.accounts, "ann", PASSWORD)

    run(check)


def test_an_operator_sets_passwords_and_switches_accounts_off(run: Run) -> None:
    async def check(app: App) -> None:
        await app.accounts.register("ann", PASSWORD, None)
        token = await sign_in(app.accounts, "ann", PASSWORD)

        await app.accounts.set_password("ann", "another password")
        with pytest.raises(Unauthorized):
            await app.sessions.find(token)
        token = await sign_in(app.accounts, "ann", "another password")
        await app.accounts.set_disabled("ann", True)
        with pytest.raises(Unauthorized):
            await app.sessions.find(token)
        with pytest.raises(NotFound):
            await app.accounts.set_password("nobody", PASSWORD)

    run(check)
