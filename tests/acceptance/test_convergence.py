"""Sections 3 and 4: what a client has put together from events is what a newcomer asks for."""

import asyncio
import random
from typing import Any

import pytest

from tests.acceptance.client import World
from tests.acceptance.mirror import Mirror

EMOJI = "👍🎉🚀🙂"


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
