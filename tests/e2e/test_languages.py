"""Languages: what was chosen, everywhere; nothing that is not translated, cut, or not mirrored."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.bot import PASSWORD
from tests.e2e.people import PHONE, People, Person

# All text that is on the page for eyes or assistive technology, but for what people wrote and
# what Intl wrote: dates, names, messages, addresses.
SAID = """() => {
  const own = 'time, kbd, script, style, template, bdi, [data-avatar], [dir=auto]:not(input), '
    + '.session__device, .day__label, .choice__one[lang]';
  const said = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement, textContent } = walker.currentNode;
    if (!parentElement.closest(own) && parentElement.checkVisibility()) said.push(textContent);
  }
  for (const element of document.querySelectorAll('body *')) {
    if (!element.checkVisibility() || element.closest('template')) continue;
    for (const name of ['title', 'aria-label', 'placeholder', 'alt']) {
      const value = element.getAttribute(name);
      if (value && !element.closest('time, .session__device, .reaction')) said.push(value);
    }
  }
  return said;
}"""
# Words that stand wider than their place, unless they are names and texts of people.
CUT = """() => [...document.querySelectorAll('body *')]
  .filter((each) => each.checkVisibility() && each.clientWidth > 1
    && each.scrollWidth > each.clientWidth + 1
    && !['visible', 'auto', 'scroll'].includes(getComputedStyle(each).overflowX)
    && !each.closest('[dir=auto], .conversation__preview, .conversation__name, .visually-hidden'))
  .map((each) => each.outerHTML.slice(0, 200))"""
# Names, and dates in the middle of a sentence.
NAMED = r"Parley|Ann Lee|Bob Ray|@?\w+-\d+|[A-Z]\w+ \d+, \d{4}, [\d:]+\s(AM|PM)"
WIDER = "() => document.documentElement.scrollWidth - innerWidth"


def speaks(person: Person, language: str) -> Person:
    cookie = {"name": "parley_language", "value": language, "url": person.people.url}
    person.context.add_cookies([cookie])  # type: ignore[list-item]
    return person


def is_disguised(person: Person, where: str) -> None:
    """Whatever holds a plain vowel in a word did not come from a catalogue."""
    said = [re.sub(NAMED, "", each) for each in person.page.evaluate(SAID)]
    assert [each for each in said if re.search(r"[a-zA-Z][aeiou]|[aeiou][a-z]", each)] == [], where
    assert person.page.evaluate(CUT) == [], where
    assert person.page.evaluate(WIDER) <= 0, where


def test_the_page_speaks_what_the_browser_asks_for(people):
    ann = people.stranger("ann", locale="de-DE").goes_to("/register")
    for label, value in [("Benutzername", ann.username), ("Passwort", PASSWORD)]:
        ann.page.get_by_role("textbox", name=label, exact=True).fill(value)
    ann.button("Konto anlegen").click()

    ann.button("Notizen an dich").click()
    ann.page.get_by_role("textbox", name="Nachricht an dich").fill("Hallo")
    ann.button("Senden").click()

    log = ann.page.get_by_role("log", name="Nachrichten")
    expect(log.get_by_text("Gesendet", exact=True)).to_have_count(1)
    expect(log.get_by_role("heading", name="Heute")).to_be_visible()
    expect(log.get_by_role("time").last).to_have_text(re.compile(r"^\d?\d:\d\d$"))
    expect(ann.page.locator("html")).to_have_attribute("lang", "de")


def test_a_language_that_is_chosen_counts_in_all_tabs_and_after_signing_out(people):
    ann = people.sign_up("ann", "Ann Lee", locale="en-US")
    tab = ann.another_tab()
    ann.looks().button("Settings").click()

    ann.page.get_by_role("radio", name="Deutsch").click()  # the page loads anew

    expect(ann.page.get_by_role("region", name="Hinweis")).to_contain_text("Gespeichert")
    expect(tab.page.get_by_role("searchbox", name="Leute suchen")).to_be_visible()
    tab.looks().button("Abmelden").click()
    expect(tab.page.get_by_role("heading", name="Willkommen zurück")).to_be_visible()
    for label, value in [("Benutzername", ann.username), ("Passwort", PASSWORD)]:
        tab.page.get_by_role("textbox", name=label, exact=True).fill(value)
    tab.button("Anmelden").click()
    tab.button("Einstellungen").click()
    expect(tab.page.get_by_role("radio", name="Deutsch")).to_be_checked()
    tab.page.get_by_role("radio", name="Wie der Browser").click()  # the page loads anew
    expect(tab.search).to_be_visible()


@pytest.mark.console("Failed to load resource: the server responded with a status of 4")
@pytest.mark.parametrize("screen", [{}, PHONE], ids=["wide", "phone"])
def test_no_word_is_left_out_or_cut(people: People, screen: dict[str, object]) -> None:
    ann = speaks(people.stranger("ann", **screen), "en-XA").goes_to("/login")
    is_disguised(ann, "signing in")
    ann.page.locator("form button[type=submit]").click()
    expect(ann.page.locator("[aria-invalid=true]").first).to_be_visible()
    is_disguised(ann, "refused")
    ann.goes_to("/register")
    is_disguised(ann, "signing up")
    ann.leaves()

    # The words that tests know are English.
    ann = speaks(people.sign_up("ann", "Ann Lee", **screen), "en-XA").goes_to("/")
    bob = people.bot("bob", "Bob Ray")
    expect(ann.page.locator("[data-no-conversations]")).to_be_visible()
    is_disguised(ann, "no chats")
    ann.page.get_by_role("searchbox").fill("nobody at all")
    expect(ann.page.locator("[data-people-note]")).to_contain_text("[")
    ann.page.get_by_role("searchbox").fill("")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, ["Hello", "Well?"])
    ann.page.get_by_role("link", name=re.compile("^Bob Ray")).click()
    expect(ann.page.locator(".message").filter(has_text="Well?")).to_be_visible()
    is_disguised(ann, "chat")
    ann.page.locator("h2 button").click()
    expect(ann.page.locator(".person")).to_be_visible()
    is_disguised(ann, "details")
    ann.page.keyboard.press("Escape")
    if screen:
        ann.goes_to("/")
    ann.page.locator("[data-settings]").click()
    expect(ann.page.locator(".session")).to_have_count(1)
    is_disguised(ann, "settings")


def test_from_right_to_left_everything_is_mirrored(people):
    ann = speaks(people.sign_up("ann", "Ann Lee"), "ar-XB").goes_to("/")
    bob = people.bot("bob", "Bob Ray")
    bob.says(bob.opens_chat_with(ann.username), ["Hello"])
    ann.page.get_by_role("link", name=re.compile("^Bob Ray")).click()
    expect(ann.page.locator(".message").filter(has_text="Hello")).to_be_visible()
    ann.page.locator("textarea").fill("Hi")
    ann.page.keyboard.press("Enter")

    def middle(selector: str, text: str = "") -> float:
        box = ann.page.locator(selector).filter(has_text=text).first.bounding_box()
        assert box
        return box["x"] + box["width"] / 2

    mine, theirs = middle(".message__bubble", "Hi"), middle(".message__bubble", "Hello")
    assert mine < middle("main") < theirs
    assert middle("nav") > middle("main")
    assert middle(".composer__send") < middle("textarea")
    assert ann.page.evaluate(WIDER) <= 0
