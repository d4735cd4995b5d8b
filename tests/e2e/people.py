"""People with browsers. What they do and see goes by roles and accessible names only."""

from __future__ import annotations

import itertools
import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, Worker, expect

from tests.e2e.bot import PASSWORD, Bot
from tests.servers import wait_until

PHONE: dict[str, Any] = {
    "viewport": {"width": 375, "height": 740},
    "has_touch": True,
    "is_mobile": True,
}
# What lies on these shelves of the databases of this browser (static/js/storage.js), as JSON.
KEPT = """async (shelves) => {
    const found = [];
    for (const { name } of await indexedDB.databases()) {
        const database = await new Promise((resolve) => {
            const request = indexedDB.open(name);
            request.onsuccess = () => resolve(request.result);
        });
        for (const shelf of shelves) {
            found.push(...await new Promise((resolve) => {
                const request = database.transaction(shelf).objectStore(shelf).getAll();
                request.onsuccess = () => resolve(request.result);
            }));
        }
        database.close();
    }
    return JSON.stringify(found);
}"""


class Person:
    """Somebody in front of a page; `another_tab` gives the same person once more."""

    def __init__(self, people: People, context: BrowserContext, username: str) -> None:
        self.people = people
        self.context = context
        self.username = username
        self.page: Page = context.new_page()

    # Where things are.

    @property
    def chats(self) -> Locator:
        return self.page.get_by_role("navigation", name="Conversations")

    @property
    def search(self) -> Locator:
        return self.page.get_by_role("searchbox", name="Search people")

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox", name=re.compile("^Message"))

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("main").get_by_role("log", name="Messages")

    @property
    def messages(self) -> Locator:
        return self.log.get_by_role("article")

    @property
    def status(self) -> Locator:
        return self.page.get_by_role("status").first

    def row(self, name: str) -> Locator:
        """The row of a conversation in the list."""
        return self.chats.get_by_role("link", name=re.compile(f"^{re.escape(name)}"))

    def message(self, text: str) -> Locator:
        """The message that says so, rather than quotes it."""
        words = self.page.get_by_text(text)
        quote = self.page.get_by_role("button").filter(has_text=text)
        return self.messages.filter(has=words).filter(has_not=quote)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("main").get_by_role("heading", name=name)

    # What a person does.

    def goes_to(self, path: str) -> Person:
        self.page.goto(f"{self.people.url}{path}")
        return self

    def fills_in(self, **fields: str) -> Person:
        for name, value in fields.items():
            label = name.replace("_", " ").capitalize()
            self.page.get_by_role("textbox", name=label, exact=True).fill(value)
        return self

    def signs_in(self, password: str = PASSWORD) -> Person:
        self.looks().fills_in(username=self.username, password=password).button("Log in").click()
        return self

    def arrives(self) -> Person:
        """Waits for what nobody sees: the page has its connection, and hears every key."""
        expect(self.page.locator("body[data-connection=online]")).to_be_attached()
        return self

    def looks(self) -> Person:
        """Turns to this tab. A browser draws the others about once a second."""
        self.page.bring_to_front()
        return self

    def another_tab(self) -> Person:
        return Person(self.people, self.context, self.username).goes_to("/").arrives()

    def finds(self, name: str) -> Locator:
        """Types somebody's username into the search box, since others may have that name, too;
        the options that come."""
        self.search.fill(self.people.username_of(name))
        return self.page.get_by_role("option", name=name)

    def opens_chat_with(self, name: str) -> Person:
        self.looks().finds(name).click()
        expect(self.heading(name)).to_be_visible()
        return self

    def opens(self, name: str) -> Person:
        """Opens a conversation from the list."""
        self.looks().row(name).click()
        expect(self.heading(name)).to_be_visible()
        return self

    def says(self, text: str) -> Locator:
        """Writes and sends; the message on the own page."""
        self.looks().box.fill(text)
        self.button("Send").click()
        expect(self.message(text)).to_be_visible()
        return self.message(text)

    def acts_on(self, text: str, action: str) -> Person:
        """Presses a button of the toolbar that a message shows when pointed at."""
        message = self.looks().message(text)
        message.hover()
        message.get_by_role("button", name=action, exact=True).click()
        return self

    def reacts_to(self, text: str, emoji: str) -> Person:
        self.acts_on(text, "React")
        group = self.message(text).get_by_role("group", name="Reactions")
        group.get_by_role("button", name=emoji).click()
        return self

    def logs_out(self) -> Person:
        token = self.looks().page.locator("form[action='/logout'] [name=_xsrf]")
        expect(token.first).to_be_attached()  # a page from the worker gets it a moment later
        self.button("Log out").click()
        return self

    def changes_networks(self) -> Person:
        """Without any for a moment: the page then tries to connect at once."""
        self.context.set_offline(True)
        self.context.set_offline(False)
        return self

    def goes_offline(self) -> Person:
        """Without any network, and the pages know: what is sent from now on waits."""
        for page in self.context.pages:
            page.evaluate(
                "() => { self.gone = new Promise((told) => addEventListener('offline', told)); }"
            )
        self.context.set_offline(True)
        for page in self.context.pages:
            page.evaluate("self.gone")
        return self

    def leaves(self) -> None:
        """Closes the browser."""
        self.people.forget(self)

    def keeps(self, text: str, *shelves: str) -> None:
        """Waits until the browser keeps what this text is in."""
        wait_until(lambda: text in self.kept(*shelves), f"{text!r} on {shelves}")

    # What a person sees.

    def kept(self, *shelves: str) -> str:
        """What this browser keeps, as JSON."""
        return str(self.page.evaluate(KEPT, shelves))

    def sees(self, text: str) -> Locator:
        expect(self.message(text)).to_be_visible()
        return self.message(text)

    def sees_state(self, text: str, state: str) -> None:
        """Sent, Delivered, …: the word that a message of one's own tells assistive technology."""
        words = self.message(text).get_by_text(state, exact=True)
        expect(words).to_have_count(1)

    def sees_texts(self, texts: list[str]) -> None:
        """Exactly these messages, in this order."""
        expect(self.messages).to_have_count(len(texts))
        for message, text in zip(self.messages.all(), texts, strict=True):
            expect(message).to_contain_text(text)


