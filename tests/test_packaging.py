"""The three ways to run Parley answer alike: checkout, installed wheel, one-file binary."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import chat

CHECKOUT = Path(chat.__file__).parent.parent
# All that a build needs; a copy of it is built, so that the checkout stays as it is and
# nothing that lies about in it (build/ of an earlier version) gets into the wheel.
SOURCES = (
    "brokers",
    "chat",
    "deploy",
    "handlers",
    "static",
    "templates",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "setup.py",
)
# Long enough for a slow machine under load; a server that hangs fails the test by it.
PATIENCE_SECONDS = 60
# Longer than the server may take to stop (12 s), so that its own bound is what is tested.
STOP_SECONDS = 15


def build(*command: str, cwd: Path) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="session")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        path = CHECKOUT / name
        if path.is_dir():
            shutil.copytree(path, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, folder / name)
    return folder


@pytest.fixture(scope="session")
def wheel(sources, tmp_path_factory):
    """A wheel made from a source archive made from the checkout: what a packager does."""
    folder = tmp_path_factory.mktemp("wheel")
    build("-m", "build", "--no-isolation", "--outdir", str(folder), ".", cwd=sources)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def installed(wheel, tmp_path_factory):
    """The wheel in an environment of its own, which borrows only the dependencies."""
    folder = tmp_path_factory.mktemp("installed")
    build("-m", "venv", "--without-pip", str(folder), cwd=folder)
    python = folder / "bin/python"
    [packages] = folder.glob("lib/python*/site-packages")
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    packages.joinpath("borrowed.pth").write_text("\n".join(sorted(borrowed)))
    pip = ("-m", "pip", "--quiet", "--disable-pip-version-check", "--python", str(python))
    build(*pip, "install", "--no-index", "--no-deps", str(wheel), cwd=folder)
    return [str(folder / "bin/parley")]


@pytest.fixture(scope="session")
def checkout():
    return [sys.executable, "-m", "chat"]


@pytest.fixture(scope="session")
def binary(sources, tmp_path_factory):
    folder = tmp_path_factory.mktemp("binary")
    build(
        *("-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"),
        *("--distpath", str(folder / "dist"), "--workpath", str(folder / "build")),
        "deploy/parley.spec",
        cwd=sources,
    )
    return [str(folder / "dist/parley")]


@pytest.fixture(params=["checkout", "installed", "binary"])
def command(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def elsewhere(command, tmp_path):
    """The directory to run in: any, but for ``python -m chat``, which is of the checkout."""
    return CHECKOUT if command[0] == sys.executable else tmp_path


@pytest.fixture
def environ(tmp_path):
    """Hardly anything: no setting, and no Python on the path for the binary to lean on."""
    return {"HOME": str(tmp_path), "PATH": "/nowhere"}


@contextmanager
def running(command: list[str], cwd: Path, environ: dict[str, str], log: Path) -> Iterator:
    """Run a server; give its process and the URL of its ready line."""
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command,
            cwd=cwd,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        watchdog = threading.Timer(PATIENCE_SECONDS, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            ready = re.fullmatch(r"Parley is ready on (http://127\.0\.0\.1:[0-9]+)/\n", line)
            assert ready, f"{line!r}, and in the log: {log.read_text('utf-8')}"
            yield process, ready[1]
        finally:
            watchdog.cancel()
            process.kill()


def get(url: str) -> bytes:
    # Whatever proxy the environment names is none of ours.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=PATIENCE_SECONDS) as answer:
        content: bytes = answer.read()
    return content


def test_the_wheel_holds_every_asset(wheel):
    expected = {
        f"chat/{folder}/{path.relative_to(CHECKOUT / folder).as_posix()}"
        for folder in ("templates", "static")
        for path in (CHECKOUT / folder).rglob("*")
        if path.is_file()
    }
    expected |= {f"chat/data/{path.name}" for path in (CHECKOUT / "chat/data").iterdir()}

    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert len(expected) > 10
    assert not expected - names


def test_the_wheel_holds_every_module_and_nothing_that_does_not_belong(wheel):
    modules = {
        path.relative_to(CHECKOUT).as_posix()
        for package in ("brokers", "chat", "handlers")
        for path in (CHECKOUT / package).rglob("*.py")
    }

    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert {name for name in names if name.endswith(".py")} == modules
    assert {name.split("/")[0].split("-")[0] for name in names} == {
        "brokers",
        "chat",
        "handlers",
        "parley_chat",
    }


def test_the_version_is_told(command, elsewhere, environ):
    done = subprocess.run(
        [*command, "--version"],
        cwd=elsewhere,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"parley {chat.__version__}\n",
        "",
    )


def test_it_serves_its_pages_and_stops_when_told(command, elsewhere, environ, tmp_path):
    line = [*command, "serve", "--port", "0", "--data-dir", str(tmp_path / "data")]
    with running(line, elsewhere, environ, tmp_path / "log") as (process, url):
        get(f"{url}/healthz")
        page = get(f"{url}/login").decode()
        assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)

        assert re.search(r"<form[^>]+method=\"?post", page, re.IGNORECASE)
        assert 'name="username"' in page
        assert 'name="password"' in page
        assert assets
        assert all(get(url + asset) for asset in assets)
        process.send_signal(signal.SIGTERM)
        status = process.wait(STOP_SECONDS)

    assert status == 0, (tmp_path / "log").read_text("utf-8")
    assert (tmp_path / "data/parley.db").exists()


def test_it_stops_in_order_when_its_whole_group_is_told(command, elsewhere, environ, tmp_path):
    # Ctrl-C and systemd tell every process of the group, and the first process of the binary
    # passes it on to the second besides: twice at the same moment is not a second time.
    line = [*command, "serve", "--port", "0", "--data-dir", str(tmp_path / "data")]
    with running(line, elsewhere, environ, tmp_path / "log") as (process, _):
        os.killpg(process.pid, signal.SIGINT)
        status = process.wait(STOP_SECONDS)

    assert status == 0, (tmp_path / "log").read_text("utf-8")


def test_it_finds_its_list_of_common_passwords(command, elsewhere, environ, tmp_path):
    line = [*command, "user", "add", "ann", "--data-dir", str(tmp_path / "data")]

    done = subprocess.run(
        line, cwd=elsewhere, env=environ, input=b"password1", capture_output=True, check=False
    )

    assert done.returncode == 1, done.stderr
    assert re.fullmatch(rb"parley: [^\n]+\n", done.stderr), done.stderr
