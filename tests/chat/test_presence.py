"""Presence is told to who may know, does not flicker, and ends after a grace."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chat.app import App
from chat.clock import wall_clock
from chat.connections import Connection
from chat.models import NewMessage, UserId, new_conversation_id
from chat.presence import MAX_CONNECTIONS, Presence
from tests.chat.test_connections import Wire
from tests.conftest import MakeSettings

GRACE_SECONDS = 0.15
LOOK_SECONDS = 0.01


class Stage:
    """Ann and bob, who have talked, and cat, who has not."""

    def __init__(self, app: App) -> None:
        self.app = app
        app.presence = Presence(
            app.store,
            app.broker,
            app.hub,
            wall_clock,
            grace_seconds=GRACE_SECONDS,
            look_seconds=LOOK_SECONDS,
        )
        self.ids: dict[str, UserId] = {}
        self.adding = asyncio.Event()  # cleared, it holds connections up between two steps
        self.adding.set()

    def leave_within(self, seconds: float) -> None:
        """Have a grace that is longer than this machine may be busy, or that ends soon."""
        self.app.presence._grace_seconds = seconds

    async def open(self) -> None:
        for name in ("ann", "bob", "cat"):
            self.ids[name] = (await self.app.accounts.register(name, "correct horse", None)).id
        talk = await self.app.store.open_direct(
            new_conversation_id(), self.ids["ann"], self.ids["bob"], 1
        )
        await self.app.store.add_messages(
            [NewMessage(talk.id, self.ids["ann"], "k", "hi", wall_clock())]
        )
        await self.app.store.open_direct(new_conversation_id(), self.ids["ann"], self.ids["cat"], 1)

    async def connect(self, name: str) -> tuple[Connection, Wire]:
        session, _ = await self.app.sessions.begin(self.ids[name], "192.0.2.1", "test")
        wire = Wire()
        connection = Connection(
            self.app.hub.new_id(), self.ids[name], session.id, wire, self.app.flusher
        )
        await self.app.hub.add(connection)
        await self.adding.wait()
        if await self.app.presence.enter(connection):
            connection.start(b"")
        return connection, wire


@pytest.fixture
def run(make_settings: MakeSettings) -> Callable[[Callable[[Stage], Awaitable[None]]], None]:
    def run(play: Callable[[Stage], Awaitable[None]]) -> None:
        async def started() -> None:
            app = App(make_settings())
            await app.start()
            stage = Stage(app)
            await stage.open()
            try:
                await play(stage)
            finally:
                for connection in list(app.hub.all_connections()):
                    app.forget(connection)
                await app.stop()

        asyncio.run(started())

    return run


Run = Callable[[Callable[[Stage], Awaitable[None]]], None]


def told(wire: Wire) -> list[Any]:
    data = b"".join(wire.written)
    frames = []
    while data:
        frames.append(json.loads(data[2 : 2 + data[1]]))
        data = data[2 + data[1] :]
    return frames


async def until(wire: Wire, count: int) -> list[Any]:
    async with asyncio.timeout(20):
        while len(told(wire)) < count:
            wire.wrote.clear()
            await wire.wrote.wait()
    return told(wire)


def test_coming_and_going_is_told_to_who_shares_a_message(run: Run) -> None:
    async def play(stage: Stage) -> None:
        _, bob = await stage.connect("bob")
        _, cat = await stage.connect("cat")
        ann, _ = await stage.connect("ann")
        assert await until(bob, 1) == [
            {"type": "presence", "user": stage.ids["ann"], "online": True, "last_seen": None}
        ]

        stage.app.forget(ann)

        gone = (await until(bob, 2))[1]
        assert (gone["user"], gone["online"]) == (stage.ids["ann"], False)
        assert gone["last_seen"].endswith("Z")
        assert told(cat) == []
        found = await stage.app.store.users([stage.ids["ann"]])
        assert found[stage.ids["ann"]].last_seen

    run(play)


def test_who_comes_twice_at_once_comes_once(run: Run) -> None:
    async def play(stage: Stage) -> None:
        _, bob = await stage.connect("bob")
        stage.adding.clear()
        twice = [asyncio.create_task(stage.connect("ann")) for _ in range(2)]
        while len(stage.app.hub.connections(stage.ids["ann"])) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0)

        stage.adding.set()
        both = await asyncio.gather(*twice)
        await until(bob, 1)
        for each in both:
            stage.app.forget(each[0])

        assert [frame["online"] for frame in await until(bob, 2)] == [True, False]

    run(play)


def test_who_closes_all_tabs_at_once_is_online_for_the_grace(run: Run) -> None:
    async def play(stage: Stage) -> None:
        _, bob = await stage.connect("bob")
        tabs = [(await stage.connect("ann"))[0] for _ in range(2)]
        await until(bob, 1)
        stage.leave_within(3)

        for tab in tabs:
            stage.app.forget(tab)
        for _ in range(10):
            await asyncio.sleep(0)
            assert await stage.app.broker.held([stage.ids["ann"]])

        assert [frame["online"] for frame in await until(bob, 2)] == [True, False]

    run(play)


def test_a_page_that_loads_again_does_not_flicker(run: Run) -> None:
    async def play(stage: Stage) -> None:
        _, bob = await stage.connect("bob")
        ann, _ = await stage.connect("ann")
        await until(bob, 1)
        stage.leave_within(60)
        for _ in range(20):
            stage.app.forget(ann)
            ann, _ = await stage.connect("ann")
        stage.leave_within(GRACE_SECONDS)
        stage.app.forget(ann)

        frames = await until(bob, 2)

        assert [frame["online"] for frame in frames] == [True, False]

    run(play)


def test_one_tab_of_several_makes_no_difference(run: Run) -> None:
    async def play(stage: Stage) -> None:
        _, bob = await stage.connect("bob")
        first, _ = await stage.connect("ann")
        second, _ = await stage.connect("ann")
        await until(bob, 1)
        stage.app.forget(first)
        third, _ = await stage.connect("ann")
        stage.app.forget(second)
        stage.app.forget(third)

        frames = await until(bob, 2)

        assert [frame["online"] for frame in frames] == [True, False]

    run(play)


def test_presence_is_shown_only_where_it_may_be(run: Run) -> None:
    async def play(stage: Stage) -> None:
        await stage.connect("ann")
        users = await stage.app.store.users([stage.ids["ann"]])

        seen = await stage.app.presence.of(users, [stage.ids["ann"]])
        hidden = await stage.app.presence.of(users, [])

        assert seen[stage.ids["ann"]].online
        assert not hidden[stage.ids["ann"]].online

    run(play)


def test_connections_of_one_user_are_bounded(run: Run) -> None:
    async def play(stage: Stage) -> None:
        connections = [await stage.connect("ann") for _ in range(MAX_CONNECTIONS)]
        extra, _ = await stage.connect("ann")
        assert not await stage.app.presence.enter(extra)
        stage.app.forget(extra)
        stage.app.forget(connections[0][0])

        again, _ = await stage.connect("ann")

        assert await stage.app.presence.enter(again)

    run(play)


def test_who_comes_is_told_whatever_is_thought_of_other_processes(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(stage: Stage) -> None:
        hold = stage.app.broker.hold

        async def hold_with_another(name: str, count: int) -> int:
            return await hold(name, count) + 1  # One that is long gone, and not known to be.

        _, bob = await stage.connect("bob")
        monkeypatch.setattr(stage.app.broker, "hold", hold_with_another)

        await stage.connect("ann")

        assert [frame["online"] for frame in await until(bob, 1)] == [True]

    run(play)


def test_what_nobody_told_is_found(run: Run) -> None:
    async def play(stage: Stage) -> None:
        _, bob = await stage.connect("bob")
        _, cat = await stage.connect("cat")
        looks = asyncio.create_task(stage.app.presence.reconcile())

        await stage.app.broker.hold(stage.ids["ann"], 1)
        assert [frame["online"] for frame in await until(bob, 1)] == [True]
        await stage.app.broker.hold(stage.ids["ann"], 0)
        assert [frame["online"] for frame in await until(bob, 2)] == [True, False]

        assert told(cat) == []
        looks.cancel()

    run(play)


def test_who_is_online_when_the_server_stops_was_last_seen_then(
    make_settings: MakeSettings,
) -> None:
    async def check() -> None:
        settings = make_settings()
        app = App(settings)
        await app.start()
        stage = Stage(app)
        await stage.open()
        before = wall_clock()
        await stage.connect("ann")
        await app.stop()

        again = App(settings)
        await again.store.open()
        found = await again.store.users([stage.ids["ann"]])
        await again.store.close()
        again.hasher.close()
        assert (found[stage.ids["ann"]].last_seen or 0) >= before

    asyncio.run(check())
