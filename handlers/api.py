"""The JSON API: what a program needs before and beside its WebSocket."""

from __future__ import annotations

from msgspec import Struct

from chat.models import Session, SessionId, User, rfc3339
from chat.protocol import UserObject
from chat.sessions import LOGOUT, REVOKED
from handlers.base import BaseHandler


class Registration(Struct):
    """``POST /api/v1/register``."""

    username: str
    password: str
    name: str | None = None


class Login(Struct):
    """``POST /api/v1/login``."""

    username: str
    password: str


class NewPassword(Struct):
    """``POST /api/v1/password``."""

    old: str
    new: str


class NewName(Struct):
    """``POST /api/v1/name``."""

    name: str


class SessionObject(Struct):
    """A session as its owner sees it."""

    id: str
    current: bool
    created: str
    last_seen: str
    address: str
    agent: str


class APIHandler(BaseHandler):
    """JSON in, JSON out."""

    def check_xsrf_cookie(self) -> None:
        """Check it only where a browser's cookie speaks for the user: a bearer's token is
        in no other site's hands."""
        if self.bearer_token() is None and self.token():
            super().check_xsrf_cookie()

    async def user_object(self, user: User) -> UserObject:
        """Return the user as they see themselves."""
        ids = {user.id: user}
        return (await self.app.presence.of(ids, ids))[user.id]

    def session_object(self, session: Session, current: Session) -> SessionObject:
        """Return one of the user's sessions."""
        return SessionObject(
            session.id,
            session.id == current.id,
            rfc3339(session.created),
            rfc3339(session.last_seen),
            session.address,
            session.agent,
        )


class PublicAPIHandler(APIHandler):
    """A route that takes its credentials in the body, and no session."""

    def check_xsrf_cookie(self) -> None:
        """Another site cannot send JSON without asking first (CORS), and nothing here
        trusts a cookie."""


class RegisterAPI(PublicAPIHandler):
    """Make an account and sign in."""

    async def post(self) -> None:
        """201 ``{user, token}``."""
        body = self.json(Registration)
        user, token = await self.app.accounts.sign_up(
            body.username,
            body.password,
            body.name,
            self.client_address(),
            self.request.headers.get("User-Agent", ""),
        )
        self.write_json({"user": await self.user_object(user), "token": token}, 201)


class AvailableAPI(PublicAPIHandler):
    """May a new account have this name?"""

    async def get(self) -> None:
        """200 ``{available}``: whether ``?username=`` is still free."""
        username = self.get_query_argument("username", "", strip=False)
        self.write_json(
            {"available": await self.app.accounts.is_free(username, self.client_address())}
        )


class LoginAPI(PublicAPIHandler):
    """Sign in."""

    async def post(self) -> None:
        """200 ``{user, token}``."""
        body = self.json(Login)
        user, token = await self.app.accounts.sign_in(
            body.username,
            body.password,
            self.client_address(),
            self.request.headers.get("User-Agent", ""),
        )
        self.write_json({"user": await self.user_object(user), "token": token})


class LogoutAPI(APIHandler):
    """Sign out."""

    async def post(self) -> None:
        """204; this session and its sockets end."""
        session, user = await self.authenticate()
        await self.app.sessions.end(user.id, session.id, LOGOUT)
        self.set_status(204)


class MeAPI(APIHandler):
    """Who am I?"""

    async def get(self) -> None:
        """200 ``{user, session}``."""
        session, user = await self.authenticate()
        self.write_json(
            {
                "user": await self.user_object(user),
                "session": self.session_object(session, session),
            }
        )


class NameAPI(APIHandler):
    """Change the name that one is shown by."""

    async def post(self) -> None:
        """200 ``{user}``, who is called something else now."""
        _, user = await self.authenticate()
        body = self.json(NewName)
        user = await self.app.accounts.change_name(user.id, body.name)
        self.write_json({"user": await self.user_object(user)})


class PasswordAPI(APIHandler):
    """Change one's password."""

    async def post(self) -> None:
        """204; all other sessions end."""
        session, user = await self.authenticate()
        body = self.json(NewPassword)
        await self.app.accounts.change_password(user.id, session.id, body.old, body.new)
        self.set_status(204)


class SessionsAPI(APIHandler):
    """Where am I signed in?"""

    async def get(self) -> None:
        """200 ``{sessions}``."""
        current, user = await self.authenticate()
        sessions = await self.app.sessions.list(user.id)
        self.write_json(
            {"sessions": [self.session_object(session, current) for session in sessions]}
        )


class OtherSessionsAPI(APIHandler):
    """All of one's sessions but this one."""

    async def delete(self) -> None:
        """204; they end."""
        current, user = await self.authenticate()
        await self.app.sessions.end_others(user.id, current.id)
        self.set_status(204)


class SessionAPI(APIHandler):
    """One of one's sessions."""

    async def delete(self, session: str) -> None:
        """204; it ends."""
        _, user = await self.authenticate()
        await self.app.sessions.end(user.id, SessionId(session), REVOKED)
        self.set_status(204)


class NotFoundAPI(APIHandler):
    """Any other address below ``/api/``."""

    def prepare(self) -> None:
        """Say so, whatever the method."""
        super().prepare()
        self.send_error(404)

    def check_xsrf_cookie(self) -> None:
        """Nothing can happen here."""
