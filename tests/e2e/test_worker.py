"""The service worker and what is kept: at hand offline, gone with the session, never old."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, Response, expect

from tests.acceptance.process import ROOT, ServerProcess
from tests.e2e.conftest import meeting, serving
from tests.e2e.people import Person
from tests.servers import wait_until

# What Chromium itself says of a server that is away.
away = pytest.mark.console("WebSocket connection to .* failed", "Failed to load resource: net::ERR")

# There is a worker, which serves the next page. This one may be without: no worker claims a page
# that is being loaded in the moment when it becomes active.
ACTIVE = """async () => {
    const { active } = await navigator.serviceWorker.ready;
    while (active.state !== 'activated') {
        await new Promise((goOn) => active.addEventListener('statechange', goOn, { once: true }));
    }
}"""
KEPT = """async () => {
    const caches = [];
    for (const name of await self.caches.keys()) {
        const cache = await self.caches.open(name);
        for (const request of await cache.keys()) caches.push(request.url);
    }
    return caches;
}"""
SIZES = """(addresses) => Promise.all(addresses.map(async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    return `${image.naturalWidth}x${image.naturalHeight}`;
}))"""
COPIES = ("conversations", "messages")


@pytest.fixture
def server(tmp_path) -> Iterator[ServerProcess]:
    """One to be killed."""
    with serving(tmp_path) as process:
        yield process


def keeps_nothing(person: Person) -> None:
    """Waits until the browser has no copies of anything."""
    wait_until(lambda: person.kept(*COPIES) == "[]", "no copies")


def test_the_worker_keeps_assets_and_nothing_else(people):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.page.evaluate(ACTIVE)
    ann.page.reload()
    ann.arrives().opens_chat_with("Bob Ray").says("Private")
    answers: list[Response] = []
    ann.page.on("response", lambda answer: answers.append(answer))
    ann.page.reload()
    ann.sees("Private")

    assert len(answers) > 20
    assert [answer.url for answer in answers if not answer.from_service_worker] == []
    kept = {urlsplit(url).path: url for url in ann.page.evaluate(KEPT)}
    assert len(kept) > 20
    others = [path for path, url in kept.items() if "/static/" not in url or "?v=" not in url]
    assert others == ["/shell"]


@away
def test_without_a_server_the_chats_can_be_read(people, server):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    cem = people.bot("cem", "Cem Kaya")
    cem.says(cem.opens_chat_with(ann.username), ["Never opened"])
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, (f"line {number:03}" for number in range(1, 101)))
    ann.opens("Bob Ray").says("Hello Bob")
    ann.sees_state("Hello Bob", "Sent")
    ann.page.evaluate(ACTIVE)
    for text in ("Never opened", "line 001", "Hello Bob"):
        ann.keeps(text, *COPIES)

    server.kill()
    ann.page.reload()

    expect(ann.heading("Bob Ray")).to_be_visible()
    ann.sees("Hello Bob")
    expect(ann.message("Hello Bob")).to_be_in_viewport()
    expect(ann.row("Cem Kaya")).to_contain_text("Never opened")
    expect(ann.status).to_contain_text("Reconnecting")
    while "line 001" not in (oldest := ann.messages.first.text_content() or ""):
        ann.log.evaluate("log => { log.scrollTop = 0; }")
        expect(ann.messages.first).not_to_have_text(oldest)
    ann.says("Written without a server")
    ann.sees_state("Written without a server", "Sending")
    ann.looks().row("Cem Kaya").click()
    expect(ann.heading("Cem Kaya")).to_be_visible()

    server.start("--port", str(server.port))
    expect(ann.changes_networks().status).to_have_text("")
    ann.sees("Never opened")
    ann.opens("Bob Ray").sees_state("Written without a server", "Sent")
    # The page that was kept lacks the token of forms, and gets it.
    ann.logs_out()
    expect(ann.button("Log in")).to_be_visible()


@away
def test_after_a_logout_nothing_can_be_read(people, server):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Private")
    ann.sees_state("Private", "Sent")
    ann.page.evaluate(ACTIVE)
    ann.keeps("Private", *COPIES)
    other = ann.another_tab()
    other.opens("Bob Ray").sees("Private")

    ann.logs_out()
    expect(ann.button("Log in")).to_be_visible()
    expect(other.button("Log in")).to_be_visible()

    keeps_nothing(ann)
    server.kill()
    with suppress(Error):
        ann.goes_to("/")
    # The page that was kept knows of nobody, and leads to where one logs in.
    expect(ann.page).to_have_url(re.compile("^chrome-error:"))
    expect(ann.page.get_by_text("Private")).to_have_count(0)


@away
def test_who_signs_in_next_reads_nothing_of_the_one_before(people, server):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Private")
    ann.keeps("Private", *COPIES)
    # The session ends unseen, as if the cookie had run out while the browser was closed.
    ann.page.goto("about:blank")
    ann.context.clear_cookies()
    cem = people.bot("cem", "Cem Kaya")
    ann.username = cem.username

    ann.goes_to("/").signs_in()
    expect(ann.chats.get_by_text("No chats yet")).to_be_visible()
    ann.page.evaluate(ACTIVE)

    keeps_nothing(ann)
    server.kill()
    ann.page.reload()
    expect(ann.status).to_contain_text("Reconnecting")
    expect(ann.chats.get_by_role("link")).to_have_count(0)


def test_the_page_can_be_installed(people):
    ann = people.sign_up("ann", "Ann Lee")
    ann.page.evaluate(ACTIVE)

    chromium = ann.context.new_cdp_session(ann.page)
    manifest = chromium.send("Page.getAppManifest")
    assert manifest["errors"] == []
    icons = json.loads(manifest["data"])["icons"]
    *pictures, drawing = ann.page.evaluate(SIZES, [icon["src"] for icon in icons])
    assert pictures == ["192x192", "512x512", "512x512"]
    assert [icon["sizes"] for icon in icons] == [*pictures, "any"]
    assert drawing
    # Chromium's own word. A browser that keeps nothing, as here, never installs anything.
    errors = chromium.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors] in ([], ["in-incognito"])


@pytest.fixture
def copy(tmp_path):
    """A checkout of one's own, in which a new version can be made."""
    for name in ("chat", "handlers", "brokers", "static", "templates"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / "copy" / name, ignore=ignored)
    return tmp_path / "copy"


