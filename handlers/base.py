"""What all handlers share: who asks and from where, and how an answer looks.

A session is required of nobody by default here: each handler asks for it by
`BaseHandler.authenticate`, and a test walks all routes to see that they do.
"""

from __future__ import annotations

import base64
import ipaddress
import logging
import re
import secrets
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from tornado.httputil import HTTPInputError
from tornado.web import HTTPError, RequestHandler

from chat.errors import (
    Forbidden,
    Internal,
    Invalid,
    MethodNotAllowed,
    Misdirected,
    NotFound,
    ParleyError,
    TooLarge,
    Unauthorized,
    UnsupportedType,
)
from chat.models import Session, User
from chat.protocol import invalid_field

if TYPE_CHECKING:
    from chat.app import App

logger = logging.getLogger("parley.http")

MAX_BODY_BYTES = 64 * 1024
MAX_URI_CHARACTERS = 8 * 1024
SESSION_COOKIE = "parley_session"
XSRF_COOKIE = "_xsrf"  # Tornado's
# RFC 6265bis section 4.1.3.2: with this prefix only this very host can have set it, and no
# other of its domain, over TLS.
BOUND_TO_HOST = "__Host-"
# What every answer carries (OWASP Secure Headers).
DEFAULT_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
# Where a browser says that a request comes from, if not from our own pages or the user.
FOREIGN_SITES = ("cross-site", "same-site")
# What proxies add: the X-Forwarded- family, RFC 7239, RFC 9110 section 7.6.3, and each its own.
_FORWARDING = re.compile(
    r"X-Forwarded-.+|Forwarded|Via|X-Real-Ip|X-Client-Ip|X-Cluster-Client-Ip"
    r"|X-Original-Forwarded-For|X-Envoy-External-Address|True-Client-Ip|Cf-Connecting-Ip"
    r"|Fastly-Client-Ip",
    re.IGNORECASE,
)

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[([0-9A-Fa-f:.]+)\])(?::([0-9]{1,5}))?\Z")
_BY_STATUS: dict[int, type[ParleyError]] = {
    error.status: error
    for error in (
        Invalid,
        Unauthorized,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        TooLarge,
        UnsupportedType,
        Misdirected,
    )
}

T = TypeVar("T")


