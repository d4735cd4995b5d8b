"""The server as a process: started, heard, ended by its pid, and judged by what it left."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from uuid import uuid4

from tests import mongo_server, redis_server

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"Parley is ready on http://([^:/]+):(\d+)/\n")
PASSWORDS = "pass of"  # how the passwords of all people in these tests begin
START_SECONDS = 60
STOP_SECONDS = 12  # section 6 of the protocol


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without anybody's Parley settings, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    return kept | {"PYTHONPATH": str(ROOT)} | settings


def shared_by_processes(store: str, folder: Path) -> tuple[str, ...]:
    """The flags of servers that share an empty store of this kind and a Redis."""
    if store == "mongodb":
        url = mongo_server.database_url(mongo_server.shared_url(), f"acceptance-{uuid4().hex}")
    else:
        url = f"sqlite:{folder / 'shared.db'}"
    return ("--store", url, "--broker", redis_server.shared_url())


def run_parley(
    *arguments: str, cwd: Path, stdin: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """Runs a command that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "chat", *arguments],
        cwd=cwd,
        env=environment(**settings),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


class ServerProcess:
    """A running server; `start` returns when it has said that it is ready."""

    def __init__(self, data_dir: Path, *flags: str, settings: dict[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.flags = flags
        self.settings = settings or {}
        self.host, self.port = "", 0
        self.error_file = data_dir.with_name(data_dir.name + ".stderr")
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._pump: threading.Thread | None = None

    def start(self, *more: str) -> "ServerProcess":
        given = ("--port", "0", "--data-dir", str(self.data_dir), "--bcrypt-rounds", "4")
        arguments = [sys.executable, "-m", "chat", "serve", *given, *self.flags, *more]
        with self.error_file.open("a") as errors:
            self._process = subprocess.Popen(
                arguments,
                cwd=self.data_dir.parent,
                env=environment(**self.settings),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._lines = queue.Queue()
        self._pump = threading.Thread(target=self._copy_lines, daemon=True)
        self._pump.start()
        try:
            line = self._lines.get(timeout=START_SECONDS)
        except queue.Empty:
            self.kill()
            raise AssertionError(f"not ready in time\n{self.errors()}") from None
        found = READY.fullmatch(line or "")
        if found is None:
            self.kill()
            raise AssertionError(f"no ready line but {line!r}\n{self.errors()}")
        self.host, self.port = found[1], int(found[2])
        return self

    def errors(self) -> str:
        return self.error_file.read_text()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Waits for the process to end; its exit status."""
        assert self._process is not None
        status = self._process.wait(seconds)
        self._collect()
        return status

    def kill(self) -> None:
        """`kill -9`, and waits for the end."""
        if self.is_running:
            self.signal(signal.SIGKILL)
            self.wait()

    def stop(self) -> None:
        """SIGTERM, and the checks that belong to every server's end.

        Raises:
            AssertionError: it did not end in time or with status 0, said more than its
                ready line, or left a traceback.
        """
        if self.is_running:
            self.signal(signal.SIGTERM)
            try:
                status = self.wait()
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"SIGTERM did not end it\n{self.errors()}") from None
            assert status == 0, f"exit status {status}\n{self.errors()}"
        self.check_output()

    def check_output(self) -> None:
        errors = self.errors()
        assert "Traceback" not in errors, errors[-6000:]
        assert PASSWORDS not in errors, "a password in the log"
        said = [line for line in list(self._lines.queue) if line is not None]
        assert said == [], f"more than the ready line on standard output: {said}"

    def _copy_lines(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        lines, stream = self._lines, self._process.stdout
        for line in stream:
            lines.put(line)
        lines.put(None)

    def _collect(self) -> None:
        if self._pump is not None:
            self._pump.join(START_SECONDS)
            self._pump = None
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
