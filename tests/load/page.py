"""``python -m tests.load.page``: what the chat page costs whoever opens it.

Chromium and the server share the machine; every figure of time is the median of some visits,
each with a browser that has never been here. Lighthouse comes through npm, and is left out
where there is none.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import logging
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from handlers.base import SESSION_COOKIE
from tests.e2e.conftest import FLAGS
from tests.load import machine
from tests.load.api import Person
from tests.load.seed import seeding
from tests.load.server import Server

OWN_CODE_BYTES = 60_000
MOST_SHIFT = 0.1
BUBBLE_MS = 50
MOST_ROWS = 299
SCORES = {"performance": 95, "accessibility": 100, "best-practices": 100}
LIGHTHOUSE = "lighthouse@12"
LIGHTHOUSE_SECONDS = 300

# Every language that the page speaks.
LANGUAGES = {"English": "en-US", "German": "de-DE"}

WRITTEN = 20
SHORT, LONG, LONGEST = 10, 10_000, 100_000
WIDE = {"width": 1280, "height": 800}

HEADING = "| what | budget | measured | verdict |\n|---|---|---|---|"
# Told by the page itself, from its first moment on.
OBSERVE = """
    window.seen = { shift: 0 };
    new PerformanceObserver((list) => {
        for (const each of list.getEntries()) if (!each.hadRecentInput) seen.shift += each.value;
    }).observe({ type: 'layout-shift', buffered: true });
    new PerformanceObserver((list) => {
        for (const { name, startTime } of list.getEntries()) seen[name] = startTime;
    }).observe({ type: 'paint', buffered: true });
    new MutationObserver(() => {
        if (document.querySelector('a.conversation')) seen.conversation ??= performance.now();
    }).observe(document, { childList: true, subtree: true });
