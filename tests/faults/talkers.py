"""People who talk, and repeat with the same key until they know what became of it."""

from __future__ import annotations

import asyncio
import random

from tests.acceptance.client import Connection
from tests.faults.history import CLOSED, Answered, Changed, History, Tried
from tests.faults.listeners import Device

# Longer than the server promises to take until a send is answered (20 s).
PATIENCE_SECONDS = 25.0
BURST = 14
PAUSE_SECONDS = 0.05
RETRY_SECONDS = (0.05, 0.2)
CHANGES_IN_HUNDRED = 8
EMOJI = ("👍", "🎉")
NOTHING = "nothing"


class Talker:
    """One who talks to one other, from one device."""

    def __init__(self, device: Device, peer: str, history: History, seed: int) -> None:
        """Talk to the user of this id."""
        self._device = device
        self._peer = peer
        self._history = history
        self._chance = random.Random(seed)
        self._conversation = ""
        self._count = 0

    async def talk(self, is_over: asyncio.Event) -> None:
        """Say one thing after the other; return once it is over and all is known."""
        while not self._conversation:
            connection = await self._device.present()
            try:
                self._conversation = await connection.open(self._peer)
            except (AssertionError, ConnectionError, TimeoutError):
                await self._wait()
        while not is_over.is_set():
            await self._say(self._chance.randint(1, BURST))
            if self._chance.randrange(100) < CHANGES_IN_HUNDRED:
                await self._change()
            await asyncio.sleep(self._chance.uniform(0, 2 * PAUSE_SECONDS))

    async def _say(self, count: int) -> None:
        """Say so many things at once."""
        pending: dict[str, str] = {}
        for _ in range(count):
            self._count += 1
            key = f"{self._device.name}-{self._count}"
            pending[key] = f"{key}: {'x' * self._chance.randrange(120)}"
        self._device.texts.update(pending)
        while pending:
            connection = await self._device.present()
            answers = [self._try(connection, key, text) for key, text in pending.items()]
            known = await asyncio.gather(*answers)
            pending = {
                key: text
                for (key, text), is_known in zip(pending.items(), known, strict=True)
                if not is_known
            }
            if pending:
                await self._wait()

    def _try(self, connection: Connection, key: str, text: str) -> asyncio.Task[bool]:
        """Send, in order; the task returns whether the outcome is known."""
        name, user = self._device.name_of(connection), self._device.person.id
        where = self._conversation
        at = self._history.now()
        tried = Tried(at=at, connection=name, user=user, conversation=where, key=key, text=text)
        self._history.add(tried)
        answer = connection.start("send", conversation=where, client_id=key, text=text)

        async def known() -> bool:
            seq, is_duplicate, code = 0, False, ""
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    frame = await answer
            except ConnectionError:
                code = CLOSED
            except TimeoutError:
                code = NOTHING
            else:
                if frame["type"] == "sent":
                    seq, is_duplicate = frame["seq"], frame["duplicate"]
                else:
                    code = frame["code"]
            self._history.add(
                Answered(
                    at=self._history.now(),
                    connection=name,
                    user=user,
                    conversation=where,
                    key=key,
                    seq=seq,
                    is_duplicate=is_duplicate,
                    code=code,
                )
            )
            return code not in {CLOSED, NOTHING, "unavailable"}

        return asyncio.create_task(known())

    async def _change(self) -> None:
        """React to one of the last messages; try it once."""
        replica = self._device.replicas.get(self._conversation)
        if replica is None or not replica.head:
            return
        seq = self._chance.randint(max(1, replica.head - 20), replica.head)
        connection = await self._device.present()
        try:
            answer = await connection.ask(
                "react",
                conversation=self._conversation,
                seq=seq,
                emoji=self._chance.choice(EMOJI),
                on=self._chance.random() < 0.7,
            )
        except (ConnectionError, TimeoutError):
            return
        if answer["type"] == "changed":
            self._history.add(
                Changed(
                    at=self._history.now(),
                    user=self._device.person.id,
                    conversation=self._conversation,
                    seq=seq,
                    rev=answer["message"]["rev"],
                )
            )

    async def _wait(self) -> None:
        await asyncio.sleep(self._chance.uniform(*RETRY_SECONDS))
