"""The clock: it goes on as a stopwatch does, and follows the wall clock with care."""

from __future__ import annotations

import asyncio

from chat.app import App
from chat.clock import BELIEVE_SECONDS, JUMP_MS, NOISE_MS, Clock, stopwatch, wall_clock
from tests.conftest import MakeSettings

START_MS = 1_800_000_000_000
MONTH_MS = 30 * 86_400_000


class Machine:
    """What a clock reads."""

    def __init__(self) -> None:
        self.off_ms = 0
        self.passed_ms = 0
        self.clock = Clock(
            lambda: START_MS + self.off_ms + self.passed_ms, lambda: 100 + self.passed_ms / 1000
        )

    def off(self) -> int:
        """How far the clock is from the time at the start and what has passed since."""
        return self.clock() - START_MS - self.passed_ms

    def wait(self, seconds: float) -> None:
        """Let time pass, and everybody ask for it now and then."""
        for _ in range(10):
            self.passed_ms += round(seconds * 100)
            self.clock()


def test_time_passes() -> None:
    machine = Machine()
    assert machine.clock() == START_MS

    machine.passed_ms += 2_500

    assert machine.clock() == START_MS + 2_500


def test_a_small_correction_is_followed_at_once() -> None:
    machine = Machine()

    machine.off_ms = -JUMP_MS

    assert machine.off() == -JUMP_MS


def test_a_jump_that_is_taken_back_never_was() -> None:
    machine = Machine()
    for off_ms in (MONTH_MS, -MONTH_MS):
        machine.off_ms = off_ms
        machine.wait(BELIEVE_SECONDS - 1)
        assert machine.off() == 0

    machine.off_ms = 0
    machine.wait(BELIEVE_SECONDS * 2)

    assert machine.off() == 0


def test_a_jump_that_stays_is_believed() -> None:
    machine = Machine()
    machine.off_ms = MONTH_MS
    machine.clock()

    machine.wait(BELIEVE_SECONDS)

    assert machine.off() == MONTH_MS


def test_what_a_database_tells_is_the_time_at_once() -> None:
    machine = Machine()

    machine.clock.heard(START_MS + MONTH_MS)
    machine.off_ms = -MONTH_MS  # of no interest any more
    machine.wait(BELIEVE_SECONDS * 2)

    assert machine.off() == MONTH_MS


def test_a_database_that_is_slow_to_tell_moves_nothing() -> None:
    machine = Machine()
    machine.clock.heard(START_MS)

    machine.clock.heard(START_MS - NOISE_MS)
    assert machine.off() == 0
    machine.clock.heard(START_MS - NOISE_MS - 1)

    assert machine.off() == -NOISE_MS - 1


def test_a_database_whose_clock_jumps_is_not_believed_either() -> None:
    machine = Machine()
    machine.clock.heard(START_MS)

    machine.clock.heard(START_MS + MONTH_MS)
    assert machine.off() == 0
    machine.passed_ms += BELIEVE_SECONDS * 1000
    machine.clock.heard(START_MS + MONTH_MS + BELIEVE_SECONDS * 1000)

    assert machine.off() == MONTH_MS


def test_the_time_of_this_machine_is_the_time() -> None:
    before, began = wall_clock(), stopwatch()

    assert before <= Clock()() <= wall_clock()
    assert stopwatch() >= began


def test_a_store_that_tells_the_time_sets_the_clock(make_settings: MakeSettings) -> None:
    async def play() -> None:
        app = App(make_settings())

        async def ahead() -> int:
            return wall_clock() + MONTH_MS

        app.store.time = ahead  # type: ignore[method-assign]
        await app.start()
        try:
            assert app.clock() > wall_clock() + MONTH_MS - JUMP_MS
        finally:
            await app.stop()

    asyncio.run(play())
