"""Guessers wait, their victims do not; all by a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chat.attempts import (
    HOUR_MS,
    KNOWN_MS,
    MAX_FAILURES_AN_HOUR,
    MINUTE_MS,
    Attempts,
    Tries,
    address_key,
)
from chat.errors import RateLimited
from chat.models import UserId
from chat.stores import open_store

RATE = 10
START = 1_000_000_000_000


class Desk:
    """Tries to log in, without any password."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts = attempts
        self.addresses = 0
        self.now = START

    async def fails(self, address: str = "") -> float:
        """Fail from an address, or a new one; return 0 if that was told, else the seconds."""
        if not address:
            self.addresses += 1
            address = f"198.51.{self.addresses // 250}.{self.addresses % 250}"
        tries = await self._attempts.of_login("ann", address)
        return await self._try(tries, self._attempts.failed)

    async def succeeds(self, address: str) -> float:
        tries = await self._attempts.of_login("ann", address)

        async def succeeded(tries: Tries) -> None:
            await self._attempts.succeeded(tries)
            await self._attempts.remember("ann", address)

        return await self._try(tries, succeeded)

    async def mistypes_old_password(self) -> float:
        return await self._try(self._attempts.of_password(UserId("uAnn")), self._attempts.failed)

    async def _try(self, tries: Tries, then: Callable[[Tries], Awaitable[None]]) -> float:
        try:
            await self._attempts.check(tries)
            await then(tries)
        except RateLimited as error:
            return error.retry_after or 0
        return 0


Run = Callable[..., None]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a check with a desk of its own."""

    def run(check: Callable[[Desk], Awaitable[None]], rate: int = RATE) -> None:
        async def opened() -> None:
            store = open_store(f"sqlite:{tmp_path / 'parley.db'}")
            await store.open()
            desk = Desk(Attempts(store, lambda: desk.now, rate))
            try:
                await check(desk)
            finally:
                await store.close()

        asyncio.run(opened())

    return run


def test_an_address_is_counted_as_what_one_person_has() -> None:
    assert address_key("192.0.2.1") == "192.0.2.1"
    assert address_key("::ffff:192.0.2.1") == "192.0.2.1"
    assert address_key("2001:db8::1") == address_key("2001:db8::ffff")
    assert address_key("2001:db8::1") != address_key("2001:db8:0:1::1")


def test_after_a_minute_it_may_be_tried_again(run: Run) -> None:
    async def check(desk: Desk) -> None:
        assert [await desk.fails() for _ in range(RATE)] == [0] * RATE
        assert 0 < await desk.fails() <= 60

        desk.now += MINUTE_MS

        assert await desk.fails() == 0

    run(check)


def test_a_guesser_with_patience_and_many_addresses_gets_a_hundred_an_hour(run: Run) -> None:
    async def check(desk: Desk) -> None:
        told = 0
        while desk.now < START + HOUR_MS:
            told += sum([await desk.fails() == 0 for _ in range(RATE + 1)])
            desk.now += MINUTE_MS
        assert told == MAX_FAILURES_AN_HOUR

        desk.now = START + HOUR_MS - 1000
        assert await desk.fails() == 1
        desk.now = START + HOUR_MS

        assert await desk.fails() == 0

    run(check)


def test_nobody_is_kept_out_of_an_account_by_others_who_guess(run: Run) -> None:
    async def check(desk: Desk) -> None:
        assert await desk.succeeds("192.0.2.1") == 0
        for _ in range(RATE):
            await desk.fails()
        assert await desk.fails() > 0
        assert await desk.succeeds("203.0.113.9") > 0  # nobody knows that place

        assert await desk.succeeds("192.0.2.1") == 0

    run(check)


def test_an_address_that_is_known_has_limits_of_its_own(run: Run) -> None:
    async def check(desk: Desk) -> None:
        await desk.succeeds("192.0.2.1")
        for _ in range(RATE):
            assert await desk.fails("192.0.2.1") == 0

        assert await desk.fails("192.0.2.1") > 0
        assert await desk.fails("203.0.113.9") == 0

    run(check)


def test_an_address_is_known_for_a_time(run: Run) -> None:
    async def check(desk: Desk) -> None:
        await desk.succeeds("192.0.2.1")
        desk.now += KNOWN_MS
        for _ in range(RATE):
            await desk.fails()

        assert await desk.succeeds("192.0.2.1") > 0

    run(check)


def test_a_right_password_from_home_does_not_help_who_guesses_elsewhere(run: Run) -> None:
    async def check(desk: Desk) -> None:
        await desk.succeeds("192.0.2.1")
        for _ in range(RATE):
            await desk.fails()

        await desk.succeeds("192.0.2.1")

        assert await desk.fails() > 0

    run(check)


def test_whoever_is_inside_changes_the_password_whatever_others_try(run: Run) -> None:
    async def check(desk: Desk) -> None:
        for _ in range(RATE + 1):
            await desk.fails()

        for _ in range(RATE):
            assert await desk.mistypes_old_password() == 0
        assert await desk.mistypes_old_password() > 0

    run(check)


@pytest.mark.parametrize(("rate", "told"), [(0, 150), (120, 120)])
def test_the_rate_that_is_set_is_kept(run: Run, rate: int, told: int) -> None:
    async def check(desk: Desk) -> None:
        assert [await desk.fails() for _ in range(150)].count(0) == told

    run(check, rate)
