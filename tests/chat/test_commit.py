"""What comes in during a commit goes into the next one, in its order."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from chat import commit
from chat.commit import MAX_BATCH, SECONDS_EACH, GroupCommit
from chat.errors import Invalid, ParleyError, Unavailable
from chat.metrics import Metrics


class Disk:
    """Commits when it is told to, and remembers the batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = asyncio.Event()
        self.failure: Exception | None = None

    async def commit(self, batch: Sequence[int]) -> list[int | ParleyError]:
        self.batches.append(list(batch))
        await self.go.wait()
        if self.failure is not None:
            raise self.failure
        return [Invalid() if item < 0 else item * 10 for item in batch]


def test_items_gather_while_a_commit_is_under_way() -> None:
    async def check() -> None:
        disk = Disk()
        commits: GroupCommit[int, int] = GroupCommit(disk.commit, name="items", metrics=Metrics())
        results: list[object] = []
        commits.submit(1, results.append)
        await asyncio.sleep(0)
        for item in (2, 3, 4):
            commits.submit(item, results.append)

        disk.go.set()
        await commits.drain()

        assert disk.batches == [[1], [2, 3, 4]]
        assert results == [10, 20, 30, 40]

    asyncio.run(check())


async def gather(seconds: float) -> Disk:
    """Return what was committed when, after the second commit, one request more is read in each
    turn of the loop, each turn taking so long."""
    disk = Disk()
    commits: GroupCommit[int, int] = GroupCommit(disk.commit, name="items", metrics=Metrics())
    results: list[object] = []

    def read(items: list[int]) -> None:
        commits.submit(items[0], results.append)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            pass
        if items[1:]:
            asyncio.get_running_loop().call_soon(read, items[1:])

    def go_on(result: object) -> None:
        results.append(result)
        read([3, 4, 5, 6])

    commits.submit(1, results.append)
    await asyncio.sleep(0)
    commits.submit(2, go_on)
    commits.submit(7, results.append)
    disk.go.set()
    await commits.drain()
    assert results == [10, 20, 70, 30, 40, 50, 60]
    return disk


def test_what_has_come_but_is_not_read_yet_goes_into_the_next_commit_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(commit, "SECONDS_EACH", 60.0)  # however slow this machine is

    disk = asyncio.run(gather(0.0))

    assert disk.batches == [[1], [2, 7], [3, 4, 5, 6]]


def test_turns_that_others_fill_are_not_waited_for() -> None:
    disk = asyncio.run(gather(2 * SECONDS_EACH))

    assert disk.batches == [[1], [2, 7], [3, 4, 5], [6]]


def test_one_refused_item_leaves_the_others_alone() -> None:
    async def check() -> None:
        disk = Disk()
        disk.go.set()
        commits: GroupCommit[int, int] = GroupCommit(disk.commit, name="items", metrics=Metrics())
        results: list[object] = []
        for item in (1, -1, 2):
            commits.submit(item, results.append)

        await commits.drain()

        assert [type(result) for result in results] == [int, Invalid, int]

    asyncio.run(check())


def test_a_failed_commit_answers_all_of_its_items_and_the_next_one_works() -> None:
    async def check() -> None:
        disk = Disk()
        disk.go.set()
        commits: GroupCommit[int, int] = GroupCommit(disk.commit, name="items", metrics=Metrics())
        results: list[object] = []
        for failure in (Unavailable("away"), OSError("a bug")):
            disk.failure = failure
            commits.submit(1, results.append)
            commits.submit(2, results.append)
            await commits.drain()
        disk.failure = None
        commits.submit(3, results.append)
        await commits.drain()

        assert [type(result) for result in results] == [Unavailable] * 4 + [int]

    asyncio.run(check())


def test_a_full_queue_refuses_before_anything_is_stored() -> None:
    async def check() -> None:
        disk = Disk()
        commits: GroupCommit[int, int] = GroupCommit(
            disk.commit, name="items", metrics=Metrics(), max_waiting=3
        )
        results: list[object] = []
        for item in range(5):
            commits.submit(item, results.append)
        assert [type(result) for result in results] == [Unavailable, Unavailable]

        disk.go.set()
        await commits.drain()

        assert disk.batches == [[0, 1, 2]]

    asyncio.run(check())


def test_a_batch_is_bounded() -> None:
    async def check() -> None:
        disk = Disk()
        disk.go.set()
        commits: GroupCommit[int, int] = GroupCommit(disk.commit, name="items", metrics=Metrics())
        for item in range(MAX_BATCH + 1):
            commits.submit(item, lambda _: None)

        await commits.drain()

        assert [len(batch) for batch in disk.batches] == [MAX_BATCH, 1]

    asyncio.run(check())
