"""The log: one line an event, whatever people sent."""

import json
import logging
import sys

import pytest

from chat.logs import MAX_LINE_CHARACTERS, JSONFormatter, TextFormatter

# What begins a line or steers a terminal, each as somebody's name.
INJECTED = [
    "ann\n2026-11-22T08:30:41.123Z INFO parley.app: forged",
    "ann\r\nforged",
    "ann\x1b[2J\x1b]0;forged\x07",
    "ann\x00\x08\x7f\x85\x9b",
    "ann\u2028forged\u2029",
    "ann\u202egnp.exe\u2066",
    "ann\ud800",
    '{"level": "error", "message": "forged"}\n{',
]


def record(*arguments: object, **more: object) -> logging.LogRecord:
    found = logging.LogRecord("parley", logging.INFO, "x.py", 1, "who: %s", arguments, None)
    found.__dict__.update(more)
    return found


@pytest.mark.parametrize("formatter", [TextFormatter(), JSONFormatter()])
@pytest.mark.parametrize("name", INJECTED)
def test_an_event_is_one_line_without_control_characters(
    formatter: logging.Formatter, name: str
) -> None:
    line = formatter.format(record(name))

    assert line.isprintable()
    assert "who: " in line
    if isinstance(formatter, JSONFormatter):
        assert json.loads(line)["level"] == "info"


@pytest.mark.parametrize("formatter", [TextFormatter(), JSONFormatter()])
def test_a_line_is_cut(formatter: logging.Formatter) -> None:
    assert len(formatter.format(record("x" * 1_000_000))) < MAX_LINE_CHARACTERS + 200


def test_a_traceback_stays_with_its_event() -> None:
    try:
        raise ValueError("one\nforged\x1b[2J")
    except ValueError:
        trace = sys.exc_info()

    text = TextFormatter().format(record("x", exc_info=trace))
    told = json.loads(JSONFormatter().format(record("x", exc_info=trace)))

    assert all(line.startswith("    ") and line.isprintable() for line in text.splitlines()[1:])
    assert "\x1b" not in text
    assert "ValueError" in told["traceback"]