class People:
    """Everybody in a test, each with a browser of their own, and what their pages did wrong.

    Their usernames get a number, so that all meetings can be on the same server.
    """

    _numbers = itertools.count(1)

    def __init__(self, browser: Browser, *urls: str) -> None:
        self.browser = browser
        self.url = urls[0]
        self._hosts = {urlsplit(url).netloc for url in urls}
        self._number = next(self._numbers)
        self._usernames: dict[str, str] = {}
        self._wrongs: list[str] = []
        self._persons: list[Person] = []

    def stranger(self, username: str = "", **browser: Any) -> Person:
        """Somebody with a browser that has never been here."""
        context = self.browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, **browser}
        )
        context.on("console", lambda message: self._heard(message.type, message.text))
        context.on("weberror", lambda error: self._heard("error", str(error.error)))
        context.on("request", lambda request: self._asked(request.url))
        context.on("page", self._watch_page)
        context.on("serviceworker", self._watch_worker)
        person = Person(self, context, username and self._unique(username))
        self._persons.append(person)
        return person

    def sign_up(self, username: str, name: str, **browser: Any) -> Person:
        """Somebody with a new account, on the chat page.

        The form is sent without showing it: `test_entrance` fills it in.
        """
        person = self.stranger(username, **browser)
        self._usernames[name] = person.username
        form = {"username": person.username, "name": name, "password": PASSWORD}
        self._post(person, "/register", form)
        return person.goes_to("/").arrives()

    def bot(self, username: str, name: str) -> Bot:
        """Somebody with a new account and no page."""
        self._usernames[name] = self._unique(username)
        return Bot(self.url, self._unique(username), name)

    def sign_in(self, username: str, **browser: Any) -> Person:
        """Somebody who has an account, in a browser that has never been here."""
        person = self.stranger(username, **browser)
        self._post(person, "/login", {"username": person.username, "password": PASSWORD})
        return person.goes_to("/").arrives()

    def username_of(self, name: str) -> str:
        return self._usernames[name]

    def forget(self, person: Person) -> None:
        self._persons.remove(person)
        person.context.close()

    def pop_wrongs(self, allowed: tuple[str, ...] = ()) -> list[str]:
        """Errors, warnings and requests to other hosts since the last call.

        What one of the patterns in ``allowed`` is found in is left out.
        """
        self._listen()
        wrongs, self._wrongs = self._wrongs, []
        return [each for each in wrongs if not any(re.search(one, each) for one in allowed)]

    def take_pictures(self, folder: Path) -> None:
        """Keeps what everybody saw when a test failed."""
        folder.mkdir(parents=True, exist_ok=True)
        for person in self._persons:
            for number, page in enumerate(person.context.pages, 1):
                page.screenshot(path=folder / f"{person.username or 'stranger'}-{number}.png")

    def close(self) -> None:
        self._listen()
        for person in [*self._persons]:
            self.forget(person)

    def _listen(self) -> None:
        """What a page said before it answers has been heard."""
        for person in self._persons:
            for page in person.context.pages:
                # It has crashed, or is somewhere else in this moment, or hangs.
                with suppress(Error):
                    page.wait_for_selector("html", state="attached", timeout=5_000)

    def _unique(self, username: str) -> str:
        return f"{username}-{self._number}"

    def _post(self, person: Person, path: str, form: dict[str, str]) -> None:
        request = person.context.request
        request.get(f"{self.url}{path}")
        token = next(one["value"] for one in person.context.cookies() if one["name"] == "_xsrf")
        answer = request.post(f"{self.url}{path}", form={**form, "_xsrf": token}, max_redirects=0)
        assert answer.status == 303, answer.text()

    def _watch_page(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._asked(socket.url))

    def _watch_worker(self, worker: Worker) -> None:
        worker.on("console", lambda message: self._heard(message.type, message.text))

    def _heard(self, kind: str, text: str) -> None:
        # Chromium reports violations of the Content-Security-Policy as errors, too.
        if kind in ("error", "warning"):
            self._wrongs.append(f"{kind}: {text}")

    def _asked(self, url: str) -> None:
        scheme, host = urlsplit(url)[:2]
        if scheme not in ("data", "blob") and host not in self._hosts:
            self._wrongs.append(f"asked another host: {url}")
