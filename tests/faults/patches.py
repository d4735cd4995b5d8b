"""Copies of the program in which texts are replaced: with a bug in it, or of a later version."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from tests.acceptance.process import ROOT

PARTS = ("brokers", "chat", "deploy", "handlers", "static", "templates")

Replaced = Iterable[tuple[str, str, str]]
"""In which file what is replaced by what."""


def copy(replaced: Replaced, folder: Path) -> None:
    """Make a copy of the program in an existing folder.

    Raises:
        ValueError: a text to be replaced is not there, or there twice.
    """
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name, old, new in replaced:
        text = (folder / name).read_text("utf-8")
        if text.count(old) != 1:
            raise ValueError(f"{name} holds {text.count(old)} of {old!r}")
        (folder / name).write_text(text.replace(old, new), "utf-8")
