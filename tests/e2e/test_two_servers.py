"""Two server processes, one SQLite file, one Redis: nobody notices on which one they are."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.acceptance.process import ServerProcess
from tests.e2e.conftest import UNLIMITED, meeting
from tests.e2e.people import People, Person
from tests.redis_server import RedisServer
from tests.servers import wait_until

# Two tries that failed, and then up to 4 s until the next.
BACK_MS = 20_000
NUMBERED = re.compile(r"(?:Ann|Bob) \d")


@pytest.fixture(scope="module")
def servers(tmp_path_factory) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    folder = tmp_path_factory.mktemp("servers")
    redis = RedisServer()
    flags = (*UNLIMITED, "--store", f"sqlite:{folder / 'both.db'}", "--broker", redis.url)
    first, second = (ServerProcess(folder / name, *flags) for name in ("first", "second"))
    try:
        first.start()
        second.start()
        yield first, second
        first.stop()
        second.stop()
    finally:
        first.kill()
        second.kill()
        redis.kill()


@pytest.fixture(scope="module")
def company(browser, servers) -> Iterator[People]:
    """Everybody, on the first server."""
    with meeting(browser, *servers) as everybody:
        yield everybody


@pytest.fixture(scope="module")
def others(browser, servers) -> Iterator[People]:
    """Everybody on the second server."""
    with meeting(browser, *reversed(servers)) as everybody:
        yield everybody


@pytest.fixture(scope="module")
def ann(company: People) -> Person:
    return company.sign_up("ann", "Ann Lee")


@pytest.fixture(scope="module")
def bob(others: People) -> Person:
    return others.sign_up("bob", "Bob Ray")


@pytest.fixture
def both(ann, bob) -> tuple[Person, Person]:
    """Ann and Bob, both with their chat open."""
    if ann.row("Bob Ray").count() == 0:
        find(ann, bob.username, "Bob Ray")
        ann.says("The first one")
        bob.opens("Ann Lee").sees("The first one")
    return ann.opens("Bob Ray"), bob.opens("Ann Lee")


def find(person: Person, username: str, name: str) -> None:
    """Opens the chat with somebody on the other server."""
    person.search.fill(username)
    person.page.get_by_role("option", name=name).click()
    expect(person.heading(name)).to_be_visible()


def test_messages_ticks_and_typing_cross(both):
    ann, bob = both
    typing = ann.page.get_by_role("main").get_by_text("Bob Ray is typing")

    def is_seen_while_typing() -> bool:
        bob.box.press_sequentially("Hm")
        return bool(typing.is_visible())

    wait_until(is_seen_while_typing, "typing on the other server")
    bob.says("From the second server")
    ann.sees("From the second server")
    ann.says("From the first server")

    bob.sees("From the first server")
    bob.sees_state("From the second server", "Read")
    ann.sees_state("From the first server", "Read")
    expect(ann.page.get_by_role("main").get_by_text("online", exact=True)).to_be_visible()


def test_edits_reactions_and_deletions_cross(both):
    ann, bob = both
    for text in ("I am lat", "Never mind"):
        ann.says(text)
    bob.sees("I am lat")

    ann.acts_on("I am lat", "Edit").says("I am early")
    bob.sees("I am early").get_by_text("edited", exact=True).wait_for()
    bob.reacts_to("I am early", "👍")
    ann.message("I am early").get_by_role("button", name="👍 Bob Ray").wait_for()
    ann.acts_on("I am early", "Delete")
    ann.acts_on("Never mind", "Delete")  # which ends the time to undo the first

    expect(bob.log).not_to_contain_text("I am early")
    expect(bob.message("Message deleted").first).to_be_visible()  # the other one may be, too


def test_a_message_to_somebody_away_is_sent_then_delivered_then_read(company, others, ann):
    cem = others.bot("cem", "Cem Kaya")
    find(ann, cem.username, "Cem Kaya")
    ann.says("Are you there?")

    ann.sees_state("Are you there?", "Sent")
    there = others.sign_in("cem")
    expect(there.row("Ann Lee")).to_contain_text("1 unread message")
    ann.sees_state("Are you there?", "Delivered")
    there.opens("Ann Lee")
    ann.sees_state("Are you there?", "Read")
    header = ann.page.get_by_role("main")
    expect(header.get_by_text("online", exact=True)).to_be_visible()

    there.leaves()
    expect(header.get_by_text(re.compile("last seen today at .*"))).to_be_visible()


def test_a_logout_ends_the_session_on_the_other_server_too(company, others):
    dan = company.sign_up("dan", "Dan Orr")
    # Cookies know nothing of ports: it is the same session.
    tab = Person(others, dan.context, dan.username).goes_to("/").arrives()

    dan.logs_out()

    expect(dan.button("Log in")).to_be_visible()
    expect(tab.button("Log in")).to_be_visible()
    expect(tab.status).to_contain_text("You were signed out")


@pytest.mark.console("WebSocket connection to .* failed", "Failed to load resource: net::ERR")
def test_both_have_the_same_after_one_server_died(both, servers):
    ann, bob = both
    ann.says("Before")
    bob.sees("Before")

    servers[1].kill()
    for person, name in ((ann, "Ann"), (bob, "Bob")):
        for number in (1, 2):
            person.says(f"{name} {number}")
    servers[1].start("--port", str(servers[1].port))
    ann.says("Ann 3")
    bob.says("Bob 3")

    expect(bob.message("Ann 3")).to_be_visible(timeout=BACK_MS)
    for text in ("Ann 1", "Ann 2", "Ann 3"):
        ann.sees_state(text, "Read")
    for text in ("Bob 1", "Bob 2", "Bob 3"):
        bob.sees_state(text, "Read")
    seen = [NUMBERED.findall(person.log.inner_text()) for person in both]
    assert seen[0] == seen[1]
    assert sorted(seen[0]) == ["Ann 1", "Ann 2", "Ann 3", "Bob 1", "Bob 2", "Bob 3"]
