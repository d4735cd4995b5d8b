"""Whatever a broker loses, repeats or reorders, each connection gets each number once, in
its turn, and the answer to the one who asked stands in the event's place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import pytest

from brokers.base import Listener
from brokers.memory import MemoryBroker
from chat import delivery, hub
from chat.connections import Connection, Flusher
from chat.envelopes import Numbered
from chat.errors import NotFound, Unavailable
from chat.hub import Hub
from chat.metrics import Metrics
from chat.models import (
    DIRECT,
    Conversation,
    ConversationId,
    Member,
    Message,
    SessionId,
    UserId,
)
from chat.protocol import ChangeEvent, MessageEvent, Resync, encode
from chat.rooms import Room
from chat.stores.base import Store
from tests.chat.test_connections import Wire

ANN, BOB, CAT = UserId("_ann"), UserId("_bob"), UserId("_cat")
TALK = ConversationId("cTalk")


def message(seq: int, rev: int = 0) -> Message:
    return Message(seq, ANN, f"k{seq}", f"text {seq}", "2026-11-22T08:30:41.123Z", rev=rev)


no_pauses = pytest.mark.usefixtures("at_once")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may be on its way from another process is waited for in rounds without a pause."""
    monkeypatch.setattr(delivery, "CROSSING_SECONDS", 0.0)


class Shelf:
    """As much of a store as the hub reads."""

    def __init__(self, head: int = 0, rev: int = 0) -> None:
        members = (Member(ANN), Member(BOB))
        self.found = Conversation(TALK, DIRECT, None, members, head, rev, 0)
        self.kept = {seq: message(seq) for seq in range(1, 50)}
        self.changed: list[Message] = []
        self.failures = 0
        self.reads = 0
        self.looks = 0

    async def conversation(self, id_: ConversationId) -> Conversation | None:
        self.looks += 1
        return self.found if id_ == TALK else None

    async def messages(self, _: ConversationId, first: int, last: int) -> list[Message]:
        self._fail()
        return [self.kept[seq] for seq in range(first, last + 1) if seq in self.kept]

    async def changes(self, _: ConversationId, after: int, limit: int) -> list[Message]:
        self._fail()
        return [each for each in self.changed if each.rev > after][:limit]

    async def ping(self) -> None:
        self._fail()

    def _fail(self) -> None:
        self.reads += 1
        if self.failures:
            self.failures -= 1
            raise Unavailable


