"""Devices of people: they keep copies of all their conversations by the public rules alone.

After `hello` a device asks for everything it lacks (`sync`, `history after`, `changes after`),
and again after a `resync`, after a gap, and on each new connection. In between it lives on
events. What it was told goes into the history.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tests.acceptance.client import PING, Connection, Frame, Ledger, Person, handshake
from tests.faults.history import (
    UNKNOWN,
    Arrived,
    Closed,
    Complaint,
    Copy,
    History,
    Marked,
    MarkKept,
    Opened,
    Resynced,
    Told,
)
from tests.faults.proxy import Proxy

# A connection is tried by pings, and given up if one is not answered.
PING_SECONDS = 1.0
PONG_SECONDS = 3.0
CONNECT_SECONDS = 3.0
LONGEST_BACKOFF_SECONDS = 1.5
PAUSE_SECONDS = 0.2
CANCEL_SECONDS = 0.5
READ_PAUSE_SECONDS = 0.1
PAGE = 200

Message = dict[str, Any]


class Recorder(Ledger):
    """Hands every frame to the device whose it is, once it is as documented."""

    def __init__(self) -> None:
        super().__init__()
        self.devices: dict[Connection, Device] = {}

    def check(self, connection: Connection, frame: Frame) -> None:
        count = len(self.problems)
        super().check(connection, frame)
        if len(self.problems) == count:
            self.devices[connection].heard(connection, frame)

    def _check_order(self, connection: Connection, frame: Frame) -> None:
        """The checker does it, from the history."""


class Replica:
    """A device's copy of a conversation."""

    def __init__(self) -> None:
        self.messages: dict[int, Message] = {}
        self.head = 0  # up to here without a hole
        self.rev = 0  # so far all changes are known
        self.marks: dict[str, tuple[int, int]] = {}
        self.unread = 0
        self.counted = (0, 0)  # with this head and own mark
        self.read = 0  # acknowledged by a server

    def keep(self, message: Message) -> None:
        """Take a message over what was known of it, unless that is newer."""
        kept = self.messages.get(message["seq"])
        if kept is None or kept["rev"] <= message["rev"]:
            self.messages[message["seq"]] = message
        while self.head + 1 in self.messages:
            self.head += 1

    def mark(self, user: str, received: int, read: int) -> None:
        """Move a member's marks, forward only."""
        before = self.marks.get(user, (0, 0))
        self.marks[user] = (max(before[0], received), max(before[1], read))


def _is_of(member: dict[str, Any], person: Person) -> bool:
    return bool(member["user"]["id"] == person.id)


async def _keep_alive(connection: Connection) -> None:
    """Cut a connection whose other end is gone, whatever answer is waited for on it."""
    try:
        while True:
            connection.write_frame(PING, b"")
            await asyncio.wait_for(connection.pongs.get(), PONG_SECONDS)
            await asyncio.sleep(PING_SECONDS)
    except (OSError, TimeoutError):
        with suppress(OSError, TimeoutError):
            await connection.abort()


