"""Sections 3 and 4: what a client has put together from events is what a newcomer asks for."""

import asyncio
import itertools
import random
from typing import Any

import pytest

from tests.acceptance.client import Connection, Frame, World

EMOJI = "👍🎉🚀🙂"


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


async def act(mirror: Mirror, dice: random.Random, number: int) -> None:
    """One thing that a person does, at random."""
    head = max(mirror.messages, default=1)
    seq = dice.randint(max(1, head - 10), head)
    where: dict[str, Any] = {"conversation": mirror.conversation, "seq": seq}
    kind = dice.choice(["send"] * 4 + ["edit", "delete", "react", "react", "received", "read"])
    if kind == "send":
        request: dict[str, Any] = {"client_id": f"{number}", "text": f"text {number}"}
        if dice.random() < 0.3:
            request |= {"reply_to": seq}
        answer = await mirror.connection.do("send", conversation=mirror.conversation, **request)
        mirror.sent(request, answer)
        return
    if kind == "edit":
        where |= {"text": f"edited {number}"}
    elif kind == "react":
        where |= {"emoji": dice.choice(EMOJI), "on": dice.random() < 0.7}
    answer = await mirror.connection.ask(kind, **where)
    if answer["type"] == "error":
        assert answer["code"] in {"conflict", "forbidden"}, answer
    elif kind in {"received", "read"}:
        mirror.marked(kind, seq)


@pytest.mark.parametrize("seed", range(4))
async def test_what_events_tell_is_what_a_newcomer_asks_for(world: World, seed: int) -> None:
    dice = random.Random(seed)
    ann, bob, conversation = await world.couple()
    sockets = [ann, bob, await world.another(ann), await world.another(bob)]
    mirrors = [Mirror(each, conversation) for each in sockets]
    for mirror in mirrors:
        await mirror.catch_up()

    for number in range(60):
        await asyncio.gather(
            *(act(mirror, dice, number * 10 + index) for index, mirror in enumerate(mirrors))
        )
        if dice.random() < 0.15:  # one loses its connection, and comes back a moment later
            mirror = dice.choice(mirrors)
            await mirror.settle()
            await mirror.connection.abort()
            await asyncio.gather(
                *(act(other, dice, 1000 + number) for other in mirrors if other is not mirror)
            )
            mirror.connection = await world.another(mirror.connection)
            await mirror.catch_up()
        for mirror in mirrors:
            await mirror.settle()
        for mirror in mirrors:
            await mirror.check_unread()

    newcomer = Mirror(await world.another(bob), conversation)
    await newcomer.catch_up()
    assert sorted(newcomer.messages) == list(range(1, len(newcomer.messages) + 1))
    for mirror in mirrors:
        await mirror.settle()
        assert mirror.messages == newcomer.messages
        assert mirror.marks == newcomer.marks
    revs = [each["rev"] for each in newcomer.messages.values() if each["rev"]]
    assert len(set(revs)) == len(revs)
