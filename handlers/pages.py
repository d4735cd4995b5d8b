"""The pages: signing in and up, the chat, and what browsers ask for beside them."""

from __future__ import annotations

import re
from typing import Any

from tornado import locale
from tornado.escape import url_escape

from chat.errors import NotFound, ParleyError, RateLimited, Unauthorized
from chat.sessions import EXPIRED, LOGOUT, PASSWORD_CHANGED, REVOKED
from handlers import languages
from handlers.base import BaseHandler, is_host, new_nonce

# Only addresses of the chat page: no other site, no script, no header can hide in one.
_NEXT = re.compile(r"/(?:c/[A-Za-z0-9_-]{1,64}(?:/[0-9]{1,16})?)?\Z")

REASONS = {
    LOGOUT: "You were signed out: somebody logged out in this browser.",
    PASSWORD_CHANGED: "You were signed out: the password was changed.",
    REVOKED: "You were signed out: this session was ended.",
    EXPIRED: "You were signed out: this session has ended.",
}
TITLES = {
    400: "That did not work",
    403: "Not allowed",
    404: "Nothing here",
    405: "Not like this",
    421: "Wrong host name",
    429: "Too fast",
    503: "One moment",
}


class PageHandler(BaseHandler):
    """A page: HTML, also when something goes wrong; in the language of who reads it."""

    def get_user_locale(self) -> locale.Locale | None:
        """Return the language that was chosen here, if one was."""
        return languages.chosen(self.get_cookie(languages.COOKIE))

    def render_page(self, template: str, **values: object) -> None:
        """Answer with a template under the Content-Security-Policy of all pages."""
        nonce = new_nonce()
        host = self.request.headers.get("Host", "")
        socket = f"ws{'s' if self.is_secure() else ''}://{host}" if is_host(host) else ""
        self.set_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
            f"img-src 'self' data: blob:; connect-src 'self' {socket}; font-src 'self'; "
            "manifest-src 'self'; worker-src 'self'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'; object-src 'none'; "
            "require-trusted-types-for 'script'; trusted-types parley",
        )
        self.render(
            template,
            nonce=nonce,
            import_map=self.settings["import_map"],
            preloads=self.settings["preloads"],
            build=self.settings["build"],
            version=self.app.version,
            registration=self.app.accounts.registration,
            **languages.values(self.locale),
            **values,
        )

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with the error page."""
        error = self.error_of(status_code, kwargs)
        self.set_error_headers(error)
        say = self.locale.translate
        title = say(TITLES.get(status_code, "Something went wrong"))
        self.set_status(status_code)
        self.render_page("error.html", status=status_code, title=title, message=say(error.message))

    def next_path(self, given: str) -> str:
        """Return where to go after signing in: a path of the chat page, or ``""``."""
        return given if _NEXT.match(given) else ""


class ChatPage(PageHandler):
    """``/`` and ``/c/…``: the chat; who is not signed in is sent to sign in first."""

    async def get(self, *_: str) -> None:
        """Show the chat."""
        try:
            user = (await self.authenticate())[1]
        except Unauthorized:
            path = self.next_path(self.request.path)
            self.redirect("/login" if path in ("", "/") else f"/login?next={url_escape(path)}")
            return
        self.render_page("chat.html", user=user)


class ShellPage(PageHandler):
    """``/shell``: the chat page with nobody in it.

    The service worker keeps it for the time without a network. The same one is shown to
    everybody, so it holds no name, no token and nothing that anybody wrote; the browser knows
    who was here last.
    """

    def get(self) -> None:
        """Show it."""
        self.render_page("chat.html", user=None)


class EntrancePage(PageHandler):
    """What the two forms share: shown again with what was typed and what was wrong."""

    template: str

    async def get(self) -> None:
        """Show the form, or the chat to who is signed in already."""
        try:
            await self.authenticate()
        except Unauthorized:
            reason = REASONS.get(self.get_query_argument("reason", ""))
            said = self.locale.translate(reason) if reason else ""
            self.show(self.get_query_argument("next", ""), reason=said)
            return
        self.redirect("/")

    async def post(self) -> None:
        """Take the form."""
        try:
            token = await self.enter()
        except ParleyError as error:
            self.set_error_headers(error)
            message = self.locale.translate(error.message)
            if isinstance(error, RateLimited):
                message = f"{message} {_wait(self.locale, error.retry_after or 0)}"
            self.show(
                self.form("next"),
                status=error.status,
                errors={error.field or "form": message},
                username=self.form("username"),
                name=self.form("name"),
            )
            return
        await self._leave_old_session()
        self.set_session_cookie(token)
        self.redirect(self.next_path(self.form("next")) or "/", status=303)

    async def enter(self) -> str:
        """Do what the form is for; return the new session's token."""
        raise NotImplementedError

    def show(
        self,
        next_path: str,
        *,
        status: int = 200,
        reason: str = "",
        errors: dict[str, str] | None = None,
        username: str = "",
        name: str = "",
    ) -> None:
        """Show the form."""
        self.set_status(status)
        self.render_page(
            self.template,
            next=self.next_path(next_path),
            reason=reason,
            errors=errors or {},
            username=username[:64],
            name=name[:64],
        )

    async def _leave_old_session(self) -> None:
        # The browser forgets its old token now; nobody else could ever end that session.
        if self.token():
            try:
                session, user = await self.authenticate()
                await self.app.sessions.end(user.id, session.id, LOGOUT)
            except (Unauthorized, NotFound):
                pass


class LoginPage(EntrancePage):
    """``/login``."""

    template = "login.html"

    async def enter(self) -> str:
        """Check the password."""
        _, token = await self.app.accounts.sign_in(
            self.form("username").strip(),
            self.form("password"),
            self.client_address(),
            self.request.headers.get("User-Agent", ""),
        )
        return token


class RegisterPage(EntrancePage):
    """``/register``."""

    template = "register.html"

    async def enter(self) -> str:
        """Make an account."""
        _, token = await self.app.accounts.sign_up(
            self.form("username").strip(),
            self.form("password"),
            self.form("name") or None,
            self.client_address(),
            self.request.headers.get("User-Agent", ""),
        )
        return token


class LogoutPage(PageHandler):
    """``POST /logout``."""

    async def post(self) -> None:
        """End this session, in all its tabs."""
        try:
            session, user = await self.authenticate()
            await self.app.sessions.end(user.id, session.id, LOGOUT)
        except (Unauthorized, NotFound):
            pass  # it had ended already
        self.clear_session_cookie()
        self.redirect("/login", status=303)


class NotFoundPage(PageHandler):
    """Any other address."""

    def prepare(self) -> None:
        """Say so, whatever the method."""
        super().prepare()
        raise NotFound("There is no page at this address.")

    def check_xsrf_cookie(self) -> None:
        """Nothing can happen here."""


def _wait(language: locale.Locale, seconds: float) -> str:
    whole = max(1, round(seconds + 0.5))
    if whole < 120:
        one, many = "Try again in %(count)d second.", "Try again in %(count)d seconds."
    else:
        whole = round(whole / 60)
        one, many = "Try again in %(count)d minute.", "Try again in %(count)d minutes."
    return language.translate(one, many, whole) % {"count": whole}
