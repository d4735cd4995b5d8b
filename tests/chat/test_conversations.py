"""Lists of conversations are read a few at a time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chat.app import App
from chat.conversations import SYNCS_AT_ONCE
from chat.errors import Unavailable
from tests.conftest import MakeSettings


def test_of_a_crowd_a_few_are_read_for_and_who_waits_too_long_is_told(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check() -> None:
        app = App(make_settings())
        await app.start()
        user = await app.accounts.register("ann", "correct horse", None)
        answers, reading, most = asyncio.Event(), 0, 0
        summaries = app.store.summaries

        async def slow(*given: Any) -> Any:
            nonlocal reading, most
            reading += 1
            most = max(most, reading)
            await answers.wait()
            reading -= 1
            return await summaries(*given)

        monkeypatch.setattr(app.store, "summaries", slow)
        first = [
            asyncio.create_task(app.conversations.sync(user.id, None)) for _ in range(SYNCS_AT_ONCE)
        ]
        patient = asyncio.create_task(app.conversations.sync(user.id, None))
        await asyncio.sleep(0)
        with monkeypatch.context() as patch:
            patch.setattr("chat.conversations.SYNC_WAIT_SECONDS", 0.01)
            with pytest.raises(Unavailable):
                await app.conversations.sync(user.id, None)
        assert not any(task.done() for task in (*first, patient))

        answers.set()
        assert await asyncio.gather(*first, patient) == [([], None)] * (SYNCS_AT_ONCE + 1)
        assert most == SYNCS_AT_ONCE
        assert await app.conversations.sync(user.id, None) == ([], None)
        await app.stop()

    asyncio.run(check())
