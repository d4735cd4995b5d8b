"""``python -m tests.faults [FAULT ...]``: break things, all of them if none is named."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.faults.campaign import Run
from tests.faults.checker import Verdict, check
from tests.faults.cluster import KINDS, Cluster
from tests.faults.nemesis import FAULTS, Fault
from tests.faults.report import Row, table

logger = logging.getLogger("parley.faults")


def main(arguments: Sequence[str] | None = None) -> int:
    """Break things and print the table; 0 if every promise held."""
    options = _parse(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")  # to standard error
    rows = asyncio.run(_break_all(options))
    print(table(rows))
    return 0 if rows and not any(row.problems for row in rows) else 1


async def _break_all(options: argparse.Namespace) -> list[Row]:
    """Run each seed with its fault, a kind of cluster after the other."""
    faults = [FAULTS[name] for name in options.faults or FAULTS]
    count = options.seeds or len(faults)
    plan: dict[str, list[tuple[int, Fault]]] = {kind: [] for kind in KINDS}
    for number in range(count):
        chosen = faults[number % len(faults)]
        kinds = [kind for kind in chosen.kinds if kind in options.kinds]
        if kinds:
            seed = options.first_seed + number
            plan[kinds[number // len(faults) % len(kinds)]].append((seed, chosen))
    rows: list[Row] = []
    end = time.monotonic() + options.minutes * 60
    cluster: Cluster | None = None
    try:
        for kind, runs in plan.items():
            for seed, chosen in runs:
                if time.monotonic() > end:
                    logger.warning("no time was left for seed %d; see --minutes", seed)
                    continue
                if cluster is None:
                    cluster = Cluster(kind)
                    await cluster.start()
                row = await _break(cluster, chosen, seed, options)
                rows.append(row)
                if row.problems:  # whatever is wrong with this one, the next shall not have it
                    await cluster.kill()
                    cluster = None
            if cluster is not None:
                rows += [_of_the_end(kind, text) for text in await cluster.end()]
                cluster = None
    finally:
        if cluster is not None:
            await cluster.kill()
    return rows


async def _break(cluster: Cluster, fault: Fault, seed: int, options: argparse.Namespace) -> Row:
    """Make one run, and tell of it."""
    run = Run(cluster, fault, seed, options.seconds)
    began = time.monotonic()
    await run.run()
    verdict = check(run.history.events)
    row = Row(
        seed=seed,
        fault=fault.name,
        kind=cluster.kind,
        seconds=time.monotonic() - began,
        **asdict(verdict),
    )
    logger.info("%s", row)
    if verdict.problems:
        kept = options.directory / f"{fault.name}-{cluster.kind}-{seed}.jsonl"
        run.history.write(kept)
        for problem in verdict.problems:
            logger.error("  %s", problem[:600])
        logger.error("  again: %s; the history: %s", _again(cluster, fault, seed, options), kept)
    else:
        await cluster.ready()
    if options.output:
        with options.output.open("a") as output:
            output.write(json.dumps(asdict(row)) + "\n")
    return row


def _of_the_end(kind: str, text: str) -> Row:
    logger.error("at the end of %s: %s", kind, text)
    return Row(0, "the end", kind, 0.0, **asdict(Verdict(problems=[text])))


def _again(cluster: Cluster, fault: Fault, seed: int, options: argparse.Namespace) -> str:
    return (
        f"python -m tests.faults {fault.name} --kinds {cluster.kind} --first-seed {seed} "
        f"--seeds 1 --seconds {options.seconds:g}"
    )


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    listed = "\n".join(f"  {fault.name:22} {fault.what}" for fault in FAULTS.values())
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults",
        description=(__doc__ or "").partition(": ")[2],
        epilog=f"faults:\n{listed}\n\nkinds of clusters:\n"
        + "\n".join(f"  {kind:22} {what}" for kind, what in KINDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("faults", nargs="*", metavar="FAULT", help="see below")
    parser.add_argument("--seeds", type=int, help="how many runs (one for each fault)")
    parser.add_argument("--seconds", type=float, default=8.0, help="of talk in each run (8)")
    parser.add_argument("--first-seed", type=int, default=1, help="of what is left to chance (1)")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), metavar="KIND", help="all")
    parser.add_argument("--minutes", type=float, default=14.0, help="for all runs (14)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="append a line of JSON a run")
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path(tempfile.gettempdir()),
        help="for the histories of runs that failed (the temporary one)",
    )
    options = parser.parse_args(arguments)
    for name in options.faults:
        if name not in FAULTS:
            parser.error(f"there is no fault {name}; there are {', '.join(FAULTS)}")
    for kind in options.kinds:
        if kind not in KINDS:
            parser.error(f"there is no kind {kind}; there are {', '.join(KINDS)}")
    return options


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
