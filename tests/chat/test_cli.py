"""The command line: what is refused at once, and the commands on real accounts."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import chat
from chat.cli import COMMANDS, FAILED, OK, USAGE, main
from chat.settings import SETTINGS

CHECKOUT = Path(chat.__file__).parent.parent
PASSWORD = "correct horse battery"


@pytest.fixture
def environ():
    """The environment without any setting of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command line in this process; return its status, output and errors."""
    for name in os.environ:
        if name.startswith("PARLEY_"):
            monkeypatch.delenv(name)

    def run(*argv: str) -> tuple[int, str, str]:
        status = main([*argv])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def parley(environ, tmp_path):
    """Run ``python -m chat`` on a store of this test's own."""
    environ |= {"PARLEY_DATA_DIR": str(tmp_path / "data"), "PARLEY_BCRYPT_ROUNDS": "4"}

    def parley(*argv: str, stdin: str | bytes = "") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "chat", *argv],
            input=stdin if isinstance(stdin, bytes) else stdin.encode(),
            capture_output=True,
            cwd=CHECKOUT,
            env=environ,
            timeout=60,
            check=False,
        )

    return parley


def refused(done: subprocess.CompletedProcess[bytes], status: int = FAILED) -> str:
    """Return the one line of a command that was refused with that status."""
    assert (done.returncode, done.stdout) == (status, b""), done.stderr
    assert re.fullmatch(rb"parley: [^\n]+\n", done.stderr), done.stderr
    return done.stderr.decode()


def rows(table: bytes) -> list[list[str]]:
    return [re.split(r"  +", line) for line in table.decode().splitlines()]


# Help and version


def test_the_version_is_that_of_the_package(run):
    assert run("--version") == (OK, "parley 0.1.0\n", "")


