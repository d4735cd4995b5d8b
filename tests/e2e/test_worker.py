"""The service worker: assets at hand, nothing private kept, a new version at once."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Response, expect

from tests.acceptance.process import ROOT
from tests.e2e.conftest import meeting, serving

# Not `wait_for_function`: it asks again by eval, which the page's policy forbids.
CONTROLLED = """() => navigator.serviceWorker.controller || new Promise((resolve) => {
    navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true });
})"""
KEPT = """async () => {
    const caches = [];
    for (const name of await self.caches.keys()) {
        const cache = await self.caches.open(name);
        for (const request of await cache.keys()) caches.push(request.url);
    }
    return caches;
}"""


def test_the_worker_keeps_assets_and_nothing_else(people):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.page.evaluate(CONTROLLED)

    ann.page.reload()
    ann.opens_chat_with("Bob Ray").says("Private")
    answers: list[Response] = []
    ann.page.on("response", lambda answer: answers.append(answer))
    ann.page.reload()
    ann.sees("Private")

    assert len(answers) > 20
    direct = [answer.url for answer in answers if not answer.from_service_worker]
    assert direct == [ann.page.url]
    kept = ann.page.evaluate(KEPT)
    assert len(kept) > 20
    assert [url for url in kept if "/static/" not in url or "?v=" not in url] == []


@pytest.fixture
def copy(tmp_path):
    """A checkout of one's own, in which a new version can be made."""
    for name in ("chat", "handlers", "brokers", "static", "templates"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / "copy" / name, ignore=ignored)
    return tmp_path / "copy"


def test_a_new_version_is_there_after_a_reload(browser, copy: Path, tmp_path):
    with serving(tmp_path, PYTHONPATH=str(copy)) as server, meeting(browser, server) as people:
        ann = people.sign_up("ann", "Ann Lee")
        ann.page.evaluate(CONTROLLED)
        ann.page.reload()
        expect(ann.page.get_by_role("main")).to_contain_text("Pick a chat")

        words = copy / "static/js/lib/words.js"
        words.write_text(words.read_text().replace("Pick a chat", "Choose a chat"))
        server.kill()
        server.start("--port", str(server.port))
        ann.page.reload()

        expect(ann.page.get_by_role("main")).to_contain_text("Choose a chat")
        assert people.pop_wrongs(("WebSocket connection to .* failed", "net::ERR")) == []