class Device:
    """A page or an app of somebody, which lives until it is told to end.

    `is_over` is set once its session has ended; it then connects no more.
    """

    def __init__(
        self,
        name: str,
        person: Person,
        doors: Sequence[Proxy],
        history: History,
        recorder: Recorder,
        seed: int,
        *,
        token: str | None = None,
        is_guest: bool = False,
        is_judge: bool = False,
    ) -> None:
        """Make one; a guest's session is going to end, a judge only looks."""
        self.name = name
        self.person = person
        self.replicas: dict[str, Replica] = {}
        self.online: dict[str, bool] = {}
        self.texts: dict[str, str] = {}  # of what is said here, by key
        self.session = ""
        self.is_over = False
        self._is_guest = is_guest
        self._is_judge = is_judge
        self._token = token or person.token
        self._doors = list(doors)
        self._history = history
        self._recorder = recorder
        self._chance = random.Random(seed)
        self._connection: Connection | None = None
        self._asked_at = 0.0
        self._names: dict[Connection, str] = {}
        self._watches: list[asyncio.Task[None]] = []
        self._is_stale = False
        self._news = asyncio.Event()
        self._present = asyncio.Event()
        self._live = asyncio.create_task(self._live_on(), name=name)

    async def present(self) -> Connection:
        """Return a connection that has caught up, as far as anybody can tell."""
        while True:
            await self._present.wait()
            assert self._connection is not None
            if self._connection.is_open:
                return self._connection
            self._present.clear()

    def name_of(self, connection: Connection) -> str:
        """Return by what name the history knows a connection."""
        return self._names[connection]

    async def leave(self, *, is_polite: bool) -> None:
        """Close for ever: as a browser does, or as one that crashes."""
        while not self._live.done():
            self._live.cancel()  # Python 3.11's `wait_for` swallows one now and then
            await asyncio.wait([self._live], timeout=CANCEL_SECONDS)
        if not self._live.cancelled() and self._live.exception() is not None:
            self._complain(f"the device has a bug: {self._live.exception()!r}")
        connection = self._connection
        if connection is not None:
            with suppress(OSError, TimeoutError):
                await (connection.close() if is_polite else connection.abort())
        await asyncio.gather(*self._watches)

    async def read_anew(self) -> dict[str, Replica]:
        """Forget everything, ask for it, and return it.

        Raises:
            AssertionError, ConnectionError, TimeoutError: nobody can say now.
        """
        connection = await self.present()
        self.replicas.clear()
        await self._catch_up(connection)
        return self.replicas

    # The life of it

    async def _live_on(self) -> None:
        attempt = 0
        while not self.is_over:
            try:
                connection = await self._connect()
            except (OSError, EOFError, TimeoutError, AssertionError):
                await self._back_off(attempt)
                attempt += 1
                continue
            if connection is None:
                continue
            attempt = 0
            try:
                await self._follow(connection)
            except (ConnectionError, TimeoutError):
                with suppress(OSError, TimeoutError):
                    await connection.abort()
            finally:
                self._present.clear()
            ended = await connection.closed()
            if ended.code == 4401:
                self._end_of_session(f"closed with {ended}")
            await self._back_off(0)

    async def _back_off(self, attempt: int) -> None:
        longest = min(LONGEST_BACKOFF_SECONDS, 0.25 * 2**attempt)
        await asyncio.sleep(self._chance.uniform(0, longest))
        self._doors.append(self._doors.pop(0))

    async def _connect(self) -> Connection | None:
        self._asked_at = self._history.now()
        async with asyncio.timeout(CONNECT_SECONDS):
            response, reader, writer = await handshake(self._doors[0], token=self._token)
        if response.status == 401:
            self._end_of_session("the token was refused")
            return None
        if response.status != 101:
            if response.status != 503:
                self._complain(f"handshake: {response.status} {response.body!r}")
            raise ConnectionError(response.status)
        connection = Connection(reader, writer, self._recorder)
        self._recorder.devices[connection] = self
        self._names[connection] = f"{self.name}.{len(self._names)}"
        self._connection = connection
        self._watches.append(asyncio.create_task(self._watch(connection)))
        return connection

    async def _follow(self, connection: Connection) -> None:
        """Live on events, until the connection ends.

        Raises:
            ConnectionError, TimeoutError: it ended, or is as good as ended.
        """
        self._is_stale = True
        while connection.is_open:
            self._news.clear()
            if self._is_stale:
                self._is_stale = False
                try:
                    await self._catch_up(connection)
                except AssertionError:  # refused: nobody could say
                    self._is_stale = True
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                self._present.set()
            if not self._is_judge:
                await self._read(connection)
            await self._news.wait()

    async def _watch(self, connection: Connection) -> None:
        pings = asyncio.create_task(_keep_alive(connection))
        code = (await connection.closed(3600)).code
        pings.cancel()
        at = self._history.now()
        self._history.add(Closed(at=at, connection=self._names[connection], code=code))
        self._news.set()

    async def _catch_up(self, connection: Connection) -> None:
        cursor: dict[str, str] = {}
        while True:
            page = await connection.do("sync", **cursor)
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        for conversation, replica in list(self.replicas.items()):
            more, after = True, replica.head
            while more:
                page = await connection.history(conversation, after=after, limit=PAGE)
                for message in page["messages"]:
                    replica.keep(message)
                    after = message["seq"]  # beyond a hole, too
                more = page["more_after"]
            more = True
            while more:
                page = await connection.do(
                    "changes", conversation=conversation, after=replica.rev, limit=PAGE
                )
                for message in page["messages"]:
                    replica.keep(message)
                replica.rev, more = max(replica.rev, page["rev"]), page["more"]

    async def _read(self, connection: Connection) -> None:
        """Tell how far everything has been read."""
        for conversation, replica in list(self.replicas.items()):
            seq = replica.head
            if seq <= replica.read:
                continue
            answer = await connection.ask("read", conversation=conversation, seq=seq)
            if answer["type"] == "ok":
                replica.read = seq
                replica.mark(self.person.id, seq, seq)
                kept = MarkKept(
                    at=self._history.now(), user=self.person.id, conversation=conversation, seq=seq
                )
                self._history.add(kept)
            else:
                self._news.set()
            await asyncio.sleep(READ_PAUSE_SECONDS)

    # What it is told

    def heard(self, connection: Connection, frame: Frame) -> None:
        """Take in a frame, in the moment of its arrival."""
        at, name, kind = self._history.now(), self._names[connection], frame["type"]
        if kind == "hello":
            self.session = frame["session"]
            self._history.add(
                Opened(
                    at=at,
                    asked_at=self._asked_at,
                    connection=name,
                    user=self.person.id,
                    session=self.session,
                )
            )
        elif kind == "message" or (kind == "sent" and not frame["duplicate"]):
            seq = frame["seq"] if kind == "sent" else frame["message"]["seq"]
            self._history.add(
                Arrived(at=at, connection=name, conversation=frame["conversation"], seq=seq)
            )
            replica = self._replica(frame["conversation"])
            self._is_stale |= seq > replica.head + 1
            replica.keep(frame["message"] if kind == "message" else self._said(frame))
            self._news.set()
        elif kind == "sent":
            replica = self._replica(frame["conversation"])
            if frame["seq"] not in replica.messages:
                replica.keep(self._said(frame))
        elif kind in {"change", "changed"}:
            replica = self._replica(frame["conversation"])
            replica.keep(frame["message"])
            if frame["message"]["rev"] == replica.rev + 1:
                replica.rev += 1
            elif frame["message"]["rev"] > replica.rev:
                self._is_stale = True
                self._news.set()
        elif kind == "receipt":
            user, received, read = frame["user"], frame["received"], frame["read"]
            self._replica(frame["conversation"]).mark(user, received, read)
            self._history.add(
                Marked(
                    at=at,
                    connection=name,
                    conversation=frame["conversation"],
                    user=user,
                    received=received,
                    read=read,
                )
            )
        elif kind == "presence":
            self._show(name, frame["user"], frame["online"], is_asked=False)
        elif kind == "conversation":
            self._learn(name, frame["conversation"])
        elif kind == "synced":
            for conversation in frame["conversations"]:
                self._learn(name, conversation)
        elif kind == "resync":
            self._history.add(Resynced(at=at, connection=name))
            self._is_stale = True
            self._news.set()

    def copies(self, at: float, place: str = "") -> list[Copy]:
        """Return what it holds; what a server showed it, if that has a name."""
        return [
            Copy(
                at=at,
                holder=place or self.name,
                conversation=conversation,
                messages=dict(replica.messages),
                marks=dict(replica.marks),
                # A mark that moved since `sync` makes it old.
                unread=replica.unread
                if replica.counted == (replica.head, replica.marks.get(self.person.id, (0, 0))[1])
                else UNKNOWN,
                reader=self.person.id,
                is_truth=bool(place),
            )
            for conversation, replica in self.replicas.items()
        ]

    def _said(self, frame: Frame) -> Message:
        """Return an own message by the answer to it."""
        return {
            "seq": frame["seq"],
            "from": self.person.id,
            "client_id": frame["client_id"],
            "text": self.texts[frame["client_id"]],
            "at": frame["at"],
            "reply_to": None,
            "rev": 0,
            "edited": False,
            "deleted": False,
            "reactions": {},
        }

    def _learn(self, name: str, conversation: dict[str, Any]) -> None:
        replica = self._replica(conversation["id"])
        replica.unread = conversation["unread"]
        own = (each["read"] for each in conversation["members"] if _is_of(each, self.person))
        replica.counted = (conversation["head"], next(own, 0))
        for member in conversation["members"]:
            user = member["user"]
            replica.mark(user["id"], member["received"], member["read"])
            if user["id"] != self.person.id:
                self._show(name, user["id"], user["online"], is_asked=True)

    def _show(self, connection: str, user: str, online: bool, *, is_asked: bool) -> None:
        told = Told(
            at=self._history.now(),
            connection=connection,
            user=user,
            online=online,
            is_asked=is_asked,
        )
        self._history.add(told)
        self.online[user] = online

    def _replica(self, conversation: str) -> Replica:
        return self.replicas.setdefault(conversation, Replica())

    def _end_of_session(self, why: str) -> None:
        self.is_over = True
        if not self._is_guest:
            self._complain(f"a living session has ended: {why}")

    def _complain(self, text: str) -> None:
        self._history.add(Complaint(at=self._history.now(), text=f"{self.name}: {text}"))
