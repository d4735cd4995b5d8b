"""How long things take that were promised within a time, measured one at a time.

``python -m tests.faults.figures [NAME ...]`` prints a table; the machine should have nothing
else to do. What a fault costs while people talk is the campaign's (``python -m tests.faults``).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from pymongo import WriteConcern
from pymongo.errors import PyMongoError

from tests.acceptance.client import Connection, Person, World, handshake
from tests.faults.cluster import ALONE, KINDS, MONGODB, SQLITE, Cluster, until
from tests.load.figures import percentile
from tests.mongo_server import Client, connect

logger = logging.getLogger("parley.faults")

LOSSES = 10
STEP_DOWNS = 5
REVOCATIONS = 10
RELOADS = 50
AFTER_GRACE_SECONDS = 8.0  # by then the last going would have been told
MISSED = 1_000
PAGE = 200
CALM_SECONDS = 20.0
AWAY_SECONDS = 60.0
RATE = 50.0
LONG_SECONDS = 40.0


class Two:
    """Ann at the first server and Bob at the last, who share a conversation."""

    def __init__(self, cluster: Cluster) -> None:
        """Make it; `meet` connects them."""
        self.cluster = cluster
        self.here, self.there = World(cluster.servers[0]), World(cluster.doors[-1])
        self._numbers = itertools.count(1)

    async def meet(self) -> None:
        """Make their accounts, connect them, and let them see each other."""
        self.bob_person: Person = await self.here.person("bob")
        self.ann = await (await self.here.person("ann")).connect()
        self.bob = await self.bob_connects()
        self.conversation = await self.ann.open(self.bob_person.id)
        await self.ann.send(self.conversation, "hello")
        await self.bob.event("message")
        await self.ann.event("presence", user=self.bob.user_id, online=True)

    async def bob_connects(self) -> Connection:
        """One more connection of Bob's, past its `hello`."""
        return await self.there.connect(self.bob_person.token)

    async def say(self) -> int:
        """Have Ann say something; return its `seq`."""
        sent = await self.ann.send(self.conversation, f"number {next(self._numbers)}")
        return int(sent["seq"])

    async def part(self) -> None:
        """Cut all connections."""
        for each in (*self.here.connections, *self.there.connections):
            await each.abort()


async def silent_loss(two: Two) -> str:
    """Pub/sub loses everything, on a connection that stands: noticed within 2 s"""
    took = []
    for _ in range(LOSSES):
        await until(lambda: _hears(two))
        with two.cluster.redis.client() as client:  # type: ignore[union-attr]
            found = await asyncio.to_thread(client.client_list, _type="pubsub")
        for each in found:
            two.cluster.wires[-1].silence(int(each["addr"].rpartition(":")[2]))
        began = time.monotonic()
        await two.say()
        await two.bob.event("resync", seconds=LONG_SECONDS)
        took.append(time.monotonic() - began)
    return f"{max(took):.1f} s at most of {LOSSES}"


async def redis_away(two: Two) -> str:
    """Redis away for 60 s: sends unaffected (p99 at most 1.2 x), all caught up within 5 s"""
    redis = two.cluster.redis
    assert redis is not None
    calm = await _pace(two, CALM_SECONDS)
    await asyncio.to_thread(redis.kill)
    away = await _pace(two, AWAY_SECONDS)
    last = await two.say()
    two.bob.events.clear()
    await asyncio.to_thread(redis.start)
    began = time.monotonic()
    await two.bob.event("resync", seconds=LONG_SECONDS)
    await _catch_up(two.bob, two.conversation, last - 1, last)
    back = time.monotonic() - began
    before, meanwhile = percentile(calm, 99) * 1e3, percentile(away, 99) * 1e3
    return f"p99 {meanwhile:.1f} ms, calm {before:.1f} ms; caught up after {back:.1f} s"


async def catch_up(two: Two) -> str:
    """1,000 messages missed: all there within 1 s of connecting"""
    await two.bob.abort()
    head = await two.say()
    sends = [two.say() for _ in range(MISSED)]
    last = max(await asyncio.gather(*sends))
    began = time.monotonic()
    bob = await two.bob_connects()
    await bob.do("sync")
    await _catch_up(bob, two.conversation, head, last)
    return f"{time.monotonic() - began:.2f} s"


async def reloads(two: Two) -> str:
    """50 reloads of a page: nobody sees it"""
    two.ann.events.clear()
    for _ in range(RELOADS):
        await two.bob.close()
        two.bob = await two.bob_connects()
    await asyncio.sleep(AFTER_GRACE_SECONDS)
    await two.ann.flush()
    seen = len(two.ann.heard("presence"))
    assert not seen
    return f"{seen} events in {RELOADS} reloads"


async def leaving(two: Two) -> str:
    """Somebody who leaves is offline within 10 s, one who vanishes within 25 s"""
    await two.bob.close()
    clean = await _gone(two)
    two.bob = await two.bob_connects()
    await two.ann.event("presence", user=two.bob.user_id, online=True)
    two.cluster.doors[-1].abandon()
    return f"{clean:.1f} s, and {await _gone(two):.1f} s"