# Whether a newer worker, once it is installed, waits; time enough passes for it not to.
WAITS = """async () => {
    const registration = await navigator.serviceWorker.ready;
    const old = registration.active;
    while (registration.active === old && !registration.waiting) {
        await new Promise((goOn) => setTimeout(goOn, 10));
    }
    for (let times = 0; times < 50; times++) await (await fetch('/healthz')).text();
    return registration.active === old && registration.waiting.state === 'installed';
}"""
IS_NEWEST = """async () => {
    const registration = await navigator.serviceWorker.ready;
    const { content } = document.querySelector('meta[name="parley-build"]');
    const shells = (await caches.keys()).filter((name) => name.startsWith('parley-shell-'));
    return !registration.waiting && String(shells) === `parley-shell-${content}`;
}"""


@pytest.mark.parametrize("way", ["button", "key"])
def test_a_new_version_is_offered_and_there_after_a_reload(browser, copy: Path, tmp_path, way):
    with serving(tmp_path, PYTHONPATH=str(copy)) as server, meeting(browser, server) as people:
        ann = people.sign_up("ann", "Ann Lee")
        ann.page.evaluate(ACTIVE)
        ann.page.reload()
        ann.arrives()
        expect(ann.page.get_by_role("main")).to_contain_text("Pick a chat")

        words = copy / "static/js/words/en.js"
        words.write_text(words.read_text().replace("Pick a chat", "Choose a chat"))
        server.kill()
        server.start("--port", str(server.port))
        offer = ann.page.get_by_role("region", name="Update")
        expect(offer).to_contain_text("Update ready")
        # It would drop what a page that loads in this moment has asked of the older one.
        assert ann.page.evaluate(WAITS)
        if way == "button":
            ann.button("Reload").click()
        else:
            ann.page.reload()

        expect(ann.page.get_by_role("main")).to_contain_text("Choose a chat")
        expect(offer).to_be_hidden()
        wait_until(lambda: ann.page.evaluate(IS_NEWEST), "the new worker")
        assert people.pop_wrongs(("WebSocket connection to .* failed", "net::ERR")) == []


HIDE = """() => {
    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
}"""
STAY = "() => { self.isStill = true; addEventListener('beforeunload', () => delete self.isStill); }"
# By the time of an answer, a page that is about to go has begun to.
IS_STILL = "fetch('/robots.txt').then(() => self.isStill)"


def test_a_new_version_comes_by_itself_only_where_nobody_looks_or_writes(
    browser, copy: Path, tmp_path
):
    with serving(tmp_path, PYTHONPATH=str(copy)) as server, meeting(browser, server) as people:
        ann = people.sign_up("ann", "Ann Lee")
        ann.page.evaluate(ACTIVE)
        ann.button("Notes to yourself").click()
        ann.box.fill("Half a thought")
        words = copy / "static/js/words/en.js"
        words.write_text(words.read_text().replace("Message yourself", "Message for later"))
        server.kill()
        server.start("--port", str(server.port))
        offer = ann.page.get_by_role("region", name="Update")
        expect(offer).to_contain_text("Update ready")
        ann.page.evaluate(STAY)

        ann.page.evaluate(HIDE)
        assert ann.page.evaluate(IS_STILL)
        expect(ann.box).to_have_value("Half a thought")
        ann.box.fill("")
        ann.box.blur()
        assert ann.page.evaluate(IS_STILL)
        ann.page.evaluate(HIDE)

        expect(ann.box).to_have_accessible_name("Message for later")
        assert ann.page.evaluate(IS_STILL) is None
        assert people.pop_wrongs(("WebSocket connection to .* failed", "net::ERR")) == []
