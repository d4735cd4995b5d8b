"""``python -m tests.conformance``: have Autobahn's fuzzing client judge our WebSocket.

Cases 1 to 7 and 10: framing, pings, reserved bits, opcodes, fragments, UTF-8, closing, and
fragments of a large message. Left out are 9 (messages up to 16 MiB; ours end at 128 KiB), 12
and 13 (compression, which is not offered).

The client is Python 2 code: a Python 2.7 must be there, on the PATH, in pyenv, or named by
``PYTHON27``. It gets a virtual environment of its own below ``build/``.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import uvloop

from tests.conformance.echo import serve_echo

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "build" / "conformance"
SUITE = "autobahntestsuite==25.10.1"
# The last that makes environments for Python 2.7 (20.22 dropped it), and runs on ours.
VIRTUALENV = "virtualenv==20.15.1"
CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]
RUN_SECONDS = 300
AGENT = "Parley"
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "uvloop": uvloop.new_event_loop,
    "asyncio": asyncio.new_event_loop,
}
# Whatever else there is (FAILED above all) fails the run.
GOOD = {"OK", "NON-STRICT", "INFORMATIONAL"}


def main() -> int:
    """Run the cases on each event loop that a server may have; 0 if none failed."""
    python = next(_pythons(), None)
    if python is None:
        print(
            "Autobahn's fuzzing client needs a Python 2.7 and found none on the PATH or in "
            "~/.pyenv; name one with PYTHON27=/path/to/python2.7. Nothing was tried.",
            file=sys.stderr,
        )
        return 2
    wstest = _install(python)
    return max([_try(wstest, name, loop) for name, loop in LOOPS.items()])


def _pythons() -> Iterator[str]:
    pyenv = sorted(Path.home().glob(".pyenv/versions/2.7*/bin/python2.7"))
    for name in (os.environ.get("PYTHON27"), *map(str, pyenv), "python2.7"):
        found = shutil.which(name) if name else None
        # pyenv's own python2.7 is a script that may answer that there is none.
        if found and subprocess.run([found, "--version"], capture_output=True).returncode == 0:
            yield found


def _install(python: str) -> Path:
    wstest = HOME / "python2" / "bin" / "wstest"
    if not wstest.exists():
        print(f"Installing {SUITE} for {python} into {HOME} ...", file=sys.stderr)
        maker = HOME / "virtualenv"
        for command in (
            [sys.executable, "-m", "venv", str(maker)],
            [str(maker / "bin" / "pip"), "install", "--quiet", VIRTUALENV],
            [str(maker / "bin" / "virtualenv"), "--quiet", "-p", python, str(HOME / "python2")],
            [str(HOME / "python2" / "bin" / "pip"), "install", "--quiet", SUITE],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return wstest


def _try(wstest: Path, name: str, loop: Callable[[], asyncio.AbstractEventLoop]) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="parley-conformance-") as folder,
        asyncio.Runner(loop_factory=loop) as runner,
    ):
        verdicts = runner.run(_judge(wstest, Path(folder)))
    cases = defaultdict(list)
    for case, verdict in verdicts.items():
        cases[verdict].append(case)
    counts = ", ".join(f"{len(some)} {verdict}" for verdict, some in sorted(cases.items()))
    print(f"{name}: {len(verdicts)} cases: {counts or 'none ran'}")
    for verdict, some in sorted(cases.items()):
        if verdict != "OK":
            print(f"  {verdict}: {' '.join(sorted(some, key=_by_number))}")
    return 0 if verdicts and cases.keys() <= GOOD else 1


async def _judge(wstest: Path, folder: Path) -> dict[str, str]:
    """Return the verdict on each case; the closing handshake is judged with it."""
    with serve_echo() as url:
        reports = folder / "reports"
        spec = {"outdir": str(reports), "servers": [{"agent": AGENT, "url": url}], "cases": CASES}
        (folder / "spec.json").write_text(json.dumps(spec))
        client = await asyncio.create_subprocess_exec(
            str(wstest),
            *("-m", "fuzzingclient", "-s", str(folder / "spec.json")),
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(RUN_SECONDS):
                output = (await client.communicate())[0]
        except TimeoutError:
            client.kill()
            await client.wait()
            raise SystemExit(f"the fuzzing client did not end within {RUN_SECONDS} s") from None
    if client.returncode:
        raise SystemExit(f"the fuzzing client ended with {client.returncode}:\n{output.decode()}")
    found = json.loads((reports / "index.json").read_text())[AGENT]
    return {case: _worse(each["behavior"], each["behaviorClose"]) for case, each in found.items()}


def _worse(behaviour: str, closing: str) -> str:
    return behaviour if closing in GOOD else closing


def _by_number(case: str) -> list[int]:
    return [int(part) for part in case.split(".")]


if __name__ == "__main__":
    sys.exit(main())
