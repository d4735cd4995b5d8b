"""What breaks: each fault breaks something, waits, and mends it again, whatever happens.

There is a room for each thing that breaks; a fault is a coroutine in it.
"""

# ruff: noqa: F401 (each registers its faults)
from tests.faults.nemesis import clock, disk, everything, mongodb, network, redis, servers, versions
from tests.faults.nemesis.fault import FAULTS, Fault

__all__ = ["FAULTS", "Fault"]