class BaseHandler(RequestHandler):
    """A handler that knows its `App`, its client's address and its client's session."""

    app: App
    answers_to_any_name = False
    judges_origin = False  # by itself, with an answer of its own
    session: Session | None = None
    user: User | None = None

    def initialize(self) -> None:
        """Find the app (Tornado calls this for each request)."""
        self.app = self.settings["app"]

    # Who asks, and from where

    def trusted_forwarding(self) -> bool:
        """Whether the peer is a proxy whose forwarding headers are believed."""
        return self._is_trusted(self.request.remote_ip or "")

    def is_forwarded(self) -> bool:
        """Whether any proxy, trusted or not, says that it passed this request on."""
        return any(map(_FORWARDING.fullmatch, self.request.headers))

    def client_address(self) -> str:
        """Return the address of the client: the last one before the trusted proxies."""
        address = self.request.remote_ip or ""
        if self._is_trusted(address):
            hops = self.request.headers.get("X-Forwarded-For", "").split(",")
            for hop in reversed([_without_port(hop.strip()) for hop in hops]):
                if not _is_address(hop):
                    break
                address = hop
                if not self._is_trusted(hop):
                    break
        return address

    def is_secure(self) -> bool:
        """Whether the client's end of the connection is encrypted."""
        if self.trusted_forwarding():
            proto = self.request.headers.get("X-Forwarded-Proto", "")
            if proto:
                return proto.split(",")[-1].strip().lower() == "https"
        return self.request.protocol == "https"

    def token(self) -> str | None:
        """Return the session token that the request carries, a bearer's before a cookie's."""
        bearer = self.bearer_token()
        if bearer is not None:
            return bearer
        token: str | None = self.get_cookie(SESSION_COOKIE)
        return token

    def bearer_token(self) -> str | None:
        """Return the token of an ``Authorization: Bearer`` header (RFC 6750)."""
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    async def authenticate(self) -> tuple[Session, User]:
        """Return the living session of this request and its user.

        Raises:
            Unauthorized: there is none.
            Unavailable: the store cannot say.
        """
        token = self.token()
        if not token:
            raise Unauthorized
        self.session, self.user = await self.app.sessions.find(token)
        return self.session, self.user

    # What may be asked

    def prepare(self) -> None:
        """Refuse what no route takes."""
        host = self.request.headers.get("Host", "")
        if not is_host(host):
            raise Invalid("The Host header is not valid.")
        allowed = self.app.settings.allowed_hosts
        if allowed and not self.answers_to_any_name:
            origin = "" if self.judges_origin else self.request.headers.get("Origin", "")
            names = filter(None, (host, host_of(origin)))
            if not all(is_allowed(name, allowed) for name in names):
                raise Misdirected
        if len(self.request.uri or "") > MAX_URI_CHARACTERS:
            raise HTTPError(414)
        if len(self.request.body) > MAX_BODY_BYTES:
            raise TooLarge("The body is too large.")
        if "Content-Encoding" in self.request.headers:
            raise _compressed()

    def check_xsrf_cookie(self) -> None:
        """See `RequestHandler.check_xsrf_cookie`; a failure is ours."""
        if not self._takes(self.request.method or ""):
            return  # nothing is done but to say so
        # A neighbour of the same domain gets the browser to send the cookie along, too.
        if self.request.headers.get("Sec-Fetch-Site", "same-origin") in FOREIGN_SITES:
            raise Forbidden("Another site's page may not do this.")
        try:
            super().check_xsrf_cookie()
        except HTTPError:
            raise Forbidden(
                "The form does not come from here, or was open for too long. Load it again."
            ) from None

    # How an answer looks

    def set_default_headers(self) -> None:
        """Set what every answer carries."""
        self.clear_header("Server")
        for name, value in DEFAULT_HEADERS.items():
            self.set_header(name, value)
        # Called also before `initialize`, from the constructor.
        if self.settings["app"] and self.request.headers and self._connection_is_secure():
            self.set_header("Strict-Transport-Security", "max-age=31536000")

    def get_cookie(self, name: str, default: Any = None) -> Any:
        """Return a cookie of ours, whether `set_cookie` or a script of the page has set it.

        The others are not even parsed: as objects, what fits into a header takes a megabyte.
        """
        wanted, found = self._cookie_name(name), default
        for cookie in self.request.headers.get("Cookie", "").split(";"):
            given, _, value = cookie.partition("=")
            if given.strip() == wanted:
                found = value.strip()
        return found

    def set_cookie(self, name: str, value: str | bytes, *args: Any, **kwargs: Any) -> None:
        """Set a cookie that scripts and other sites never get."""
        kwargs.setdefault("httponly", True)
        kwargs.setdefault("samesite", "Lax")
        kwargs.setdefault("secure", self.is_secure())
        super().set_cookie(self._cookie_name(name), value, *args, **kwargs)

    def set_session_cookie(self, token: str) -> None:
        """Sign this browser in."""
        self.set_cookie(SESSION_COOKIE, token, max_age=self.app.settings.session_max_seconds)

    def clear_session_cookie(self) -> None:
        """Sign this browser out."""
        self.set_cookie(SESSION_COOKIE, "", max_age=0)

    def write_json(self, value: object, status: int = 200) -> None:
        """Answer with JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(msgspec.json.encode(value))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with an error as JSON; pages have their own way."""
        error = self.error_of(status_code, kwargs)
        self.set_error_headers(error)
        body: dict[str, object] = {"code": error.code, "message": error.message}
        if error.field is not None:
            body["field"] = error.field
        if error.retry_after is not None:
            body["retry_after"] = round(error.retry_after, 3)
        self.write_json({"error": body}, status_code)

    def error_of(self, status: int, kwargs: dict[str, Any]) -> ParleyError:
        """Return the error behind `write_error`."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, ParleyError):
            return error
        kind = _BY_STATUS.get(status, Invalid if 400 <= status < 500 else Internal)
        return kind()

    def set_error_headers(self, error: ParleyError) -> None:
        """Set what goes with an error: when to come back, or which methods there are."""
        if error.retry_after is not None:
            self.set_header("Retry-After", str(max(1, round(error.retry_after + 0.5))))
        if isinstance(error, MethodNotAllowed):
            methods = [name for name in self.SUPPORTED_METHODS if self._takes(name)]
            self.set_header("Allow", ", ".join(methods))
        if isinstance(error, Unauthorized):
            self.set_header("WWW-Authenticate", "Bearer")

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """See `RequestHandler.send_error`; our errors carry their own status."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, HTTPError) and isinstance(error.__cause__, HTTPInputError):
            # Tornado reads forms before any handler is asked; none takes multipart ones or
            # compressed ones.
            content_type = self.request.headers.get("Content-Type", "")
            refusal: UnsupportedType | None = None
            if content_type.lower().startswith("multipart/"):
                refusal = UnsupportedType()
            elif "Content-Encoding" in self.request.headers:
                refusal = _compressed()
            if refusal is not None:
                error = refusal
                kwargs["exc_info"] = (type(error), error, None)
        status = error.status if isinstance(error, ParleyError) else status_code
        super().send_error(status, **kwargs)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log bugs; a refusal is no event."""
        if not isinstance(value, ParleyError | HTTPError):
            logger.error("%s %s", self.request.method, self.request.path, exc_info=(typ, value, tb))

    # Bodies

    def json(self, kind: type[T]) -> T:
        """Return the request's JSON body.

        Raises:
            UnsupportedType: it says that it is something else.
            Invalid: it is missing, no JSON, or a field is missing or of the wrong type.
        """
        if not self.request.body:
            raise Invalid("The body must be one JSON object.")
        content_type = self.request.headers.get("Content-Type", "").partition(";")[0]
        if content_type.strip().lower() != "application/json":
            raise UnsupportedType
        try:
            return msgspec.json.decode(self.request.body, type=kind)
        except msgspec.ValidationError as error:
            field = invalid_field(str(error))
            sentence = str(error).split(" - at ")[0]
            raise Invalid(f"`{field}`: {sentence}." if field else sentence, field=field) from None
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise Invalid("The body must be one JSON object.") from None

    def form(self, name: str) -> str:
        """Return a field of a submitted form exactly as it was typed; ``""`` if absent.

        (`get_body_argument` strips blanks and replaces control characters: no way to treat
        a password.)
        """
        values = self.request.body_arguments.get(name, [b""])
        try:
            return values[-1].decode("utf-8")
        except UnicodeDecodeError:
            raise Invalid(f"`{name}` is not UTF-8.", field=name) from None

    # Inside

    def _cookie_name(self, name: str) -> str:
        is_ours_alone = name in (SESSION_COOKIE, XSRF_COOKIE)
        return BOUND_TO_HOST + name if is_ours_alone and self.is_secure() else name

    def _takes(self, method: str) -> bool:
        own = getattr(type(self), method.lower(), None)
        return own is not None and own is not getattr(RequestHandler, method.lower())

    def _is_trusted(self, address: str) -> bool:
        proxies = self.settings["app"].settings.trusted_proxies
        if not proxies:
            return False
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in proxies)

    def _connection_is_secure(self) -> bool:
        return self.is_secure()


def new_nonce() -> str:
    """Return a nonce for a Content-Security-Policy (CSP 3 section 7.1: 128 bits)."""
    return base64.b64encode(secrets.token_bytes(16)).decode()


def is_host(text: str) -> bool:
    """Whether this is what a ``Host`` may say (RFC 9110 section 7.2), with a port or without."""
    match = _HOST.match(text)
    return (
        match is not None
        and (match[1] is None or _is_address(match[1]))
        and int(match[2] or 0) <= 65535
    )


def is_allowed(host: str, allowed: tuple[str, ...]) -> bool:
    """Whether a ``Host`` (with or without a port) is one of those allowed."""
    host = host.lower()
    name = host if host.endswith("]") else re.sub(r":[0-9]+\Z", "", host)
    return host in allowed or name in allowed


def host_of(origin: str) -> str:
    """Return the host and port of an ``Origin``; ``""`` if it is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _compressed() -> UnsupportedType:
    return UnsupportedType("A compressed body is not taken.")


def _without_port(hop: str) -> str:
    """Return the address of a hop; some proxies name the port, too (192.0.2.1:80, [::1]:80)."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
