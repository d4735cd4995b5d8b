"""The process: sockets, signals, and an orderly end.

On SIGTERM or SIGINT: no new connections, `/readyz` says 503, what was read is finished,
every WebSocket is closed with 1012 and told when to come back, and the process exits with
status 0, all within 12 s. A second signal ends it at once.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from tornado.netutil import bind_sockets

from chat.app import App
from chat.errors import StoreError
from chat.exposure import exposures
from chat.logs import set_up_logging
from chat.settings import SettingError, Settings
from chat.workers import Workers
from handlers.http import HTTPServer
from handlers.routes import make_application

if sys.platform != "win32":  # which has no such limits
    import fcntl
    import resource

logger = logging.getLogger("parley.server")

# protocol.md, "Stopping": everything within 12 s. Each part has its own bound, so that none
# that hangs takes the time of the others; what is left of it is for a busy machine.
DRAIN_SECONDS = 4.0
CLOSE_SECONDS = 2.5
STOP_SECONDS = 3.0
LEAVE_SECONDS = 1.0
# Ctrl-C and process managers signal a whole group, and a parent in it passes the signal on
# (the one-file binary's first process does): the same one so soon is the same wish again.
ECHO_SECONDS = 0.2
RETRY_MS = 5000  # over so long a restart's clients spread; they find another process or this

# A reader that stopped costs 3 to 4 MB of kernel buffers otherwise (measured).
SEND_BUFFER_BYTES = 64 * 1024
# A peer whose kernel has taken nothing for so long is gone, or wants answers without ever reading
# them; as long as the WebSockets' heartbeat waits. Without it such a connection stays for ever.
UNREAD_MS = 20_000
LISTEN_BACKLOG = 4096

MAX_HEADER_BYTES = 16 * 1024
MAX_BUFFER_BYTES = 256 * 1024
# Above what a route takes (`handlers.base.MAX_BODY_BYTES`), so that it can answer 413 in its
# own way; what is declared to be longer is not read.
MAX_BODY_BYTES = 1024 * 1024
# Until the header is there, from the start of the connection or the answer before; then again
# until the body is.
REQUEST_SECONDS = 10.0

# Each connection is a file. More than any process here could serve; some containers allow a
# thousand times as many, and what is started from here may walk through them all.
MAX_OPEN_FILES = 1 << 20
# For so many the kernel's table of them is made before there are threads, eight bytes for each.
# Later, each time that it has to be doubled stops the process for 10 to 20 ms (measured while
# 10,000 came back): Linux waits until no thread can be looking at the old one.
MAX_TABLE_FILES = 1 << 16

# Python's own (700, 10, 10) look through everything alive whenever that has grown by a
# quarter, which stops the loop for 0.1 s where 5,000 connections are open (measured). With
# these it happens once in a million and a half new objects, and finds little to free: a
# connection that ends leaves no cycles behind. What has come since the last look but one is looked
# through more often, and so less of it: 1 ms while people come, not 3 to 5.
GC_THRESHOLDS = (1_000, 3, 500)


def serve(settings: Settings) -> int:
    """Serve until a signal ends it; return the exit status.

    Raises:
        SettingError: a setting cannot be used (the port is taken, for one).
        StoreError: the store can never work as it stands.
    """
    set_up_logging(settings.log_level, settings.log_format)
    _allow_open_files()
    if settings.workers == 1:
        sockets = _listen(settings.host, settings.port)
        return _run(settings, sockets, lambda: _say_ready(settings, sockets))
    if not hasattr(os, "fork"):
        raise SettingError("workers", "needs a system that can fork; start several servers instead")
    # What can never work is found here, once, rather than by every worker.
    asyncio.run(_try(settings))
    shared = [_listen(settings.host, settings.port, reuse_port=True)]
    port = shared[0][0].getsockname()[1]
    shared += [_listen(settings.host, port, reuse_port=True) for _ in range(settings.workers - 1)]
    workers = Workers(
        shared,
        lambda index, sockets, ready: _work(settings, index, sockets, ready),
        lambda: _say_ready(settings, shared[0]),
    )
    return workers.run()


async def _try(settings: Settings) -> None:
    app = App(settings)
    try:
        await app.start()
    finally:
        await app.stop()


def _work(
    settings: Settings, index: int, sockets: list[socket.socket], ready: Callable[[], None]
) -> int:
    """Be a worker; what stops it from starting now was not so when the first ones started."""
    try:
        return _run(settings, sockets, ready, worker=index)
    except (SettingError, StoreError) as error:
        logger.error("%s", error)
        return 1


def _say_ready(settings: Settings, sockets: list[socket.socket]) -> None:
    # Not before: a start that is refused says one line, and why.
    for exposure in exposures(settings):
        logger.warning("%s", exposure)
    print(f"Parley is ready on {url(settings.host, sockets[0])}", flush=True)


def _run(
    settings: Settings,
    sockets: list[socket.socket],
    ready: Callable[[], None],
    *,
    worker: int | None = None,
) -> int:
    _make_file_table(sockets[0])
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(settings, sockets, ready, worker))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # Windows, PyPy
        return None
    return uvloop.new_event_loop


async def _serve(
    settings: Settings,
    sockets: list[socket.socket],
    ready: Callable[[], None],
    worker: int | None,
) -> int:
    stopping = asyncio.Event()
    _handle_signals(stopping)
    try:
        app = App(settings)
        await app.start()
    except BaseException:
        for listening in sockets:
            listening.close()
        raise
    if worker is not None:
        app.metrics.name_worker(worker)
    server = Server(app)
    # What is here now stays: it need not be looked through again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    server.start(sockets)
    logger.info(
        "may open %s files, of which each connection is one", open_files() or "any number of"
    )
    ready()
    await stopping.wait()
    logger.info("stopping")
    await server.stop()
    # All of ours is closed, or has had its time. Python would wait for a driver's threads, too,
    # which wait for a database that is frozen.
    last = threading.Timer(LEAVE_SECONDS, os._exit, (0,))
    last.daemon = True
    last.start()
    return 0


class Server:
    """An `App` behind listening sockets."""

    def __init__(self, app: App) -> None:
        """Make the HTTP server; it does not listen yet."""
        self.app = app
        self._http = HTTPServer(
            make_application(app),
            max_header_size=MAX_HEADER_BYTES,
            max_buffer_size=MAX_BUFFER_BYTES,
            max_body_size=MAX_BODY_BYTES,
            max_files=open_files(),
            is_busy=app.messages.is_storing,
            idle_connection_timeout=REQUEST_SECONDS,
            body_timeout=REQUEST_SECONDS,
        )

    def start(self, sockets: list[socket.socket]) -> None:
        """Accept connections on sockets that already listen."""
        self._http.add_sockets(sockets)

    async def stop(self) -> None:
        """Drain, close and stop, each within its time. See the module."""
        app = self.app
        self._http.stop()
        app.hasher.close()  # whoever waits for a hash is refused in time to hear of it
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                await app.drain()
                await self._http.until_answered()
        app.hub.close_all(RETRY_MS)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await app.hub.until_empty()
        for connection in app.hub.all_connections():
            connection.transport.abort()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._http.close_all_connections()
                await app.stop()


def url(host: str, listening: socket.socket) -> str:
    """Return the address to open in a browser."""
    port = listening.getsockname()[1]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def open_files() -> int | None:
    """Return how many files this process may have open; None where nobody can say."""
    if sys.platform == "win32":
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def _allow_open_files() -> None:
    """Allow this process, and its workers, as many open files as they may have."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    most = MAX_OPEN_FILES if hard == unlimited else min(hard, MAX_OPEN_FILES)
    # macOS names no limit and takes no more than this (OPEN_MAX of its <sys/syslimits.h>).
    for wanted in (most, min(most, 10_240)):
        if soft == unlimited or soft >= wanted:
            break
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            break


