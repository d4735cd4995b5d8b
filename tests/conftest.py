"""What tests of several packages share: settings for a throw-away server, and patience."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from chat.settings import Settings, read

MakeSettings = Callable[..., Settings]

# How long an example takes says something of the machine, nothing of what is tested.
hypothesis_settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("patient")


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
