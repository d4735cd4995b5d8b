"""Without a connection: nothing is lost, nothing is doubled, and one is told."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.acceptance.process import ServerProcess
from tests.e2e.conftest import serving

# What Chromium itself says of a server that is away.
away = pytest.mark.console("WebSocket connection to .* failed", "Failed to load resource: net::ERR")
# Two tries that failed, and then up to 4 s until the next.
BACK_MS = 20_000
# Time enough to stop the clock there, and less than a page takes for sleep (static/js/sleep.js).
SOON = "Date.now() + 4000"


@pytest.fixture
def server(tmp_path) -> Iterator[ServerProcess]:
    """One to be killed."""
    with serving(tmp_path) as process:
        yield process


@away
def test_a_message_written_while_the_server_dies_arrives_once(people, server):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.sign_up("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Before")
    bob.opens("Ann Lee").sees("Before")
    ann.sees_state("Before", "Read")

    ann.box.press_sequentially("While it ")
    server.kill()
    ann.box.press_sequentially("was away")
    ann.button("Send").click()
    ann.sees_state("While it was away", "Sending")
    for person in (ann, bob):
        expect(person.status).to_contain_text("Reconnecting")
    bob.sees_texts(["Before"])
    server.start("--port", str(server.port))

    for person in (ann, bob):
        expect(person.changes_networks().status).to_have_text("")
    ann.sees_state("While it was away", "Read")
    ann.says("After")
    ann.sees_state("After", "Read")
    for person in (ann, bob):
        person.sees_texts(["Before", "While it was away", "After"])
        person.page.reload()
        person.sees_texts(["Before", "While it was away", "After"])


@away
def test_messages_on_their_way_when_the_server_dies_arrive_once_and_in_order(people, server):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Before")
    texts = [f"Number {number}" for number in range(1, 6)]

    for text in texts:
        ann.box.fill(text)
        ann.box.press("Enter")
    server.kill()
    server.start("--port", str(server.port))

    for text in texts:
        expect(ann.message(text).get_by_text("Sent", exact=True)).to_have_count(1, timeout=BACK_MS)
    bob = people.sign_in("bob").opens("Ann Lee")
    bob.sees_texts(["Before", *texts])


@pytest.mark.console("ERR_INTERNET_DISCONNECTED")
def test_offline_one_reads_and_writes_and_catches_up_later(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.sign_up("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Before")
    bob.opens("Ann Lee").sees("Before")

    ann.goes_offline().says("From the tunnel")
    ann.sees_state("From the tunnel", "Sending")
    expect(ann.status).to_contain_text("Reconnecting")
    bob.says("Are you there?")
    bob.sees_state("Are you there?", "Sent")
    bob.sees_texts(["Before", "Are you there?"])
    ann.sees_texts(["Before", "From the tunnel"])
    ann.context.set_offline(False)

    expect(ann.status).to_have_text("")
    for person in (ann, bob):
        person.sees_texts(["Before", "Are you there?", "From the tunnel"])
    ann.sees_state("From the tunnel", "Read")


@away
def test_what_waits_outlives_a_reload(people, server):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.sign_up("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Before")
    bob.opens("Ann Lee").sees("Before")

    ann.sees_state("Before", "Read")

    server.kill()
    ann.says("Kept")
    ann.sees_state("Kept", "Sending")
    ann.keeps("Kept", "outbox")
    ann.page.goto("about:blank")
    server.start("--port", str(server.port))
    ann.goes_to("/")

    expect(bob.changes_networks().status).to_have_text("")
    bob.sees_texts(["Before", "Kept"])


@pytest.mark.console("ERR_INTERNET_DISCONNECTED")
def test_a_break_is_told_when_it_lasts_and_goes_by_itself(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.sign_up("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Before")
    bob.opens("Ann Lee").sees("Before")
    clock = ann.page.clock
    clock.install()
    ann.page.reload()
    main = ann.page.get_by_role("main")
    online = main.get_by_text("online", exact=True)
    expect(online).to_be_visible()
    clock.pause_at(ann.page.evaluate(SOON))

    ann.goes_offline()
    expect(online).to_be_hidden()  # nobody knows
    expect(main).not_to_contain_text("last seen")
    clock.run_for(1_900)
    expect(ann.status).to_have_text("")
    clock.run_for(200)
    expect(ann.status).to_have_text("Reconnecting…")
    expect(ann.button("Try now")).to_be_hidden()
    clock.run_for(10_000)
    expect(ann.page.get_by_text("No connection. Next try in")).to_be_visible()
    expect(ann.status).to_have_text("Reconnecting…")
    expect(ann.log).to_contain_text("Before")
    expect(ann.row("Bob Ray")).to_be_visible()
    ann.button("Try now").press("Enter")
    expect(ann.page.get_by_text("No connection. Next try in")).to_be_visible()
    expect(ann.button("Try now")).to_be_focused()
    ann.context.set_offline(False)
    clock.resume()

    expect(ann.status).to_have_text("")
    expect(ann.box).to_be_focused()
    expect(ann.page.get_by_text("No connection")).to_be_hidden()
    expect(online).to_be_visible()


def test_whoever_wakes_the_machine_up_is_connected_anew_at_once(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, ["Before"])
    ann.page.clock.install()
    ann.page.reload()
    ann.opens("Bob Ray").sees("Before")
    ann.page.clock.pause_at(ann.page.evaluate(SOON))

    # Its clock jumps, and no event tells of it. Then this one stands still again.
    with ann.page.expect_websocket():
        ann.page.clock.fast_forward(3_600_000)

    bob.says(chat, ["Good morning"])
    ann.sees("Good morning")
    expect(ann.status).to_have_text("")