class Stage:
    """A hub with two of ann's connections and one of bob's."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.broker = MemoryBroker()
        self.metrics = Metrics()
        self.hub = Hub(cast(Store, shelf), self.broker, self.metrics)
        self.flusher = Flusher(self.metrics)
        self.wires: dict[str, Wire] = {}

    async def open(self) -> Room:
        await self.broker.open(
            Listener(self.hub.receive, self.hub.missed, lambda _: None, lambda: None)
        )
        self.ann = await self.connect("ann", ANN)
        self.tab = await self.connect("tab", ANN)
        self.bob = await self.connect("bob", BOB)
        self.cat = await self.connect("cat", CAT)
        return await self.hub.room(TALK, ANN)

    async def connect(self, name: str, user: UserId) -> Connection:
        wire = self.wires[name] = Wire()
        session = SessionId(f"s-{name}")
        connection = Connection(self.hub.new_id(), user, session, wire, self.flusher)
        await self.hub.add(connection)
        connection.start(b"")
        return connection

    async def heard(self, name: str, count: int) -> list[Any]:
        """Return what a connection got, once it is so many frames."""
        async with asyncio.timeout(20):
            while len(frames := self.frames(name)) < count:  # noqa: ASYNC110 (turns, no time)
                await asyncio.sleep(0)
        return frames

    def frames(self, name: str) -> list[Any]:
        data = b"".join(self.wires[name].written)
        frames = []
        while data:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4], "big"), 4
            frames.append(json.loads(data[start : start + size]))
            data = data[start + size :]
        return frames

    def arrive(self, seq: int) -> None:
        """Have the broker bring a message that another process stored."""
        frame = encode(MessageEvent(TALK, message(seq)))
        self.hub.receive(bytes(Numbered("message", TALK, seq, (ANN, BOB), frame)))

    def change(self, seq: int, rev: int) -> None:
        """Have the broker bring a change that another process stored."""
        frame = encode(ChangeEvent(TALK, message(seq, rev)))
        self.hub.receive(bytes(Numbered("change", TALK, rev, (ANN, BOB), frame)))


def run(shelf: Shelf, play: Callable[[Stage, Room], Awaitable[None]]) -> None:
    async def opened() -> None:
        stage = Stage(shelf)
        room = await stage.open()
        await play(stage, room)
        await stage.hub.close()

    asyncio.run(opened())


def numbers(frames: Sequence[Any]) -> list[int]:
    return [frame["message"]["seq"] for frame in frames]


def announce(stage: Stage, room: Room, seq: int, **more: Any) -> None:
    stage.hub.announce(room, "message", seq, encode(MessageEvent(TALK, message(seq))), **more)


def test_a_message_reaches_the_members_and_nobody_else() -> None:
    async def play(stage: Stage, room: Room) -> None:
        announce(stage, room, 1)

        for name in ("ann", "tab", "bob"):
            assert numbers(await stage.heard(name, 1)) == [1]
        assert stage.frames("cat") == []

    run(Shelf(), play)


def test_who_asked_gets_the_answer_in_the_place_of_the_event() -> None:
    async def play(stage: Stage, room: Room) -> None:
        prelude = encode(Resync())
        announce(stage, room, 1, prelude=prelude, ack=(stage.ann, b"\x81\x02{}"))

        assert await stage.heard("ann", 1) == [{}]
        for name in ("tab", "bob"):
            kinds = [frame["type"] for frame in await stage.heard(name, 2)]
            assert kinds == ["resync", "message"]

    run(Shelf(), play)


def test_a_repeat_is_dropped() -> None:
    async def play(stage: Stage, room: Room) -> None:
        for seq in (1, 1, 2, 1, 2):
            announce(stage, room, seq)

        assert numbers(await stage.heard("bob", 2)) == [1, 2]

    run(Shelf(), play)


def test_what_was_there_before_is_old() -> None:
    async def play(stage: Stage, room: Room) -> None:
        announce(stage, room, 7, is_repeat=True)
        announce(stage, room, 8)

        assert numbers(await stage.heard("bob", 1)) == [8]

    run(Shelf(head=7), play)


def test_what_was_under_way_when_the_room_was_read_still_arrives() -> None:
    async def play(stage: Stage, room: Room) -> None:
        for seq in (6, 7, 7, 6, 8):
            stage.arrive(seq)

        assert numbers(await stage.heard("bob", 3)) == [6, 7, 8]

    run(Shelf(head=7), play)


def test_what_is_too_late_to_stand_in_its_place_is_a_resync() -> None:
    async def play(stage: Stage, room: Room) -> None:
        announce(stage, room, 8)
        stage.arrive(7)
        stage.arrive(8)

        frames = await stage.heard("bob", 2)
        assert [frame["type"] for frame in frames] == ["message", "resync"]
        assert stage.frames("cat") == []

    run(Shelf(head=7), play)


def test_what_comes_long_after_the_room_was_read_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "LATE_SECONDS", -1.0)

    async def play(stage: Stage, room: Room) -> None:
        stage.arrive(7)
        announce(stage, room, 8)

        assert numbers(await stage.heard("bob", 1)) == [8]

    run(Shelf(head=7), play)


def test_who_fills_a_gap_leaves_to_a_commit_what_it_stored() -> None:
    async def play(stage: Stage, room: Room) -> None:
        with stage.hub.writing():
            stage.arrive(2)
            await asyncio.sleep(0)
        announce(stage, room, 1, ack=(stage.ann, b"\x81\x02{}"))

        frames = await stage.heard("ann", 2)
        assert frames[0] == {}
        assert numbers(frames[1:]) == [2]
        assert stage.shelf.reads == 0

    run(Shelf(), play)


def test_a_repeat_by_another_process_does_not_overtake_our_own_answer() -> None:
    async def play(stage: Stage, room: Room) -> None:
        frame = encode(MessageEvent(TALK, message(1)))
        repeat = Numbered("message", TALK, 1, (ANN, BOB), frame, None, True)
        with stage.hub.writing():
            stage.hub.receive(bytes(repeat))
            await asyncio.sleep(0)
            assert stage.frames("bob") == []
        announce(stage, room, 1, ack=(stage.ann, b"\x81\x02{}"))
        stage.hub.receive(bytes(repeat))

        assert await stage.heard("ann", 1) == [{}]
        assert numbers(await stage.heard("bob", 1)) == [1]

    run(Shelf(), play)


def test_a_repeat_is_not_held_for_ever_by_what_else_is_stored() -> None:
    async def play(stage: Stage, room: Room) -> None:
        frame = encode(MessageEvent(TALK, message(1)))
        repeat = Numbered("message", TALK, 1, (ANN, BOB), frame, None, True)
        with stage.hub.writing():
            stage.hub.receive(bytes(repeat))
            await asyncio.sleep(0)
        with stage.hub.writing():
            assert numbers(await stage.heard("bob", 1)) == [1]
        assert stage.shelf.reads == 0

    run(Shelf(), play)


def test_a_message_that_is_on_its_way_is_waited_for() -> None:
    async def play(stage: Stage, room: Room) -> None:
        stage.broker.crosses_processes = True  # type: ignore[misc]
        stage.arrive(2)
        await asyncio.sleep(0)
        stage.arrive(1)

        assert numbers(await stage.heard("bob", 2)) == [1, 2]
        stage.arrive(4)
        assert numbers(await stage.heard("bob", 4)) == [1, 2, 3, 4]
        assert stage.shelf.reads == 1

    run(Shelf(), play)


def test_a_room_that_is_being_read_is_read_once() -> None:
    async def check() -> None:
        stage = Stage(Shelf())
        await stage.broker.open(
            Listener(stage.hub.receive, stage.hub.missed, lambda _: None, lambda: None)
        )
        await stage.connect("bob", BOB)
        stage.arrive(1)
        room = await stage.hub.room(TALK, ANN)
        announce(stage, room, 2)

        assert numbers(await stage.heard("bob", 2)) == [1, 2]
        assert stage.hub.known_room(TALK) is room

    asyncio.run(check())


def test_everybody_is_told_to_sync_again_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "RESYNC_CHUNK", 2)

    async def play(stage: Stage, room: Room) -> None:
        stage.hub.missed(None)

        for name in ("ann", "tab", "bob", "cat"):
            assert [frame["type"] for frame in await stage.heard(name, 1)] == ["resync"]

    run(Shelf(), play)


def test_a_missing_message_is_read_from_the_store_before_a_later_one_goes_out() -> None:
    async def play(stage: Stage, room: Room) -> None:
        stage.arrive(1)
        stage.arrive(5)
        stage.arrive(3)

        assert numbers(await stage.heard("bob", 5)) == [1, 2, 3, 4, 5]
        assert numbers(stage.frames("ann")) == [1, 2, 3, 4, 5]

    run(Shelf(), play)


@pytest.mark.parametrize("is_repeat", [False, True], ids=["read", "told again"])
def test_a_first_message_has_the_conversation_before_it_whenever_it_comes(is_repeat: bool) -> None:
    async def prelude(room: Room) -> bytes:
        return encode(Resync())  # any frame

    async def play(stage: Stage, room: Room) -> None:
        stage.hub.prelude = prelude
        if is_repeat:
            announce(stage, room, 1, is_repeat=True)
        stage.arrive(2)

        first, *messages = await stage.heard("bob", 3)
        assert first["type"] == "resync"
        assert numbers(messages) == [1, 2]

    run(Shelf(), play)


def test_members_look_again_after_a_write_whose_outcome_was_not_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chat.hub.DOUBT_SECONDS", 0.01)

    async def play(stage: Stage, room: Room) -> None:
        stage.shelf.failures = 3
        with pytest.raises(Unavailable), stage.hub.in_doubt([TALK]):
            raise Unavailable

        for name in ("ann", "bob"):
            assert [each["type"] for each in await stage.heard(name, 1)] == ["resync"]
        assert stage.shelf.reads == 4
        assert stage.frames("cat") == []

    run(Shelf(), play)


def test_messages_that_come_the_wrong_way_round_go_out_in_order() -> None:
    async def play(stage: Stage, room: Room) -> None:
        for seq in (3, 2, 1, 6, 4, 5):
            stage.arrive(seq)

        assert numbers(await stage.heard("bob", 6)) == [1, 2, 3, 4, 5, 6]

    run(Shelf(), play)


def test_an_answer_waits_for_the_messages_before_it() -> None:
    async def play(stage: Stage, room: Room) -> None:
        announce(stage, room, 3, ack=(stage.ann, b"\x81\x02{}"))

        frames = await stage.heard("ann", 3)
        assert numbers(frames[:2]) == [1, 2]
        assert frames[2] == {}

    run(Shelf(), play)


def test_a_gap_that_cannot_be_read_is_told_as_a_resync(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FILL_INTERVAL_SECONDS", 0)

    async def play(stage: Stage, room: Room) -> None:
        stage.arrive(3)

        frames = await stage.heard("bob", 2)
        assert [frame["type"] for frame in frames] == ["resync", "message"]
        assert stage.frames("cat") == []

    shelf = Shelf()
    shelf.failures = 100
    run(shelf, play)


def test_a_gap_that_the_store_does_not_fill_is_told_as_a_resync(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "FILL_INTERVAL_SECONDS", 0)

    async def play(stage: Stage, room: Room) -> None:
        stage.arrive(4)

        frames = await stage.heard("bob", 4)
        assert [frame["type"] for frame in frames] == ["message", "resync", "message", "message"]
        assert numbers([frame for frame in frames if frame["type"] == "message"]) == [1, 3, 4]
        assert stage.shelf.reads == 1 + delivery.FILL_ATTEMPTS

    shelf = Shelf()
    del shelf.kept[2]
    run(shelf, play)


def test_a_store_that_was_away_for_a_moment_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "FILL_INTERVAL_SECONDS", 0)

    async def play(stage: Stage, room: Room) -> None:
        stage.arrive(2)

        assert numbers(await stage.heard("bob", 2)) == [1, 2]

    shelf = Shelf()
    shelf.failures = 2
    run(shelf, play)


def test_changes_have_a_count_of_their_own_with_holes() -> None:
    async def play(stage: Stage, room: Room) -> None:
        # Message 2 was changed as 1, then again as 3: number 1 is nobody's any more.
        stage.shelf.changed = [message(4, rev=2), message(2, rev=3)]
        frame = encode(ChangeEvent(TALK, message(5, rev=4)))

        stage.hub.announce(room, "change", 4, frame, ack=(stage.ann, b"\x81\x02{}"))

        frames = await stage.heard("bob", 3)
        assert [frame["message"]["rev"] for frame in frames] == [2, 3, 4]
        assert (await stage.heard("ann", 3))[2] == {}

    run(Shelf(), play)


@no_pauses
def test_a_late_change_is_waited_for_where_the_store_tells_two_as_one() -> None:
    async def play(stage: Stage, room: Room) -> None:
        stage.broker.crosses_processes = True  # type: ignore[misc]
        stage.shelf.changed = [message(2, rev=2)]
        stage.change(2, rev=2)
        while stage.shelf.reads < 5:  # noqa: ASYNC110 (turns, no time)
            await asyncio.sleep(0)
        assert stage.frames("bob") == []
        stage.change(2, rev=1)

        frames = await stage.heard("bob", 2)
        assert [frame["message"]["rev"] for frame in frames] == [1, 2]

    run(Shelf(), play)


@no_pauses
def test_a_change_that_never_comes_is_given_up_for_a_later_one() -> None:
    async def play(stage: Stage, room: Room) -> None:
        stage.broker.crosses_processes = True  # type: ignore[misc]
        stage.shelf.changed = [message(3, rev=2), message(2, rev=3)]
        stage.change(2, rev=3)
        stage.change(5, rev=4)

        frames = await stage.heard("bob", 3)
        assert [frame["message"]["rev"] for frame in frames] == [2, 3, 4]
        assert stage.shelf.reads == delivery.CROSSING_ROUNDS + 1

    run(Shelf(), play)


def test_a_stranger_learns_nothing_and_waits_for_the_store_all_the_same() -> None:
    async def play(stage: Stage, room: Room) -> None:
        errors = []
        for conversation in (TALK, ConversationId("cNone")):
            looks = stage.shelf.looks
            with pytest.raises(NotFound) as caught:
                await stage.hub.room(conversation, CAT)
            errors.append((caught.value.message, caught.value.field, stage.shelf.looks - looks))
        assert errors[0] == errors[1]

    run(Shelf(), play)


def test_two_loads_at_once_give_one_room() -> None:
    async def check() -> None:
        stage = Stage(Shelf())
        first, second = await asyncio.gather(stage.hub.room(TALK, ANN), stage.hub.room(TALK, BOB))
        assert first is second

    asyncio.run(check())


def test_an_unreadable_payload_is_dropped_counted_and_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def play(stage: Stage, room: Room) -> None:
        for payload in (b"", b"garbage", b"\x93\x01\x02", b"\x81" * 100_000):
            stage.hub.receive(payload)
        assert stage.hub._metrics.dropped_payloads == 4
        assert len(caplog.records) == 1
        announce(stage, room, 1)

        assert numbers(await stage.heard("bob", 1)) == [1]

    run(Shelf(), play)


def test_ended_sessions_close_their_connections_and_no_others() -> None:
    async def play(stage: Stage, room: Room) -> None:
        stage.hub.end_sessions(ANN, [stage.ann.session], "logout")

        assert stage.wires["ann"].closed == (4401, "logout")
        assert stage.wires["tab"].closed is None
        assert stage.wires["bob"].closed is None

    run(Shelf(), play)


def test_a_session_that_ends_during_the_handshake_gets_no_connection() -> None:
    async def play(stage: Stage, room: Room) -> None:
        stage.hub.end_sessions(ANN, [SessionId("s-late")], "logout")

        await stage.connect("late", ANN)

        assert stage.wires["late"].closed == (4401, "logout")

    run(Shelf(), play)


def test_who_comes_in_while_all_are_sent_away_is_sent_away_too() -> None:
    async def play(stage: Stage, room: Room) -> None:
        stage.hub.close_all(5000)

        await stage.connect("late", ANN)

        for name in ("ann", "tab", "bob", "cat", "late"):
            assert stage.wires[name].closed == (1012, '{"retry_ms":5000}')

    run(Shelf(), play)


def test_who_is_removed_hears_nothing_more() -> None:
    async def play(stage: Stage, room: Room) -> None:
        stage.hub.remove(stage.bob)
        stage.hub.remove(stage.bob)
        announce(stage, room, 1)
        await stage.heard("ann", 1)

        assert stage.frames("bob") == []
        assert stage.hub.count == 3

    run(Shelf(), play)


def test_waiting_for_the_last_connection_ends_with_it() -> None:
    async def play(stage: Stage, room: Room) -> None:
        waiting = asyncio.create_task(stage.hub.until_empty())
        for connection in (stage.ann, stage.tab, stage.bob, stage.cat):
            await asyncio.sleep(0)
            assert not waiting.done()
            stage.hub.remove(connection)

        await asyncio.wait_for(waiting, 20)

    run(Shelf(), play)
