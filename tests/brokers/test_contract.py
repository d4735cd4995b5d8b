"""What every broker promises (see `brokers.base`), on each of them."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from brokers.base import Broker, Listener
from tests.brokers.conftest import until

Check = Callable[[Broker, "Ears"], Awaitable[None]]


class Ears:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.payloads: list[Any] = []
        self.gaps: list[Collection[str] | None] = []
        self.lapses = 0
        self.departed: list[str] = []

    def listener(self) -> Listener:
        return Listener(self.payloads.append, self.gap, self.depart, self.lapse)

    def gap(self, topics: Collection[str] | None) -> None:
        self.gaps.append(topics)

    def lapse(self) -> None:
        self.lapses += 1

    def depart(self, names: Collection[str]) -> None:
        self.departed += names


def run(new_broker: Callable[[], Broker], check: Check) -> None:
    async def opened() -> None:
        broker, ears = new_broker(), Ears()
        await broker.open(ears.listener())
        await until(broker.is_connected)
        try:
            await check(broker, ears)
        finally:
            await broker.close()

    asyncio.run(opened())


def test_a_payload_reaches_this_process_before_publish_returns(
    new_broker: Callable[[], Broker],
) -> None:
    async def check(broker: Broker, ears: Ears) -> None:
        await broker.subscribe(["a"])

        broker.publish(["a"], b"1")

        assert ears.payloads == [b"1"]

    run(new_broker, check)


class Parcel:
    def __bytes__(self) -> bytes:
        return b"parcel"


def test_ones_own_payload_comes_as_it_is(new_broker: Callable[[], Broker]) -> None:
    async def check(broker: Broker, ears: Ears) -> None:
        await broker.subscribe(["a"])
        parcel = Parcel()

        broker.publish(["a"], parcel)

        assert ears.payloads == [parcel]

    run(new_broker, check)


def test_payloads_keep_their_order_and_their_bytes(new_broker: Callable[[], Broker]) -> None:
    async def check(broker: Broker, ears: Ears) -> None:
        await broker.subscribe(["a", "b"])
        payloads = [bytes([number]) * 3 for number in range(256)]

        for index, payload in enumerate(payloads):
            broker.publish(["ab"[index % 2]], payload)

        assert ears.payloads == payloads

    run(new_broker, check)


def test_a_payload_on_several_topics_arrives_once(new_broker: Callable[[], Broker]) -> None:
    async def check(broker: Broker, ears: Ears) -> None:
        await broker.subscribe(["a", "b"])

        broker.publish(["a", "b", "c"], b"1")

        assert ears.payloads == [b"1"]

    run(new_broker, check)


def test_other_topics_are_not_heard(new_broker: Callable[[], Broker]) -> None:
    async def check(broker: Broker, ears: Ears) -> None:
        await broker.subscribe(["a"])
        await broker.subscribe(["a", "b"])
        broker.unsubscribe(["b", "never"])

        broker.publish(["b"], b"1")
        broker.publish(["c"], b"2")
        broker.publish([], b"3")
        broker.publish(["a"], b"4")

        assert ears.payloads == [b"4"]

    run(new_broker, check)


def test_names_are_held_with_a_count_until_they_are_let_go(
    new_broker: Callable[[], Broker],
) -> None:
    async def check(broker: Broker, ears: Ears) -> None:
        assert await broker.hold("ann", 1) == 1
        assert await broker.hold("ann", 3) == 3
        assert await broker.hold("bob", 2) == 2

        assert await broker.held(["ann", "bob", "cat"]) == {"ann": 3, "bob": 2}

        assert await broker.hold("ann", 0) == 0
        assert await broker.hold("cat", 0) == 0
        assert await broker.held(["ann", "bob", "cat"]) == {"bob": 2}
        assert await broker.held([]) == {}
        names, is_all = await broker.everybody()
        assert "bob" in names
        assert not {"ann", "cat"} & names
        assert is_all

    run(new_broker, check)


def test_a_connected_broker_says_so(new_broker: Callable[[], Broker]) -> None:
    async def check(broker: Broker, ears: Ears) -> None:
        assert broker.is_connected()
        assert ears.gaps == []

    run(new_broker, check)


def test_closing_twice_is_fine_and_nothing_is_heard_afterwards(
    new_broker: Callable[[], Broker],
) -> None:
    async def check(broker: Broker, ears: Ears) -> None:
        await broker.subscribe(["a"])

        await broker.close()
        await broker.close()
        broker.publish(["a"], b"1")

        assert ears.payloads == []

    run(new_broker, check)
