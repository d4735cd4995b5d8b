"""The load tool is for Linux alone, and so are its tests."""

from __future__ import annotations

import sys

collect_ignore = [] if sys.platform == "linux" else ["test_load.py"]
