"""What tests of several packages share: settings for a throw-away server, and its `App`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chat.settings import Settings, read

MakeSettings = Callable[..., Settings]


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    """Return a function that makes settings: cheap hashes, no limits, a folder of its own."""

    def make(**flags: str) -> Settings:
        defaults = {
            "data_dir": str(tmp_path / "data"),
            "bcrypt_rounds": "4",
            "login_rate": "0",
            "message_rate": "0",
        }
        return read({**defaults, **flags}, {})

    return make
