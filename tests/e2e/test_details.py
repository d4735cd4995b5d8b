"""Details of a conversation: who it is with, and whether they are here, while one looks."""

import re

from playwright.sync_api import expect


def test_a_click_on_the_name_tells_who_it_is_as_it_changes(people):
    ann, bob = people.sign_up("ann", "Ann Lee"), people.sign_up("bob", "Bob Ray")
    bob.opens_chat_with("Ann Lee").says("Hello")
    ann.opens("Bob Ray")

    ann.heading("Bob Ray").get_by_role("button").click()

    details = ann.page.get_by_role("dialog", name="Details")
    expect(details.get_by_role("heading", name="Bob Ray")).to_be_visible()
    expect(details).to_contain_text(f"@{bob.username}")
    expect(details.get_by_text("online", exact=True)).to_be_visible()
    bob.page.goto("about:blank")
    expect(details.get_by_text(re.compile("^last seen today at"))).to_be_visible()
    ann.page.keyboard.press("Escape")
    expect(details).to_have_count(0)
    expect(ann.heading("Bob Ray").get_by_role("button")).to_be_focused()


def test_details_of_ones_notes_are_of_oneself(people):
    ann = people.sign_up("ann", "Ann Lee")
    ann.button("Notes to yourself").click()

    ann.heading("Ann Lee (you)").get_by_role("button").press("Enter")

    details = ann.page.get_by_role("dialog", name="Details")
    expect(details.get_by_role("heading", name="Ann Lee")).to_be_visible()
    expect(details.get_by_role("listitem")).to_have_count(1)
