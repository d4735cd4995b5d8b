"""Signing up, in and out: what the forms say, where the focus is, and without JavaScript."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.bot import PASSWORD
from tests.e2e.people import Person

# Chromium's console reports an answer such as 401 as an error, also where it is a page.
refused = pytest.mark.console("Failed to load resource: the server responded with a status of 4")


def field(person: Person, name: str) -> Locator:
    return person.page.get_by_role("textbox", name=name, exact=True)


def is_told(person: Person, name: str, reason: str) -> None:
    """The field is in focus, and what describes it says why it was refused."""
    expect(field(person, name)).to_be_focused()
    expect(field(person, name)).to_have_attribute("aria-invalid", "true")
    expect(field(person, name)).to_have_accessible_description(re.compile(reason))


def test_a_new_person_signs_up_and_is_shown_how_to_find_others(people):
    ann = people.stranger("ann").goes_to("/register")
    expect(field(ann, "Username")).to_be_focused()

    ann.fills_in(username=ann.username, display_name="Ann Lee", password=PASSWORD)
    ann.button("Create account").click()

    expect(ann.search).to_be_visible()
    expect(ann.chats.get_by_text("No chats yet")).to_be_visible()
    expect(ann.button("Log out")).to_be_visible()


def test_whoever_is_not_signed_in_is_led_to_where_they_wanted_to_go(people):
    bot = people.bot("ann", "Ann Lee")
    path = f"/c/{bot.opens_chat_with(bot.username)}"
    ann = people.stranger("ann")

    ann.goes_to(path)
    expect(ann.page).to_have_url(re.compile("/login"))
    ann.signs_in()

    expect(ann.page).to_have_url(f"{people.url}{path}")
    expect(ann.heading("Ann Lee (you)")).to_be_visible()


@refused
def test_a_wrong_password_and_an_unknown_name_are_told_alike(people):
    people.bot("ann", "Ann Lee")

    for username in ("ann", "nobody"):
        stranger = people.stranger(username).goes_to("/login")
        stranger.signs_in(password="not the password")
        is_told(stranger, "Username", "The username or the password is wrong")
        expect(field(stranger, "Username")).to_have_value(stranger.username)
        expect(field(stranger, "Password")).to_have_value("")


@refused
def test_what_is_wrong_with_a_new_account_is_said_beside_the_field(people):
    ann = people.bot("ann", "Ann Lee")
    bob = people.stranger("bob").goes_to("/register")

    bob.fills_in(username=ann.username, display_name="Bob Ray", password=PASSWORD)
    bob.button("Create account").click()
    is_told(bob, "Username", "taken")
    expect(field(bob, "Display name")).to_have_value("Bob Ray")
    expect(field(bob, "Password")).to_have_value("")

    bob.fills_in(username=bob.username, password="short")
    bob.button("Create account").click()
    is_told(bob, "Password", "8")
    expect(field(bob, "Username")).to_have_value(bob.username)

    bob.fills_in(password="12345678")
    bob.button("Create account").click()
    is_told(bob, "Password", "guessed first")


def test_a_password_can_be_looked_at(people):
    ann = people.stranger("ann").goes_to("/login").fills_in(password=PASSWORD)

    ann.button("Show").click()

    expect(field(ann, "Password")).to_have_attribute("type", "text")
    expect(ann.button("Show")).to_have_attribute("aria-pressed", "true")


def test_without_javascript_one_signs_up_out_and_in(people):
    ann = people.stranger("ann", java_script_enabled=False).goes_to("/register")

    ann.fills_in(username=ann.username, display_name="Ann Lee", password=PASSWORD)
    ann.button("Create account").click()
    expect(ann.page).to_have_url(f"{people.url}/")
    ann.logs_out()
    expect(ann.page).to_have_url(f"{people.url}/login")
    ann.signs_in()

    expect(ann.page).to_have_url(f"{people.url}/")
    expect(ann.button("Log out")).to_be_visible()


@refused
def test_a_username_is_looked_up_while_the_form_is_filled_in(people):
    people.bot("ann", "Ann Lee")
    ann = people.stranger("ann").goes_to("/register")
    expect(ann.button("Show")).to_be_visible()  # the page's script is there

    ann.fills_in(username=ann.username)
    field(ann, "Display name").focus()
    expect(field(ann, "Username")).to_have_accessible_description(re.compile("is taken"))
    expect(field(ann, "Username")).to_have_attribute("aria-invalid", "true")

    ann.fills_in(username=f"{ann.username}-x")
    expect(field(ann, "Username")).to_have_attribute("aria-invalid", "false")
    field(ann, "Display name").focus()
    expect(ann.page.get_by_role("status")).to_have_text(f"{ann.username}-x is free.")

    ann.fills_in(username="_")
    field(ann, "Display name").focus()
    expect(field(ann, "Username")).to_have_accessible_description(re.compile("starts with"))


def test_who_is_alone_can_invite_others_by_a_link(people):
    ann = people.sign_up("ann", "Ann Lee", permissions=["clipboard-read", "clipboard-write"])
    ann.search.fill("nobody has this name")
    expect(ann.chats.get_by_text("Nobody found for “nobody has this name”")).to_be_visible()
    expect(ann.button("Copy an invite link")).to_have_count(1)
    ann.search.fill("")

    ann.button("Copy an invite link").click()

    expect(ann.page.get_by_role("region", name="Notice")).to_contain_text("Copied")
    link = ann.page.evaluate("navigator.clipboard.readText()")
    guest = people.stranger("bob")
    guest.page.goto(link)
    expect(guest.button("Create account")).to_be_visible()


@pytest.mark.parametrize("path", ["/login", "/register"])
def test_caps_lock_is_told_beside_the_password(people, path):
    ann = people.stranger("ann").goes_to(path)
    expect(ann.button("Show")).to_be_visible()  # the page's script is there
    password = field(ann, "Password")
    password.focus()

    # Chromium for tests has no such key that stays pressed.
    password.dispatch_event("keydown", {"key": "A", "modifierCapsLock": True})
    expect(password).to_have_accessible_description(re.compile("Caps Lock is on"))
    password.dispatch_event("keyup", {"key": "A", "modifierCapsLock": False})

    expect(ann.page.get_by_text("Caps Lock is on")).to_have_count(0)
