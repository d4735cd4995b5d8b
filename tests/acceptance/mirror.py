"""Clients that keep to the public rules alone, and what they make of what they hear."""

import asyncio
import itertools
from typing import Any

from tests.acceptance.client import Connection, Frame, Person

# Longer than it takes until the servers are back, and a send is answered (20 s).
PATIENCE_SECONDS = 60.0


class Mirror:
    """A client that keeps one conversation by the public rules alone."""

    def __init__(self, connection: Connection, conversation: str) -> None:
        self.connection, self.conversation = connection, conversation
        self.messages: dict[int, dict[str, Any]] = {}
        self.marks: dict[str, tuple[int, int]] = {}
        self.position = 0  # among the frames of the connection

    async def catch_up(self) -> None:
        """`sync`, `history after` and `changes after`, as after a reconnect."""
        connection = self.connection
        self.position = len(connection.frames)
        (known,) = (await connection.do("sync"))["conversations"]
        for member in known["members"]:
            self._mark(member["user"]["id"], member["received"], member["read"])
        # Of what was known: a message that is new may have a later change than an old one.
        rev = max((each["rev"] for each in self.messages.values()), default=0)
        more = True
        while more:
            after = next(seq for seq in itertools.count() if seq + 1 not in self.messages)
            page = await connection.history(self.conversation, after=after)
            self._keep(page["messages"])
            more = page["more_after"]
        more = True
        while more:
            page = await connection.do("changes", conversation=self.conversation, after=rev)
            self._keep(page["messages"])
            rev, more = page["rev"], page["more"]

    async def settle(self) -> None:
        """Takes in everything that has been told up to now."""
        await self.connection.flush()
        for frame in self.connection.frames[self.position :]:
            if frame["type"] in {"message", "change", "changed"}:
                self._keep([frame["message"]])
            elif frame["type"] == "receipt":
                self._mark(frame["user"], frame["received"], frame["read"])
            elif frame["type"] == "resync":
                await self.catch_up()
                return
        self.position = len(self.connection.frames)

    async def check_unread(self) -> None:
        """Compares what the server counts with what can be counted; nothing must be moving."""
        me = self.connection.user_id
        read = self.marks.get(me, (0, 0))[1]
        unread = [
            each["seq"]
            for each in self.messages.values()
            if each["from"] != me and each["seq"] > read and not each["deleted"]
        ]
        (known,) = (await self.connection.do("sync"))["conversations"]
        assert known["unread"] == len(unread), unread

    def sent(self, request: dict[str, Any], answer: Frame) -> None:
        message = {
            "seq": answer["seq"],
            "from": self.connection.user_id,
            "client_id": request["client_id"],
            "text": request["text"],
            "at": answer["at"],
            "reply_to": request.get("reply_to"),
            "rev": 0,
            "edited": False,
            "deleted": False,
            "reactions": {},
        }
        self._keep([message])

    def marked(self, kind: str, seq: int) -> None:
        self._mark(self.connection.user_id, seq, seq if kind == "read" else 0)

    def _keep(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            kept = self.messages.get(message["seq"])
            if kept is None or kept["rev"] <= message["rev"]:
                self.messages[message["seq"]] = message

    def _mark(self, user: str, received: int, read: int) -> None:
        before = self.marks.get(user, (0, 0))
        self.marks[user] = (max(before[0], received), max(before[1], read))


class Talker:
    """A device of somebody who talks, whatever happens to the servers.

    It connects to whichever server takes it, repeats what it does not know the fate of, and
    catches up after each reconnect.
    """

    def __init__(self, person: Person, conversation: str) -> None:
        self.person = person
        self.conversation = conversation
        self.mirror: Mirror | None = None
        self.acknowledged: dict[str, int] = {}

    async def talk(self, name: str, count: int) -> None:
        """Says so many things, one after the other."""
        for number in range(count):
            await self.say(f"{name}-{number}")

    async def say(self, key: str) -> None:
        request = {"conversation": self.conversation, "client_id": key, "text": f"text {key}"}
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                mirror = await self.present()
                try:
                    answer = await mirror.connection.start("send", **request)
                except ConnectionError:
                    continue
                if answer["type"] == "sent":
                    break
                assert answer["code"] == "unavailable", answer
        mirror.sent(request, answer)
        self.acknowledged[key] = answer["seq"]

    async def present(self) -> Mirror:
        """The mirror of a living connection, with all that this was told up to now."""
        while True:
            try:
                if self.mirror is None or not self.mirror.connection.is_open:
                    self.mirror = await self._connect()
                await self.mirror.settle()
            except (AssertionError, OSError, EOFError, TimeoutError):
                await asyncio.sleep(0.05)  # Nobody tells when a server is back.
            else:
                return self.mirror

    async def _connect(self) -> Mirror:
        connection = await self.person.connect()
        connection.settle = None  # Another server may be down.
        mirror = Mirror(connection, self.conversation)
        if self.mirror is not None:
            mirror.messages = self.mirror.messages
        await mirror.catch_up()
        return mirror

    async def has(self, count: int) -> dict[int, dict[str, Any]]:
        """The messages, once there are so many: without a reload, by events alone."""
        while len((await self.present()).messages) < count:  # noqa: ASYNC110 (as they come)
            await asyncio.sleep(0.05)
        assert self.mirror is not None
        return self.mirror.messages


def check_copies(talkers: list[Talker], copies: list[dict[int, dict[str, Any]]]) -> None:
    """All have the same, without a hole, and what was acknowledged is where it was said to be."""
    first, *others = copies
    assert sorted(first) == list(range(1, len(first) + 1))
    for other in others:
        assert other == first
    places = {message["client_id"]: seq for seq, message in first.items()}
    assert len(places) == len(first)
    for talker in talkers:
        assert talker.acknowledged.items() <= places.items()
        seqs = list(talker.acknowledged.values())
        assert seqs == sorted(seqs)