async def revocation(two: Two) -> str:
    """A session ends: its sockets are shut within 1 s, with Redis dead within 30 s"""
    redis = two.cluster.redis
    assert redis is not None
    alive = [await _revoke(two) for _ in range(REVOCATIONS)]
    await asyncio.to_thread(redis.kill)
    dead = [await _revoke(two) for _ in range(REVOCATIONS)]
    await asyncio.to_thread(redis.start)
    return f"{max(alive):.2f} s, with Redis dead {max(dead):.2f} s at most of {REVOCATIONS}"


async def step_down(two: Two) -> str:
    """The primary of MongoDB steps down: sends go on within 2 s"""
    took, own = [], []
    flags = two.cluster.servers[0].flags
    url = next(flag for flag in flags if flag.startswith("mongodb://"))
    with connect(url, heartbeatFrequencyMS=500, retryWrites=False) as client:
        for _ in range(STEP_DOWNS):
            probe = asyncio.create_task(_probe(client))
            pause = asyncio.create_task(asyncio.sleep(LONG_SECONDS / 4))
            primary = await two.cluster.primary()
            # Not forced: with `force` MongoDB waits for the time-out of an election, too.
            command = {"replSetStepDown": 10, "secondaryCatchUpPeriodSecs": 5}
            await asyncio.to_thread(primary.ask, command)
            worst = 0.0
            while not pause.done():
                began = time.monotonic()
                await two.say()
                worst = max(worst, time.monotonic() - began)
                await asyncio.sleep(1 / RATE)
            probe.cancel()
            took.append(worst)
            own.append(await probe)
            await two.cluster.whole()
    return f"{max(took):.1f} s at most of {STEP_DOWNS}; MongoDB's own part {max(own):.1f} s"


FIGURES: dict[str, tuple[str, Callable[[Two], Awaitable[str]]]] = {
    "silent-loss": (SQLITE, silent_loss),
    "redis-away": (SQLITE, redis_away),
    "revocation": (SQLITE, revocation),
    "catch-up": (ALONE, catch_up),
    "reloads": (SQLITE, reloads),
    "leaving": (SQLITE, leaving),
    "step-down": (MONGODB, step_down),
}


async def _hears(two: Two) -> bool:
    """Whether what Ann says reaches Bob, without his asking for it."""
    two.bob.events.clear()
    seq = await two.say()
    try:
        await two.bob.event("message", lambda frame: frame["message"]["seq"] == seq, seconds=1)
    except TimeoutError:
        return False
    return True


async def _pace(two: Two, seconds: float) -> list[float]:
    """Have Ann talk for a while; return how long each send took, in seconds."""
    took: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        await two.say()
        took.append(time.monotonic() - began)
        await asyncio.sleep(1 / RATE)
    return took


async def _catch_up(bob: Connection, conversation: str, after: int, last: int) -> None:
    """Read all that is missing, a page after the other."""
    while after < last:
        page = await bob.history(conversation, after=after, limit=PAGE)
        found = [message["seq"] for message in page["messages"]]
        assert found == list(range(after + 1, after + 1 + len(found))), found
        after = found[-1]


async def _gone(two: Two) -> float:
    """Return after how many seconds Ann is told that Bob is offline."""
    began = time.monotonic()
    user = two.bob_person.id
    await two.ann.event("presence", user=user, online=False, seconds=LONG_SECONDS)
    return time.monotonic() - began


async def _revoke(two: Two) -> float:
    """Return after how many seconds a connection at the other server is shut."""
    token = await two.bob_person.login()
    _, reader, writer = await handshake(two.there.server, token=token)
    connection = Connection(reader, writer, two.there.ledger)
    await connection.event("hello")
    began = time.monotonic()
    answer = await two.bob_person.api("DELETE", "/api/v1/other-sessions")
    assert answer.status == 204, answer.body
    await connection.closed(LONG_SECONDS)
    return time.monotonic() - began


async def _probe(client: Client) -> float:
    """Write to MongoDB until cancelled; return the longest time without a success, in seconds."""
    majority = WriteConcern("majority", j=True)
    collection = client["probe"].get_collection("probe", write_concern=majority)
    worst, last = 0.0, time.monotonic()
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            with contextlib.suppress(PyMongoError):
                await asyncio.to_thread(collection.insert_one, {})
                worst, last = max(worst, time.monotonic() - last), time.monotonic()
            await asyncio.sleep(1 / RATE)
    return worst


@asynccontextmanager
async def _running(kind: str) -> AsyncIterator[Cluster]:
    cluster = Cluster(kind)
    try:
        await cluster.start()
        yield cluster
    finally:
        await cluster.kill()


async def _measure(names: list[str]) -> None:
    print("| what | measured |\n|---|---|")
    for kind in KINDS:
        chosen = [name for name in names if FIGURES[name][0] == kind]
        if not chosen:
            continue
        async with _running(kind) as cluster:
            for name in chosen:
                measure = FIGURES[name][1]
                await cluster.ready()
                two = Two(cluster)
                await two.meet()
                found = await measure(two)
                await two.part()
                what = (measure.__doc__ or name).partition("\n")[0]
                print(f"| {what} ({KINDS[kind]}) | {found} |", flush=True)


def main() -> None:
    """Measure what is named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.figures")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FIGURES))
    names = parser.parse_args().names
    if unknown := set(names) - set(FIGURES):
        parser.error(f"there are {', '.join(FIGURES)}, but no {', '.join(sorted(unknown))}")
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(_measure(names or list(FIGURES)))


if __name__ == "__main__":
    main()
