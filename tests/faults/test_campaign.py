"""A short selection of the campaign, and proof that it finds what is there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults.campaign import Run
from tests.faults.checker import check
from tests.faults.cluster import ALONE, SQLITE, Cluster
from tests.faults.mutants import MUTANTS, Mutant, hunt
from tests.faults.nemesis import FAULTS
from tests.faults.nemesis.versions import LATER
from tests.faults.patches import copy

SECONDS = 3.0
# Always the same here; `make faults` tries others.
SEED = 1
# Bounds what a hunt may take; nearly every run catches this one.
HUNTS = 5


@pytest.mark.parametrize(
    ("kind", "faults"),
    [(ALONE, ["kill-server"]), (SQLITE, ["freeze-server", "kill-redis"])],
    ids=[ALONE, SQLITE],
)
def test_what_breaks_breaks_no_promise(kind: str, faults: list[str], tmp_path: Path) -> None:
    async def campaign() -> None:
        cluster = Cluster(kind)
        try:
            await cluster.start()
            for fault in faults:
                run = Run(cluster, FAULTS[fault], SEED, SECONDS)
                await run.run()
                run.history.write(tmp_path / f"{fault}.jsonl")
                verdict = check(run.history.events)
                assert verdict.problems == [], f"{fault}, see {tmp_path}"
                assert verdict.acknowledged
                await cluster.ready()
            assert await cluster.end() == []
        finally:
            await cluster.kill()

    asyncio.run(campaign())


def test_a_server_that_stores_repeats_twice_is_caught() -> None:
    (mutant,) = (each for each in MUTANTS if each.name == "skip the duplicate check")

    assert asyncio.run(hunt(mutant, runs=HUNTS, seconds=SECONDS, is_patient=False))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_can_still_be_made(mutant: Mutant, tmp_path: Path) -> None:
    copy(mutant.replaced, tmp_path)


def test_a_later_version_can_still_be_made(tmp_path: Path) -> None:
    copy(LATER, tmp_path)
