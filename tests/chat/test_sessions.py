"""Sessions age, end, and end everywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import pytest

from chat.app import App, open_accounts
from chat.connections import Connection
from chat.errors import NotFound, Unauthorized, Unavailable
from chat.models import SessionId, UserId
from chat.sessions import LOGOUT, MAX_SESSIONS, TOUCHED_AT_ONCE, Sessions
from tests.chat.test_connections import Wire
from tests.conftest import MakeSettings

DAY_MS = 86_400_000


class Clock:
    now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


Play = Callable[[App, Sessions, Clock, UserId], Awaitable[None]]


@pytest.fixture
def run(make_settings: MakeSettings) -> Callable[[Play], None]:
    def run(play: Play) -> None:
        async def started() -> None:
            app = App(make_settings())
            await app.start()
            clock = Clock()
            sessions = Sessions(
                app.store, app.hub, clock, idle_seconds=10 * 86_400, max_seconds=30 * 86_400
            )
            try:
                user = await app.accounts.register("ann", "correct horse", None)
                await play(app, sessions, clock, user.id)
            finally:
                await app.stop()

        asyncio.run(started())

    return run


Run = Callable[[Play], None]


def test_a_token_finds_its_session_until_it_ends(run: Run) -> None:
    async def play(app: App, sessions: Sessions, clock: Clock, ann: UserId) -> None:
        session, token = await sessions.begin(ann, "192.0.2.1", "Firefox")
        assert len(token) >= 43  # 256 bits

        found, user = await sessions.find(token)
        assert (found.id, user.id) == (session.id, ann)
        await sessions.end(ann, session.id, LOGOUT)

        for wrong in (token, "", "x", "x" * 10_000, "\ud800", session.id):
            with pytest.raises(Unauthorized):
                await sessions.find(wrong)
        with pytest.raises(NotFound):
            await sessions.end(ann, session.id, LOGOUT)

    run(play)


def test_a_session_that_is_not_used_ends(run: Run) -> None:
    async def play(app: App, sessions: Sessions, clock: Clock, ann: UserId) -> None:
        _, token = await sessions.begin(ann, "192.0.2.1", "Firefox")

        clock.now += 9 * DAY_MS
        await sessions.find(token)
        clock.now += 9 * DAY_MS
        await sessions.find(token)
        assert len(await sessions.list(ann)) == 1
        clock.now += 10 * DAY_MS

        with pytest.raises(Unauthorized):
            await sessions.find(token)
        assert await sessions.list(ann) == []

    run(play)


def test_uses_are_known_at_once_and_written_a_few_at_a_time(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(users: object, sessions: object) -> None:
        raise Unavailable

    async def play(app: App, sessions: Sessions, clock: Clock, ann: UserId) -> None:
        began = clock.now
        tokens = [
            (await sessions.begin(ann, "192.0.2.1", "bot"))[1] for _ in range(TOUCHED_AT_ONCE + 1)
        ]
        clock.now += 120_000
        for token in tokens:
            await sessions.find(token)

        assert {each.last_seen for each in await sessions.list(ann)} == {clock.now}
        assert {each.last_seen for each in await app.store.sessions(ann)} == {began}
        with monkeypatch.context() as patch:
            patch.setattr(app.store, "touch", fails)
            with pytest.raises(Unavailable):
                await sessions.write_uses()
        await sessions.write_uses()
        stored = [each.last_seen for each in await app.store.sessions(ann)]
        assert stored == [clock.now] * TOUCHED_AT_ONCE + [began]
        await sessions.write_uses()
        assert {each.last_seen for each in await app.store.sessions(ann)} == {clock.now}

    run(play)


def test_a_session_ends_with_its_age_however_often_it_is_used(run: Run) -> None:
    async def play(app: App, sessions: Sessions, clock: Clock, ann: UserId) -> None:
        _, token = await sessions.begin(ann, "192.0.2.1", "Firefox")
        for _ in range(29):
            clock.now += DAY_MS
            await sessions.find(token)

        clock.now += DAY_MS

        with pytest.raises(Unauthorized):
            await sessions.find(token)

    run(play)


def test_the_number_of_sessions_is_bounded_and_the_one_not_used_longest_ends(run: Run) -> None:
    async def play(app: App, sessions: Sessions, clock: Clock, ann: UserId) -> None:
        tokens = []
        for _ in range(MAX_SESSIONS):
            clock.now += 1000
            tokens.append((await sessions.begin(ann, "192.0.2.1", "bot"))[1])
        clock.now += 120_000
        await sessions.find(tokens[0])
        await sessions.write_uses()
        await sessions.begin(ann, "192.0.2.1", "bot")

        await sessions.find(tokens[0])
        with pytest.raises(Unauthorized):
            await sessions.find(tokens[1])
        assert len(await sessions.list(ann)) == MAX_SESSIONS

    run(play)


def test_uses_are_written_by_a_server_that_runs(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.sessions.TOUCH_SECONDS", 0.0)

    async def check() -> None:
        app = App(make_settings())
        await app.start()
        user = await app.accounts.register("ann", "correct horse", None)
        session, token = await app.sessions.begin(user.id, "192.0.2.1", "Firefox")
        written = asyncio.Event()
        touch = app.store.touch

        async def noted(users: Mapping[UserId, int], sessions: Mapping[SessionId, int]) -> None:
            await touch(users, sessions)
            if session.id in sessions:
                written.set()

        monkeypatch.setattr(app.store, "touch", noted)
        await app.sessions.find(token)
        async with asyncio.timeout(20):
            await written.wait()
        await app.stop()

    asyncio.run(check())


def test_what_another_process_ends_closes_sockets_here(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.sessions.TOUCH_SECONDS", 0.0)

    async def check() -> None:
        settings = make_settings()
        writing = asyncio.Event()

        async def hangs(users: object, sessions: object) -> None:
            writing.set()
            await asyncio.Event().wait()

        app = App(settings)
        await app.start()
        user = await app.accounts.register("ann", "correct horse", None)
        session, token = await app.sessions.begin(user.id, "192.0.2.1", "Firefox")
        wire = Wire()
        closed = asyncio.Event()
        wire.on_close = closed.set
        connection = Connection(app.hub.new_id(), user.id, session.id, wire, app.flusher)
        await app.hub.add(connection)

        # The disk takes its time for something else: that holds up nothing.
        monkeypatch.setattr(app.store, "touch", hangs)
        async with asyncio.timeout(20):
            await app.sessions.find(token)
            await writing.wait()
        async with open_accounts(settings) as accounts:  # as `parley user passwd` does
            await accounts.set_password("ann", "another password")

        async with asyncio.timeout(20):
            await closed.wait()
        assert wire.closed is not None
        assert wire.closed[0] == 4401
        app.forget(connection)
        await app.stop()

    asyncio.run(check())
