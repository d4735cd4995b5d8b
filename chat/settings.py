"""Settings: one table, read once into a frozen value that is passed down.

`SETTINGS` holds a row a setting. The flags, the variables of the environment
(``PARLEY_…``), the names in the TOML file, ``parley --help`` and the test of
docs/configuration.md all come from it. `read` checks everything before anything starts;
whatever is wrong is one `SettingError`, which says where the bad value came from.

Secrets (a token, the password in a URL) never appear in a message or a `repr`.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import platformdirs

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

VARIABLE_PREFIX = "PARLEY_"
# The test suite's own, such as the address of a server to test against.
TEST_VARIABLE_PREFIX = "PARLEY_TEST_"

# A file of settings is some dozens of lines; /dev/zero is not one.
MAX_FILE_BYTES = 1024 * 1024
# What a message shows of a bad value or an unknown name.
MAX_SHOWN_CHARACTERS = 60
# Ten years. A larger number would overflow dates computed from it, and means "for ever".
MAX_DURATION_SECONDS = 3650 * 24 * 60 * 60
# Far above any machine with sense in it; every worker holds its own connections and caches.
MAX_WORKERS = 256
MAX_RATE = 1_000_000

_SECONDS = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60, "w": 7 * 24 * 60 * 60}
_LABEL = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*\.?", re.ASCII | re.IGNORECASE)
_SECRET_PARAMETER = re.compile(
    r"([?&;][^=&;]*(?:pass|pwd|secret|token|properties)[^=&;]*=)[^&;]*", re.IGNORECASE
)


class SettingError(ValueError):
    """A setting that cannot be used: ends the start with one line and exit status 2.

    `setting` is its name in `SETTINGS`, or whatever unknown name was given; `message` says
    what is wanted, and `source` where the value came from. Who raises it without knowing
    the source leaves it out; `with_source` puts it in.
    """

    def __init__(self, setting: str, message: str, source: str | None = None) -> None:
        self.setting = setting
        self.message = message
        self.source = source
        super().__init__(setting, message, source)

    def __str__(self) -> str:
        source = self.source or flag_of(self.setting)
        return f"{printable(source)}: {printable(self.message)}"

    def with_source(self, sources: Mapping[str, str]) -> SettingError:
        """Return the same error with its source from `Settings.sources`, if it had none."""
        source = self.source or sources.get(self.setting)
        return SettingError(self.setting, self.message, source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A row of the table.

    `parse` takes the text as written and raises ValueError with the rest of the sentence
    that begins with the setting's name. `default` is text too; `default_text` says in
    words what an empty or computed one means. `types` are those a TOML file may use.
    `of_accounts` tells that ``parley user`` is concerned by it, too.
    """

    name: str
    parse: Callable[[str], object]
    metavar: str
    help: str
    default: str = ""
    default_text: str = ""
    unit: str = ""
    types: tuple[type, ...] = (str,)
    of_accounts: bool = False

    @property
    def flag(self) -> str:
        """``--session-idle``."""
        return flag_of(self.name)

    @property
    def variable(self) -> str:
        """``PARLEY_SESSION_IDLE``."""
        return VARIABLE_PREFIX + self.name.upper()

    @property
    def key(self) -> str:
        """``session-idle``, in a TOML file; ``session_idle`` is understood there too."""
        return self.name.replace("_", "-")

    @property
    def field(self) -> str:
        """The name in `Settings`: with the unit, where there is one."""
        return f"{self.name}_{self.unit}" if self.unit else self.name


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """What this process was told to do. Made by `read`; every value has been checked."""

    host: str
    port: int
    store: str
    broker: str
    workers: int
    data_dir: Path
    registration: str
    bcrypt_rounds: int
    login_rate: int
    message_rate: int
    trusted_proxies: tuple[Network, ...]
    allowed_hosts: tuple[str, ...]
    metrics_token: str | None
    session_idle_seconds: int
    session_max_seconds: int
    log_level: str
    log_format: str
    # Setting's name → where its value came from, for messages; no part of the value.
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __repr__(self) -> str:
        """Show every setting, without its secrets: fit for a log."""
        shown = []
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in ("store", "broker"):
                value = redact_url(value)
            elif each.name == "metrics_token" and value is not None:
                value = "***"
            if each.name != "sources":
                shown.append(f"{each.name}={value!r}")
        return f"Settings({', '.join(shown)})"


