"""Processes that write to one file take turns."""

import subprocess
import sys
import threading
from pathlib import Path

from chat.stores import sqlite_turns
from chat.stores.sqlite_turns import Turns

ROOT = Path(__file__).parents[3]

# Waits for a line, then takes `TURNS` turns, each leaving its name in the record.
CHILD = """
import sys, time
from chat.stores import sqlite_turns
from chat.stores.sqlite_turns import Turns

sqlite_turns.PATIENCE_SECONDS = 60
name, lock, record = sys.argv[1:]
turns = Turns(lock)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(200):
    with turns:
        with open(record, "r+") as file:
            before = file.read()
            time.sleep(0.001)
            file.seek(0)
            file.write(before + name)
turns.close()
"""


def test_turns_exclude_each_other_and_go_round(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.touch()
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, name, tmp_path / "lock", record],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "ab"
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    for child in children:
        child.communicate(timeout=120)
        assert child.returncode == 0

    turns = record.read_text()

    assert turns.count("a") == turns.count("b") == 200
    middle = turns[100:300]
    assert 50 <= middle.count("a") <= 150


def test_who_holds_its_turn_for_ever_is_not_waited_for(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sqlite_turns, "PATIENCE_SECONDS", 0.05)
    frozen = subprocess.Popen(
        [sys.executable, "-c", CHILD.replace("range(200)", "range(1)").replace("0.001", "99"),
         "a", tmp_path / "lock", tmp_path / "record"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    (tmp_path / "record").touch()
    assert frozen.stdout is not None
    assert frozen.stdin is not None
    assert frozen.stdout.readline() == "ready\n"
    frozen.stdin.write("\n")
    frozen.stdin.flush()
    turns = Turns(str(tmp_path / "lock"))
    while True:
        with turns:
            if not turns._held:  # It is the frozen one's turn.
                break
        threading.Event().wait(0.01)
    frozen.kill()
    frozen.communicate()

    with turns:
        assert turns._held
    turns.close()


def test_a_lock_file_that_cannot_be_made_stops_nobody(tmp_path: Path) -> None:
    turns = Turns(str(tmp_path / "missing" / "lock"))

    with turns:
        assert not turns._held
    turns.close()
