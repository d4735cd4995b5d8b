"""What browsers fetch besides pages: scripts, styles and icons, small and for long.

Text is sent minified and compressed to whoever takes that, and as it was written to anybody
else. Nothing of this is secret, so its length may tell what it likes; pages, which hold tokens
and what people typed, are never compressed (BREACH, https://breachattack.com).
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import rcssmin
import rjsmin
from tornado.web import HTTPError, StaticFileHandler

from chat import resources
from chat.errors import NotFound
from handlers.base import BaseHandler

VERSION_CHARACTERS = 12
YEAR_SECONDS = 365 * 24 * 3600

_AS_IT_IS: Callable[[str], str] = str
# A descendant that is told by a pseudo-class alone, as in ``.a :is(.b)``.
_BARE_PSEUDO_CLASS = re.compile(r"(?<=[^\s{},;:]) :(?=[a-z])")


def _css(text: str) -> str:
    """Return style sheets minified.

    rcssmin may take ``.a :is(.b)`` for a declaration and drop the space, which is another
    selector; with a ``*`` that says the same it does not.
    """
    return str(rcssmin.cssmin(_BARE_PSEUDO_CLASS.sub(" *:", text)))


# By suffix: what makes the text shorter before it is compressed.
_MINIFIERS: dict[str, Callable[[str], str]] = {
    ".js": rjsmin.jsmin,
    ".css": _css,
    ".svg": _AS_IT_IS,
    ".txt": _AS_IT_IS,
    ".webmanifest": _AS_IT_IS,
}
# By content coding, the one preferred first.
_COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.compress,
    "gzip": lambda data: gzip.compress(data, 9, mtime=0),
}


class PackedAssets:
    """Each text below a folder in each coding that was asked for, made once per content.

    It holds no more than the folder's own files, and makes them in a thread.
    """

    def __init__(self) -> None:
        self._packed: dict[tuple[str, str], tuple[tuple[int, int], asyncio.Future[bytes]]] = {}

    def get(self, path: Path, coding: str) -> asyncio.Future[bytes]:
        """Return the file in that coding, as a future."""
        stat = path.stat()
        version = (stat.st_mtime_ns, stat.st_size)
        known = self._packed.get((str(path), coding))
        if known is None or known[0] != version:
            loop = asyncio.get_running_loop()
            known = (version, loop.run_in_executor(None, _pack, path, coding))
            self._packed[str(path), coding] = known
        return asyncio.shield(known[1])


def _pack(path: Path, coding: str) -> bytes:
    short = _MINIFIERS[path.suffix](path.read_text("utf-8"))
    return _COMPRESSORS[coding](short.encode())


class Asset(BaseHandler, StaticFileHandler):
    """``/static/…``: scripts, styles and icons; for a year under a versioned address."""

    def initialize(self, path: str, default_filename: str | None = None) -> None:  # type: ignore[override]
        """Find the app and the folder."""
        BaseHandler.initialize(self)
        StaticFileHandler.initialize(self, path, default_filename)

    def set_extra_headers(self, path: str) -> None:
        """Let browsers keep what cannot change, and ask for the rest each time."""
        if self.get_query_argument("v", None):
            self.set_header("Cache-Control", f"public, max-age={YEAR_SECONDS}, immutable")
        else:
            self.set_header("Cache-Control", "no-cache")
        if Path(path).suffix in _MINIFIERS:
            self.set_header("Vary", "Accept-Encoding")

    @classmethod
    def get_version(cls, settings: dict[str, Any], path: str) -> str | None:
        """Return the start of the file's digest: enough to tell versions apart."""
        version = super().get_version(settings, path)
        return version and version[:VERSION_CHARACTERS]

    def get_content_type(self) -> str:
        """Return the type with its character set."""
        kind = super().get_content_type()
        return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say what is wrong in a line."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(f"{self.error_of(status_code, kwargs).message}\n")

    async def get(self, path: str, include_body: bool = True) -> None:
        """See `StaticFileHandler`; whatever is not a file below the folder is not there."""
        coding = self._coding(path)
        try:
            if coding is None:
                await super().get(path, include_body)
            else:
                await self._get_packed(path, coding, include_body)
        except (HTTPError, ValueError) as error:
            if isinstance(error, HTTPError) and error.status_code not in (403, 404):
                raise
            raise NotFound from None

    async def _get_packed(self, path: str, coding: str, include_body: bool) -> None:
        self.path = self.parse_url_path(path)
        absolute = self.get_absolute_path(self.root, self.path)
        self.absolute_path = self.validate_absolute_path(self.root, absolute)
        if self.absolute_path is None:
            return  # it has answered
        body = await self.settings["packed_assets"].get(Path(self.absolute_path), coding)
        self.modified = self.get_modified_time()
        self.set_header("Content-Type", self.get_content_type())
        self.set_header("Content-Encoding", coding)
        self.set_header("Etag", f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        self.set_extra_headers(self.path)
        if self.check_etag_header():
            self.set_status(304)
        elif include_body:
            self.write(body)
        else:
            self.set_header("Content-Length", str(len(body)))

    def _coding(self, path: str) -> str | None:
        """Return the best coding that the client takes (RFC 9110 section 12.5.3); None for
        files that are no text, and for parts of files."""
        if Path(path).suffix not in _MINIFIERS or "Range" in self.request.headers:
            return None
        taken = set()
        for each in self.request.headers.get("Accept-Encoding", "").split(","):
            name, _, weight = each.lower().replace(" ", "").partition(";")
            if weight not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
                taken.add(name)
        return next((coding for coding in _COMPRESSORS if coding in taken), None)


class RootAsset(BaseHandler):
    """A file of the page that must live at the top: its scope is its address."""

    def initialize(self, name: str, content_type: str, beginning: str = "") -> None:  # type: ignore[override]
        """Choose the file of ``static/``, and what is written before it."""
        super().initialize()
        self._path: Path = resources.static() / name
        self._content_type = content_type
        self._beginning = beginning

    def get(self) -> None:
        """Answer with the file; browsers must ask each time."""
        self.set_header("Content-Type", self._content_type)
        self.set_header("Cache-Control", "no-cache")
        # A worker's own policy governs what it fetches for the pages: assets of this host.
        self.set_header(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'",
        )
        self.finish(self._beginning.encode() + self._path.read_bytes())
