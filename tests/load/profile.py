"""``python -m tests.load.profile``: where the server's time goes while messages flow.

py-spy samples the server's stacks from outside, without stopping it, while it is as busy
as in `messages-sqlite`: a profiler inside the process would slow down every call and
distort the shares. A function written in C counts for the Python function that called it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import uvloop

from tests.acceptance.process import ROOT
from tests.load import machine
from tests.load.pairs import audit, pairs, settle
from tests.load.plan import Plan
from tests.load.scenarios.messages import PAIRS, WARM_UP_SECONDS, WINDOW, on_mongodb, on_sqlite

SAMPLES_A_SECOND = 250
SHOWN = 30

# As in "thread (4711): MainThread", of which the name is kept.
_THREAD = re.compile(r"thread \(\d+\): ")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the functions that take the most time."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.profile", description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="of sampling (8)")
    parser.add_argument("--store", choices=("sqlite", "mongodb"), default="sqlite")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="keep the folded stacks, for a flame graph"
    )
    options = parser.parse_args(arguments)
    os.sched_setaffinity(0, {machine.CLIENT_CORE})
    with tempfile.TemporaryDirectory(prefix="parley-load-") as directory:
        stacks = Path(directory) / "stacks"
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_sample(Plan(Path(directory)), options.store, options.seconds, stacks))
        folded = stacks.read_text("utf-8")
    if options.output:
        options.output.write_text(folded, "utf-8")
    print("\n".join(top(folded)))
    return 0


def top(folded: str) -> list[str]:
    """Return tables of what folded stacks (``outer;inner count``) say."""
    threads: Counter[str] = Counter()
    own: Counter[str] = Counter()
    within: Counter[str] = Counter()
    for line in folded.splitlines():
        stack, _, count = line.rpartition(" ")
        thread, *frames = stack.split(";")
        threads[_THREAD.sub("", thread)] += int(count)
        if frames:
            own[frames[-1]] += int(count)
        within.update(dict.fromkeys(frames, int(count)))
    return [
        *_table("thread", threads, threads.total()),
        *_table("function itself", own, threads.total()),
        *_table("function and all it calls", within, threads.total()),
    ]


async def _sample(plan: Plan, store: str, seconds: int, stacks: Path) -> None:
    start = {"sqlite": on_sqlite, "mongodb": on_mongodb}[store]
    with start(plan) as servers:
        async with pairs(PAIRS, plan.seed, servers) as talking:
            for pair in talking:
                pair.flow(WINDOW)
            await asyncio.sleep(WARM_UP_SECONDS)
            before = sum(pair.acknowledged for pair in talking)
            sampler = await asyncio.create_subprocess_exec(
                *_command(servers[0].pid, seconds, stacks),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            _, said = await sampler.communicate()
            rate = (sum(pair.acknowledged for pair in talking) - before) / seconds
            for pair in talking:
                pair.stop()
            if sampler.returncode:
                raise SystemExit(f"py-spy: {said.decode().strip()}")
            await settle(talking)
            await audit(talking)
    print(f"About {rate:,.0f} messages a second while sampled; shares of the time not idle.\n")


def _command(pid: int, seconds: int, stacks: Path) -> list[str]:
    program = Path(sys.executable).with_name("py-spy")
    if not program.exists():
        raise SystemExit("py-spy is missing: pip install py-spy")
    options = [
        "--format",
        "raw",
        "--threads",
        "--function",
        "--nonblocking",
        "--rate",
        str(SAMPLES_A_SECOND),
    ]
    return [
        *(str(program), "record", "--pid", str(pid), *options),
        *("--duration", str(seconds), "--output", str(stacks)),
    ]


def _table(what: str, counts: Counter[str], total: int) -> list[str]:
    lines = [f"{'share':>7}  {what}"]
    for name, count in counts.most_common(SHOWN):
        lines.append(f"{count / total:7.1%}  {name.replace(f'{ROOT}/', '')}")
    return [*lines, ""]


if __name__ == "__main__":
    raise SystemExit(main())