def read(flags: Mapping[str, str], environ: Mapping[str, str]) -> Settings:
    """Return the settings: a flag beats the environment, which beats the file.

    Args:
        flags: name of the setting (``"data_dir"``) → text given on the command line.
        environ: the environment; only names that begin with ``PARLEY_`` are looked at.

    Raises:
        SettingError: an unknown name, a bad value (also one that something else beats), a
            file that cannot be read, or a combination that cannot work.
    """
    given = [*_from_flags(flags), *_from_environment(environ)]
    config = next((one for one in given if one.setting is CONFIG), None)
    if config:
        given += _from_file(config.text, config.source)
    explicit = {one.setting.name for one in given}
    given += _from_defaults(explicit)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for one in given:
        if one.setting is CONFIG:
            continue
        try:
            value = one.setting.parse(one.text)
        except ValueError as error:
            raise SettingError(one.setting.name, str(error), one.source) from error
        values.setdefault(one.setting.field, value)
        sources.setdefault(one.setting.name, one.source)
    _settle(values, sources, explicit)
    return Settings(**values, sources=MappingProxyType(sources))


def flag_of(name: str) -> str:
    """Return the flag of the setting with that name."""
    return "--" + name.replace("_", "-")


def suggestion(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Return ``; did you mean --port?`` for a likely misspelling, else nothing.

    `prefix` is what all of them begin with: compared, it would make any two look alike.
    """
    folded = {each.removeprefix(prefix).lower(): each for each in known}
    wanted = name.removeprefix(prefix).lower()[:MAX_SHOWN_CHARACTERS]
    close = difflib.get_close_matches(wanted, folded, n=1)
    return f"; did you mean {folded[close[0]]}?" if close else ""


def redact_url(url: str) -> str:
    """Return a URL without its secrets, to be shown. Never raises, whatever the text.

    Everything that might be a password goes: text before the last ``@`` (a password with
    an unescaped ``/`` or ``@`` in it must not leak), and parameters named like a secret.
    """
    scheme, separator, rest = url.partition("//")
    if not separator:
        return url
    credentials, at, place = rest.rpartition("@")
    if at:
        user, colon, _ = credentials.partition(":")
        # Without a colon it may be a user's name, or a password in the wrong place.
        place = f"{user}:***@{place}" if colon else f"***@{place}"
    return scheme + separator + _SECRET_PARAMETER.sub(r"\1***", place)


def printable(text: str) -> str:
    """Return the text on one line, with control characters and the like escaped."""
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )


def shown(text: str) -> str:
    """Return a bad value as messages quote it: escaped, and cut if it is long."""
    if len(text) > MAX_SHOWN_CHARACTERS:
        text = text[: MAX_SHOWN_CHARACTERS - 1] + "…"
    return repr(text)


# Reading


@dataclass(frozen=True, slots=True)
class _Given:
    """A value as it was written, and where."""

    setting: Setting
    text: str
    source: str


def _from_flags(flags: Mapping[str, str]) -> Iterator[_Given]:
    for name, text in flags.items():
        setting = _BY_NAME[name]
        yield _Given(setting, text, setting.flag)


def _from_environment(environ: Mapping[str, str]) -> Iterator[_Given]:
    known = {setting.variable: setting for setting in SETTINGS}
    for variable in sorted(environ):
        if not variable.startswith(VARIABLE_PREFIX) or variable.startswith(TEST_VARIABLE_PREFIX):
            continue
        setting = known.get(variable)
        if setting is None:
            hint = suggestion(variable, known, VARIABLE_PREFIX)
            raise SettingError(variable, f"there is no such setting{hint}", _cut(variable))
        yield _Given(setting, environ[variable], variable)


def _from_file(path: str, source: str) -> Iterator[_Given]:
    known = {setting.key: setting for setting in SETTINGS if setting is not CONFIG}
    seen: dict[str, str] = {}
    for key, value in _toml(path, source).items():
        place = f"{_cut(key)} in {path}"
        setting = known.get(key.replace("_", "-"))
        if setting is None:
            hint = suggestion(key, known)
            raise SettingError(key, f"there is no such setting{hint}", place)
        if setting.name in seen:
            other = seen[setting.name]
            raise SettingError(setting.name, f"is the same as {other}; give one of them", place)
        seen[setting.name] = key
        yield _Given(setting, _text(setting, value, place), place)


def _from_defaults(explicit: AbstractSet[str]) -> Iterator[_Given]:
    for setting in SETTINGS:
        if setting.name not in explicit:
            yield _Given(setting, setting.default, f"{setting.flag} (its default)")


def _toml(path: str, source: str) -> dict[str, object]:
    try:
        with _path(path).open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingError("config", f"cannot read {shown(path)}: {reason}", source) from error
    except ValueError as error:
        raise SettingError("config", str(error), source) from error
    if len(content) > MAX_FILE_BYTES:
        message = f"{shown(path)} is longer than {MAX_FILE_BYTES} bytes"
        raise SettingError("config", message, source)
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        message = f"{shown(path)} is not UTF-8 text (byte {error.start})"
        raise SettingError("config", message, source) from error
    except (ValueError, RecursionError) as error:
        reason = _cut(str(error).splitlines()[0], 3 * MAX_SHOWN_CHARACTERS)
        raise SettingError("config", f"{shown(path)} is not TOML: {reason}", source) from error


def _text(setting: Setting, value: object, place: str) -> str:
    """Return a value of the file as it would be written in a flag."""
    found = _TYPE_NAMES.get(type(value), f"a {type(value).__name__}")
    # Not isinstance: True is an int to that, and no port to anybody.
    if type(value) in setting.types:
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            if all(isinstance(item, str) for item in value):
                return ",".join(value)
            found = "a list of something else"
        if isinstance(value, int):
            if value.bit_length() < 64:
                return str(value)
            found = "one beyond 64 bits"  # TOML promises no more, and str() of it may raise
    wanted = " or ".join(_TYPE_NAMES[each] for each in setting.types)
    raise SettingError(setting.name, f"must be {wanted}, not {found}", place)


def _settle(values: dict[str, Any], sources: Mapping[str, str], explicit: AbstractSet[str]) -> None:
    """Fill in what depends on something else, and refuse what cannot work together."""
    if values["store"] == "sqlite:":
        values["store"] = f"sqlite:{values['data_dir'] / 'parley.db'}"
    if values["workers"] > 1 and values["broker"].partition(":")[0].lower() == "memory":
        raise SettingError(
            "workers",
            f"{values['workers']} processes need a broker that crosses processes, "
            "such as --broker redis://127.0.0.1:6379/0",
            sources["workers"],
        )
    longest = values["session_max_seconds"]
    if "session_idle" not in explicit:
        values["session_idle_seconds"] = min(values["session_idle_seconds"], longest)
    if values["session_idle_seconds"] > longest:
        raise SettingError(
            "session_idle",
            f"must not be longer than session-max, which is {_duration_text(longest)}; "
            "lower it, or raise --session-max",
            sources["session_idle"],
        )


def _cut(text: str, limit: int = MAX_SHOWN_CHARACTERS) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


# Parsers: text → value, or a ValueError that goes on after the setting's name


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if re.fullmatch("[0-9]{1,9}", text) and low <= int(text) <= high:
            return int(text)
        raise ValueError(f"must be a number from {low} to {high}, not {shown(text)}")

    return parse


def _choice(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text in choices:
            return text
        wanted = f"{', '.join(choices[:-1])} or {choices[-1]}"
        raise ValueError(f"must be {wanted}, not {shown(text)}{suggestion(text, choices)}")

    return parse


def _registration(text: str) -> str:
    if text == "invite":
        raise ValueError("invites come in a later version; use open or closed for now")
    return _choice("open", "closed")(text)


def _duration(text: str) -> int:
    match = re.fullmatch("([0-9]{1,9})([smhdw]?)", text)
    if match:
        seconds = int(match[1]) * _SECONDS[match[2] or "s"]
        if 0 < seconds <= MAX_DURATION_SECONDS:
            return seconds
    wanted = f"a time such as 30d, 12h, 15m or 90s, up to {_duration_text(MAX_DURATION_SECONDS)}"
    raise ValueError(f"must be {wanted}, not {shown(text)}")


def _duration_text(seconds: int) -> str:
    for unit in ("d", "h", "m"):
        count, rest = divmod(seconds, _SECONDS[unit])
        if not rest:
            return f"{count}{unit}"
    return f"{seconds}s"


def _host(text: str) -> str:
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if _is_address(bare) or _HOST_NAME.fullmatch(text):
        return bare
    hint = " (the port is a flag of its own)" if re.fullmatch(r"[^:]+:[0-9]+", text) else ""
    raise ValueError(f"must be an address or a host name, not {shown(text)}{hint}")


def _url(example: str) -> Callable[[str], str]:
    # Which schemes there are is known to chat.stores and brokers, which open them.
    def parse(text: str) -> str:
        if ":" in text and text.isprintable():
            return text
        raise ValueError(f"must be a URL such as {example}, not {shown(redact_url(text))}")

    return parse


def _path(text: str) -> Path:
    if not text or "\0" in text:
        raise ValueError(f"must be a path, not {shown(text)}")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(f"there is no such home directory as in {shown(text)}") from error


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(_network(item) for item in _items(text))


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        try:
            whole = ipaddress.ip_network(text, strict=False)
        except ValueError:
            wanted = "a list of addresses or networks such as 127.0.0.1,10.0.0.0/8"
            raise ValueError(f"must be {wanted}, not {shown(text)}") from error
        raise ValueError(
            f"{shown(text)} is neither one address nor a network: "
            f"write {text.partition('/')[0]} or {whole}"
        ) from error


def _hosts(text: str) -> tuple[str, ...]:
    return tuple(_allowed_host(item) for item in _items(text))


def _allowed_host(text: str) -> str:
    lowered = text.lower()
    if _is_address(lowered) and ":" in lowered:
        return f"[{lowered}]"  # as browsers write it in Host
    match = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::([0-9]{1,5}))?", lowered)
    if match and (match[2] is None or 0 < int(match[2]) <= 65535):
        name = match[1]
        if _HOST_NAME.fullmatch(name) or (name[:1] == "[" and _is_address(name[1:-1])):
            return lowered
    raise ValueError(
        "must be a list of host names such as chat.example.org,localhost:8888 "
        f"(leave it out for any), not {shown(text)}"
    )


def _token(text: str) -> str | None:
    # The value is a secret: messages do not quote it.
    if re.fullmatch("[!-~]*", text):
        return text or None
    raise ValueError("must be letters, digits and ASCII punctuation, without spaces")


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",")] if text.strip() else []


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


_TYPE_NAMES = {
    int: "a number",
    str: "a text",
    bool: "a truth value",
    list: "a list of texts",
    dict: "a table",
}

SETTINGS = (
    Setting(
        name="host",
        parse=_host,
        default="127.0.0.1",
        metavar="ADDRESS",
        help="address to listen on; 0.0.0.0 is every IPv4 address of the machine",
    ),
    Setting(
        name="port",
        parse=_number(0, 65535),
        default="8888",
        metavar="N",
        types=(int,),
        help="port to listen on; 0 picks a free one",
    ),
    Setting(
        name="store",
        parse=_url("sqlite:PATH or mongodb://HOST/DATABASE"),
        default="sqlite:",
        default_text="parley.db in the data directory",
        metavar="URL",
        of_accounts=True,
        help="where everything is kept: sqlite:PATH, or mongodb://HOST/DATABASE",
    ),
    Setting(
        name="broker",
        parse=_url("memory: or redis://HOST:6379/0"),
        default="memory:",
        metavar="URL",
        of_accounts=True,
        help="what carries events between processes: memory:, or redis://, rediss://, unix://",
    ),
    Setting(
        name="workers",
        parse=_number(1, MAX_WORKERS),
        default="1",
        metavar="N",
        types=(int,),
        help="server processes that share the port; more than 1 need a redis:// broker",
    ),
    Setting(
        name="data_dir",
        parse=_path,
        default=platformdirs.user_data_dir("parley"),
        default_text="the platform's user data directory",
        metavar="PATH",
        of_accounts=True,
        help="folder of the SQLite file",
    ),
    Setting(
        name="registration",
        parse=_registration,
        default="open",
        metavar="open|closed",
        help="whether people may register by themselves (invite comes in a later version)",
    ),
    Setting(
        name="bcrypt_rounds",
        parse=_number(4, 16),
        default="12",
        metavar="N",
        types=(int,),
        of_accounts=True,
        help="cost of a password hash, 4 to 16; each step doubles the time of a login",
    ),
    Setting(
        name="login_rate",
        parse=_number(0, MAX_RATE),
        default="10",
        metavar="N",
        types=(int,),
        help="failed logins a minute, per account and per address; 0 is no limit",
    ),
    Setting(
        name="message_rate",
        parse=_number(0, MAX_RATE),
        default="20",
        metavar="N",
        types=(int,),
        help="frames a second per user, with bursts of 10 seconds' worth; 0 is no limit",
    ),
    Setting(
        name="trusted_proxies",
        parse=_networks,
        default_text="none",
        metavar="LIST",
        types=(str, list),
        help="addresses or networks whose X-Forwarded-For and -Proto are believed",
    ),
    Setting(
        name="allowed_hosts",
        parse=_hosts,
        default_text="any",
        metavar="LIST",
        types=(str, list),
        help="host names that are served; others are answered 421 (but for probes)",
    ),
    Setting(
        name="metrics_token",
        parse=_token,
        default_text="none",
        metavar="TOKEN",
        help="bearer token of /metrics; without one it answers only direct requests from "
        "this machine",
    ),
    Setting(
        name="session_idle",
        parse=_duration,
        default="30d",
        metavar="TIME",
        unit="seconds",
        types=(str, int),
        help="a session unused for so long has ended",
    ),
    Setting(
        name="session_max",
        parse=_duration,
        default="90d",
        metavar="TIME",
        unit="seconds",
        types=(str, int),
        help="a session so old has ended, used or not",
    ),
    Setting(
        name="config",
        parse=_path,
        default_text="none",
        metavar="FILE",
        of_accounts=True,
        help="TOML file with these names as keys",
    ),
    Setting(
        name="log_level",
        parse=_choice("debug", "info", "warning", "error"),
        default="info",
        metavar="LEVEL",
        help="least important lines that are logged: debug, info, warning or error",
    ),
    Setting(
        name="log_format",
        parse=_choice("text", "json"),
        default="text",
        metavar="FORMAT",
        help="text for people, json for programs",
    ),
)

_BY_NAME = {setting.name: setting for setting in SETTINGS}
CONFIG = _BY_NAME["config"]
