"""The command ``parley``: serve, or look after the accounts.

`main` turns whatever goes wrong into one line on standard error and an exit status: 2 for
a command line or a setting that cannot be used, 1 for something that did not work. Flags
are accepted anywhere, before or after the words of the command, and only by their whole
names: an abbreviation would change its meaning with the next flag that is added.

The server and the store are imported only by the command that needs them, so that
``--version`` and ``--help`` answer at once.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import chat
from chat.errors import ParleyError, StoreError
from chat.settings import (
    SETTINGS,
    Setting,
    SettingError,
    Settings,
    printable,
    read,
    shown,
    suggestion,
)

if TYPE_CHECKING:
    from chat.models import Account

OK = 0
FAILED = 1
USAGE = 2
INTERRUPTED = 130  # what a shell reports for SIGINT

# 256 characters of four bytes, and room to see that a line is longer; more is not read.
MAX_PASSWORD_LINE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the table of commands; `argument` is the word that must follow, if any."""

    words: tuple[str, ...]
    help: str
    argument: str = ""
    flags: tuple[Setting, ...] = ()

    def __str__(self) -> str:
        return " ".join(filter(None, (*self.words, self.argument)))


DISPLAY_NAME = Setting(
    name="name",
    parse=str,
    metavar="TEXT",
    default_text="the username",
    help="display name of the new account",
)

COMMANDS = (
    Command(("serve",), "serve; what parley does without a command, too"),
    Command(
        ("user", "add"),
        "make an account; the password is read from standard input, or asked for",
        "NAME",
        (DISPLAY_NAME,),
    ),
    Command(("user", "list"), "show all accounts"),
    Command(
        ("user", "passwd"),
        "give an account a new password, read likewise, and end its sessions",
        "NAME",
    ),
    Command(("user", "disable"), "keep an account from signing in, and end its sessions", "NAME"),
    Command(("user", "enable"), "let a disabled account sign in again", "NAME"),
)

# Long flags that take no value, and their short forms.
SWITCHES = {"--help": "--help", "-h": "--help", "--version": "--version"}


class UsageError(Exception):
    """A command line that cannot be understood; the text is the rest of the line."""


class CommandError(Exception):
    """A command that was understood and could not be carried out."""


def main(argv: list[str] | None = None) -> int:
    """Run a command line (that of the process if None) and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A name may hold what the terminal's encoding cannot show.
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(sys.argv[1:] if argv is None else argv)
    except (UsageError, SettingError) as error:
        return _complain(error, USAGE)
    except (CommandError, ParleyError) as error:
        return _complain(error, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return FAILED  # whoever read the output has had enough


def _say(text: str) -> None:
    """Print to standard output at once, so that a failure is noticed here."""
    try:
        print(text, flush=True)
    except OSError as error:
        # Python would flush what is left once more at exit, and fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise
        raise CommandError(f"cannot write to standard output: {error.strerror}") from error


def _complain(error: Exception, status: int) -> int:
    print(f"parley: {printable(str(error))}", file=sys.stderr)
    return status


def _run(argv: Sequence[str]) -> int:
    line = _parse(argv)
    if "--help" in line.switches:
        _say(_help(line.words))
        return OK
    if "--version" in line.switches:
        _say(f"parley {chat.__version__}")
        return OK
    command, arguments = _command(line)
    own = {flag: line.flags.pop(flag) for flag in [*line.flags] if flag in _OWN_FLAGS}
    settings = read(line.flags, os.environ)
    try:
        if command.words == ("serve",):
            from chat.server import serve

            return serve(settings)
        action = command.words[1]
        # Before asyncio.run, which takes Ctrl-C for the loop: it would not leave the prompt.
        password = _password() if action in ("add", "passwd") else ""
        asyncio.run(_user(settings, action, *arguments, name=own.get("name"), password=password))
    except SettingError as error:
        raise error.with_source(settings.sources) from error
    except StoreError as error:
        raise SettingError("store", str(error), settings.sources["store"]) from error
    return OK


# The command line


@dataclass(slots=True)
class _Line:
    """A command line taken apart: words, flags by their setting's name, switches."""

    words: list[str] = field(default_factory=list)
    flags: dict[str, str] = field(default_factory=dict)
    switches: set[str] = field(default_factory=set)


