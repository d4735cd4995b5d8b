"""Menus of messages and conversations: by right click, long press, `⋯` and keyboard."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.people import PHONE, Person
from tests.servers import wait_until

ITEMS = ["Reply", "React", "Copy text", "Copy link", "Edit", "Message info", "Delete"]

# What is shown in answer to a click is there by then.
TWO_FRAMES = "new Promise((told) => requestAnimationFrame(() => requestAnimationFrame(told)))"


@pytest.fixture(scope="module")
def ann(company):
    ann = company.sign_up("ann", "Ann Lee")
    ann.context.grant_permissions(["clipboard-read", "clipboard-write"])
    company.bot("bob", "Bob Ray")
    return ann.opens_chat_with("Bob Ray")


def items_of(person: Person) -> Locator:
    return person.page.get_by_role("menu", name="Actions").get_by_role("menuitem")


def stored(person: Person, text: str) -> Locator:
    """Says something; there is more to do about it once it is stored."""
    message = person.says(text)
    expect(message.get_by_text("Sent", exact=True)).to_have_count(1)
    return message


def clipboard(person: Person) -> str:
    return str(person.page.evaluate("navigator.clipboard.readText()"))


def copied(person: Person, pattern: str) -> str:
    """Waits for something like this, since the notice may still be that of the copy before."""
    expect(person.page.get_by_role("region", name="Notice")).to_contain_text("Copied")
    wait_until(lambda: bool(re.fullmatch(pattern, clipboard(person))), f"a copy of {pattern}")
    return clipboard(person)


def test_a_right_click_opens_the_menu_of_a_message(company, ann):
    stored(ann, "Click on *me*").click(button="right")

    expect(items_of(ann)).to_have_count(len(ITEMS))
    assert set(items_of(ann).all_text_contents()) == set(ITEMS)
    expect(items_of(ann).first).to_be_focused()
    items_of(ann).filter(has_text="Copy text").click()
    copied(ann, "Click on me")


def test_keys_open_it_move_in_it_and_leave_it(company, ann):
    message = stored(ann, "Press keys")
    message.focus()
    keys = ann.page.keyboard

    for key in ("Shift+F10", "ContextMenu"):
        keys.press(key)
        expect(items_of(ann).filter(has_text="Reply")).to_be_focused()
        keys.press("ArrowDown")
        expect(items_of(ann).filter(has_text="React")).to_be_focused()
        keys.press("End")
        expect(items_of(ann).filter(has_text="Delete")).to_be_focused()
        keys.press("m")
        expect(items_of(ann).filter(has_text="Message info")).to_be_focused()
        keys.press("Escape")
        expect(items_of(ann)).to_have_count(0)
        expect(message).to_be_focused()


def test_the_link_of_a_message_leads_to_it(company, ann):
    ann.says("Link to this")
    ann.acts_on("Link to this", "More")
    items_of(ann).filter(has_text="Copy link").click()

    ann.page.goto(copied(ann, r"http://127\.0\.0\.1:\d+/c/[^/]+/\d+"))

    expect(ann.message("Link to this")).to_be_focused()


def test_message_info_says_when_and_how_far(company, ann):
    message = stored(ann, "Informative")
    message.click(button="right")
    items_of(ann).filter(has_text="Message info").click()

    info = ann.page.get_by_role("dialog", name="Message info")
    expect(info.get_by_role("time")).to_have_attribute("datetime", re.compile("^20.*Z$"))
    expect(info.get_by_role("heading", name="Not delivered yet")).to_be_visible()
    expect(info.get_by_role("listitem")).to_contain_text(["Bob Ray"])
    ann.page.keyboard.press("Escape")
    expect(info).to_have_count(0)
    expect(message).to_be_focused()


def test_a_deleted_message_has_neither_menu_nor_tick(company, ann):
    stored(ann, "Soon gone").click(button="right")
    items_of(ann).filter(has_text="Delete").click()

    stub = ann.sees("Message deleted")
    expect(stub.get_by_text("Sent", exact=True)).to_have_count(0)
    stub.click(button="right")
    ann.page.evaluate(TWO_FRAMES)
    expect(items_of(ann)).to_have_count(0)


def test_a_conversation_is_marked_as_read_from_the_list(company, ann):
    cem = company.bot("cem", "Cem Kaya")
    cem.says(cem.opens_chat_with(ann.username), ["Unread"])
    row = ann.row("Cem Kaya")
    expect(row).to_contain_text("1 unread message")

    row.hover()
    ann.chats.get_by_role("listitem").filter(has_text="Cem Kaya").get_by_role(
        "button", name="Actions"
    ).click()
    items_of(ann).filter(has_text="Mark as read").click()

    expect(row).not_to_contain_text("unread")
    row.focus()
    ann.page.keyboard.press("Shift+F10")
    expect(items_of(ann)).to_have_text(["Details", "Copy link"])
    ann.page.keyboard.press("Escape")
    expect(row).to_be_focused()


def test_a_long_press_opens_the_menu(people):
    eve = people.sign_up("eve", "Eve Fox", **PHONE)
    people.bot("bob", "Bob Ray")
    message = stored(eve.opens_chat_with("Bob Ray"), "Hold me")
    box = message.get_by_text("Hold me").bounding_box()
    assert box
    fingers = eve.context.new_cdp_session(eve.page)
    point = {"x": box["x"] + 4, "y": box["y"] + 4}

    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(items_of(eve).filter(has_text="Reply")).to_be_visible()
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    items_of(eve).filter(has_text="Reply").tap()
    expect(eve.page.get_by_text("Reply to yourself")).to_be_visible()
