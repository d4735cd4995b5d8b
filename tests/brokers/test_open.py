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