"""
# From the click to the frame in which the newest message is drawn.
OPEN = """name => new Promise((done) => {
    const row = [...document.querySelectorAll('a.conversation')].find(
        (one) => one.textContent.includes(name));
    const begin = performance.now();
    const look = () => {
        if (document.querySelector('[data-pane]:not([hidden]) article')) {
            requestAnimationFrame(() => setTimeout(() => done(performance.now() - begin)));
        } else requestAnimationFrame(look);
    };
    row.click();
    look();
})"""
# From the key to the bubble of what was written, so many times.
WRITE = """count => {
    let pressed;
    const times = [];
    const all = Promise.withResolvers();
    window.written = all.promise;
    document.addEventListener('keydown', ({ key }) => {
        if (key === 'Enter') pressed = performance.now();
    }, true);
    new MutationObserver((changes) => {
        for (const { addedNodes } of changes) for (const node of addedNodes) {
            if (node.matches?.('article:not([data-seq])')) times.push(performance.now() - pressed);
        }
        if (times.length === count) all.resolve(times);
    }).observe(document.querySelector('[role=log]'), { subtree: true, childList: true });
}"""
# From one message to another, as fast as they load; how many rows there were at most.
SCROLL = """({ by, to }) => new Promise((done) => {
    const log = document.querySelector('[role=log]');
    let most = 0;
    const step = () => {
        most = Math.max(most, log.querySelectorAll('article').length);
        if (log.querySelector(`[data-seq="${to}"]`)) return done(most);
        log.scrollTop += by * log.scrollHeight;
        setTimeout(step, 5);
    };
    step();
})"""

logger = logging.getLogger("parley.load")


@dataclass(frozen=True, slots=True)
class Chats:
    """Who signs in, and the names of those whom they talked with so often."""

    reader: Person
    short: str
    long: str
    longest: str


class Bench:
    """A browser and a server, and what is found out with them."""

    def __init__(self, playwright: Playwright, server: Server, chats: Chats, visits: int) -> None:
        """Start nothing yet."""
        self._playwright = playwright
        self._server = server
        self._chats = chats
        self._visits = visits
        self._executable = shutil.which("chromium")

    def rows(self) -> Iterator[str]:
        """Measure one row after another."""
        browser = self._playwright.chromium.launch(
            executable_path=self._executable, args=list(FLAGS)
        )
        yield from self._transfer(browser)
        yield from self._first_visit(browser)
        yield from self._later_visit(browser)
        yield from self._opening(browser)
        yield from self._memory(browser)
        yield from self._writing(browser)
        browser.close()
        yield from self._lighthouse()

    def _transfer(self, browser: Browser) -> Iterator[str]:
        for language, locale in LANGUAGES.items():
            yield from self._transfer_in(browser, language, locale)

    def _transfer_in(self, browser: Browser, language: str, locale: str) -> Iterator[str]:
        with self._visitor(browser, service_workers="block", locale=locale) as context:
            page = context.new_page()
            sizes: dict[str, int] = {}

            def note(request: Any) -> None:
                kind = urlsplit(request.url).path.rpartition(".")[2]
                if kind in ("js", "css") or request.resource_type == "document":
                    found = "page" if request.resource_type == "document" else kind
                    body = request.sizes()["responseBodySize"]
                    sizes[found] = sizes.get(found, 0) + body

            page.on("requestfinished", note)
            page.goto(self._server.url, wait_until="networkidle")
            own = sizes["js"] + sizes["css"]
            text = f"{_kb(own)} ({_kb(sizes['js'])} scripts, {_kb(sizes['css'])} styles)"
            budget = f"under {_kb(OWN_CODE_BYTES)}"
            what = f"own code and style, first load, {language}"
            yield _row(what, budget, text, own < OWN_CODE_BYTES)
            html = _kb(len(gzip.compress(page.content().encode())))
            size = f"{_kb(sizes['page'])} (gzip would make it {html})"
            yield _row(f"the page itself, {language}", "", size)

    def _first_visit(self, browser: Browser) -> Iterator[str]:
        seen = [self._visit(browser) for _ in range(self._visits)]
        yield _row("first contentful paint", "", _ms(seen, "first-contentful-paint"))
        yield _row("first conversation on the screen", "", _ms(seen, "conversation"))
        shift = max(each["shift"] for each in seen)
        yield _row(
            "layout shift, loading and opening a chat",
            f"under {MOST_SHIFT}",
            f"{shift:.3f}",
            shift < MOST_SHIFT,
        )

    def _visit(self, browser: Browser) -> dict[str, float]:
        with self._visitor(browser) as context:
            page = self._arrive(context)
            page.evaluate(OPEN, self._chats.short)
            page.wait_for_load_state("networkidle")
            return _seen(page)

    def _later_visit(self, browser: Browser) -> Iterator[str]:
        with self._visitor(browser) as context:
            page = self._arrive(context)
            page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
            seen = []
            for _ in range(self._visits):
                page.reload()
                page.locator("a.conversation").first.wait_for()
                seen.append(_seen(page))
        yield _row("the same, on later visits", "", _ms(seen, "conversation"))

    def _opening(self, browser: Browser) -> Iterator[str]:
        for name, count in ((self._chats.short, SHORT), (self._chats.longest, LONGEST)):
            times = []
            for _ in range(self._visits):
                with self._visitor(browser) as context:
                    times.append({"open": self._arrive(context).evaluate(OPEN, name)})
            yield _row(f"opening a chat of {count:,} messages", "", _ms(times, "open"))

    def _writing(self, browser: Browser) -> Iterator[str]:
        with self._visitor(browser) as context:
            page = self._arrive(context)
            page.evaluate(OPEN, self._chats.long)
            page.keyboard.press("Escape")  # to the latest message
            page.locator(f'[role=log] [data-seq="{LONG}"]').wait_for()
            page.evaluate(WRITE, WRITTEN)
            for number in range(WRITTEN):
                page.keyboard.type(f"Message {number}")
                page.keyboard.press("Enter")
            seen = [{"bubble": each} for each in page.evaluate("written")]
        usual = statistics.median(each["bubble"] for each in seen)
        what = f"from Enter to the bubble, in a chat of {LONG:,} messages"
        budget = f"under {BUBBLE_MS} ms"
        yield _row(what, budget, _ms(seen, "bubble"), usual < BUBBLE_MS)

    def _memory(self, browser: Browser) -> Iterator[str]:
        with self._visitor(browser) as context:
            page = self._arrive(context)
            before = _heap(page)
            page.evaluate(OPEN, self._chats.long)
            # It opens at the first unread message, which is the first of all.
            most = page.evaluate(SCROLL, {"by": 1, "to": LONG})
            most = max(most, page.evaluate(SCROLL, {"by": -1, "to": 1}))
            grown = _heap(page)
            text = f"{grown / 1e6:.1f} MB ({before / 1e6:.1f} MB before)"
            yield _row(f"memory of scripts after {LONG:,} messages were read", "", text)
            budget = f"under {MOST_ROWS + 1}"
            yield _row("rows drawn meanwhile, at most", budget, str(most), most <= MOST_ROWS)

    def _lighthouse(self) -> Iterator[str]:
        if not shutil.which("npx"):
            yield _row("Lighthouse", "", "no npm here")
            return
        for name, path, is_signed_in in (("sign-in", "/login", False), ("chat", "/", True)):
            scores = self._scores(path, is_signed_in)
            for category, least in SCORES.items():
                score = scores[category]
                yield _row(
                    f"Lighthouse, {name} page: {category}",
                    f"at least {least}",
                    str(score),
                    score >= least,
                )

    def _scores(self, path: str, is_signed_in: bool) -> dict[str, int]:
        """Run Lighthouse against a Chromium of ours, which is signed in or not."""
        port = _free_port()
        with tempfile.TemporaryDirectory() as profile:
            context = self._playwright.chromium.launch_persistent_context(
                profile,
                executable_path=self._executable,
                args=[*FLAGS, f"--remote-debugging-port={port}"],
            )
            if is_signed_in:
                context.add_cookies([self._cookie()])
            command = [
                *("npx", "--yes", LIGHTHOUSE, f"{self._server.url}{path}"),
                *("--port", str(port), "--output", "json", "--quiet"),
                *("--preset", "desktop", "--disable-storage-reset"),
                f"--only-categories={','.join(SCORES)}",
            ]
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=LIGHTHOUSE_SECONDS
            )
            context.close()
        if done.returncode != 0:
            raise RuntimeError(f"Lighthouse failed: {done.stderr[-1000:]}")
        report = json.loads(done.stdout)
        for each in report["audits"].values():
            if each["score"] is not None and each["score"] < 1:
                logger.info("%s: %s %s", path, each["id"], each.get("displayValue", ""))
        found = report["categories"].items()
        return {name: round(category["score"] * 100) for name, category in found}

    @contextmanager
    def _visitor(self, browser: Browser, **options: Any) -> Iterator[BrowserContext]:
        """A browser that was never here, in which the reader is signed in."""
        context = browser.new_context(viewport=WIDE, **options)  # type: ignore[arg-type]
        context.add_cookies([self._cookie()])
        context.add_init_script(OBSERVE)
        yield context
        context.close()

    def _arrive(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.goto(self._server.url)
        page.locator("a.conversation").first.wait_for()
        page.wait_for_load_state("networkidle")
        return page

    def _cookie(self) -> Any:
        return {"name": SESSION_COOKIE, "value": self._chats.reader.token, "url": self._server.url}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the table; 1 if a budget is missed."""
    parser = argparse.ArgumentParser(prog="make bench-page", description=__doc__)
    parser.add_argument("--visits", type=int, default=7, help="for each time (default 7)")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")  # to standard error
    os.environ.setdefault("NPM_CONFIG_UPDATE_NOTIFIER", "false")
    print(f"{machine.describe()}.\n\n{HEADING}", flush=True)
    missed = 0
    with tempfile.TemporaryDirectory(prefix="parley-page-") as folder:
        server = Server(Path(folder))
        server.data_dir.mkdir()
        chats = asyncio.run(_fill(server.data_dir))
        try:
            server.start()
            with sync_playwright() as playwright:
                for row in Bench(playwright, server, chats, options.visits).rows():
                    print(row, flush=True)
                    missed += "missed" in row
        finally:
            server.kill()
    return 1 if missed else 0


async def _fill(folder: Path) -> Chats:
    async with seeding(folder / "parley.db") as seed:
        reader, *others = await seed.people(4)
        for other, count in zip(others, (SHORT, LONG, LONGEST), strict=True):
            await seed.conversations([(reader, other)], count)
    return Chats(reader, *(other.username for other in others))


def _row(what: str, budget: str, measured: str, is_kept: bool | None = None) -> str:
    verdict = {None: "", True: "kept", False: "**missed**"}[is_kept]
    return f"| {what} | {budget} | {measured} | {verdict} |"


def _ms(seen: Sequence[dict[str, float]], name: str) -> str:
    times = sorted(each[name] for each in seen)
    return f"{statistics.median(times):.0f} ms ({times[0]:.0f}-{times[-1]:.0f})"


def _kb(size: float) -> str:
    return f"{size / 1000:.1f} KB"


def _seen(page: Page) -> dict[str, float]:
    found: dict[str, float] = page.evaluate("seen")
    return found


def _heap(page: Page) -> float:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"])


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
