"""``python -m tests.faults.mutants [NAME ...]``: servers with a bug put in, each to be caught.

A campaign that finds nothing proves something only if it finds what is there. Each mutant is
a text replaced in a copy of the program, which is run as real processes and broken as any
other, until a run shows a broken promise.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.campaign import Run
from tests.faults.checker import check
from tests.faults.cluster import ALONE, MONGODB, SQLITE, Cluster
from tests.faults.nemesis import FAULTS
from tests.faults.patches import copy

RUNS = 5
SECONDS = 6.0

logger = logging.getLogger("parley.faults")


@dataclass(frozen=True)
class Mutant:
    """A bug: in which file what is replaced by what, and which fault shows it."""

    name: str
    replaced: tuple[tuple[str, str, str], ...]
    fault: str
    kind: str
    shown_by: str  # what a problem must say: a regular expression


MUTANTS = (
    Mutant(
        "acknowledge before the commit",
        (
            (
                "chat/stores/sqlite_threads.py",
                '                db.execute("COMMIT")\n                return\n',
                (
                    "                self._answer(jobs)\n                time.sleep(0.005)\n"
                    '                db.execute("COMMIT")\n                return\n'
                ),
            ),
        ),
        "kill-often",
        ALONE,
        "which was acknowledged as",
    ),
    Mutant(
        "acknowledge before the majority",
        (
            (
                "chat/stores/mongo_adding.py",
                "            await self._db.messages.insert_many(",
                (
                    "            weak = type(self._db.messages.write_concern)(w=1)\n"
                    "            messages = self._db.messages.with_options(write_concern=weak)\n"
                    "            await messages.insert_many("
                ),
            ),
        ),
        "rollback-trap",
        MONGODB,
        # The first is gone, or its number was given to another one.
        r"which was acknowledged as|\d+ reached \S+ after",
    ),
    Mutant(
        "drop a publish",
        (
            (
                "brokers/redis.py",
                "        for topic in topics:\n            number = self._numbers.pop",
                (
                    "        for topic in topics if self._publishes % 5 else ():\n"
                    "            number = self._numbers.pop"
                ),
            ),
        ),
        "kill-redis",
        SQLITE,
        "differ in",
    ),
    Mutant(
        "skip the duplicate check",
        (
            (
                "chat/stores/sqlite_messages.py",
                "        if stored is not None:\n            repeats",
                "        if False:\n            repeats",
            ),
            (
                "chat/stores/sqlite_schema.py",
                "PRIMARY KEY (conversation, sender, client_id)",
                "PRIMARY KEY (conversation, sender, client_id, message)",
            ),
        ),
        "lose-answers",
        ALONE,
        "times",
    ),
    Mutant(
        "trust a head that only the process holds",
        (
            (
                "chat/stores/sqlite_messages.py",
                "Connection = sqlite3.Connection\n",
                "Connection = sqlite3.Connection\n_TRUSTED: dict[int, int] = {}\n",
            ),
            (
                "chat/stores/sqlite_messages.py",
                "        seq = growing.head + 1\n",
                (
                    # By one: with all that failed on a full disk, whole pages were missing, and
                    # the mutant was found by what it did not answer any more.
                    "        seq = growing.head + 1\n"
                    "        if _TRUSTED.get(conversation) == seq:\n"
                    "            gap = f'[0,-{seq},\"\"]'\n"
                    "            growing.added.append(gap)\n"
                    "            seq += 1\n"
                    "        _TRUSTED[conversation] = seq\n"
                ),
            ),
        ),
        "full-disk",
        ALONE,
        "shows holes",
    ),
    Mutant(
        "lose a receipt",
        (
            (
                "chat/stores/sqlite_messages.py",
                "        moved[conversation, user] = (marks.received, marks.read, passed)\n",
                (
                    "        if wished % 4:\n"
                    "            moved[conversation, user] = (marks.received, marks.read, passed)\n"
                ),
            ),
        ),
        "freeze-server",
        SQLITE,
        "but",
    ),
    Mutant(
        "tell nobody of a receipt",
        (
            (
                "chat/hub.py",
                "        self._broker.publish(room.topics, marked)\n",
                (
                    "        if received % 4:\n"
                    "            self._broker.publish(room.topics, marked)\n"
                ),
            ),
        ),
        "freeze-server",
        SQLITE,
        "shows marks",
    ),
    Mutant(
        "leave the socket of an ended session open",
        (
            (
                "chat/hub.py",
                "                if connection.session in envelope.sessions:\n",
                "                if connection.session in envelope.sessions and False:\n",
            ),
            (
                "chat/sessions.py",
                "                if connection.session in gone:\n",
                "                if connection.session in gone and False:\n",
            ),
        ),
        "kill-redis",
        SQLITE,
        "outlived its session",
    ),
    Mutant(
        "let repeats through",
        (
            (
                "chat/delivery.py",
                "        if number <= stream.last and not self._arrived_late(",
                (
                    "        if number <= stream.last:\n"
                    "            self._send(envelope.to, envelope.frame)\n"
                    "        if number <= stream.last and not self._arrived_late("
                ),
            ),
        ),
        "lose-answers",
        SQLITE,
        "twice",
    ),
)


async def hunt(
    mutant: Mutant, *, runs: int = RUNS, seconds: float = SECONDS, is_patient: bool = True
) -> str:
    """Break the mutant until it shows itself; return what gave it away, or nothing."""
    with tempfile.TemporaryDirectory(prefix="parley-mutant-") as folder:
        copy(mutant.replaced, Path(folder))
        cluster = Cluster(mutant.kind, Path(folder))
        try:
            await cluster.start()
            for seed in range(1, runs + 1):
                run = Run(cluster, FAULTS[mutant.fault], seed, seconds, is_patient=is_patient)
                await run.run()
                for problem in check(run.history.events).problems:
                    if re.search(mutant.shown_by, problem):
                        return problem
        finally:
            await cluster.kill()
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Hunt all mutants, or those whose names hold a given word; 0 if each was caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.mutants")
    parser.add_argument("words", nargs="*", metavar="WORD", help="of the names of mutants")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    chosen = [each for each in MUTANTS if all(word in each.name for word in options.words)]
    survivors = 0
    print("| Mutant | Fault | Caught by |\n|---|---|---|")
    for mutant in chosen:
        problem = asyncio.run(hunt(mutant))
        survivors += not problem
        caught = problem[:160] or "**nothing: it survived**"
        print(f"| {mutant.name} | {mutant.fault} ({mutant.kind}) | {caught} |", flush=True)
    print(f"\n{len(chosen) - survivors} of {len(chosen)} mutants were caught.")
    return 1 if survivors or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
