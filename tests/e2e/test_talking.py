"""Two people find each other and talk: ticks, typing, presence, what is unread."""

import re

from playwright.sync_api import expect

from tests.e2e.people import Person


def test_two_people_find_each_other_and_talk(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.sign_up("bob", "Bartholomew Ray")

    ann.search.fill("bartho")
    ann.page.get_by_role("option", name="Bartholomew Ray").click()
    expect(ann.heading("Bartholomew Ray")).to_be_visible()
    ann.says("Hello Bob")
    bob.opens("Ann Lee")
    bob.sees("Hello Bob")
    bob.says("Hello Ann")

    ann.sees_texts(["Hello Bob", "Hello Ann"])
    bob.sees_texts(["Hello Bob", "Hello Ann"])


def test_a_message_is_sent_then_delivered_then_read(people):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("On my way")

    ann.sees_state("On my way", "Sent")
    bob = people.sign_in("bob")
    ann.sees_state("On my way", "Delivered")
    bob.opens("Ann Lee")
    ann.sees_state("On my way", "Read")

    expect(ann.message("On my way").get_by_text("Delivered", exact=True)).to_have_count(0)


def stops_time(person: Person) -> None:
    """Nothing on this page ends by itself any more."""
    person.page.clock.install()
    person.page.reload()
    person.arrives().page.clock.pause_at(person.page.evaluate("Date.now() + 4000"))
    person.arrives()  # again, if the page takes the jump for a sleep of the machine


def test_typing_is_shown_and_goes(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.sign_up("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Hi")
    bob.opens("Ann Lee").sees("Hi")
    # Else it would also go after some seconds, without a word of Bob's page.
    for person in (ann, bob):
        stops_time(person)
    typing = ann.page.get_by_role("main").get_by_text("Bob Ray is typing")

    bob.box.press_sequentially("Hm")
    expect(typing).to_be_visible()
    bob.box.fill("")
    expect(typing).to_be_hidden()

    bob.box.press_sequentially("Yes")
    expect(typing).to_be_visible()
    bob.button("Send").click()
    ann.sees("Yes")
    expect(typing).to_be_hidden()


def test_presence_is_shown_and_becomes_last_seen(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.sign_up("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Hi")
    header = ann.page.get_by_role("main")

    expect(header.get_by_text("online", exact=True)).to_be_visible()
    bob.leaves()
    expect(header.get_by_text(re.compile("last seen today at .*"))).to_be_visible()


def test_unread_messages_are_counted_until_they_are_read(people):
    ann = people.bot("ann", "Ann Lee")
    bob = people.sign_up("bob", "Bob Ray")
    ann.says(ann.opens_chat_with(bob.username), ["One", "Two", "Three"])

    expect(bob.row("Ann Lee")).to_contain_text("3 unread messages")
    expect(bob.page).to_have_title(re.compile(r"^\(3\) "))
    bob.opens("Ann Lee")

    expect(bob.row("Ann Lee")).not_to_contain_text("unread")
    expect(bob.page).to_have_title("Ann Lee · Parley")
    expect(bob.log.get_by_text("New", exact=True)).to_be_visible()


def test_notes_to_oneself(people):
    ann = people.sign_up("ann", "Ann Lee")

    ann.button("Notes to yourself").click()
    ann.says("Buy bread")

    ann.sees_state("Buy bread", "Sent")
    expect(ann.row("Ann Lee (you)")).to_contain_text("Buy bread")
