"""Accounts: who may come in, and with which password.

A failed login says the same thing in the same time whether or not the account exists or
is switched off; limits are looked at before anything is hashed.

Who came in, who failed and who changed a password is logged by id and address; never by the
name that was typed, which now and then is a password.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from chat.attempts import Attempts
from chat.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Unauthorized,
)
from chat.hub import Hub
from chat.metrics import Metrics
from chat.models import Account, Session, SessionId, User, UserId, new_user_id
from chat.passwords import MAX_CHARACTERS, Hasher, check_password, cost_of
from chat.protocol import ProfileEvent, encode
from chat.sessions import PASSWORD_CHANGED, REVOKED, Sessions
from chat.stores.base import Store

MAX_NAME_CHARACTERS = 64
WRONG = "The username or the password is wrong."

logger = logging.getLogger("parley.accounts")

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,31}\Z")
_FORBIDDEN_IN_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def check_username(username: str) -> str:
    """Return a username as it is stored (lower case).

    Raises:
        Invalid: it has not the form of one.
    """
    # str.lower() would make ASCII of a few other letters, such as the Kelvin sign.
    lowered = username.lower() if username.isascii() else username
    if not _USERNAME.match(lowered):
        raise Invalid(
            "A username has 3 to 32 of the characters a-z, 0-9, dot, underscore and hyphen, "
            "and starts with a letter or digit.",
            field="username",
        )
    return lowered


def check_name(name: str) -> str:
    """Return a display name as given.

    Raises:
        Invalid: it is blank, too long, or holds control characters.
    """
    if not name or name.isspace():
        raise Invalid("A name needs at least one character.", field="name")
    if len(name) > MAX_NAME_CHARACTERS:
        raise Invalid(f"A name has at most {MAX_NAME_CHARACTERS} characters.", field="name")
    if _FORBIDDEN_IN_NAME.search(name):
        raise Invalid("A name must not hold control characters.", field="name")
    return name


class Accounts:
    """Registers, signs in, and changes passwords."""

    def __init__(
        self,
        store: Store,
        sessions: Sessions,
        hasher: Hasher,
        hub: Hub,
        metrics: Metrics,
        now: Callable[[], int],
        *,
        registration: str,
        login_rate: int,
    ) -> None:
        """`registration` is ``open`` or ``closed``; `login_rate` is failed logins a minute,
        0 for no limit."""
        self._store = store
        self._sessions = sessions
        self._hasher = hasher
        self._hub = hub
        self._metrics = metrics
        self._now = now
        self._attempts = Attempts(store, now, login_rate)
        self.registration = registration

    # For people

    async def sign_up(
        self, username: str, password: str, name: str | None, address: str, agent: str
    ) -> tuple[User, str]:
        """Register from outside and sign in; return the user and the session's token.

        Raises:
            Forbidden: registration is closed.
            Invalid, Conflict: see `register`.
            RateLimited: too many registrations from this address, or names that were taken.
            Unavailable: too many are waiting for a hash, or the store is away.
        """
        self._check_open()
        username, name = _checked(username, password, name)
        await self._attempts.check_taken(address)
        if await self._store.account_named(username) is not None:
            await self._attempts.taken(address)
            raise _taken()
        await self._attempts.register(address)
        user = await self._add(username, password, name)
        logger.info("new account %s from %s", user.id, address)
        await self._attempts.remember(username, address)
        _, token = await self._sessions.begin(user.id, address, agent)
        return user, token

    async def is_free(self, username: str, address: str) -> bool:
        """Whether a new account may have this username.

        Raises:
            Forbidden: registration is closed.
            Invalid: it has not the form of one.
            RateLimited: too many questions from this address.
        """
        self._check_open()
        username = check_username(username)
        await self._attempts.look(address)
        return await self._store.account_named(username) is None

    async def sign_in(
        self, username: str, password: str, address: str, agent: str
    ) -> tuple[User, str]:
        """Check a password; return the user and a new session's token.

        Raises:
            Unauthorized: wrong, unknown or switched off: the same for all.
            RateLimited: too many failures for this account or from this address.
            Unavailable: too many are waiting for a hash, or the store is away.
        """
        lowered = username.lower() if username.isascii() else ""
        known_form = bool(_USERNAME.match(lowered))
        tries = await self._attempts.of_login(lowered if known_form else None, address)
        await self._attempts.check(tries)
        account = await self._store.account_named(lowered) if known_form else None
        usable = account is not None and not account.disabled
        password_hash = account.password_hash if usable and account else None
        fits = await self._verify(password, password_hash, is_known=tries.is_known)
        if account is None or not fits:
            self._metrics.failed_logins += 1
            whose = account.user.id if account is not None else "an unknown account"
            logger.info("failed login of %s from %s", whose, address)
            await self._attempts.failed(tries)
            raise Unauthorized(WRONG)
        # Many tries at once are no way around the limit: a right guess counts for nothing
        # once the wrong ones beside it have reached it.
        await self._attempts.check(tries)
        await self._attempts.succeeded(tries)
        await self._attempts.remember(lowered, address)
        await self._renew_hash(account, password)
        try:
            _, token = await self._sessions.begin(account.user.id, address, agent)
        except Unauthorized:
            raise Unauthorized(WRONG) from None
        logger.info("login of %s from %s", account.user.id, address)
        return account.user, token

    async def change_password(self, user: UserId, session: SessionId, old: str, new: str) -> None:
        """Replace one's own password; all other sessions of the user end.

        Raises:
            Forbidden: `old` is wrong (field ``old``).
            Invalid: `new` is refused (field ``new``).
            RateLimited: too many wrong tries.
        """
        account = await self._store.account(user)
        if account is None:
            raise Unauthorized
        try:
            check_password(new, account.user.username)
        except Invalid as error:
            raise Invalid(error.message, field="new") from None
        tries = self._attempts.of_password(user)
        await self._attempts.check(tries)
        if not await self._verify(old, account.password_hash, is_known=True):
            logger.info("wrong old password of %s", user)
            await self._attempts.failed(tries)
            raise Forbidden("The old password is wrong.", field="old")
        await self._attempts.check(tries)
        password_hash = await self._hasher.hash(new, is_known=True)
        ended = await self._store.set_password(user, password_hash, session)
        logger.info("new password of %s", user)
        self._hub.end_sessions(user, ended, PASSWORD_CHANGED)

    async def change_name(self, user: UserId, name: str) -> User:
        """Give oneself another display name, and tell everybody who shares a conversation.

        Raises:
            Invalid: the name is refused (field ``name``).
            RateLimited: too many changes.
        """
        check_name(name)
        await self._attempts.rename(user)
        contacts = await self._store.contacts(user)
        await self._store.set_name(user, name)
        # Of two changes at once, both tell of what is there now.
        found = (await self._store.users([user])).get(user)
        if found is None:
            raise Unauthorized
        self._hub.tell({user, *contacts}, encode(ProfileEvent(user, found.name)))
        return found

    async def sessions_of(self, user: UserId) -> list[Session]:
        """Return the user's living sessions, the last used first."""
        return await self._sessions.list(user)

    # For operators

    async def register(self, username: str, password: str, name: str | None) -> User:
        """Make an account.

        Raises:
            Invalid: a value is refused; `field` says which.
            Conflict: the username is taken.
        """
        username, name = _checked(username, password, name)
        return await self._add(username, password, name)

    async def set_password(self, username: str, password: str) -> None:
        """Give an account another password and end all its sessions.

        Raises:
            NotFound: there is no such account.
            Invalid: the password is refused.
        """
        account = await self._named(username)
        check_password(password, account.user.username)
        password_hash = await self._hasher.hash(password)
        ended = await self._store.set_password(account.user.id, password_hash, None)
        self._hub.end_sessions(account.user.id, ended, PASSWORD_CHANGED)

    async def set_disabled(self, username: str, disabled: bool) -> None:
        """Switch an account off, which ends its sessions, or on again.

        Raises:
            NotFound: there is no such account.
        """
        account = await self._named(username)
        ended = await self._store.set_disabled(account.user.id, disabled)
        self._hub.end_sessions(account.user.id, ended, REVOKED)

    async def list_users(self) -> list[Account]:
        """Return all accounts by username."""
        found: list[Account] = []
        while page := await self._store.accounts(found[-1].user.username if found else "", 500):
            found += page
        return found

    # Inside

    def _check_open(self) -> None:
        if self.registration != "open":
            raise Forbidden("Registration is closed here. Ask whoever runs this server.")

    async def _add(self, username: str, password: str, name: str) -> User:
        user = User(new_user_id(), username, name)
        password_hash = await self._hasher.hash(password)
        await self._store.add_user(Account(user, password_hash, self._now()))
        return user

    async def _named(self, username: str) -> Account:
        account = await self._store.account_named(username.lower())
        if account is None:
            raise NotFound(f"There is no user {username!r}.")
        return account

    async def _verify(self, password: str, password_hash: str | None, *, is_known: bool) -> bool:
        if len(password) > MAX_CHARACTERS:
            password, password_hash = "", None  # no stored password is so long; the same work
        return await self._hasher.verify(password, password_hash, is_known=is_known)

    async def _renew_hash(self, account: Account, password: str) -> None:
        if cost_of(account.password_hash) != self._hasher.rounds:
            new = await self._hasher.hash(password, is_known=True)
            await self._store.replace_hash(account.user.id, account.password_hash, new)


def _checked(username: str, password: str, name: str | None) -> tuple[str, str]:
    """Return username and name as they are stored, if all three may be."""
    username = check_username(username)
    name = check_name(name if name is not None else username)
    check_password(password, username)
    return username, name


def _taken() -> Conflict:
    return Conflict("This username is taken.", field="username")
