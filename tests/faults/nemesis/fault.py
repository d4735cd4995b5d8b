"""A fault, and the list of all."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from tests.faults.cluster import Cluster

Strike = Callable[[Cluster, random.Random, float], Coroutine[None, None, None]]


@dataclass(frozen=True)
class Fault:
    """Something to break, in clusters of these kinds."""

    name: str
    what: str
    kinds: tuple[str, ...]
    strike: Strike


FAULTS: dict[str, Fault] = {}


def fault(*kinds: str) -> Callable[[Strike], Strike]:
    """Register a fault under its function's name; its docstring says what it is."""

    def register(strike: Strike) -> Strike:
        name = strike.__name__.replace("_", "-")
        FAULTS[name] = Fault(name, (strike.__doc__ or "").strip(), kinds, strike)
        return strike

    return register
