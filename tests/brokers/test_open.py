"""A broker is chosen by the scheme of its URL."""

import pytest

from brokers import open_broker
from brokers.memory import MemoryBroker


def test_memory_is_the_broker_within_a_process() -> None:
    broker = open_broker("memory:")

    assert isinstance(broker, MemoryBroker)
    assert not broker.crosses_processes


@pytest.mark.parametrize("url", ["", "memory", "rabbit://localhost", "memory:x"])
def test_another_url_is_refused_with_what_is_known(url: str) -> None:
    with pytest.raises(ValueError, match="memory:"):
        open_broker(url)


@pytest.mark.parametrize(
    "url",
    [
        "redis://",
        "redis:///0",
        "redis://127.0.0.1:port",
        "redis://127.0.0.1:99999/0",
        "redis://127.0.0.1:0/0",
        "redis://127.0.0.1:6379/name",
        "redis://:s3cret@127.0.0.1:6379/0/1",
        "rediss://:s3cret@127.0.0.1:6379/0#1",
        "redis://:s3/cret@127.0.0.1/0",
    ],
)
def test_a_malformed_redis_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ValueError, match="must be like redis") as refusal:
        open_broker(url)

    assert "s3" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1",
        "redis://127.0.0.1:6379/15",
        "redis://:s3cr%2Fet@redis.example/",
        "rediss://ann:s3cret@redis.example:6380/2?ssl_cert_reqs=none",
        "unix:///run/redis.sock?db=1",
    ],
)
def test_a_redis_url_is_taken(url: str) -> None:
    assert open_broker(url).crosses_processes
