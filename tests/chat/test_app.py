"""The composition root: what cannot work together does not start."""

import asyncio

import pytest

from chat.app import App
from chat.errors import StoreError
from chat.settings import SettingError
from tests.conftest import MakeSettings


def test_two_servers_on_one_file_need_a_broker_between_them(
    make_settings: MakeSettings,
) -> None:
    async def check() -> None:
        settings = make_settings()
        app, second = App(settings), App(settings)
        await app.start()
        with pytest.raises(StoreError, match="another server"):
            await second.start()
        await app.stop()
        third = App(settings)
        await third.start()
        await third.stop()
        second.hasher.close()

    asyncio.run(check())


@pytest.mark.parametrize(("setting", "url"), [("store", "mysql:x"), ("broker", "kafka://x")])
def test_an_unknown_scheme_is_refused_with_the_known_ones(
    make_settings: MakeSettings, setting: str, url: str
) -> None:
    with pytest.raises(SettingError, match="must begin with one of") as caught:
        App(make_settings(**{setting: url}))

    assert caught.value.setting == setting