def _make_file_table(any_file: socket.socket) -> None:
    """Have the kernel's table of open files made as large as it may have to become."""
    if sys.platform != "linux":
        return
    count = min(open_files() or MAX_TABLE_FILES, MAX_TABLE_FILES)
    with suppress(OSError):  # that number is taken: it is as large already
        os.close(fcntl.fcntl(any_file, fcntl.F_DUPFD_CLOEXEC, count - 1))


def _listen(host: str, port: int, *, reuse_port: bool = False) -> list[socket.socket]:
    # Tornado takes `::` for IPv6 alone, and nothing for every address of both kinds.
    address = None if host == "::" else host
    try:
        sockets = bind_sockets(port, address, backlog=LISTEN_BACKLOG, reuse_port=reuse_port)
    except OSError as error:
        setting = "host" if isinstance(error, socket.gaierror) else "port"
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise SettingError(
            setting, f"cannot listen on {host} port {port}: {reason}. Choose another."
        ) from None
    for listening in sockets:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        if sys.platform == "linux":
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
    return sockets


def _handle_signals(stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    first, asked_at = 0, 0.0

    def stop(number: int) -> None:
        nonlocal first, asked_at
        if not stopping.is_set():
            first, asked_at = number, loop.time()
            stopping.set()
        elif number != first or loop.time() - asked_at > ECHO_SECONDS:
            os._exit(1)  # asked twice: at once

    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop, number)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda got, _: loop.call_soon_threadsafe(stop, got))
