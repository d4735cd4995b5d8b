"""What stands open is told, and what does not is not."""

import pytest

from chat.exposure import exposures
from tests.conftest import MakeSettings


@pytest.mark.parametrize(
    "url",
    [
        "redis://8.8.8.8:6379/0",
        "rediss://cache.example.org",
        "redis://[2606:4700::1]:6379",
        "redis://0.0.0.0/0",
    ],
)
def test_a_redis_without_a_password_elsewhere_is_told(
    make_settings: MakeSettings, url: str
) -> None:
    [told] = exposures(make_settings(broker=url))

    assert url in told
    assert "password" in told


@pytest.mark.parametrize(
    "url",
    [
        "memory:",
        "unix:///run/redis.sock",
        "redis://127.0.0.1:6379/0",
        "redis://[::1]/0",
        "redis://localhost",
        "redis://redis:6379/0",
        "redis://10.0.0.7/0",
        "redis://:secret@8.8.8.8:6379/0",
        "redis://8.8.8.8/0?password=secret",
    ],
)
def test_what_is_near_or_asks_for_a_password_is_not_told(
    make_settings: MakeSettings, url: str
) -> None:
    assert exposures(make_settings(broker=url)) == []


def test_of_a_replica_set_one_member_elsewhere_is_enough(make_settings: MakeSettings) -> None:
    near = "mongodb://10.0.0.1,10.0.0.2:27018/parley?replicaSet=rs0"
    apart = near.replace("10.0.0.2", "db.example.org")

    assert exposures(make_settings(store=near)) == []
    [told] = exposures(make_settings(store=apart))
    assert "db.example.org" in told
    assert exposures(make_settings(store=apart.replace("//", "//user:secret@"))) == []
    assert exposures(make_settings(store=f"{apart}&authMechanism=MONGODB-X509")) == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "8.8.8.8", "chat.example.org"])
def test_listening_for_others_without_tls_is_told(make_settings: MakeSettings, host: str) -> None:
    [told] = exposures(make_settings(host=host))

    assert host in told
    assert "TLS" in told
    assert exposures(make_settings(host=host, trusted_proxies="10.0.0.5")) == []


def test_a_proxy_that_is_everybody_is_told(make_settings: MakeSettings) -> None:
    [told] = exposures(make_settings(trusted_proxies="0.0.0.0/0"))

    assert "trusted proxy" in told
