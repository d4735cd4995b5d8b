"""What can be done with a message: reply, edit, delete, react; and that text stays text."""

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def both(company):
    """Ann and Bob, both with their chat open."""
    ann = company.sign_up("ann", "Ann Lee")
    bob = company.sign_up("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("The first one")
    bob.opens("Ann Lee").sees("The first one")
    return ann, bob


def test_a_reply_quotes_and_leads_to_what_it_answers(company, both):
    ann, bob = both
    ann.says("Shall we go?")

    bob.acts_on("Shall we go?", "Reply").says("In a minute")

    quote = ann.sees("In a minute").get_by_role("button", name="Shall we go?")
    expect(quote).to_contain_text("You")
    quote.click()
    expect(ann.message("Shall we go?")).to_be_focused()


def test_an_edit_is_seen_by_both_and_marked(company, both):
    ann, bob = both
    ann.says("I am lat")
    bob.sees("I am lat")

    ann.acts_on("I am lat", "Edit")
    expect(ann.box).to_have_value("I am lat")
    ann.says("I am early")

    for person in both:
        expect(person.sees("I am early").get_by_text("edited", exact=True)).to_be_visible()
        expect(person.message("I am lat")).to_have_count(0)
    expect(bob.row("Ann Lee")).to_contain_text("I am early")


def test_a_deleted_message_leaves_a_stub_with_both(company, both):
    ann, bob = both
    ann.says("I regret this")
    bob.acts_on("I regret this", "Reply").says("What?")
    ann.sees("What?")

    ann.acts_on("I regret this", "Delete")

    for person in both:
        expect(person.message("Message deleted")).to_be_visible()
        quote = person.sees("What?").get_by_role("button", name="Message deleted")
        expect(quote).to_be_visible()
        expect(person.log).not_to_contain_text("I regret this")


def test_a_deletion_can_be_undone_for_a_while(people):
    ann, bob = people.sign_up("ann", "Ann Lee"), people.sign_up("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Deleted by mistake")
    bob.opens("Ann Lee").sees("Deleted by mistake")
    # The while is as long as the test needs.
    clock = ann.page.clock
    clock.install()
    clock.pause_at(ann.page.evaluate("Date.now() + 4000"))

    ann.acts_on("Deleted by mistake", "Delete")
    expect(ann.message("Deleted by mistake")).to_have_count(0)
    ann.button("Undo").click()

    ann.sees("Deleted by mistake")
    clock.run_for(6_000)
    # Had the deletion been sent, it would have come before this.
    ann.says("Or not")
    bob.sees("Or not")
    bob.sees("Deleted by mistake")


def test_reactions_are_seen_by_both_and_taken_back(company, both):
    ann, bob = both
    ann.says("We won")

    bob.reacts_to("We won", "👍")
    ann.message("We won").get_by_role("button", name="👍 Bob Ray").click()

    mine = ann.message("We won").get_by_role("button", name="👍 Bob Ray, You")
    expect(mine).to_have_attribute("aria-pressed", "true")
    bob.message("We won").get_by_role("button", name="👍 You, Ann Lee").click()
    expect(ann.message("We won").get_by_role("button", name="👍 You", exact=True)).to_be_visible()


def test_the_toolbar_goes_where_the_pointer_goes(company, both):
    ann, _ = both
    ann.says("Point at me")
    toolbar = ann.log.get_by_role("toolbar")

    ann.message("Point at me").hover()
    expect(ann.message("Point at me").get_by_role("toolbar")).to_be_in_viewport(ratio=1)
    ann.row("Bob Ray").hover()

    expect(toolbar).to_have_count(0)


@pytest.mark.console("ERR_INTERNET_DISCONNECTED")
def test_the_toolbar_comes_to_a_message_that_was_pointed_at_too_early(company, both):
    ann, _ = both
    ann.goes_offline().says("Not stored yet").hover()
    expect(ann.log.get_by_role("toolbar")).to_have_count(0)

    ann.context.set_offline(False)

    expect(ann.message("Not stored yet").get_by_role("toolbar")).to_be_visible()


HOSTILE = [
    "<script>document.title = 'taken'</script>",
    "<img src=x onerror=\"document.title = 'taken'\">",
    "javascript:document.title='taken'",
    "\u202egnp.exe\u202c and \u2066hidden\u2069",
    "שלום, מה שלומך?",
    "a\u0301\u0300\u0302 * _ ` [x](javascript:alert(1))",
]


def test_every_text_is_shown_as_text(company, both):
    ann, bob = both

    for text in HOSTILE:
        ann.says(text)

    for person in both:
        for text in HOSTILE:
            expect(person.sees(text).get_by_text(text, exact=True)).to_have_text(text)
        expect(person.log.get_by_role("link")).to_have_count(0)
        expect(person.log.get_by_role("img")).to_have_count(0)
    expect(bob.page).to_have_title("Ann Lee · Parley")


def test_every_name_is_shown_as_text(people):
    ann = people.sign_up("ann", "<b>Ann</b> \u202eeeL")
    bob = people.sign_up("bob", "<img src=x onerror=\"document.title='taken'\">")

    ann.opens_chat_with("<img src=x onerror=\"document.title='taken'\">").says("Hi")

    bob.row("").click()
    expect(bob.heading("<b>Ann</b> \u202eeeL")).to_be_visible()
    expect(bob.page).to_have_title("<b>Ann</b> eeL · Parley")
    expect(ann.page).to_have_title("<img src=x onerror=\"document.title='taken'\"> · Parley")


def test_an_address_is_a_link_that_tells_nothing(company, both):
    ann, bob = both

    ann.says("Look: https://example.org/a?b=c.")

    link = bob.sees("Look:").get_by_role("link", name="https://example.org/a?b=c", exact=True)
    expect(link).to_have_attribute("href", "https://example.org/a?b=c")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
