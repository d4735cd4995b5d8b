"""How many tries there may be: failed logins, wrong old passwords, new names, registrations.

A guesser gets `login_rate` failures a minute for an account and from an address, and no more
than `MAX_FAILURES_AN_HOUR` in an hour for an account. That must not be a way to lock its
owner out (OWASP ASVS 5.0, 6.1.1): each address from which somebody came in with the right
password counts for itself, and a session that is alive changes its password whatever others
try. All counts are in the store, the same for all processes; those of unknown names, too, so
that no limit tells which exist.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from chat.errors import RateLimited
from chat.models import UserId
from chat.stores.base import Store

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
# NIST SP 800-63B section 3.2.2 allows 100 failures in a row. Counted in a day, a guesser's
# hundred would keep somebody who travels out for the rest of it.
MAX_FAILURES_AN_HOUR = 100
# An address is an old acquaintance for so long after a right password; then for as long again.
KNOWN_MS = 90 * 24 * HOUR_MS
REGISTRATIONS_PER_LOGIN_RATE = 10
# Somebody who looks for a free name tries a few; who wants to know them all waits.
LOOKS_PER_LOGIN_RATE = 3
TOO_MANY_FAILURES = "Too many failed logins. Wait a moment."
TOO_MANY_NAMES = "You have changed your name too often. Wait a moment."
TOO_MANY_LOOKS = "You have asked for too many usernames. Wait a moment."
TOO_MANY_ACCOUNTS = "Too many accounts were made from your address. Try again later."


def address_key(address: str) -> str:
    """Return what an address is counted under: IPv6 users own a /64 at least (RFC 6177)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


@dataclass(frozen=True, slots=True)
class Tries:
    """Under which keys somebody's tries are counted.

    `account_keys` are of the account, by the minute and by the hour; a right password
    forgets them. `address_keys` are of the address over all accounts. `is_known` says whether
    somebody came in from there before, or is inside.
    """

    account_keys: tuple[str, str]
    address_keys: tuple[str, ...]
    is_known: bool


class Attempts:
    """Counts tries in a store, and refuses those beyond the limits."""

    def __init__(self, store: Store, now: Callable[[], int], login_rate: int) -> None:
        """`login_rate` is failed logins a minute; 0 for no limits at all."""
        self._store = store
        self._now = now
        self._rate = login_rate
        # The first `login_rate` are always told.
        self._rate_an_hour = max(MAX_FAILURES_AN_HOUR, login_rate)

    async def of_login(self, username: str | None, address: str) -> Tries:
        """Return where the tries to log in as somebody from an address are counted.

        Without a username, since what was typed cannot be one, they count for the address
        alone: one place for all of these would let anybody fill it for everybody.
        """
        address = address_key(address)
        if username is None:
            place = f"@{address}"
            return Tries(
                (f"login:account:{place}", f"login:hour:{place}"),
                (f"login:address:{address}",),
                is_known=False,
            )
        is_known = self._rate > 0 and bool(
            await self._store.attempts_wait([_known_key(username, address)], 1, self._now())
        )
        place = f"{username}@{address}" if is_known else username
        return Tries(
            (f"login:account:{place}", f"login:hour:{place}"),
            (f"login:address:{address}",),
            is_known,
        )

    def of_password(self, user: UserId) -> Tries:
        """Return where a user's tries to change the own password are counted."""
        return Tries((f"password:account:{user}", f"password:hour:{user}"), (), is_known=True)

    async def check(self, tries: Tries) -> None:
        """Return if one more is allowed. Counts nothing.

        Raises:
            RateLimited: too many have failed.
        """
        if self._rate:
            minute, hour = tries.account_keys
            now = self._now()
            keys = [minute, *tries.address_keys]
            _refuse(TOO_MANY_FAILURES, await self._store.attempts_wait(keys, self._rate, now))
            wait_ms = await self._store.attempts_wait([hour], self._rate_an_hour, now)
            _refuse(TOO_MANY_FAILURES, wait_ms)

    async def failed(self, tries: Tries) -> None:
        """Count a failure.

        Raises:
            RateLimited: it is one too many, which is told rather than that it was wrong.
        """
        if self._rate:
            minute, hour = tries.account_keys
            now = self._now()
            keys = [minute, *tries.address_keys]
            wait_ms = await self._store.count_attempt(keys, self._rate, MINUTE_MS, now)
            _refuse(TOO_MANY_FAILURES, wait_ms)
            wait_ms = await self._store.count_attempt([hour], self._rate_an_hour, HOUR_MS, now)
            _refuse(TOO_MANY_FAILURES, wait_ms)

    async def succeeded(self, tries: Tries) -> None:
        """Forget the failures of the account; those of the address stay."""
        if self._rate:
            await self._store.forget_attempts(tries.account_keys)

    async def remember(self, username: str, address: str) -> None:
        """Remember that somebody came in from an address with the right password."""
        if self._rate:
            key = _known_key(username, address_key(address))
            await self._store.count_attempt([key], 1, KNOWN_MS, self._now())

    async def rename(self, user: UserId) -> None:
        """Count a change of a user's name, which everybody is told who knows them.

        Raises:
            RateLimited: it is one too many in a minute.
        """
        if self._rate:
            wait_ms = await self._store.count_attempt(
                [f"name:account:{user}"], self._rate, MINUTE_MS, self._now()
            )
            _refuse(TOO_MANY_NAMES, wait_ms)

    async def look(self, address: str) -> None:
        """Count a question from an address whether a username is taken.

        Raises:
            RateLimited: it is one too many in a minute.
        """
        await self._count_look(f"look:{address_key(address)}")

    async def check_taken(self, address: str) -> None:
        """Return if an address may try for one more username. Counts nothing.

        Raises:
            RateLimited: too many that it tried for were taken.
        """
        if self._rate:
            limit = self._rate * LOOKS_PER_LOGIN_RATE
            wait_ms = await self._store.attempts_wait([_taken_key(address)], limit, self._now())
            _refuse(TOO_MANY_LOOKS, wait_ms)

    async def taken(self, address: str) -> None:
        """Count a username that was taken, which is told to an address that wanted it.

        Raises:
            RateLimited: it is one too many in a minute.
        """
        await self._count_look(_taken_key(address))

    async def register(self, address: str) -> None:
        """Count a registration from an address.

        Raises:
            RateLimited: it is one too many.
        """
        if self._rate:
            wait_ms = await self._store.count_attempt(
                [f"register:{address_key(address)}"],
                self._rate * REGISTRATIONS_PER_LOGIN_RATE,
                HOUR_MS,
                self._now(),
            )
            _refuse(TOO_MANY_ACCOUNTS, wait_ms)

    async def _count_look(self, key: str) -> None:
        if self._rate:
            limit = self._rate * LOOKS_PER_LOGIN_RATE
            wait_ms = await self._store.count_attempt([key], limit, MINUTE_MS, self._now())
            _refuse(TOO_MANY_LOOKS, wait_ms)


def _taken_key(address: str) -> str:
    return f"taken:{address_key(address)}"


def _known_key(username: str, address: str) -> str:
    return f"login:known:{username}@{address}"


def _refuse(message: str, wait_ms: int) -> None:
    if wait_ms:
        raise RateLimited(message, retry_after=wait_ms / 1000)
