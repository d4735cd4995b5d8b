"""Settings: where they come from, which of them wins, and how a bad one is told."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.settings import (
    CONFIG,
    SETTINGS,
    SettingError,
    Settings,
    printable,
    read,
    redact_url,
    suggestion,
)

# A good text for each setting that is not its default, and the value it stands for.
EXAMPLES = {
    "host": ("0.0.0.0", "0.0.0.0"),
    "port": ("0", 0),
    "store": ("mongodb://127.0.0.1/parley", "mongodb://127.0.0.1/parley"),
    "broker": ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
    "workers": ("1", 1),
    "data_dir": ("/srv/parley", Path("/srv/parley")),
    "registration": ("closed", "closed"),
    "bcrypt_rounds": ("4", 4),
    "login_rate": ("0", 0),
    "message_rate": ("7", 7),
    "trusted_proxies": ("10.0.0.0/8, ::1", (ip_network("10.0.0.0/8"), ip_network("::1"))),
    "allowed_hosts": ("Chat.Example.org,localhost:8888", ("chat.example.org", "localhost:8888")),
    "metrics_token": ("s3cret", "s3cret"),
    "session_idle": ("12h", 12 * 60 * 60),
    "session_max": ("1w", 7 * 24 * 60 * 60),
    "log_level": ("debug", "debug"),
    "log_format": ("json", "json"),
}

VALUED = [setting for setting in SETTINGS if setting is not CONFIG]
by_setting = pytest.mark.parametrize("setting", VALUED, ids=lambda setting: setting.name)


def refusal(flags: dict[str, str] | None = None, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingError) as caught:
        read(flags or {}, environ or {})
    line = str(caught.value)
    assert line.isprintable()
    return line


@pytest.fixture
def toml(tmp_path):
    """Write a file of settings and return its path."""

    def write(content: str) -> str:
        path = tmp_path / "parley.toml"
        path.write_text(content, encoding="utf-8")
        return str(path)

    return write


# The table


def test_the_table_and_the_settings_have_the_same_fields():
    names = [each.name for each in fields(Settings) if each.name != "sources"]

    assert [setting.field for setting in VALUED] == names


def test_every_setting_has_an_example_here():
    assert [setting.name for setting in VALUED] == list(EXAMPLES)


def test_without_anything_given_the_defaults_are_those_of_the_contract():
    settings = read({}, {})

    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8888, 1)
    assert settings.broker == "memory:"
    assert settings.store == f"sqlite:{settings.data_dir / 'parley.db'}"
    assert settings.registration == "open"
    assert (settings.bcrypt_rounds, settings.login_rate, settings.message_rate) == (12, 10, 20)
    assert (settings.trusted_proxies, settings.allowed_hosts) == ((), ())
    assert settings.metrics_token is None
    assert settings.session_idle_seconds == 30 * 24 * 60 * 60
    assert settings.session_max_seconds == 90 * 24 * 60 * 60
    assert (settings.log_level, settings.log_format) == ("info", "text")
    assert settings.data_dir.is_absolute()


def test_settings_cannot_be_changed():
    settings = read({}, {})

    with pytest.raises(FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]


# Sources


@by_setting
def test_a_setting_can_come_from_a_flag(setting):
    text, value = EXAMPLES[setting.name]

    settings = read({setting.name: text}, {})

    assert getattr(settings, setting.field) == value
    assert settings.sources[setting.name] == setting.flag


@by_setting
def test_a_setting_can_come_from_the_environment(setting):
    text, value = EXAMPLES[setting.name]

    settings = read({}, {setting.variable: text})

    assert getattr(settings, setting.field) == value
    assert settings.sources[setting.name] == setting.variable


@by_setting
@pytest.mark.parametrize("spelling", ["key", "name"])
def test_a_setting_can_come_from_the_file(setting, spelling, toml):
    text, value = EXAMPLES[setting.name]
    written = text if int in setting.types and text.isdigit() else f'"{text}"'
    path = toml(f"{getattr(setting, spelling)} = {written}")

    settings = read({"config": path}, {})

    assert getattr(settings, setting.field) == value
    assert settings.sources[setting.name] == f"{getattr(setting, spelling)} in {path}"


def test_a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default(toml):
    path = toml("port = 1\nworkers = 1\nlogin-rate = 1\nmessage-rate = 1")
    environ = {"PARLEY_PORT": "2", "PARLEY_LOGIN_RATE": "2"}

    settings = read({"port": "3", "config": path}, environ)

    assert (settings.port, settings.login_rate, settings.message_rate) == (3, 2, 1)
    assert settings.bcrypt_rounds == 12


def test_the_environment_can_name_the_file_and_the_flag_beats_it(toml, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text("port = 2")
    environ = {"PARLEY_CONFIG": toml("port = 1")}

    assert read({}, environ).port == 1
    assert read({"config": str(other)}, environ).port == 2


def test_the_file_may_hold_lists_and_times_in_seconds(toml):
    path = toml(
        'trusted-proxies = ["127.0.0.1", "10.0.0.0/8"]\nallowed-hosts = []\nsession-idle = 90'
    )

    settings = read({"config": path}, {})

    assert settings.trusted_proxies == (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"))
    assert settings.allowed_hosts == ()
    assert settings.session_idle_seconds == 90


def test_other_programs_variables_and_those_of_the_tests_are_not_looked_at():
    read({}, {"PARLEYX": "1", "PORT": "x", "PARLEY_TEST_REDIS": "redis://127.0.0.1"})


def test_an_empty_store_path_means_the_file_in_the_data_directory():
    settings = read({"store": "sqlite:", "data_dir": "/srv/parley"}, {})

    assert settings.store == "sqlite:/srv/parley/parley.db"


def test_a_relative_data_directory_and_a_home_are_made_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ann")

    assert read({"data_dir": "data"}, {}).data_dir == tmp_path / "data"
    assert read({"data_dir": "~/data"}, {}).data_dir == Path("/home/ann/data")


# Refusals


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("host", "", "must be an address or a host name, not ''"),
        ("host", "a b", "must be an address or a host name, not 'a b'"),
        ("host", "localhost:80", "(the port is a flag of its own)"),
        ("port", "abc", "must be a number from 0 to 65535, not 'abc'"),
        ("port", "65536", "must be a number from 0 to 65535, not '65536'"),
        ("port", "-1", "must be a number from 0 to 65535, not '-1'"),
        ("port", "٣", "must be a number from 0 to 65535, not '٣'"),
        ("port", "", "must be a number from 0 to 65535, not ''"),
        ("store", "", "must be a URL such as sqlite:PATH or mongodb://HOST/DATABASE, not ''"),
        ("broker", "redis", "must be a URL such as memory: or redis://HOST:6379/0, not 'redis'"),
        ("workers", "0", "must be a number from 1 to 256, not '0'"),
        ("data_dir", "", "must be a path, not ''"),
        ("data_dir", "~nobody-at-all/x", "there is no such home directory"),
        ("registration", "invite", "invites come in a later version; use open or closed"),
        ("registration", "opne", "must be open or closed, not 'opne'; did you mean open?"),
        ("bcrypt_rounds", "3", "must be a number from 4 to 16, not '3'"),
        ("bcrypt_rounds", "17", "must be a number from 4 to 16, not '17'"),
        ("login_rate", "1.5", "must be a number from 0 to"),
        ("message_rate", "9" * 5000, "must be a number from 0 to"),
        ("trusted_proxies", "proxy", "must be a list of addresses or networks"),
        ("trusted_proxies", "127.0.0.1,", "must be a list of addresses or networks"),
        ("trusted_proxies", "10.0.0.1/8", "write 10.0.0.1 or 10.0.0.0/8"),
        ("allowed_hosts", "*", "(leave it out for any), not '*'"),
        ("allowed_hosts", "http://a", "must be a list of host names"),
        ("allowed_hosts", "a:0", "must be a list of host names"),
        ("allowed_hosts", "a,,b", "must be a list of host names"),
        ("session_idle", "0", "must be a time such as 30d, 12h, 15m or 90s, up to 3650d, not '0'"),
        ("session_idle", "3d12h", "must be a time such as 30d"),
        ("session_max", "9999999w", "must be a time such as 30d"),
        ("log_level", "loud", "must be debug, info, warning or error, not 'loud'"),
        ("log_format", "JSON", "must be text or json, not 'JSON'; did you mean json?"),
    ],
)
def test_a_bad_value_is_told_with_its_source_and_what_is_wanted(name, text, wanted):
    [setting] = [each for each in SETTINGS if each.name == name]

    by_flag = refusal({name: text})
    by_variable = refusal(environ={setting.variable: text})

    assert by_flag.startswith(f"{setting.flag}: ")
    assert by_variable.startswith(f"{setting.variable}: ")
    assert wanted in by_flag
    assert wanted in by_variable


@by_setting
@given(text=st.text())
def test_whatever_the_text_the_answer_is_settings_or_one_short_line(setting, text):
    line = ""

    try:
        read({setting.name: text}, {})
    except SettingError as error:
        line = str(error)

    assert not line or line.isprintable()
    assert len(line) < 500


def test_a_bad_value_is_refused_also_where_something_beats_it():
    line = refusal({"port": "1"}, {"PARLEY_PORT": "x"})

    assert line.startswith("PARLEY_PORT: ")


def test_control_characters_are_escaped_and_long_values_cut():
    assert "'a\\nb\\x1b[2J'" in refusal({"port": "a\nb\x1b[2J"})
    assert len(refusal({"port": "x" * 100_000})) < 200


def test_an_unknown_variable_is_refused_with_the_likely_one():
    line = refusal(environ={"PARLEY_PROT": "1"})

    assert line == "PARLEY_PROT: there is no such setting; did you mean PARLEY_PORT?"


def test_an_unknown_key_is_refused_with_its_file_and_the_likely_one(toml):
    path = toml("prot = 1")

    assert refusal({"config": path}) == (
        f"prot in {path}: there is no such setting; did you mean port?"
    )


def test_a_key_given_in_both_spellings_is_refused(toml):
    path = toml("login-rate = 1\nlogin_rate = 2")

    assert "is the same as login-rate; give one of them" in refusal({"config": path})


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("port = 'x'", "port in {}: must be a number, not a text"),
        ("port = true", "port in {}: must be a number, not a truth value"),
        ("port = 1.0", "port in {}: must be a number, not a float"),
        ("port = 65536", "port in {}: must be a number from 0 to 65535, not '65536'"),
        ("port = 0x" + "f" * 5000, "port in {}: must be a number, not one beyond 64 bits"),
        ("host = 1", "host in {}: must be a text, not a number"),
        ("host = [1]", "host in {}: must be a text, not a list of texts"),
        ("[host]", "host in {}: must be a text, not a table"),
        ("allowed-hosts = [1]", "must be a text or a list of texts, not a list of something else"),
        ("session-max = false", "must be a text or a number, not a truth value"),
        ("config = 'x'", "config in {}: there is no such setting"),
        ('"a\\nb" = 1', "a\\nb in {}: there is no such setting"),
        ('data-dir = "\\u0000"', "data-dir in {}: must be a path, not '\\x00'"),
    ],
)
def test_a_wrong_type_in_the_file_is_refused(line, wanted, toml):
    path = toml(line)

    assert wanted.format(path) in refusal({"config": path})


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"port = ", "is not TOML: "),
        (b"port = 1\nport = 2", "is not TOML: "),
        (b"\xff", "is not UTF-8 text (byte 0)"),
        (b"a = " + b"[" * 100_000, "is not TOML: "),
        (b"a = " + b"9" * 10_000, "is not TOML: "),
        (b"#" * (1024 * 1024 + 1), "is longer than 1048576 bytes"),
    ],
    ids=["broken", "twice", "bytes", "deep", "long-number", "long"],
)
def test_a_malformed_file_is_refused(content, wanted, tmp_path):
    path = tmp_path / "parley.toml"
    path.write_bytes(content)

    by_flag = refusal({"config": str(path)})
    by_variable = refusal(environ={"PARLEY_CONFIG": str(path)})

    assert wanted in by_flag
    assert by_flag.startswith("--config: ")
    assert by_variable.startswith("PARLEY_CONFIG: ")


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    assert "No such file or directory" in refusal({"config": str(tmp_path / "none.toml")})
    assert "Is a directory" in refusal({"config": str(tmp_path)})
    assert "is longer than" in refusal({"config": "/dev/zero"})
    assert "must be a path" in refusal({"config": ""})


# What cannot work together


def test_workers_without_a_broker_between_them_are_refused_with_what_to_do():
    line = refusal({"workers": "4", "broker": "memory:"})

    assert line == (
        "--workers: 4 processes need a broker that crosses processes, "
        "such as --broker redis://127.0.0.1:6379/0"
    )
    assert read({"workers": "4", "broker": "redis://127.0.0.1"}, {}).workers == 4


def test_a_session_cannot_be_idle_for_longer_than_it_may_live():
    assert refusal({"session_idle": "100d"}).startswith("--session-idle: must not be longer than")
    assert "which is 1d" in refusal({"session_idle": "25h", "session_max": "1d"})


def test_a_short_session_needs_no_word_about_idling():
    settings = read({"session_max": "5s"}, {})

    assert (settings.session_idle_seconds, settings.session_max_seconds) == (5, 5)


# Errors that others raise


def test_an_error_from_elsewhere_is_told_with_the_source_of_its_setting():
    settings = read({}, {"PARLEY_STORE": "sqlite:/nowhere/x.db"})

    error = SettingError("store", "cannot be written").with_source(settings.sources)

    assert str(error) == "PARLEY_STORE: cannot be written"


def test_an_error_about_a_default_says_so():
    settings = read({}, {})

    error = SettingError("port", "is in use").with_source(settings.sources)

    assert str(error) == "--port (its default): is in use"


# Secrets


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:/srv/parley.db", "sqlite:/srv/parley.db"),
        ("memory:", "memory:"),
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("redis://:pa55@h:1/0", "redis://:***@h:1/0"),
        ("redis://pa55@h", "redis://***@h"),
        ("mongodb://ann:pa55@h1,h2/db?w=1", "mongodb://ann:***@h1,h2/db?w=1"),
        ("mongodb://ann:pa55@/x@h/db", "mongodb://ann:***@h/db"),
        ("mongodb://ann:pa55?x@h/db", "mongodb://ann:***@h/db"),
        ("unix:///run/redis.sock?password=pa55&db=1", "unix:///run/redis.sock?password=***&db=1"),
        ("mongodb://h/d?tlsCertificateKeyFilePassword=pa55", None),
        ("mongodb://h/d?authMechanismProperties=AWS_SESSION_TOKEN:pa55", None),
    ],
)
def test_a_url_is_shown_without_its_password(url, shown):
    redacted = redact_url(url)

    assert "pa55" not in redacted
    assert shown is None or redacted == shown


@given(st.text())
def test_no_text_is_too_odd_to_be_redacted(text):
    redact_url(text)


def test_secrets_do_not_show_in_a_log():
    settings = read(
        {
            "metrics_token": "s3cret",
            "broker": "redis://:s3cret@h",
            "store": "mongodb://a:s3cret@h/d",
        },
        {},
    )

    assert "s3cret" not in repr(settings)
    assert "port=8888" in repr(settings)


def test_secrets_do_not_show_in_a_refusal():
    assert "s3cret" not in refusal({"metrics_token": "s3cret with spaces"})
    assert "s3cret" not in refusal({"store": "mongodb://a:s3cret@h/d\n"})


# Words


def test_a_suggestion_is_made_only_for_something_alike():
    assert suggestion("--PROT", ["--port", "--host"]) == "; did you mean --port?"
    assert suggestion("PARLEY_BCRIPT", ["PARLEY_PORT"], "PARLEY_") == ""
    assert suggestion("--colour", ["--port", "--host"]) == ""


def test_text_for_a_terminal_is_one_line_without_control_characters():
    assert printable("ann\n\x1b[31m\u202e\udc80 ö") == "ann\\n\\x1b[31m\\u202e\\udc80 ö"