_OWN_FLAGS = {flag.name for command in COMMANDS for flag in command.flags}
_FLAGS = {setting.flag: setting for setting in (*SETTINGS, DISPLAY_NAME)}


def _parse(argv: Sequence[str]) -> _Line:
    """Take a command line apart; of a repeated flag the last one stays."""
    line = _Line()
    rest: Iterator[str] = iter(argv)
    for word in rest:
        if word == "--":
            line.words += rest
        elif not word.startswith("-") or word == "-":
            line.words.append(word)
        elif word in SWITCHES:
            line.switches.add(SWITCHES[word])
        else:
            flag, equals, value = word.partition("=")
            setting = _FLAGS.get(flag)
            if setting is None:
                raise UsageError(_unknown_flag(flag))
            if not equals:
                following = next(rest, None)
                # A value may begin with a dash (a negative number, to be refused by name),
                # but --port --host x has forgotten one.
                if following is None or following.startswith("--"):
                    raise UsageError(f"{flag}: needs a value ({setting.metavar})")
                value = following
            line.flags[setting.name] = value
    return line


def _unknown_flag(flag: str) -> str:
    if flag in SWITCHES:
        return f"{flag}: takes no value"
    hint = suggestion(flag, [*_FLAGS, "--help", "--version"])
    return f"{_quoted(flag)}: there is no such flag{hint}"


def _command(line: _Line) -> tuple[Command, list[str]]:
    """Return the command that the words name, and the words behind it.

    Raises:
        UsageError: there is no such command, it lacks its argument or has one too many, or
            a flag belongs to another one.
    """
    words = line.words or ["serve"]
    command = next((each for each in COMMANDS if [*each.words] == words[: len(each.words)]), None)
    if command is None:
        raise UsageError(_unknown_command(words))
    arguments = words[len(command.words) :]
    name = " ".join(command.words)
    if command.argument and not arguments:
        raise UsageError(f"{name}: needs the {command.argument} of an account")
    if len(arguments) > bool(command.argument):
        extra = arguments[bool(command.argument)]
        raise UsageError(f"{name}: does not take {shown(extra)}")
    for flag in line.flags:
        if flag in _OWN_FLAGS and all(flag != own.name for own in command.flags):
            raise UsageError(f"--{flag}: is not a flag of parley {name}")
    return command, arguments


def _unknown_command(words: Sequence[str]) -> str:
    known = [each.words[1] for each in COMMANDS if len(each.words) > 1]
    if words[0] == "user" and len(words) == 1:
        return f"user: say what to do: {', '.join(known[:-1])} or {known[-1]}"
    if words[0] == "user":
        return f"user: there is no command {shown(words[1])}{suggestion(words[1], known)}"
    hint = suggestion(words[0], {each.words[0] for each in COMMANDS})
    return f"there is no command {shown(words[0])}{hint or '; see parley --help'}"


def _quoted(word: str) -> str:
    """Return an unknown flag as it stands if that is short and plain, else quoted."""
    return word if shown(word) == f"'{word}'" else shown(word)


# Help


