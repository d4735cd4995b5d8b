"""The address bar: links to chats and messages, reload, Back and Forward; on phones too."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.people import PHONE


def test_a_chat_has_an_address_that_survives_a_reload(people):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Hello")
    expect(ann.page).to_have_url(re.compile("/c/[^/]+$"))

    ann.page.reload()
    expect(ann.heading("Bob Ray")).to_be_visible()
    ann.sees_texts(["Hello"])

    ann.page.go_back()
    expect(ann.heading("Bob Ray")).to_be_hidden()
    ann.page.go_forward()
    expect(ann.heading("Bob Ray")).to_be_visible()


def test_a_chat_without_a_message_is_found_by_its_address(people):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray")
    address = ann.page.url

    tab = ann.another_tab()
    tab.page.goto(address)

    expect(tab.heading("Bob Ray")).to_be_visible()
    expect(tab.log).to_contain_text("Say hello to Bob Ray")
    tab.says("Hello")


def test_a_chat_of_others_does_not_exist(people):
    ann, bob = people.bot("ann", "Ann Lee"), people.bot("bob", "Bob Ray")
    chat = ann.opens_chat_with(bob.username)
    ann.says(chat, ["Between us"])
    cem = people.sign_up("cem", "Cem Kaya", **PHONE)

    cem.goes_to(f"/c/{chat}")
    expect(cem.page.get_by_role("main")).to_contain_text("This chat does not exist")
    cem.page.get_by_role("link", name="Back to the chats").click()

    expect(cem.search).to_be_visible()


def test_a_message_has_an_address(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, (f"line {number:03}" for number in range(1, 301)))

    ann.goes_to(f"/c/{chat}/42")

    expect(ann.message("line 042")).to_be_focused()
    expect(ann.message("line 042")).to_be_in_viewport(ratio=1)
    middle = ann.message("line 042").bounding_box()
    assert middle is not None
    assert 250 < middle["y"] < 550
    expect(ann.message("line 042")).not_to_have_class(re.compile("message--flash"))


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_the_list_or_the_chat(people, width):
    phone = {**PHONE, "viewport": {"width": width, "height": 640}}
    ann = people.sign_up("ann", "Ann Lee", **phone)
    for number in range(12):
        bot = people.bot(f"bot{number}", f"Bot {number:02}")
        bot.says(bot.opens_chat_with(ann.username), ["Hello"])
    for number in range(12):
        expect(ann.row(f"Bot {number:02}")).to_contain_text("1 unread message")
    expect(ann.button("Turn on notifications")).to_be_visible()
    row = ann.row("Bot 02")
    row.scroll_into_view_if_needed()
    place = row.bounding_box()

    row.tap()
    ann.sees("Hello")
    expect(ann.chats).to_be_hidden()
    expect(ann.button("Log out")).to_be_visible()
    ann.page.get_by_role("link", name="Back").tap()
    expect(ann.chats).to_be_visible()
    expect(ann.log).to_be_hidden()
    assert row.bounding_box() == place

    row.tap()
    ann.sees("Hello")
    ann.box.fill("From a phone")
    ann.button("Send").tap()
    ann.sees_state("From a phone", "Sent")
    ann.page.go_back()
    expect(ann.row("Bot 02")).to_contain_text("From a phone")
    assert ann.page.evaluate("document.documentElement.scrollWidth") == width