def test_the_help_names_every_command_and_every_flag_with_its_default(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")

    status, out, err = run("--help")

    assert (status, err) == (OK, "")
    assert max(map(len, out.splitlines())) <= 80
    for command in COMMANDS:
        assert f"  {command} " in out
    words = " ".join(out.split())
    for setting in SETTINGS:
        assert f"  {setting.flag} {setting.metavar} " in out
        assert f"[{setting.default_text or setting.default}]" in words


@pytest.mark.parametrize("line", [["user", "--help"], ["--help", "user"], ["user", "-h"]])
def test_the_help_of_user_tells_its_commands_and_what_concerns_them(line, run):
    status, out, _ = run(*line)

    assert status == OK
    assert out.startswith("Usage: parley user COMMAND [flags]\n")
    assert "  user add NAME " in out
    assert "--data-dir" in out
    assert "--port" not in out


def test_the_help_of_a_single_command_tells_how_to_use_it(run):
    status, out, _ = run("user", "add", "ann", "--help")

    assert status == OK
    assert out.startswith("Usage: parley user add NAME [flags]\n")
    assert "--name TEXT" in out


def test_the_help_is_shown_whatever_the_environment_holds(run, monkeypatch):
    monkeypatch.setenv("PARLEY_PORT", "nonsense")

    assert run("--help")[0] == OK


# Refusals, each one line with status 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (["--port", "abc"], "--port: must be a number from 0 to 65535, not 'abc'"),
        (["--port=-1"], "--port: must be a number from 0 to 65535, not '-1'"),
        (["--port", "-1"], "--port: must be a number from 0 to 65535, not '-1'"),
        (["--port"], "--port: needs a value (N)"),
        (["--port", "--host", "x"], "--port: needs a value (N)"),
        (["--prot", "1"], "--prot: there is no such flag; did you mean --port?"),
        (["--por", "1"], "--por: there is no such flag; did you mean --port?"),
        (["serve", "--zzz"], "--zzz: there is no such flag"),
        (["-p", "1"], "-p: there is no such flag"),
        (["--a\nb"], "'--a\\nb': there is no such flag"),
        (["--version=2"], "--version: takes no value"),
        (
            ["--workers", "2"],
            (
                "--workers: 2 processes need a broker that crosses processes, "
                "such as --broker redis://127.0.0.1:6379/0"
            ),
        ),
        (
            ["--registration", "invite"],
            ("--registration: invites come in a later version; use open or closed for now"),
        ),
        (
            ["--config", "/nowhere.toml"],
            ("--config: cannot read '/nowhere.toml': No such file or directory"),
        ),
        (["srve"], "there is no command 'srve'; did you mean serve?"),
        (["what"], "there is no command 'what'; see parley --help"),
        (["serve", "more"], "serve: does not take 'more'"),
        (["serve", "--", "--port"], "serve: does not take '--port'"),
        (["user"], "user: say what to do: add, list, passwd, disable or enable"),
        (["user", "ad", "x"], "user: there is no command 'ad'; did you mean add?"),
        (["user", "add"], "user add: needs the NAME of an account"),
        (["user", "add", "ann", "bob"], "user add: does not take 'bob'"),
        (["user", "list", "ann"], "user list: does not take 'ann'"),
        (["user", "list", "--name", "x"], "--name: is not a flag of parley user list"),
        (["--name", "x"], "--name: is not a flag of parley serve"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_line_that_cannot_be_used_is_refused_in_one_line(line, message, run):
    assert run(*line) == (USAGE, "", f"parley: {message}\n")


def test_a_bad_variable_is_refused_by_its_name(run, monkeypatch):
    monkeypatch.setenv("PARLEY_PORT", "abc")

    assert run() == (
        USAGE,
        "",
        "parley: PARLEY_PORT: must be a number from 0 to 65535, not 'abc'\n",
    )


def test_an_unknown_variable_is_refused_by_its_name(run, monkeypatch):
    monkeypatch.setenv("PARLEY_PROT", "1")

    assert run("user", "list")[2] == (
        "parley: PARLEY_PROT: there is no such setting; did you mean PARLEY_PORT?\n"
    )


def test_a_store_of_an_unknown_kind_is_refused_with_its_source_and_the_known_ones(parley):
    line = refused(parley("user", "list", "--store", "oracle:x"), USAGE)

    assert line.startswith("parley: --store: ")
    assert "sqlite:" in line


def test_a_store_that_is_no_database_is_refused_and_left_as_it_was(parley, tmp_path):
    path = tmp_path / "letters.txt"
    path.write_text("Dear Ann, " * 1000)

    line = refused(parley("user", "list", "--store", f"sqlite:{path}"), USAGE)

    assert line.startswith("parley: --store: ")
    assert path.read_text() == "Dear Ann, " * 1000


# Accounts


def test_an_account_is_made_and_shown(parley):
    added = parley("user", "add", "Ann", "--name", "Ann Lee", stdin=f"{PASSWORD}\n")
    listed = parley("user", "list")

    assert (added.returncode, added.stdout, added.stderr) == (OK, b"Added ann.\n", b"")
    assert (listed.returncode, listed.stderr) == (OK, b"")
    heading, ann = rows(listed.stdout)
    assert heading == ["USERNAME", "NAME", "CREATED (UTC)", "LAST SEEN (UTC)", "STATE"]
    assert [ann[0], ann[1], ann[3], ann[4]] == ["ann", "Ann Lee", "never", "active"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", ann[2])


def test_a_list_without_accounts_is_a_heading(parley):
    assert len(rows(parley("user", "list").stdout)) == 1


def test_flags_are_taken_before_between_and_behind_the_words_and_the_last_one_wins(
    parley, tmp_path
):
    store = f"sqlite:{tmp_path / 'other.db'}"
    elsewhere = f"sqlite:{tmp_path / 'elsewhere.db'}"

    parley("--store", elsewhere, "user", f"--store={store}", "add", "ann", stdin=PASSWORD)

    assert [row[0] for row in rows(parley("user", "list", "--store", store).stdout)][1:] == ["ann"]
    assert not (tmp_path / "elsewhere.db").exists()


def test_an_account_can_be_disabled_and_enabled(parley):
    parley("user", "add", "ann", stdin=PASSWORD)

    disabled = parley("user", "disable", "ann")
    while_disabled = rows(parley("user", "list").stdout)[1][-1]
    enabled = parley("user", "enable", "ann")
    afterwards = rows(parley("user", "list").stdout)[1][-1]

    assert disabled.stdout == b"Disabled ann and ended all sessions.\n"
    assert enabled.stdout == b"Enabled ann.\n"
    assert (while_disabled, afterwards) == ("disabled", "active")


def test_a_password_can_be_changed(parley):
    parley("user", "add", "ann", stdin=PASSWORD)

    changed = parley("user", "passwd", "ann", stdin="another good one\r\n")

    assert (changed.returncode, changed.stderr) == (OK, b"")
    assert changed.stdout == b"Changed the password of ann and ended all sessions.\n"


@pytest.mark.parametrize(
    "line", [["passwd", "bob"], ["disable", "bob"], ["enable", "bob"]], ids=lambda line: line[0]
)
def test_an_account_that_is_not_there_is_said_so(line, parley):
    refused(parley("user", *line, stdin=PASSWORD))


def test_a_username_that_is_taken_is_said_so(parley):
    parley("user", "add", "ann", stdin=PASSWORD)

    refused(parley("user", "add", "ann", stdin=PASSWORD))


@pytest.mark.parametrize(
    ("name", "stdin"),
    [
        ("ann", b""),
        ("ann", b"\n"),
        ("ann", b"short\n"),
        ("ann", b"x" * 257),
        ("ann", b"x" * 100_000),
        ("ann", b"\xff\xfe is not text\n"),
        ("ann", b"password\n"),
        ("an", PASSWORD.encode()),
        ("-", PASSWORD.encode()),
        ("ann\x1b[2J", PASSWORD.encode()),
    ],
    ids=[
        "no-password",
        "empty",
        "short",
        "long",
        "endless",
        "no-text",
        "common",
        "short-name",
        "dash-as-name",
        "control-character-in-name",
    ],
)
def test_what_cannot_be_an_account_is_refused_and_nothing_is_stored(name, stdin, parley):
    refused(parley("user", "add", name, stdin=stdin))

    assert len(rows(parley("user", "list").stdout)) == 1


def test_control_characters_in_a_name_do_not_reach_the_terminal(parley):
    parley("user", "add", "ann", "--name", "Ann\x1b[31m\nLee", stdin=PASSWORD)

    table = parley("user", "list").stdout

    assert b"\x1b" not in table
    assert len(rows(table)) <= 2


def test_wide_characters_do_not_break_the_columns(parley):
    parley("user", "add", "ann", "--name", "安 Ann", stdin=PASSWORD)
    parley("user", "add", "bob", "--name", "Bob", stdin=PASSWORD)

    heading, *lines = parley("user", "list").stdout.decode().splitlines()

    assert [line.index("20") + ("安" in line) for line in lines] == [heading.index("CREATED")] * 2


def test_a_reader_that_has_had_enough_is_no_error(parley, environ):
    command = [sys.executable, "-m", "chat", "--help"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=CHECKOUT, env=environ
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()

    assert errors == b""


# At a terminal


class Terminal:
    """A command at a terminal of its own, answered as a person would."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self.shown = ""
        self.process, self.terminal = pty.fork()
        if not self.process:
            signal.alarm(60)  # ends a command that waits for ever, and with it the test
            # As from a shell; what runs in the background of one is deaf to ^C.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.chdir(CHECKOUT)
            os.execve(command[0], command, environ)

    def answer(self, prompt: str, text: str) -> None:
        while prompt not in self.shown:
            self.shown += os.read(self.terminal, 1024).decode()
        self.shown = self.shown.partition(prompt)[2]
        os.write(self.terminal, text.encode())

    def end(self) -> int:
        """Wait for the end and return the exit status."""
        try:
            while more := os.read(self.terminal, 1024):
                self.shown += more.decode()
        except OSError:  # Linux: the other side is closed
            pass
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


@pytest.fixture
def terminal(environ, tmp_path):
    environ |= {"PARLEY_DATA_DIR": str(tmp_path / "data"), "PARLEY_BCRYPT_ROUNDS": "4"}
    return lambda *argv: Terminal([sys.executable, "-m", "chat", *argv], environ)


def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(terminal):
    person = terminal("user", "add", "ann")
    person.answer("Password: ", f"{PASSWORD}\n")
    person.answer("The same again: ", f"{PASSWORD}\n")

    assert person.end() == OK
    assert "Added ann." in person.shown
    assert PASSWORD not in person.shown


def test_at_a_terminal_two_different_passwords_are_refused(terminal):
    person = terminal("user", "add", "ann")
    person.answer("Password: ", f"{PASSWORD}\n")
    person.answer("The same again: ", "something else\n")

    assert person.end() == FAILED
    assert "parley: the two passwords differ" in person.shown


@pytest.mark.parametrize(("key", "status"), [("\x03", 130), ("\x04", FAILED)], ids=["^C", "^D"])
def test_at_a_terminal_a_prompt_can_be_left(key, status, terminal):
    person = terminal("user", "add", "ann")
    person.answer("Password: ", key)

    assert person.end() == status
    assert "Traceback" not in person.shown
