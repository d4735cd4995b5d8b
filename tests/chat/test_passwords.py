"""Every character of a password counts, and a failure costs the same for everybody."""

import asyncio
from collections.abc import Iterator

import bcrypt
import pytest

from chat.errors import Invalid, Unavailable
from chat.passwords import MAX_WAITING, Hasher, check_password, cost_of


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


def test_too_many_waiting_are_told_to_come_back(hasher: Hasher) -> None:
    async def check() -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(refused(hasher)) for _ in range(hasher._max_pending + 5)]
        assert sum(task.result() for task in tasks) == 5
        assert await hasher.verify("later", None) is False

    async def refused(hasher: Hasher) -> bool:
        try:
            await hasher.hash("some password")
        except Unavailable as error:
            assert error.retry_after
            return True
        return False

    assert hasher._max_pending >= MAX_WAITING
    asyncio.run(check())
