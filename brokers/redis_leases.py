"""Leases in Redis: what a process holds, for as long as it lives.

A process's names hang on its lease, a key that expires. Whoever first finds a lease gone
takes its names away and reports them; all processes look for what that one may have left
unsaid. A process that finds its own lease gone (it was frozen) hangs its names on a new one
before it says anything else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError, WatchError

from brokers.base import Listener
from brokers.redis_wire import AWAY, NODES, held_key, lease_key

logger = logging.getLogger("parley.redis")

# Renewed three times in its life: two renewals may be lost. Shorter, and a busy machine
# loses it for nothing; longer, and the dead are online for longer.
LEASE_MS = 9_000
RENEW_SECONDS = 2.5
LOOK_SECONDS = 1.0
# Redis may come back empty, and then each process hangs its names on its lease again. Until
# all have had the time for it, what was known before counts, and nobody is taken for gone.
SETTLE_SECONDS = 10.0
# After a process has stopped its people come back to others within 5 s (`chat.server.RETRY_MS`);
# whoever does not is to be offline 10 s after.
LINGER_MS = 6_000
# A name that nobody has, among those of a process that has told everything before it ended.
STOPPED = ""
COMMAND_SECONDS = 1.0
ASK_CHUNK = 1000


class Leases:
    """The lease of this process, and what hangs on those of others."""

    def __init__(
        self,
        redis: Redis,
        node: str,
        *,
        failed: Callable[[str, Exception], None],
        buried: Callable[[], None],
    ) -> None:
        """Make the lease of a process; `run` begins it.

        Args:
            failed: told what was being done, and the error, when Redis did not answer.
            buried: told when this process has taken a dead one's names away.
        """
        self._redis = redis
        self._node = node
        self._failed = failed
        self._buried = buried
        self._listener: Listener | None = None
        self._held: dict[str, int] = {}
        self._nodes: list[str] = []
        # What others held when they were last asked: an answer while they cannot be.
        self._known: dict[str, int] = {}
        self._assumed: set[str] = set()
        self._settled_at = 0.0
        self._renewed_at = -LEASE_MS / 1000
        self._has_lease = self._has_lapsed = False
        self._is_unwritten = False
        # One write of held names at a time, or an older one could come last.
        self._writing = asyncio.Lock()
        self._holds = 0

    async def hold(self, name: str, count: int) -> int:
        """See `Broker.hold`."""
        self._holds += 1
        if count:
            self._held[name] = count
        else:
            self._held.pop(name, None)
        async with self._writing:
            # What is held before there is a lease is written down together with it.
            others = await self._others([name], count if self._has_lease else None)
        return others.get(name, 0) + count

    async def held(self, names: Collection[str]) -> Mapping[str, int]:
        """See `Broker.held`."""
        if not names:
            return {}
        others = await self._others(list(names), None)
        total = {name: others.get(name, 0) + self._held.get(name, 0) for name in names}
        return {name: count for name, count in total.items() if count}

    def forget(self, name: str) -> None:
        """See `Broker.forget`."""
        self._known.pop(name, None)
        self._assumed.discard(name)

    async def everybody(self) -> tuple[set[str], bool]:
        """See `Broker.everybody`."""
        holds, is_writing = self._holds, self._writing.locked()
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                nodes = await self._others_nodes()
                async with self._redis.pipeline(transaction=False) as pipe:
                    for node in (self._node, *nodes):
                        pipe.hkeys(held_key(node))
                    own, *others = await pipe.execute()
        except AWAY as error:
            self._failed("asking for everybody", error)
            return set(self._held), False
        if self._has_lease and not is_writing and holds == self._holds:
            # A write that was given up may have arrived all the same, after a later one.
            self._is_unwritten |= {name.decode() for name in own} != self._held.keys()
        found = {name.decode() for names in others for name in names}
        found.discard(STOPPED)
        is_settling = self._is_settling()
        missing = self._known.keys() - found if is_settling else set()
        self._assumed |= missing
        self._known = {name: self._known.get(name, 1) for name in found | missing}
        return found | self._held.keys(), not is_settling

    async def _others_nodes(self) -> list[str]:
        """Return the other processes that may live.

        Raises:
            AWAY: Redis had to be asked, and did not answer.
        """
        nodes = self._nodes
        if not nodes or self._is_settling():
            # Who was there at the last look is not who is there now.
            members: set[bytes] = await self._redis.smembers(NODES)  # type: ignore[assignment]
            nodes = list({*nodes, *(node.decode() for node in members)})
        return [node for node in nodes if node != self._node]

    def _is_settling(self) -> bool:
        return asyncio.get_running_loop().time() < self._settled_at

    async def _others(self, names: list[str], own: int | None) -> dict[str, int]:
        """Return what other living processes hold of these names, as far as known.

        Args:
            own: what to write down for this process, for the one name; None for nothing.
        """
        found: dict[str, int] = {}
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                nodes = await self._others_nodes()
                # At once: of two processes that come or go together, one is the first.
                async with self._redis.pipeline(transaction=own is not None) as pipe:
                    if own:
                        pipe.hset(held_key(self._node), names[0], own)
                    elif own == 0:
                        pipe.hdel(held_key(self._node), names[0])
                    for node in nodes:
                        pipe.hmget(held_key(node), names)
                    results = await pipe.execute() if own is not None or nodes else []
        except AWAY as error:
            self._failed("asking", error)
            self._is_unwritten |= own is not None
            known = {name: self._known[name] for name in names if name in self._known}
            self._assumed.update(known)
            return known
        for counts in results[1:] if own is not None else results:
            for name, count in zip(names, counts, strict=True):
                if count is not None:
                    found[name] = found.get(name, 0) + int(count)
        is_settling = self._is_settling()
        for name in names:
            before = self._known.pop(name, 0)
            if is_settling and before > found.get(name, 0):
                found[name] = before
                self._assumed.add(name)
            if name in found:
                self._known[name] = found[name]
        return found

    def heard(self, node: str) -> None:
        """Count a process among the living until the next look at who is."""
        if node not in self._nodes:
            self._nodes.append(node)

    def doubt(self) -> None:
        """Take what was known before for true, until all had the time to write it again."""
        self._settled_at = asyncio.get_running_loop().time() + SETTLE_SECONDS

    async def run(self, listener: Listener) -> None:
        """Keep the lease, and look for the dead, until `stop` or a cancellation."""
        self._listener = listener
        loop = asyncio.get_running_loop()
        while self._listener is not None:
            try:
                async with asyncio.timeout(2 * COMMAND_SECONDS):
                    if loop.time() - self._renewed_at >= RENEW_SECONDS:
                        await self._renew()
                        self._renewed_at = loop.time()
                    await self._look_for_the_dead()
                    await self._settle()
            except AWAY as error:
                self._failed("renewing the lease", error)
                self._renew_soon()
            except Exception:
                logger.exception("renewing the lease")
            await asyncio.sleep(LOOK_SECONDS)

    def _renew_soon(self) -> None:
        """Renew at the next turn: Redis may have come back, or be back, empty."""
        self._renewed_at = -LEASE_MS / 1000

    def stop(self) -> None:
        """Have `run` end at its next turn, if a cancellation should not reach it."""
        self._listener = None

    async def release(self) -> None:
        """Let go of the lease, and a moment later of the names that still hang on it.

        Until then whose they are come back elsewhere, and need not be gone in between; who
        does not is reported by the others as departed.

        Raises:
            AWAY: it is left to run out.
        """
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(lease_key(self._node), held_key(self._node))
            if self._held:
                lingering: Any = {STOPPED: 1, **dict.fromkeys(self._held, 1)}
                pipe.hset(held_key(self._node), mapping=lingering)
                pipe.set(lease_key(self._node), 1, px=LINGER_MS)
            else:
                pipe.srem(NODES, self._node)
            await pipe.execute()

    async def _renew(self) -> None:
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.exists(lease_key(self._node))
            pipe.set(lease_key(self._node), 1, px=LEASE_MS)
            pipe.sadd(NODES, self._node)
            pipe.hlen(held_key(self._node))
            existed, renewed, added, written = await pipe.execute(raise_on_error=False)
        if isinstance(added, ResponseError) and str(added).startswith("WRONGTYPE"):
            await self._redis.delete(NODES)  # nobody else would
        for answer in (existed, renewed, added):
            if isinstance(answer, Exception):
                raise answer
        # What was written down may be gone, or something else (an error) in its place.
        is_there = existed and (not self._held or (isinstance(written, int) and written > 0))
        if is_there and not self._is_unwritten:
            return
        # The first time, or Redis was emptied, or we were frozen and taken for dead; or a
        # name could not be written down. Remembered until it is, which may take another turn:
        # by then there is a lease again.
        self._is_unwritten = True
        if self._has_lease and not is_there:
            self._has_lapsed = True
            self.doubt()
        async with self._writing:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.delete(held_key(self._node))
                if self._held:
                    pipe.hset(held_key(self._node), mapping=cast(Any, self._held))
                await pipe.execute()
            self._has_lease, self._is_unwritten = True, False
        if self._has_lapsed and self._listener is not None:
            self._has_lapsed = False
            logger.warning("the lease had run out; it is renewed")
            self._listener.lapsed()
            self._listener.gap(None)

    async def _look_for_the_dead(self) -> None:
        members: set[bytes] = await self._redis.smembers(NODES)  # type: ignore[assignment]
        nodes = sorted(node.decode() for node in members)
        if self._node not in nodes:
            self._renew_soon()
        async with self._redis.pipeline(transaction=False) as pipe:
            for node in nodes:
                pipe.exists(lease_key(node))
            alive = await pipe.execute() if nodes else []
        dead = [node for node, lives in zip(nodes, alive, strict=True) if not lives]
        self._nodes = [node for node in nodes if node not in dead]
        for node in dead:
            if node != self._node:
                await self._bury(node)

    async def _bury(self, node: str) -> None:
        """Take a dead process's names away, if nobody else is at it, and report them."""
        async with self._redis.pipeline(transaction=True) as pipe:
            # It may wake in this moment, and must not lose what it hangs up then.
            await pipe.watch(lease_key(node))
            if await pipe.exists(lease_key(node)):
                return
            pipe.multi()  # type: ignore[no-untyped-call]
            pipe.hgetall(held_key(node))
            pipe.delete(held_key(node))
            pipe.srem(NODES, node)
            try:
                held, _, was_first = await pipe.execute()
            except WatchError:
                return
        if not was_first:
            return
        names = [name.decode() for name in held]
        if STOPPED in names:
            names.remove(STOPPED)
        else:
            logger.warning("process %s died and held %d names", node, len(names))
            self._buried()
        if self._listener is not None:
            self._listener.departed(names)
            if len(names) == len(held):
                self._listener.gap(None)

    async def _settle(self) -> None:
        """Once all had the time to come back: report who was assumed to, and did not."""
        if not self._assumed or self._is_settling():
            return
        assumed, self._assumed = list(self._assumed), set()
        gone: list[str] = []
        for start in range(0, len(assumed), ASK_CHUNK):
            chunk = assumed[start : start + ASK_CHUNK]
            held = await self.held(chunk)
            gone += [name for name in chunk if name not in held]
        if gone and self._listener is not None:
            self._listener.departed(gone)
