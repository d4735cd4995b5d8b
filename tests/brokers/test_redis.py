"""What only a broker between processes does: cross them, and survive what happens between.

Two brokers in one loop are two processes for all that Redis knows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import redis
import uvloop

from brokers.redis import HEARTBEAT_SECONDS, MAX_UNHEARD, RedisBroker
from brokers.redis_wire import NODES, Channels, held_key, lease_key
from tests.brokers.conftest import until
from tests.brokers.test_contract import Ears, Parcel
from tests.redis_server import RedisServer


class Pair:
    """Two brokers on one Redis; both are subscribed to the topic ``t``."""

    def __init__(self, url: str) -> None:
        self.a, self.b = RedisBroker(url), RedisBroker(url)
        self.hears_a, self.hears_b = Ears(), Ears()

    async def open(self) -> None:
        await self.a.open(self.hears_a.listener())
        await self.b.open(self.hears_b.listener())
        await self.connected()
        await self.a.subscribe(["t"])
        await self.b.subscribe(["t"])

    async def connected(self) -> None:
        await until(lambda: self.a.is_connected() and self.b.is_connected())

    async def close(self) -> None:
        await self.a.close()
        await self.b.close()


Play = Callable[[Pair], Awaitable[None]]


def run(
    url: str, play: Play, loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> None:
    async def opened() -> None:
        async with AsyncExitStack() as stack:
            pair = Pair(url)
            stack.push_async_callback(pair.close)
            await pair.open()
            await play(pair)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(opened())


async def heard(ears: Ears, count: int) -> list[bytes]:
    await until(lambda: len(ears.payloads) >= count)
    return ears.payloads


def test_payloads_cross_in_order_once_and_without_an_echo(redis_url: str) -> None:
    async def play(pair: Pair) -> None:
        payloads = [b"%d" % number for number in range(2000)]
        for payload in payloads:
            pair.a.publish(["t"], payload)

        assert await heard(pair.hears_b, 2000) == payloads
        pair.b.publish(["t"], Parcel())
        assert (await heard(pair.hears_a, 2001))[-1] == b"parcel"
        assert pair.hears_a.payloads == [*payloads, b"parcel"]
        assert pair.hears_a.gaps == pair.hears_b.gaps == []

    run(redis_url, play)


def test_who_is_open_is_heard_and_counted_by_the_others(redis_url: str) -> None:
    async def opened() -> None:
        first, second = RedisBroker(redis_url), RedisBroker(redis_url)
        ears = Ears()
        async with AsyncExitStack() as stack:
            for broker, listener in ((first, ears), (second, Ears())):
                await broker.open(listener.listener())
                stack.push_async_callback(broker.close)
                assert broker.is_connected()
            await second.hold("ann", 1)

            assert dict(await first.held(["ann"])) == {"ann": 1}
            await first.subscribe(["t"])
            second.publish(["t"], b"at once")
            assert await heard(ears, 1) == [b"at once"]
            assert ears.gaps == []

    asyncio.run(opened())


def test_a_process_that_stood_still_does_not_take_redis_for_silent(redis_url: str) -> None:
    async def play(pair: Pair) -> None:
        time.sleep(HEARTBEAT_SECONDS * (MAX_UNHEARD + 2))  # noqa: ASYNC251 (it stands still)
        for _ in range(3):
            await pair.b.held(["ann"])
            await asyncio.sleep(HEARTBEAT_SECONDS)
        pair.a.publish(["t"], b"later")

        assert await heard(pair.hears_b, 1) == [b"later"]
        assert pair.hears_a.gaps == pair.hears_b.gaps == []

    run(redis_url, play)


def test_a_payload_on_two_topics_arrives_once(redis_url: str) -> None:
    async def play(pair: Pair) -> None:
        await pair.b.subscribe(["u"])
        pair.a.publish(["t", "u"], b"1")
        pair.a.publish(["u"], b"2")

        assert await heard(pair.hears_b, 2) == [b"1", b"2"]

    run(redis_url, play)


def test_a_topic_is_heard_as_soon_as_subscribe_returns(redis_url: str) -> None:
    async def play(pair: Pair) -> None:
        for number in range(50):
            topic = f"new-{number}"
            await pair.b.subscribe([topic])
            pair.a.publish([topic], b"%d" % number)
            assert len(await heard(pair.hears_b, number + 1)) == number + 1

    run(redis_url, play)


def test_names_are_counted_over_all_processes(redis_url: str) -> None:
    async def play(pair: Pair) -> None:
        await until(
            lambda: pair.b._node in pair.a._leases._nodes and pair.a._node in pair.b._leases._nodes
        )
        assert await pair.a.hold("ann", 2) == 2
        assert await pair.b.hold("ann", 1) == 3
        assert await pair.a.held(["ann", "bob"]) == {"ann": 3}

        assert await pair.a.hold("ann", 0) == 1
        await pair.a.close()

        assert await pair.b.held(["ann"]) == {"ann": 1}

    run(redis_url, play)


def test_the_names_of_a_process_that_stops_are_let_go_a_moment_later(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brokers.redis_leases.LINGER_MS", 5000)

    async def play(pair: Pair) -> None:
        await until(lambda: pair.a._node in pair.b._leases._nodes)
        await pair.a.hold("ann", 3)
        await pair.a.close()

        assert await pair.b.held(["ann"]) == {"ann": 1}
        await until(lambda: pair.hears_b.departed == ["ann"])
        assert await pair.b.held(["ann"]) == {}
        assert pair.hears_b.gaps == []

    run(redis_server.url, play)


def test_a_subscription_that_was_cut_is_a_gap(redis_server: RedisServer) -> None:
    async def play(pair: Pair) -> None:
        with redis_server.client() as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        pair.a.publish(["t"], b"lost")

        await until(lambda: None in pair.hears_b.gaps)
        await pair.connected()
        pair.a.publish(["t"], b"heard")
        await until(lambda: pair.hears_b.payloads[-1:] == [b"heard"])

    run(redis_server.url, play)


def test_connections_that_redis_has_cut_are_made_anew(redis_server: RedisServer) -> None:
    async def play(pair: Pair) -> None:
        with redis_server.client() as client:
            for number in range(4):
                client.client_kill_filter(_type="normal", skipme=True)
                pair.a.publish(["t"], b"%d" % number)
                pair.a.unsubscribe([f"u-{number - 1}"])
                await pair.a.subscribe([f"u-{number}"])
                assert await pair.a.held(["ann"]) == {}
                await until(pair.a.is_connected)
                client.client_kill_filter(_type="pubsub")
                await pair.b.held(["ann"])

        async with asyncio.timeout(20):
            while b"last" not in pair.hears_b.payloads:  # The last cut may not be noticed yet.
                pair.a.publish(["t"], b"last")
                await asyncio.sleep(0.05)

    run(redis_server.url, play, uvloop.new_event_loop)


def test_a_subscription_that_has_been_is_made_anew_without_a_long_pause(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[int] = []

    def backoff(attempt: int) -> float:
        attempts.append(attempt)
        return 0.0

    monkeypatch.setattr("brokers.redis._backoff", backoff)

    async def play(pair: Pair) -> None:
        with redis_server.client() as client:
            for number in range(1, 6):
                await pair.connected()
                client.client_kill_filter(_type="pubsub")
                await until(lambda number=number: len(attempts) >= 2 * number)  # type: ignore[misc]
        await pair.connected()

    run(redis_server.url, play)

    assert set(attempts) == {0}


def test_a_payload_that_vanished_is_missed_though_nothing_follows(
    redis_server: RedisServer,
) -> None:
    async def play(pair: Pair) -> None:
        pair.a.publish(["t"], b"1")
        await heard(pair.hears_b, 1)
        pair.a._enqueue, enqueue = lambda *_: None, pair.a._enqueue  # type: ignore[method-assign]
        pair.a.publish(["t"], b"vanished")
        pair.a._enqueue = enqueue  # type: ignore[method-assign]

        await until(lambda: ["t"] in pair.hears_b.gaps)
        assert pair.hears_b.payloads == [b"1"]

    run(redis_server.url, play)


def test_a_payload_that_vanished_is_missed_with_the_next_one(redis_server: RedisServer) -> None:
    async def play(pair: Pair) -> None:
        pair.a.publish(["t"], b"1")
        await heard(pair.hears_b, 1)
        pair.a._enqueue, enqueue = lambda *_: None, pair.a._enqueue  # type: ignore[method-assign]
        pair.a.publish(["t"], b"vanished")
        pair.a._enqueue = enqueue  # type: ignore[method-assign]
        pair.a.publish(["t"], b"3")

        await heard(pair.hears_b, 2)
        assert pair.hears_b.gaps == [["t"]]

    run(redis_server.url, play)


def test_redis_may_die_and_come_back_empty(redis_server: RedisServer) -> None:
    async def play(pair: Pair) -> None:
        await until(lambda: pair.b._node in pair.a._leases._nodes)
        await pair.b.hold("ann", 1)
        assert await pair.a.held(["ann"]) == {"ann": 1}
        redis_server.kill()
        pair.a.publish(["t"], b"into the void")
        assert pair.hears_a.payloads == [b"into the void"]
        assert await pair.a.held(["ann"]) == {"ann": 1}
        assert await pair.a.hold("bob", 1) == 1
        await until(lambda: not pair.a.is_connected() and not pair.b.is_connected())

        redis_server.start()
        await pair.connected()

        await until(lambda: None in pair.hears_a.gaps and None in pair.hears_b.gaps)
        assert (await pair.a.held(["ann"]))["ann"] == 1
        pair.a.publish(["t"], b"again")
        assert (await heard(pair.hears_b, 1))[-1] == b"again"

        async def both_are_back() -> bool:
            await pair.a.held(["bob"])
            return dict(await pair.b.held(["bob"])) == {"bob": 1}

        async with asyncio.timeout(20):
            while not await both_are_back():  # noqa: ASYNC110 (nobody could set an event)
                await asyncio.sleep(0.05)
        assert pair.hears_a.departed == pair.hears_b.departed == []

    run(redis_server.url, play)


def test_who_did_not_come_back_with_redis_has_departed(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brokers.redis_leases.SETTLE_SECONDS", 10.0)

    async def play(pair: Pair) -> None:
        await until(lambda: pair.b._node in pair.a._leases._nodes)
        await pair.b.hold("ann", 1)
        await pair.b.hold("cem", 1)
        assert await pair.a.held(["ann", "cem"]) == {"ann": 1, "cem": 1}
        redis_server.kill()
        await until(lambda: not pair.a.is_connected() and not pair.b.is_connected())
        await pair.b.hold("cem", 0)

        redis_server.start()
        await pair.connected()

        assert await pair.a.held(["ann", "cem"]) == {"ann": 1, "cem": 1}
        await until(lambda: pair.hears_a.departed, 60)
        assert pair.hears_a.departed == ["cem"]
        assert await pair.a.held(["ann", "cem"]) == {"ann": 1}
        assert await pair.a.everybody() == ({"ann"}, True)

    run(redis_server.url, play)


def test_everybody_is_who_any_process_holds(redis_server: RedisServer) -> None:
    async def play(pair: Pair) -> None:
        await until(lambda: pair.b._node in pair.a._leases._nodes)
        await pair.a.hold("ann", 1)
        await pair.b.hold("ann", 2)
        await pair.b.hold("bob", 1)
        assert await pair.a.everybody() == await pair.b.everybody() == ({"ann", "bob"}, True)

        await pair.b.hold("ann", 0)
        await pair.b.hold("bob", 0)
        assert await pair.a.everybody() == await pair.b.everybody() == ({"ann"}, True)

        await pair.b.hold("bob", 1)
        assert await pair.a.everybody() == ({"ann", "bob"}, True)
        redis_server.kill()
        assert await pair.a.held(["bob"]) == {"bob": 1}  # As last known.
        assert await pair.a.everybody() == ({"ann"}, False)
        assert await pair.b.everybody() == ({"bob"}, False)
        redis_server.start()
        await pair.connected()
        await until(lambda: pair.hears_a.lapses and pair.hears_b.lapses)
        assert await pair.a.everybody() == await pair.b.everybody() == ({"ann", "bob"}, False)

    run(redis_server.url, play)


def test_who_is_held_is_known_from_the_first_question(redis_server: RedisServer) -> None:
    async def play(pair: Pair) -> None:
        await pair.b.hold("ann", 1)
        third = RedisBroker(redis_server.url)

        assert await third.held(["ann"]) == {"ann": 1}

        await third._redis.aclose()

    run(redis_server.url, play)


def test_a_name_that_a_late_command_took_away_is_hung_up_again(redis_server: RedisServer) -> None:
    async def play(pair: Pair) -> None:
        await until(lambda: pair.b._node in pair.a._leases._nodes)
        await pair.b.hold("ann", 1)
        await pair.b.hold("bob", 1)
        with redis_server.client() as client:
            client.hdel(held_key(pair.b._node), "ann")
        assert await pair.a.held(["ann", "bob"]) == {"bob": 1}

        await pair.b.everybody()

        async with asyncio.timeout(20):
            while await pair.a.held(["ann"]) != {"ann": 1}:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert pair.hears_b.lapses == 0

    run(redis_server.url, play)


def test_who_was_told_to_be_gone_is_not_held_by_what_was_known_before(
    redis_server: RedisServer,
) -> None:
    async def play(pair: Pair) -> None:
        await until(lambda: pair.b._node in pair.a._leases._nodes)
        await pair.b.hold("ann", 1)
        await pair.b.hold("bob", 1)
        await pair.a.everybody()
        redis_server.kill()
        assert await pair.a.held(["ann", "bob"]) == {"ann": 1, "bob": 1}

        pair.a.forget("ann")

        assert await pair.a.held(["ann", "bob"]) == {"bob": 1}

    run(redis_server.url, play)


def test_names_are_hung_up_again_though_the_first_try_was_cut_short(
    redis_server: RedisServer,
) -> None:
    async def play(pair: Pair) -> None:
        await until(lambda: pair.b._node in pair.a._leases._nodes)
        await pair.b.hold("ann", 1)
        await pair.b.hold("bob", 1)
        async with pair.b._leases._writing:  # As a write does that Redis does not answer.
            with redis_server.client() as client:
                client.delete(lease_key(pair.b._node), held_key(pair.b._node))
            await until(lambda: "renewing the lease TimeoutError" in pair.b._logged)
            with redis_server.client() as client:
                client.hset(held_key(pair.b._node), "bob", "1")

        await until(lambda: pair.hears_b.lapses == 1)
        assert await pair.a.held(["ann", "bob"]) == {"ann": 1, "bob": 1}

    run(redis_server.url, play)


def test_a_name_that_could_not_be_written_down_is_written_later(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brokers.redis_leases.SETTLE_SECONDS", 0.5)

    async def play(pair: Pair) -> None:
        await until(lambda: pair.b._node in pair.a._leases._nodes)
        await pair.b.hold("ann", 1)
        await pair.b.hold("cem", 1)
        for _ in range(16):  # Every connection of the pool is dead.
            with redis_server.client() as client:
                client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await pair.b.hold("ann", 0)

        async with asyncio.timeout(20):
            while await pair.a.held(["ann", "cem"]) != {"cem": 1}:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert pair.hears_b.lapses == 0

    run(redis_server.url, play)


@pytest.mark.parametrize("is_wrong", [True, False], ids=["of a wrong type", "gone"])
def test_names_that_somebody_has_touched_are_written_again(
    redis_server: RedisServer, is_wrong: bool
) -> None:
    async def play(pair: Pair) -> None:
        await until(lambda: pair.b._node in pair.a._leases._nodes)
        await pair.b.hold("ann", 2)
        with redis_server.client() as client:
            (key,) = client.keys("parley:held:*")
            client.delete(key)
            if is_wrong:
                client.set(key, "no hash")

        await until(lambda: pair.hears_b.lapses == 1)
        assert await pair.a.held(["ann"]) == {"ann": 2}

    run(redis_server.url, play)


def test_a_redis_that_comes_back_with_old_names_is_told_them_anew(
    redis_server: RedisServer,
) -> None:
    async def play(pair: Pair) -> None:
        await until(lambda: pair.b._node in pair.a._leases._nodes)
        await pair.b.hold("ann", 1)
        with redis_server.client() as client:
            client.save()
        # As after a fail-over to a replica that lagged behind: one name too many, one too few.
        await pair.b.hold("ann", 0)
        await pair.b.hold("bob", 1)
        redis_server.kill()
        await until(lambda: not pair.a.is_connected() and not pair.b.is_connected())
        redis_server.start()
        (redis_server.directory / "dump.rdb").unlink()
        await pair.connected()

        async with asyncio.timeout(20):
            with redis_server.client() as client:
                while client.hgetall(held_key(pair.b._node)) != {b"bob": b"1"}:
                    await pair.b.everybody()
                    await asyncio.sleep(0.05)

    run(redis_server.url, play)


def test_a_list_of_processes_that_is_none_is_made_anew(redis_server: RedisServer) -> None:
    async def play(pair: Pair) -> None:
        await until(lambda: pair.b._node in pair.a._leases._nodes)
        with redis_server.client() as client:
            client.set(NODES, "no set")

            async with asyncio.timeout(20):
                while client.type(NODES) != b"set" or client.scard(NODES) < 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)

    run(redis_server.url, play)


def test_a_frozen_redis_keeps_nobody_waiting(redis_server: RedisServer) -> None:
    async def play(pair: Pair) -> None:
        redis_server.freeze()
        async with asyncio.timeout(10):  # a second for each would be too much
            for number in range(100):
                pair.a.publish(["t"], b"%d" % number)
            await pair.a.held(["ann"])
        assert len(pair.hears_a.payloads) == 100
        await until(lambda: not pair.b.is_connected())

        redis_server.thaw()
        await pair.connected()

        await until(lambda: pair.hears_b.gaps or len(pair.hears_b.payloads) == 100)

    run(redis_server.url, play)


def test_the_names_of_a_dead_process_are_let_go_by_one(redis_server: RedisServer) -> None:
    async def play(pair: Pair) -> None:
        third, hears_third = RedisBroker(redis_server.url), Ears()
        await third.open(hears_third.listener())
        await until(third.is_connected)
        await pair.b.hold("ann", 1)
        tasks, pair.b._tasks = pair.b._tasks, []
        for task in tasks:
            task.cancel()

        await until(lambda: pair.hears_a.departed or hears_third.departed)
        await until(lambda: None in pair.hears_a.gaps and None in hears_third.gaps)
        assert [*pair.hears_a.departed, *hears_third.departed] == ["ann"]
        assert await third.held(["ann"]) == {}
        await third.close()

    run(redis_server.url, play)


def test_who_wakes_before_it_is_buried_loses_nothing(redis_server: RedisServer) -> None:
    async def play(pair: Pair) -> None:
        await until(lambda: pair.b._node in pair.a._leases._nodes)
        await pair.b.hold("ann", 1)

        await pair.a._leases._bury(pair.b._node)

        assert await pair.a.held(["ann"]) == {"ann": 1}
        assert pair.hears_a.departed == []

    run(redis_server.url, play)


def test_a_process_that_was_taken_for_dead_hangs_its_names_on_a_new_lease(
    redis_server: RedisServer,
) -> None:
    async def play(pair: Pair) -> None:
        await pair.b.hold("ann", 1)
        with redis_server.client() as client:
            client.delete(f"parley:lease:{{{pair.b._node}}}")

        await until(lambda: pair.hears_b.lapses)

        await until(lambda: pair.b._node in pair.a._leases._nodes)
        assert await pair.a.held(["ann"]) == {"ann": 1}

    run(redis_server.url, play)


@pytest.mark.parametrize("data", [b"", b"garbage", b"\x93\x01", b"\x95" * 1000, b"x" * 1_000_000])
def test_what_others_shout_on_our_channels_is_dropped(redis_url: str, data: bytes) -> None:
    async def play(pair: Pair) -> None:
        with redis.Redis.from_url(redis_url) as client:
            client.publish(Channels(0).control, data)
            client.publish(Channels(0).of("t"), data)
        pair.a.publish(["t"], b"fine")

        assert await heard(pair.hears_b, 1) == [b"fine"]
        assert pair.b.is_connected()

    run(redis_url, play)


def test_another_database_is_another_world(redis_server: RedisServer) -> None:
    async def play(pair: Pair) -> None:
        other, ears = RedisBroker(redis_server.url.replace("/0", "/1")), Ears()
        await other.open(ears.listener())
        await until(other.is_connected)
        await other.subscribe(["t"])
        pair.a.publish(["t"], b"1")
        await heard(pair.hears_b, 1)
        other.publish(["t"], b"2")

        assert await heard(ears, 1) == [b"2"]
        assert pair.hears_b.payloads == [b"1"]
        await other.close()

    run(redis_server.url, play)


def test_a_wrong_password_is_refused_at_once(redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.config_set("requirepass", "secret")

    async def check() -> None:
        wrong = RedisBroker(redis_server.url)
        with pytest.raises(ValueError, match="refuses"):
            await wrong.open(Ears().listener())
        right = RedisBroker(redis_server.url.replace("//", "//:secret@"))
        await right.open(Ears().listener())
        await until(right.is_connected)
        await right.close()

    asyncio.run(check())


def test_a_redis_that_is_away_is_waited_for(redis_server: RedisServer) -> None:
    redis_server.kill()

    async def check() -> None:
        broker, ears = RedisBroker(redis_server.url), Ears()
        await broker.open(ears.listener())
        await broker.subscribe(["t"])
        broker.publish(["t"], b"1")
        assert ears.payloads == [b"1"]
        assert not broker.is_connected()

        redis_server.start()

        await until(broker.is_connected)
        # Others may have told something while nobody could hear it.
        assert ears.gaps == [None]
        await broker.close()

    asyncio.run(check())


def test_topics_that_are_wanted_while_a_subscription_is_made_are_heard(
    redis_server: RedisServer,
) -> None:
    async def play(pair: Pair) -> None:
        wanted: list[str] = []
        with redis_server.client() as client:
            for _ in range(5):
                cut = len(pair.hears_b.gaps)
                client.client_kill_filter(_type="pubsub")
                await until(lambda: not pair.b.is_connected())
                while len(pair.hears_b.gaps) == cut:
                    wanted.append(f"t-{len(wanted)}")
                    await pair.b.subscribe(wanted[-1:])
                    await asyncio.sleep(0.002)
        await pair.connected()

        for topic in wanted:
            pair.a.publish([topic], topic.encode())

        await until(lambda: {*map(str.encode, wanted)} <= {*pair.hears_b.payloads})

    run(redis_server.url, play)
