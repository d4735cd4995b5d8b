"""Where the files that are not Python lie: templates, assets and lists.

In the checkout (and in an editable install) ``templates/`` and ``static/`` stand at the
top level; setup.py maps them to ``chat/templates`` and ``chat/static`` in the wheel, and
deploy/parley.spec does the same in the one-file binary, which unpacks itself to a folder
of its own at each start. Nothing else in the project may guess at these places.
"""

from __future__ import annotations

from pathlib import Path

# In the binary this is below sys._MEIPASS, so one rule serves all three.
_PACKAGE = Path(__file__).resolve().parent


def templates() -> Path:
    """Return the folder of the page templates."""
    return _folder("templates")


def static() -> Path:
    """Return the folder of the scripts, styles and icons that browsers fetch."""
    return _folder("static")


def data(name: str) -> Path:
    """Return a file of ``chat/data/``, such as ``common_passwords.txt``."""
    return _PACKAGE / "data" / name


def _folder(name: str) -> Path:
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
