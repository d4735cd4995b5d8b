"""Every refusal that Parley can give, as one tree.

::

    ParleyError                 code                status
    ├── Invalid                 invalid             400
    ├── UnknownType             unknown_type        400
    ├── Unauthorized            unauthorized        401
    ├── Forbidden               forbidden           403
    ├── NotFound                not_found           404
    ├── MethodNotAllowed        method_not_allowed  405
    ├── Conflict                conflict            409
    ├── TooLarge                too_large           413
    ├── UnsupportedType         unsupported_type    415
    ├── Misdirected             misdirected         421
    ├── RateLimited             rate_limited        429
    ├── Internal                internal            500
    └── Unavailable             unavailable         503
    StoreError                  a store cannot be opened at all: ends the start

``code`` is what JSON answers and WebSocket error frames carry, ``status`` what HTTP
answers with. The text of an error is written for the person or program that caused it;
detail for the operator goes to the log through ``__cause__``.
"""

from __future__ import annotations

from typing import ClassVar


class ParleyError(Exception):
    """A refusal with a wire code, a sentence, and where it helps the field at fault."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    default_message: ClassVar[str] = "Something went wrong on the server."

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Describe the refusal.

        Args:
            message: a sentence for the one who asked; never holds secrets or internals.
            field: the name of the request's field at fault.
            retry_after: seconds after which the same request may succeed.
        """
        self.message = message or self.default_message
        self.field = field
        self.retry_after = retry_after
        super().__init__(self.message)


class Invalid(ParleyError):
    """The request is malformed or a value is out of its range."""

    code = "invalid"
    status = 400
    default_message = "The request is not valid."


class UnknownType(ParleyError):
    """A frame of a type that this version does not know."""

    code = "unknown_type"
    status = 400
    default_message = "This type of frame is not known."


class Unauthorized(ParleyError):
    """No valid session, or wrong credentials: the same words for every reason."""

    code = "unauthorized"
    status = 401
    default_message = "You are not signed in."


class Forbidden(ParleyError):
    """The caller is known, and may not do this."""

    code = "forbidden"
    status = 403
    default_message = "You may not do this."


class NotFound(ParleyError):
    """It does not exist, or the caller may not know that it does."""

    code = "not_found"
    status = 404
    default_message = "There is no such thing."


class MethodNotAllowed(ParleyError):
    """The route exists, for other methods."""

    code = "method_not_allowed"
    status = 405
    default_message = "This address does not take that method."


class Conflict(ParleyError):
    """It contradicts what is already stored."""

    code = "conflict"
    status = 409
    default_message = "This contradicts what is already there."


class TooLarge(ParleyError):
    """A text or body over its limit."""

    code = "too_large"
    status = 413
    default_message = "This is too large."


class UnsupportedType(ParleyError):
    """A body of a content type that the route does not take."""

    code = "unsupported_type"
    status = 415
    default_message = "This address takes application/json."


class Misdirected(ParleyError):
    """A host name that this server does not serve (RFC 9110 section 15.5.20)."""

    code = "misdirected"
    status = 421
    default_message = "This server does not serve that host name."


class RateLimited(ParleyError):
    """Too many requests; ``retry_after`` says when to come back."""

    code = "rate_limited"
    status = 429
    default_message = "Too many requests."


class Internal(ParleyError):
    """A bug of the server. An outage is always `Unavailable`."""


class Unavailable(ParleyError):
    """Not confirmed: it may or may not have been stored; repeating it is always safe."""

    code = "unavailable"
    status = 503
    default_message = "The server cannot confirm this right now. Try again."


class StoreError(Exception):
    """A store that cannot be opened: corrupt, newer than this program, not writable."""
