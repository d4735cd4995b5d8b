"""Many tabs of one person: all alike, and all signed out together."""

import re

from playwright.sync_api import expect


def test_three_tabs_of_one_person_stay_alike(people):
    first = people.sign_up("ann", "Ann Lee")
    bob = people.sign_up("bob", "Bob Ray")
    tabs = [first, first.another_tab(), first.another_tab()]
    first.opens_chat_with("Bob Ray").says("From the first tab")
    bob.opens("Ann Lee").says("From Bob")

    for tab in tabs[1:]:
        tab.opens("Bob Ray")
    tabs[2].says("From the third tab")
    bob.reacts_to("From the third tab", "🎉")

    for tab in tabs:
        tab.sees_texts(["From the first tab", "From Bob", "From the third tab"])
        tab.sees_state("From the third tab", "Read")
        expect(tab.log.get_by_role("button", name="🎉 Bob Ray")).to_be_visible()


def test_what_is_read_in_one_tab_is_read_in_all(people):
    first = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    tabs = [first, first.another_tab(), first.another_tab()]
    bob.says(bob.opens_chat_with(first.username), ["News"])
    for tab in tabs:
        expect(tab.row("Bob Ray")).to_contain_text("1 unread message")
        expect(tab.page).to_have_title(re.compile(r"^\(1\)"))

    tabs[1].opens("Bob Ray")

    for tab in tabs:
        expect(tab.row("Bob Ray")).not_to_contain_text("unread")
        expect(tab.page).not_to_have_title(re.compile(r"^\("))


def test_a_logout_in_one_tab_ends_all_of_them(people):
    first = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    first.opens_chat_with("Bob Ray").says("A secret of Ann")
    others = [first.another_tab(), first.another_tab()]
    others[1].opens("Bob Ray").box.fill("A draft of Ann")

    first.logs_out()

    expect(first.button("Log in")).to_be_visible()
    for tab in others:
        expect(tab.button("Log in")).to_be_visible()
        expect(tab.status).to_contain_text("You were signed out")


def test_whoever_signs_in_next_sees_nothing_of_the_one_before(people):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    cem = people.bot("cem", "Cem Kaya")
    ann.opens_chat_with("Bob Ray").says("A secret of Ann")
    ann.box.fill("A draft of Ann")
    secret = ann.page.url
    ann.logs_out()

    ann.username = cem.username
    ann.signs_in()

    expect(ann.chats.get_by_text("No chats yet")).to_be_visible()
    ann.page.goto(secret)
    expect(ann.page.get_by_role("main")).to_contain_text("This chat does not exist")
    expect(
        ann.page.get_by_role("document").or_(ann.page.locator("body")).first
    ).not_to_contain_text(re.compile("of Ann|Bob Ray"))


def test_a_draft_is_there_again_after_signing_in_again(people):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Hello")
    ann.box.fill("A draft of Ann")
    ann.another_tab().logs_out()
    expect(ann.status).to_contain_text("You were signed out")

    ann.signs_in()

    expect(ann.heading("Bob Ray")).to_be_visible()
    expect(ann.box).to_have_value("A draft of Ann")
