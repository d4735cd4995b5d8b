"""The rate is exact, and a burst may be spent at once."""

from chat.models import UserId
from chat.ratelimit import FLOOD_BURSTS, FrameLimit, Meter

ANN, BOB = UserId("_ann"), UserId("_bob")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_the_next_one_waits() -> None:
    meter = Meter(rate=2, burst=5, now=Clock())

    assert [meter.wait("k") for _ in range(5)] == [0.0] * 5
    assert meter.wait("k") == 0.5


def test_what_was_refused_is_not_counted() -> None:
    clock = Clock()
    meter = Meter(rate=2, burst=2, now=clock)
    for _ in range(20):
        meter.wait("k")

    clock.now += 0.5

    assert meter.wait("k") == 0.0
    assert meter.wait("k") > 0


def test_keys_do_not_disturb_each_other() -> None:
    meter = Meter(rate=1, burst=1, now=Clock())

    assert meter.wait("a") == 0.0
    assert meter.wait("b") == 0.0


def test_keys_at_rest_are_forgotten() -> None:
    clock = Clock()
    meter = Meter(rate=1, burst=1, now=clock)
    for index in range(10_000):
        meter.wait(str(index))

    clock.now += 2
    meter.wait("new")

    assert len(meter._due) == 1


def test_frames_have_bursts_of_ten_seconds() -> None:
    clock = Clock()
    limit = FrameLimit(20, clock)

    passed = sum(limit.wait(ANN) == 0.0 for _ in range(1000))
    assert passed == 200
    assert limit.wait(BOB) == 0.0
    clock.now += 1
    assert sum(limit.wait(ANN) == 0.0 for _ in range(1000)) == 20


def test_a_flood_is_one_that_goes_on() -> None:
    limit = FrameLimit(20, Clock())

    floods = [limit.is_flood(ANN) for _ in range(200 * FLOOD_BURSTS + 1)]

    assert floods.index(True) == 200 * FLOOD_BURSTS


def test_zero_is_no_limit() -> None:
    limit = FrameLimit(0, Clock())

    assert all(limit.wait(ANN) == 0.0 for _ in range(10_000))
    assert not limit.is_flood(ANN)
