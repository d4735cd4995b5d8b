"""Settings: what is chosen counts at once, everywhere, and says so."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.bot import PASSWORD
from tests.e2e.people import PHONE, Person

NEW_PASSWORD = "another horse battery"
# Chromium's console reports an answer such as 403 as an error, also where it is expected.
refused = pytest.mark.console("Failed to load resource: the server responded with a status of 4")


def settings(person: Person) -> Locator:
    """The opened settings."""
    person.looks().button("Settings").click()
    dialog = person.page.get_by_role("dialog", name="Settings")
    expect(dialog.get_by_role("listitem").filter(has_text="This one")).to_be_visible()
    return dialog


def says(dialog: Locator, words: str) -> None:
    expect(dialog.get_by_role("status")).to_have_text(words)


def test_a_new_name_is_seen_at_once_by_all_who_know_the_person(people):
    ann, bob = people.sign_up("ann", "Ann Lee"), people.sign_up("bob", "Bob Ray")
    bob.opens_chat_with("Ann Lee").says("Hello")
    tab = ann.another_tab().opens("Bob Ray")
    tab.says("Hi")
    dialog = settings(ann)

    dialog.get_by_role("textbox", name="Display name").fill("Zoë 🦊")
    ann.page.keyboard.press("Enter")

    says(dialog, "Saved")
    expect(bob.heading("Zoë 🦊")).to_be_visible()
    expect(bob.row("Zoë 🦊")).to_be_visible()
    expect(bob.page).to_have_title(re.compile("^Zoë 🦊"))
    tab.looks().button("Notes to yourself").click()
    expect(tab.heading("Zoë 🦊 (you)")).to_be_visible()


@refused
def test_a_name_that_nobody_may_have_is_refused_beside_the_field(people):
    ann = people.sign_up("ann", "Ann Lee")
    dialog = settings(ann)
    name = dialog.get_by_role("textbox", name="Display name")

    name.fill(" ")
    dialog.get_by_role("button", name="Save name").click()

    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description(re.compile("1 to 64 characters"))
    expect(name).to_have_value(" ")


def theme_of(person: Person) -> str:
    scheme: str = person.page.evaluate("getComputedStyle(document.documentElement).colorScheme")
    return scheme


@pytest.mark.console("Service Worker registration blocked")
def test_the_theme_changes_in_all_tabs_and_stays(people):
    # A service worker would answer with the scripts that are taken away below.
    ann = people.sign_up("ann", "Ann Lee", color_scheme="light", service_workers="block")
    tab = ann.another_tab()
    dialog = settings(ann)
    assert theme_of(ann) == "light dark"

    dialog.get_by_role("radio", name="Dark").check()

    says(dialog, "Saved")
    assert theme_of(ann) == "dark"
    expect(tab.page.locator("html")).to_have_attribute("data-theme", "dark")
    ann.page.keyboard.press("Escape")
    # Without any of the page's own scripts: the first paint has it, also signed out.
    nothing = {"body": "", "content_type": "text/javascript"}
    ann.page.route("**/static/js/**", lambda route: route.fulfill(**nothing))
    ann.goes_to("/")
    expect(ann.button("Settings")).to_be_disabled()
    assert theme_of(ann) == "dark"
    tab.logs_out()
    expect(tab.button("Log in")).to_be_visible()
    assert theme_of(tab) == "dark"
    ann.goes_to("/login")
    expect(ann.button("Log in")).to_be_visible()
    assert theme_of(ann) == "dark"


def test_the_hours_are_told_as_chosen_at_once(people):
    ann = people.sign_up("ann", "Ann Lee", locale="en-US")
    ann.button("Notes to yourself").click()
    time = ann.says("Hello").get_by_role("time")
    tab = ann.another_tab().opens("Ann Lee (you)")
    expect(time).to_have_text(re.compile(r"\d (AM|PM)$"))
    dialog = settings(ann)

    dialog.get_by_role("radio", name="24 hours").check()

    for there in (time, tab.message("Hello").get_by_role("time")):
        expect(there).to_have_text(re.compile(r"^\d\d:\d\d$"))
    expect(ann.row("Ann Lee (you)")).not_to_contain_text(re.compile("AM|PM"))


def test_enter_may_break_lines_and_control_enter_send(people):
    ann = people.sign_up("ann", "Ann Lee")
    ann.button("Notes to yourself").click()
    settings(ann).get_by_role("radio", name="Ctrl+Enter").check()
    ann.page.keyboard.press("Escape")
    expect(ann.page.get_by_role("dialog")).to_have_count(0)

    ann.box.fill("one")
    ann.box.press("Enter")
    ann.page.keyboard.type("two")
    expect(ann.box).to_have_value("one\ntwo")
    ann.box.press("Control+Enter")

    expect(ann.messages).to_have_count(1)
    expect(ann.message("one")).to_contain_text("two")


@refused
def test_a_new_password_needs_the_old_one_and_ends_all_other_sessions(people):
    ann = people.sign_up("ann", "Ann Lee")
    elsewhere = people.sign_in("ann")
    expect(elsewhere.search).to_be_visible()
    dialog = settings(ann)
    old = dialog.get_by_role("textbox", name="Old password")
    new = dialog.get_by_role("textbox", name="New password")

    old.fill("not the password")
    new.fill(NEW_PASSWORD)
    dialog.get_by_role("button", name="Change password").click()
    expect(old).to_be_focused()
    expect(old).to_have_accessible_description(re.compile("The old password is wrong"))
    old.fill(PASSWORD)
    new.fill("password")
    new.press("Enter")
    expect(new).to_be_focused()
    expect(new).to_have_accessible_description(re.compile("commonest"))
    new.fill(NEW_PASSWORD)
    new.press("Enter")

    says(dialog, "Password changed")
    expect(old).to_have_value("")
    expect(dialog.get_by_role("listitem")).to_have_count(1)
    expect(elsewhere.page.get_by_text("the password was changed")).to_be_visible()
    elsewhere.signs_in(NEW_PASSWORD)
    expect(elsewhere.search).to_be_visible()


@refused
def test_sessions_elsewhere_are_ended_one_by_one_or_together(people):
    ann = people.sign_up("ann", "Ann Lee")
    phone = "Mozilla/5.0 (Linux; Android 10; K) Chrome/140.0.0.0 Mobile Safari/537.36"
    others = [people.sign_in("ann", user_agent=phone), *(people.sign_in("ann") for _ in range(2))]
    for other in others:
        expect(other.search).to_be_visible()
    dialog = settings(ann)
    sessions = dialog.get_by_role("listitem")
    expect(sessions).to_have_count(4)
    expect(sessions.filter(has_text="This one").get_by_role("button")).to_have_count(0)

    dialog.get_by_role("button", name="End Chrome on Android").click()
    says(dialog, "Session ended")
    expect(sessions).to_have_count(3)
    expect(others[0].page.get_by_text("this session was ended")).to_be_visible()
    expect(sessions.get_by_role("button").first).to_be_focused()

    dialog.get_by_role("button", name="End all others").click()
    says(dialog, "All others ended")
    expect(sessions).to_have_count(1)
    for other in others[1:]:
        expect(other.page.get_by_text("this session was ended")).to_be_visible()
    ann.page.keyboard.press("Escape")
    ann.button("Notes to yourself").click()
    ann.says("still here")


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["wide", "phone"])
def test_settings_open_and_close_by_keyboard_and_give_the_focus_back(people, screen):
    ann = people.sign_up("ann", "Ann Lee", **screen)
    ann.button("Settings").press("Enter")
    dialog = ann.page.get_by_role("dialog", name="Settings")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()

    ann.page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    expect(ann.button("Settings")).to_be_focused()
    expect(ann.button("Log out")).to_be_visible()


@pytest.mark.console("ERR_INTERNET_DISCONNECTED")
def test_without_a_connection_settings_say_so(people):
    ann = people.sign_up("ann", "Ann Lee")
    dialog = settings(ann)
    ann.goes_offline()

    dialog.get_by_role("button", name="Save name").click()

    expect(dialog.get_by_role("alert").filter(has_text="needs a connection")).to_be_visible()
    ann.context.set_offline(False)
    ann.arrives()
    dialog.get_by_role("button", name="Save name").click()
    says(dialog, "Saved")
