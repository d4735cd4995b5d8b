"""Which address is served by which handler, and the settings they share."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from tornado.httputil import ParseBodyConfig, ParseMultipartConfig, set_parse_body_config
from tornado.web import Application

from chat import resources
from handlers import languages
from handlers.api import (
    AvailableAPI,
    LoginAPI,
    LogoutAPI,
    MeAPI,
    NameAPI,
    NotFoundAPI,
    OtherSessionsAPI,
    PasswordAPI,
    RegisterAPI,
    SessionAPI,
    SessionsAPI,
)
from handlers.assets import VERSION_CHARACTERS, Asset, PackedAssets, RootAsset
from handlers.operations import Healthz, MetricsText, Readyz
from handlers.pages import (
    ChatPage,
    LoginPage,
    LogoutPage,
    NotFoundPage,
    RegisterPage,
    ShellPage,
)
from handlers.socket import SocketHandler
from handlers.websocket import Heartbeat

if TYPE_CHECKING:
    from chat.app import App

# A dead connection is noticed within 20 s at worst, well below the 60 s after which many
# routers forget an idle one.
PING_INTERVAL_SECONDS = 12
PING_TIMEOUT_SECONDS = 8

_ID = r"([A-Za-z0-9_-]{1,64})"
# A static import; `import('./x.js')` is fetched when it is needed.
_IMPORT = re.compile(
    r"""^(?:import|export)\s[^'";()=]*?(?:from\s*)?['"](\.[^'"]+)['"]""", re.MULTILINE
)


def make_application(app: App) -> Application:
    """Return the Tornado application that serves an `App`."""
    # Nothing takes files yet, and multipart parsers have a history of denials of service.
    # (Tornado keeps this for the whole process.)
    set_parse_body_config(ParseBodyConfig(multipart=ParseMultipartConfig(enabled=False)))
    languages.load()
    static = str(resources.static())
    build = _build()
    worker = {
        "name": "sw.js",
        "content_type": "text/javascript; charset=utf-8",
        # Another build is another worker, which is how browsers notice that there is one.
        "beginning": f"const BUILD = '{build}';\n",
    }
    manifest = {
        "name": "manifest.webmanifest",
        "content_type": "application/manifest+json; charset=utf-8",
    }
    return Application(
        [
            (r"/", ChatPage),
            (rf"/c/{_ID}", ChatPage),
            (rf"/c/{_ID}/([0-9]{{1,16}})", ChatPage),
            (r"/shell", ShellPage),
            (r"/login", LoginPage),
            (r"/register", RegisterPage),
            (r"/logout", LogoutPage),
            (r"/ws", SocketHandler),
            (r"/healthz", Healthz),
            (r"/readyz", Readyz),
            (r"/metrics", MetricsText),
            (r"/sw\.js", RootAsset, worker),
            (r"/manifest\.webmanifest", RootAsset, manifest),
            (r"/static/(.*)", Asset, {"path": static}),
            (r"/api/v1/register", RegisterAPI),
            (r"/api/v1/available", AvailableAPI),
            (r"/api/v1/login", LoginAPI),
            (r"/api/v1/logout", LogoutAPI),
            (r"/api/v1/me", MeAPI),
            (r"/api/v1/name", NameAPI),
            (r"/api/v1/password", PasswordAPI),
            (r"/api/v1/sessions", SessionsAPI),
            (r"/api/v1/other-sessions", OtherSessionsAPI),
            (rf"/api/v1/sessions/{_ID}", SessionAPI),
            (r"/api/.*", NotFoundAPI),
        ],
        app=app,
        template_path=str(resources.templates()),
        static_path=static,
        static_handler_class=Asset,
        default_handler_class=NotFoundPage,
        import_map=_import_map(static),
        preloads=_preloads(static),
        build=build,
        packed_assets=PackedAssets(),
        xsrf_cookies=True,
        compress_response=False,  # BREACH: pages hold a secret and what people typed
        heartbeat=Heartbeat(PING_INTERVAL_SECONDS, PING_TIMEOUT_SECONDS),
        log_function=lambda _: None,
    )


def _import_map(static: str) -> str:
    """Return the import map that gives each module its versioned address.

    Browsers resolve ``import './x.js'`` without asking `static_url`, and would keep an old
    module for a year, or none at all.
    """
    settings = {"static_path": static, "static_url_prefix": "/static/"}
    imports = {
        f"/static/{path}": Asset.make_static_url(settings, path)
        for path in sorted(
            file.relative_to(static).as_posix() for file in resources.static().rglob("*.js")
        )
    }
    # "<" cannot end the script element if it is not there.
    return msgspec.json.encode({"imports": imports}).decode().replace("<", "\\u003c")


def _preloads(static: str) -> list[str]:
    """Return the modules that the chat page imports, so that a browser asks for all of them at
    once rather than for each when it has read the one before."""
    folder = resources.static()
    found: set[Path] = set()
    waiting = [folder / "js/chat.js"]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        addresses = _IMPORT.findall(module.read_text("utf-8"))
        waiting += [(module.parent / address).resolve() for address in addresses]
    settings = {"static_path": static, "static_url_prefix": "/static/"}
    paths = sorted(module.relative_to(folder).as_posix() for module in found)
    return [Asset.make_static_url(settings, path) for path in paths]


def _build() -> str:
    """Return a digest of everything that browsers are given: another build has another one."""
    digest = hashlib.sha256()
    for folder in (resources.static(), resources.templates()):
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            digest.update(f"{file.relative_to(folder).as_posix()}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:VERSION_CHARACTERS]
