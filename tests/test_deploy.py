"""The recipes name what there is; the demo cluster is a real one, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chat.settings import SETTINGS
from tests.acceptance.client import Person, World
from tests.acceptance.process import ROOT, environment
from tests.acceptance.process import STOP_SECONDS as SERVER_STOP_SECONDS
from tests.servers import free_port
from tests.test_packaging import SOURCES

DEPLOY = ROOT / "deploy"

# MongoDB makes its files at the first start, on a disk that others write to as well.
START_SECONDS = 90
STOP_SECONDS = 45


@dataclass
class Address:
    port: int
    host: str = "127.0.0.1"


class DemoCluster:
    """A demo cluster that has said that it is ready, or has ended."""

    def __init__(self, directory: Path) -> None:
        self.addresses = [Address(free_port()), Address(free_port())]
        ports = [str(address.port) for address in self.addresses]
        where = ("--ports", *ports, "--data-dir", str(directory))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deploy.demo_cluster", *where],
            cwd=ROOT,
            env=environment(PARLEY_BCRYPT_ROUNDS="4"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.pids: dict[str, int] = {}
        watchdog = threading.Timer(START_SECONDS, self.process.terminate)
        watchdog.start()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.match(r"(\S+) +pid (\d+) ", line):
                self.pids[found[1]] = int(found[2])
            elif line.startswith("Parley is ready on "):
                self.urls = re.findall(r"http://\S+", line)
                break
        watchdog.cancel()

    def worlds(self) -> list[World]:
        return [World(address) for address in self.addresses]

    def wait(self) -> tuple[int, str]:
        """Return its exit status and what it said on standard error, once it has ended."""
        _, errors = self.process.communicate(timeout=STOP_SECONDS)
        return self.process.returncode, errors

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Tell it to stop; return the same."""
        self.process.send_signal(number)
        return self.wait()

    def left_over(self) -> list[str]:
        return [name for name, pid in self.pids.items() if Path(f"/proc/{pid}").exists()]


Start = Callable[[], DemoCluster]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A function that starts a demo cluster, always in the same directory."""
    started = []

    def start_one() -> DemoCluster:
        started.append(DemoCluster(tmp_path / "cluster"))
        return started[-1]

    yield start_one
    for cluster in started:
        if cluster.process.poll() is None:
            cluster.end(signal.SIGTERM)


def read(recipe: str) -> str:
    return (DEPLOY / recipe).read_text("utf-8")


async def talk(here: World, there: World) -> tuple[Person, Person]:
    """Two people, one on each server, write to each other; return them."""
    ann, bob = await here.person("ann"), await there.person("bob")
    ann_hears, bob_hears = await ann.connect(), await bob.connect()
    conversation = await ann_hears.open(bob.id)

    await ann_hears.send(conversation, "hello, other port")
    assert (await bob_hears.event("message"))["message"]["text"] == "hello, other port"
    await bob_hears.send(conversation, "and back")
    assert (await ann_hears.event("message"))["message"]["text"] == "and back"

    await here.close()
    await there.close()
    return ann, bob


def test_every_setting_that_a_recipe_names_exists() -> None:
    named = {
        (path.name, variable)
        for path in DEPLOY.rglob("*")
        if path.is_file() and path.suffix in ("", ".service", ".yaml")
        for variable in re.findall(r"PARLEY_[A-Z_]+", path.read_text("utf-8"))
    }

    assert {name for name, _ in named} == {"Dockerfile", "compose.yaml", "parley.service"}
    assert {variable for _, variable in named} <= {setting.variable for setting in SETTINGS}


def test_the_image_gets_all_that_is_installed() -> None:
    copied = {
        source
        for line in re.findall(r"^COPY (?!--)(.+) \S+$", read("Dockerfile"), re.MULTILINE)
        for source in line.split()
    }
    let_in = set(re.findall(r"^!(.+)$", read("Dockerfile.dockerignore"), re.MULTILINE))

    assert copied == let_in == set(SOURCES) - {"deploy"}


def test_nothing_is_killed_before_it_has_had_its_time_to_stop() -> None:
    seconds = re.findall(r"^TimeoutStopSec=(\d+)s$", read("parley.service"), re.MULTILINE)
    seconds += re.findall(r"stop_grace_period: (\d+)s", read("compose.yaml"))

    assert len(seconds) >= 2
    assert all(int(each) > SERVER_STOP_SECONDS for each in seconds)


def test_people_on_the_two_ports_of_a_demo_cluster_talk_and_ctrl_c_ends_all_of_it(
    start: Start,
) -> None:
    cluster = start()
    assert list(cluster.pids)[:2] == ["redis", "mongod"]
    assert len(cluster.left_over()) == 4
    assert cluster.urls == [f"http://127.0.0.1:{address.port}/" for address in cluster.addresses]

    asyncio.run(talk(*cluster.worlds()))
    status, errors = cluster.end(signal.SIGINT)

    assert (status, errors) == (0, "")
    assert cluster.left_over() == []


def test_a_demo_cluster_keeps_what_was_written_for_the_next_time(start: Start) -> None:
    cluster = start()
    ann, bob = asyncio.run(talk(*cluster.worlds()))
    assert cluster.end(signal.SIGTERM) == (0, "")

    async def read() -> list[str]:
        here, _ = again.worlds()
        bob_hears = await here.connect(bob.token)
        page = await bob_hears.history(await bob_hears.open(ann.id))
        await here.close()
        return [message["text"] for message in page["messages"]]

    again = start()
    assert asyncio.run(read()) == ["hello, other port", "and back"]


def test_a_part_of_a_demo_cluster_that_dies_takes_the_others_with_it(start: Start) -> None:
    cluster = start()

    os.kill(cluster.pids["redis"], signal.SIGKILL)
    status, errors = cluster.wait()

    assert status == 1
    assert errors.startswith("demo-cluster: redis was ended by signal 9; its log is /")
    assert cluster.left_over() == []


def test_a_second_demo_cluster_in_the_same_directory_is_refused(start: Start) -> None:
    start()

    second = start()

    status, errors = second.wait()
    assert status == 1
    assert re.fullmatch("demo-cluster: a demo cluster runs in /.+ already\n", errors)
