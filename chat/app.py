"""The composition root: opens, wires and closes everything, and logs what was chosen."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import chat
from brokers import open_broker
from brokers.base import Broker, Listener
from chat.accounts import Accounts
from chat.clock import Clock, stopwatch
from chat.connections import Connection, Flusher
from chat.conversations import Conversations
from chat.errors import Unavailable
from chat.hub import PRESENCE_TOPIC, Hub
from chat.messages import Messages
from chat.metrics import Metrics
from chat.passwords import Hasher
from chat.presence import Presence
from chat.ratelimit import FrameLimit
from chat.receipts import Receipts
from chat.requests import Services
from chat.sessions import Sessions
from chat.settings import SettingError, Settings, redact_url
from chat.stores import open_store
from chat.stores.base import Store

logger = logging.getLogger("parley.app")

LAG_INTERVAL_SECONDS = 0.5
PING_TIMEOUT_SECONDS = 2.0
# A ping writes; whoever asks more often gets the last answer.
PING_AGE_SECONDS = 0.5
# How far a clock may go astray until a database that tells the time is asked again.
TIME_SECONDS = 5.0
# What took longer to be told is no time.
MAX_TIME_AGE_SECONDS = 0.5


class App:
    """Everything of one process but its sockets."""

    def __init__(self, settings: Settings, *, broker: Broker | None = None) -> None:
        """Wire the parts together; nothing is opened yet.

        Args:
            broker: one to use instead of that of the settings (a test listens to it).

        Raises:
            SettingError: the store or the broker cannot be what it is set to.
        """
        self.settings = settings
        self.metrics = Metrics()
        self.clock = Clock()
        self.store = _store(settings)
        self.broker = broker or _broker(settings)
        self.hub = Hub(self.store, self.broker, self.metrics)
        self.sessions = Sessions(
            self.store,
            self.hub,
            self.clock,
            idle_seconds=settings.session_idle_seconds,
            max_seconds=settings.session_max_seconds,
        )
        self.presence = Presence(
            self.store,
            self.broker,
            self.hub,
            self.clock,
            touch_seconds=self.sessions.touch_seconds,
        )
        self.hasher = Hasher(settings.bcrypt_rounds)
        self.accounts = Accounts(
            self.store,
            self.sessions,
            self.hasher,
            self.hub,
            self.metrics,
            self.clock,
            registration=settings.registration,
            login_rate=settings.login_rate,
        )
        self.conversations = Conversations(self.store, self.hub, self.presence, self.clock)
        self.hub.prelude = self.conversations.shown_late
        self.messages = Messages(self.store, self.hub, self.presence, self.metrics, self.clock)
        self.receipts = Receipts(self.store, self.hub, self.metrics)
        self.limit = FrameLimit(settings.message_rate, time.monotonic)
        self.services = Services(
            self.hub,
            self.conversations,
            self.messages,
            self.receipts,
            self.limit,
            self.metrics,
            self.clock,
        )
        self.flusher = Flusher(self.metrics)
        self.version = chat.__version__
        self._background: list[asyncio.Task[None]] = []
        self._ping: asyncio.Task[bool] | None = None
        self._pinged_at = 0.0
        self.metrics.connections = lambda: self.hub.count

    async def start(self) -> None:
        """Open the store and the broker, and begin what runs in the background.

        Raises:
            StoreError: the store can never work as it stands.
        """
        settings = self.settings
        await self.store.open()
        try:
            if self.broker.crosses_processes:
                await self.store.share()
            else:
                await self.store.claim()
            await self._ask_for_the_time()
            await self._open_broker()
        except BaseException:
            await self.store.close()
            raise
        work = [
            self._learn_cost(),
            self.sessions.watch(),
            self.sessions.record(),
            self.sessions.expire(),
            self.presence.watch(),
            self.presence.reconcile(),
            self._watch_loop(),
            self._watch_time(),
        ]
        self._background = [asyncio.get_running_loop().create_task(each) for each in work]
        logger.info(
            "Parley %s with store %s and broker %s",
            self.version,
            redact_url(settings.store),
            redact_url(settings.broker),
        )

    async def _open_broker(self) -> None:
        listener = Listener(
            received=self.hub.receive,
            gap=self.hub.missed,
            departed=self.presence.departed,
            lapsed=self.presence.tell_all,
        )
        try:
            await self.broker.open(listener)
        except ValueError as error:
            raise SettingError("broker", str(error)) from None
        await self.broker.subscribe([PRESENCE_TOPIC])

    async def drain(self) -> None:
        """Take no more requests, and finish those in flight."""
        self.services.is_stopping = True
        await self.messages.drain()
        await self.receipts.drain()

    async def stop(self) -> None:
        """Close everything, in the reverse order. Connections must be gone already."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self.presence.close()
        await self.hub.close()
        await self.broker.close()
        await self.store.close()
        self.hasher.close()

    def forget(self, connection: Connection) -> None:
        """Take a connection that has ended out of the hub, and its user's presence."""
        self.hub.remove(connection)
        self.presence.leave(connection)

    async def health(self) -> dict[str, str | bool]:
        """Return whether requests can be served: ``ready``, and the state of each part.

        Without a broker that was there once, what others do would not be heard; one that
        went away later is made up for when it is back.
        """
        loop = asyncio.get_running_loop()
        if self._ping is None or loop.time() - self._pinged_at > PING_AGE_SECONDS:
            self._pinged_at = loop.time()
            self._ping = loop.create_task(self._does_store_answer())
        is_store_here = await asyncio.shield(self._ping)
        stopping = self.services.is_stopping
        return {
            "ready": is_store_here and self.broker.was_connected() and not stopping,
            "store": "ok" if is_store_here else "away",
            "broker": "ok" if self.broker.is_connected() else "away",
            "stopping": stopping,
        }

    async def _does_store_answer(self) -> bool:
        try:
            async with asyncio.timeout(PING_TIMEOUT_SECONDS):
                await self.store.ping()
        except (Unavailable, TimeoutError):
            return False
        return True

    async def _learn_cost(self) -> None:
        """Have failed logins take as long as those with the costliest hash in the store."""
        while True:
            try:
                self.hasher.expect_cost(await self.store.highest_password_cost())
            except Unavailable:
                await asyncio.sleep(PING_AGE_SECONDS)
            else:
                return

    async def _watch_time(self) -> None:
        """Set the clock by the store's, if it tells one."""
        while True:
            await asyncio.sleep(TIME_SECONDS)
            await self._ask_for_the_time()

    async def _ask_for_the_time(self) -> None:
        asked_at = stopwatch()
        try:
            told = await self.store.time()
        except Unavailable:
            return
        if told is not None and stopwatch() - asked_at < MAX_TIME_AGE_SECONDS:
            self.clock.heard(told)

    async def _watch_loop(self) -> None:
        """Measure how late the loop is: what everybody else has to wait, too."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_INTERVAL_SECONDS
            await asyncio.sleep(LAG_INTERVAL_SECONDS)
            self.metrics.loop_lag_seconds.observe(max(0.0, loop.time() - due))


@asynccontextmanager
async def open_accounts(settings: Settings) -> AsyncIterator[Accounts]:
    """Open the accounts of a store for an operator, whether or not a server runs.

    A running server notices what ends here by itself (`Sessions.watch`).
    """
    app = App(settings)
    await app.store.open()
    try:
        yield app.accounts
    finally:
        await app.store.close()
        app.hasher.close()


def _store(settings: Settings) -> Store:
    try:
        return open_store(settings.store)
    except ValueError as error:
        raise SettingError("store", str(error)) from None


def _broker(settings: Settings) -> Broker:
    try:
        return open_broker(settings.broker)
    except ValueError as error:
        raise SettingError("broker", str(error)) from None
