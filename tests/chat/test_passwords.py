"""Every character of a password counts, and a failure costs the same for everybody."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator

import bcrypt
import pytest

from chat import passwords
from chat.errors import Invalid, Unavailable
from chat.passwords import (
    MAX_WAITING,
    NICENESS,
    RETRY_AFTER_SECONDS,
    Hasher,
    check_password,
    cost_of,
)


@pytest.fixture
def hasher() -> Iterator[Hasher]:
    hasher = Hasher(4)
    yield hasher
    hasher.close()


@pytest.mark.parametrize(
    "password",
    [
        "eight ch",
        "x" * 73,
        "x" * 256,
        "😀" * 64,
        "  blanks around  ",
        "nul\x00inside",
        "Ünïcödé pass",
    ],
)
def test_a_password_fits_exactly_itself(hasher: Hasher, password: str) -> None:
    async def check() -> None:
        stored = await hasher.hash(password)
        assert await hasher.verify(password, stored)
        assert not await hasher.verify(password[:-1], stored)
        assert not await hasher.verify(password[:-1] + "!", stored)
        assert not await hasher.verify(password + "!", stored)
        assert not await hasher.verify(password, None)

    asyncio.run(check())


@pytest.mark.parametrize(
    ("password", "username"),
    [
        ("seven c", "ann"),
        ("x" * 257, "ann"),
        ("annabella", "annabella"),
        ("AnnaBella", "annabella"),
        ("password", "ann"),
        ("PASSWORD1", "ann"),
        ("12345678", "ann"),
        ("qwertyuiop", "ann"),
        ("parley123", "ann"),
        ("Parley-2031!", "ann"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password: str, username: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_password(password, username)

    assert caught.value.field == "password"


def test_there_are_no_composition_rules() -> None:
    check_password("aaaabbbbccccdddd", "ann")
    check_password("correct horse battery staple", "ann")


def test_the_cost_can_be_read_from_a_hash(hasher: Hasher) -> None:
    assert cost_of(asyncio.run(hasher.hash("some password"))) == 4


@pytest.mark.parametrize("stored_cost", [4, 5, 6, 7])
def test_a_failure_does_the_same_work_whatever_the_cost_of_the_hash(
    monkeypatch: pytest.MonkeyPatch, stored_cost: int
) -> None:
    work = 0

    def checkpw(_: bytes, password_hash: bytes) -> bool:
        nonlocal work
        work += 2 ** cost_of(password_hash.decode())
        return False

    hasher = Hasher(6)
    hasher.expect_cost(7)
    monkeypatch.setattr(bcrypt, "checkpw", checkpw)
    stored = bcrypt.hashpw(b"x", bcrypt.gensalt(stored_cost)).decode()

    async def check() -> None:
        await hasher.verify("wrong", stored)

    asyncio.run(check())
    hasher.close()
    assert work == 2**7


class Held:
    """Holds up all threads of a hasher until the end of the context."""

    def __init__(self, hasher: Hasher) -> None:
        self._hasher = hasher
        self._may_end = threading.Event()

    async def __aenter__(self) -> None:
        run, threads = self._hasher._run, self._hasher._idle
        self._tasks = [
            asyncio.create_task(run(self._may_end.wait, is_known=True)) for _ in range(threads)
        ]
        await asyncio.sleep(0)

    async def __aexit__(self, *_: object) -> None:
        self._may_end.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def refused(hasher: Hasher, *, is_known: bool = False) -> bool:
    try:
        await hasher.verify("some password", None, is_known=is_known)
    except Unavailable as error:
        assert error.retry_after
        return True
    return False


@pytest.mark.parametrize("is_known", [True, False])
def test_too_many_waiting_are_told_to_come_back(hasher: Hasher, is_known: bool) -> None:
    async def check() -> None:
        async with asyncio.TaskGroup() as group, Held(hasher):
            tasks = [
                group.create_task(refused(hasher, is_known=is_known))
                for _ in range(MAX_WAITING + 5)
            ]
            await asyncio.sleep(0)
        assert sum(task.result() for task in tasks) == 5
        assert not await refused(hasher)

    asyncio.run(check())


def test_who_is_known_goes_before_any_number_of_strangers(hasher: Hasher) -> None:
    async def check() -> None:
        order: list[bool] = []

        async def come(*, is_known: bool) -> None:
            if not await refused(hasher, is_known=is_known):
                order.append(is_known)

        async with asyncio.TaskGroup() as group, Held(hasher):
            for _ in range(MAX_WAITING + 5):
                group.create_task(come(is_known=False))
            for _ in range(3):
                group.create_task(come(is_known=True))
            await asyncio.sleep(0)

        assert order.count(False) == MAX_WAITING
        if hasher._idle == 1:  # with more threads they end in any order
            assert order[:3] == [True] * 3

    asyncio.run(check())


def test_who_has_waited_for_too_long_is_told_to_come_back(
    hasher: Hasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "MAX_WAIT_SECONDS", 0.01)

    async def check() -> None:
        async with Held(hasher):
            with pytest.raises(Unavailable) as refusal:
                await hasher.hash("some password")
        assert refusal.value.retry_after == RETRY_AFTER_SECONDS
        assert not hasher._strangers

    asyncio.run(check())


def test_who_hangs_up_leaves_the_place_to_others(hasher: Hasher) -> None:
    async def check() -> None:
        idle = hasher._idle
        async with Held(hasher):
            waiting = [asyncio.create_task(refused(hasher)) for _ in range(MAX_WAITING)]
            await asyncio.sleep(0)
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            assert not hasher._strangers
        await asyncio.sleep(0)
        while hasher._idle < idle:  # noqa: ASYNC110 (nobody tells)
            await asyncio.sleep(0.001)
        assert not await refused(hasher)

    asyncio.run(check())


def test_the_end_refuses_who_waits_and_who_comes_and_finishes_what_has_begun(
    hasher: Hasher,
) -> None:
    async def check() -> None:
        threads = hasher._idle
        begun, may_end = threading.Barrier(threads + 1), threading.Event()

        def work() -> str:
            begun.wait()
            may_end.wait()
            return "done"

        async with asyncio.TaskGroup() as group:
            running = [group.create_task(hasher._run(work, is_known=False)) for _ in range(threads)]
            waiting = [group.create_task(refused(hasher)) for _ in range(3)]
            await asyncio.to_thread(begun.wait)
            hasher.close()
            hasher.close()
            assert await refused(hasher)
            may_end.set()

        assert [task.result() for task in running] == ["done"] * threads
        assert all(task.result() for task in waiting)

    asyncio.run(check())


def test_a_caller_that_is_cancelled_is_not_told_of_an_end(hasher: Hasher) -> None:
    async def check() -> None:
        async with Held(hasher):
            caller = asyncio.create_task(hasher.hash("some password"))
            await asyncio.sleep(0)

            caller.cancel()
            hasher.close()

            with pytest.raises(asyncio.CancelledError):
                await caller

    asyncio.run(check())


@pytest.mark.skipif(sys.platform != "linux", reason="only there a thread has a priority")
def test_hashing_steps_back_for_everything_else(hasher: Hasher) -> None:
    async def check() -> tuple[int, int]:
        loop = asyncio.get_running_loop()
        nicely = await loop.run_in_executor(hasher._pool, own_niceness)
        return own_niceness(), nicely

    def own_niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    ours, nicely = asyncio.run(check())

    assert nicely == max(ours, NICENESS)
