"""Never a lost word: what was typed or sent outlives whatever happens to the page."""

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Error, Page, WebSocket, WebSocketRoute, expect

from tests.servers import wait_until

offline = pytest.mark.console("ERR_INTERNET_DISCONNECTED")
NO_DATABASE = """
    Object.defineProperty(window, 'indexedDB', { value: { open() { throw new Error('no'); } } });
"""
FULL_DISK = """
    IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };
"""


def sends_of(page: Page) -> list[str]:
    """The texts that this page will send from now on, as they go out."""
    texts: list[str] = []

    def heard(payload: str | bytes) -> None:
        frame = json.loads(payload)
        if frame["type"] == "send":
            texts.append(frame["text"])

    def opened(socket: WebSocket) -> None:
        socket.on("framesent", heard)

    page.on("websocket", opened)
    return texts


def crash(page: Page) -> None:
    """Ends the page's process without a word."""
    with suppress(Error):
        page.goto("chrome://crash")
    page.close()


@offline
def test_what_was_written_outlives_a_crash(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.sign_up("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Before")
    bob.opens("Ann Lee").sees("Before")
    chat = ann.another_tab()

    chat.opens("Bob Ray")
    chat.goes_offline().says("Sent and crashed")
    chat.box.fill("Typed and cra")
    expect(ann.box).to_have_value("Typed and cra")
    crash(chat.page)
    ann.page.close()
    chat.context.set_offline(False)
    again = chat.another_tab()

    bob.sees_texts(["Before", "Sent and crashed"])
    again.opens("Bob Ray").sees_texts(["Before", "Sent and crashed"])
    expect(again.box).to_have_value("Typed and cra")


def test_a_draft_outlives_a_reload_in_the_middle_of_a_word(people):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Hello")

    ann.box.press_sequentially("Half a sen")
    ann.page.reload()

    expect(ann.box).to_have_value("Half a sen")
    ann.box.press("End")
    ann.box.press_sequentially("tence")
    ann.box.press("Enter")
    ann.sees_texts(["Hello", "Half a sentence"])
    ann.page.reload()
    ann.sees_texts(["Hello", "Half a sentence"])
    expect(ann.box).to_have_value("")


@offline
def test_of_several_tabs_exactly_one_sends_what_waited(people):
    first = people.sign_up("ann", "Ann Lee")
    bob = people.sign_up("bob", "Bob Ray")
    first.opens_chat_with("Bob Ray").says("Before")
    bob.opens("Ann Lee").sees("Before")
    tabs = [first, first.another_tab(), first.another_tab()]
    for tab in tabs[1:]:
        tab.opens("Bob Ray").sees("Before")
    sent = [sends_of(tab.page) for tab in tabs]
    texts = [f"Number {number}" for number in range(1, 7)]

    first.goes_offline()
    for number, text in enumerate(texts):
        tabs[number % 3].says(text)
        for tab in tabs:
            tab.sees_state(text, "Sending")
    first.context.set_offline(False)

    bob.sees_texts(["Before", *texts])
    for tab in tabs:
        tab.sees_texts(["Before", *texts])
        tab.sees_state(texts[-1], "Read")
    assert sorted(text for each in sent for text in each) == texts


@offline
def test_a_tab_that_is_closed_leaves_its_words_to_the_others(people):
    first = people.sign_up("ann", "Ann Lee")
    bob = people.sign_up("bob", "Bob Ray")
    first.opens_chat_with("Bob Ray").says("Before")
    bob.opens("Ann Lee").sees("Before")
    other = first.another_tab()
    other.opens("Bob Ray").sees("Before")

    first.goes_offline().says("Left behind")
    first.page.close()
    other.context.set_offline(False)

    bob.sees_texts(["Before", "Left behind"])


@pytest.mark.parametrize("breakage", [NO_DATABASE, FULL_DISK], ids=["no database", "full disk"])
def test_where_nothing_can_be_kept_the_chat_works_all_the_same(people, breakage):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.page.add_init_script(breakage)
    ann.page.reload()
    ann.arrives()

    ann.opens_chat_with("Bob Ray").says("Hello")
    ann.sees_state("Hello", "Sent")
    ann.box.fill("A draft")
    ann.page.get_by_role("button", name="Notes to yourself").click()
    expect(ann.box).to_have_value("")

    expect(ann.row("Bob Ray")).to_contain_text("Draft: A draft")
    ann.opens("Bob Ray")
    expect(ann.box).to_have_value("A draft")


def test_a_refused_message_says_why_and_can_be_sent_again_copied_or_deleted(people):
    ann = people.sign_up("ann", "Ann Lee", permissions=["clipboard-read", "clipboard-write"])
    people.bot("bob", "Bob Ray")
    accepted = {"Fine"}
    held: list[tuple[WebSocketRoute, int]] = []

    def route(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def passes(message: str | bytes) -> None:
            frame: dict[str, Any] = json.loads(message)
            if frame["type"] == "send" and frame["text"] not in accepted:
                held.append((socket, frame["id"]))
            else:
                server.send(message)

        socket.on_message(passes)

    def refuse(code: str) -> None:
        """Answers what the page has sent, or is about to send."""
        wait_until(lambda: bool(ann.page.evaluate("true") and held), "something to refuse")
        socket, number = held.pop()
        socket.send(json.dumps({"type": "error", "re": number, "code": code, "message": ""}))

    ann.page.route_web_socket(re.compile("/ws$"), route)
    ann.page.reload()
    ann.arrives().opens_chat_with("Bob Ray").says("Fine")

    refused = ann.says("Refused")
    refuse("forbidden")
    # First what goes by itself.
    alert = ann.page.get_by_role("alert").filter(has_text="Message not sent")
    expect(alert).to_contain_text("You may not write here.")
    ann.sees_state("Refused", "Not sent")
    expect(refused).to_contain_text("You may not write here.")
    refused.get_by_role("button", name="Copy").click()
    expect(ann.page.get_by_text("Copied", exact=True).first).to_be_visible()
    assert ann.page.evaluate("navigator.clipboard.readText()") == "Refused"

    refused.focus()
    ann.page.keyboard.press("Enter")
    expect(refused.get_by_role("button", name="Retry")).to_be_focused()
    ann.page.keyboard.press("Enter")
    expect(ann.box).to_be_focused()
    ann.sees_state("Refused", "Sending")
    refuse("forbidden")
    ann.sees_state("Refused", "Not sent")
    ann.page.reload()
    ann.sees_state("Refused", "Not sent")
    accepted.add("Refused")
    refused.get_by_role("button", name="Retry").click()
    ann.sees_state("Refused", "Sent")

    ann.says("Too long")
    refuse("too_large")
    expect(ann.message("Too long")).to_contain_text("It is too long.")
    ann.message("Too long").get_by_role("button", name="Delete").click()
    ann.sees_texts(["Fine", "Refused"])
    expect(ann.box).to_be_focused()
    ann.page.reload()
    ann.sees_texts(["Fine", "Refused"])