def _help(words: list[str]) -> str:
    """Return the help for the words beside ``--help``: of all, of user, of one command."""
    width = min(max(shutil.get_terminal_size().columns, 60), 100)
    words = words[:2] if words[:1] == ["user"] else words[:1]
    commands = [each for each in COMMANDS if [*each.words][: len(words)] == words]
    if not commands:
        commands, words = [*COMMANDS], []
    if len(commands) == 1:
        [command] = commands
        lines = [f"Usage: parley {command} [flags]", ""]
        lines += textwrap.wrap(f"{command.help[0].upper()}{command.help[1:]}.", width)
    else:
        group = " ".join([*words, "COMMAND"]) if words else "[COMMAND]"
        lines = [f"Usage: parley {group} [flags]", "", "Commands:"]
        lines += _columns([(str(each), each.help) for each in commands], width)
    lines += ["", "Flags, accepted anywhere:"]
    accounts_only = words[:1] == ["user"]
    flags = [flag for each in commands for flag in each.flags] if accounts_only else []
    flags += [setting for setting in SETTINGS if setting.of_accounts or not accounts_only]
    lines += _columns([_row(flag) for flag in flags], width)
    lines += _columns([("-h, --help", "show this"), ("--version", "show the version")], width)
    text = "The other flags of parley serve are understood, too. " if accounts_only else ""
    text += (
        "A flag beats its variable in the environment (PARLEY_DATA_DIR for --data-dir), "
        "which beats the file, which beats the default in brackets."
    )
    return "\n".join([*lines, "", *textwrap.wrap(text, width)])


def _row(setting: Setting) -> tuple[str, str]:
    default = setting.default_text or setting.default
    return f"{setting.flag} {setting.metavar}", f"{setting.help} [{default}]"


def _columns(rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """Yield the rows in two columns, the second wrapped; the first is as wide as a flag."""
    first = 30
    for left, right in rows:
        wrapped = textwrap.wrap(right, width - first, break_on_hyphens=False)
        yield f"  {left:<{first - 2}}{wrapped[0]}"
        for further in wrapped[1:]:
            yield " " * first + further


# Accounts


async def _user(
    settings: Settings, action: str, username: str = "", *, name: str | None, password: str
) -> None:
    """Carry out one command on the accounts, whether or not a server is running."""
    from chat.app import open_accounts

    async with open_accounts(settings) as accounts:
        if action == "add":
            user = await accounts.register(username, password, name)
            _say(f"Added {printable(user.username)}.")
        elif action == "list":
            _say("\n".join(_table(await accounts.list_users())))
        elif action == "passwd":
            await accounts.set_password(username, password)
            _say(f"Changed the password of {printable(username)} and ended all sessions.")
        else:
            await accounts.set_disabled(username, action == "disable")
            ended = " and ended all sessions" if action == "disable" else ""
            _say(f"{action.capitalize()}d {printable(username)}{ended}.")


def _password() -> str:
    """Return the password from the terminal, asked for twice, or the first line of input.

    Raises:
        CommandError: there is none, the two differ, or it is not text.
    """
    if sys.stdin is None:
        raise CommandError("there is no standard input to read the password from")
    if sys.stdin.isatty():
        try:
            password = getpass.getpass("Password: ")
            again = getpass.getpass("The same again: ")
        except EOFError:
            raise CommandError("no password was given") from None
        if password != again:
            raise CommandError("the two passwords differ")
        return password
    line = sys.stdin.buffer.readline(MAX_PASSWORD_LINE_BYTES)
    if not line:
        raise CommandError("there is no password on standard input")
    if len(line) == MAX_PASSWORD_LINE_BYTES:
        raise CommandError("the password is too long")
    try:
        # Every character counts, spaces too: only the line's ending is no part of it.
        return line.removesuffix(b"\n").removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise CommandError("the password is not UTF-8 text") from None


def _table(accounts: Sequence[Account]) -> Iterator[str]:
    """Yield the lines of an aligned table of the accounts, in the order given."""
    rows = [("USERNAME", "NAME", "CREATED (UTC)", "LAST SEEN (UTC)", "STATE")]
    rows += [
        (
            printable(account.user.username),
            printable(account.user.name),
            _time(account.created),
            _time(account.user.last_seen),
            "disabled" if account.disabled else "active",
        )
        for account in accounts
    ]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _time(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "never"
    return f"{datetime.fromtimestamp(milliseconds // 1000, UTC):%Y-%m-%d %H:%M}"


def _width(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    return sum(
        0
        if unicodedata.combining(character)
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )
