"""The brokers that the contract is tried on: a further one is a row here."""

from collections.abc import Callable

from brokers.base import Broker
from brokers.memory import MemoryBroker

# Name → a function that returns a fresh broker; brokers of the same name that cross
# processes share what they carry.
BACKENDS: dict[str, Callable[[], Broker]] = {"memory": MemoryBroker}
