"""Attacks on real server processes, with the client and the fixtures of the acceptance suite."""

from tests.acceptance.conftest import (
    own_server,
    pytest_pyfunc_call,
    pytest_runtest_makereport,
    server,
    servers,
    world,
)

__all__ = [
    "own_server",
    "pytest_pyfunc_call",
    "pytest_runtest_makereport",
    "server",
    "servers",
    "world",
]
