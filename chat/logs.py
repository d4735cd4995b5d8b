"""The log: one line an event on standard error, as text or as JSON.

What people send ends up in log lines (a user name, an address, a header), so whatever could
begin a new line or steer a terminal is escaped (CWE-117).
"""

from __future__ import annotations

import logging
import re
import sys
import time

import msgspec

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
MAX_LINE_CHARACTERS = 2000
MAX_TRACEBACK_CHARACTERS = 20_000


def set_up_logging(level: str, log_format: str) -> None:
    """Send the log to standard error; `log_format` is ``text`` or ``json``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONFormatter() if log_format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Tornado warns of every malformed request: an attacker's way to fill the disk.
    logging.getLogger("tornado.general").setLevel(logging.ERROR)
    logging.getLogger("tornado.access").setLevel(logging.ERROR)
    logging.getLogger("asyncio").setLevel(max(root.level, logging.WARNING))


def escape(text: str, limit: int = MAX_LINE_CHARACTERS) -> str:
    """Return text on one line, with control characters shown as escapes."""
    if len(text) > limit:
        text = text[:limit] + "…"
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class TextFormatter(logging.Formatter):
    """``2026-11-22T08:30:41.123Z INFO parley.app: …``; a traceback is indented below."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line, and its traceback as indented ones."""
        line = f"{_time(record)} {record.levelname} {record.name}: {escape(record.getMessage())}"
        if record.exc_info:
            trace = self.formatException(record.exc_info)[-MAX_TRACEBACK_CHARACTERS:]
            line += "".join(f"\n    {escape(part)}" for part in trace.splitlines())
        return line


class JSONFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line of JSON."""
        entry = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": escape(record.getMessage()),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)[-MAX_TRACEBACK_CHARACTERS:]
        return msgspec.json.encode(entry).decode()


def _time(record: logging.LogRecord) -> str:
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{seconds}.{int(record.msecs):03d}Z"
