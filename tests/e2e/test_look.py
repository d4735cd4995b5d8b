"""Where things are and how large: wide and narrow, with large text, for fingers and mice."""

import re
from typing import Any

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.e2e.people import PHONE, Person

OVERFLOW = "() => document.documentElement.scrollWidth - innerWidth"
# What one can hit; links in the middle of a text may be as small as the text (WCAG 2.5.8).
SMALL_TARGETS = """least => {
  const apart = '[inert], .visually-hidden, .skip-link, .message__text, .entrance__other, '
    + 'label input, .chat-header__open';  // that one reaches beyond its box
  const seen = { visibilityProperty: true, opacityProperty: true };
  return [...document.querySelectorAll('button, a, input, textarea, label:has(input)')]
    .filter((each) => each.checkVisibility(seen) && !each.closest(apart))
    .map((each) => [each.getBoundingClientRect(), each.outerHTML.slice(0, 120)])
    .filter(([{ width, height }]) => width < least || height < least)
    .map(([{ width, height }, html]) => `${width} x ${height} ${html}`);
}"""


def box_of(locator: Locator) -> FloatRect:
    box = locator.bounding_box()
    assert box is not None
    return box


def test_wide_the_panes_stand_side_by_side_and_the_page_never_scrolls(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, (f"line {number}" for number in range(120)))
    expect(ann.row("Bob Ray")).to_contain_text("120 unread messages")
    expect(ann.row("Bob Ray").get_by_text("99+", exact=True)).to_be_visible()
    ann.opens("Bob Ray").says("word " * 200)

    for width in (900, 1280, 1920):
        ann.page.set_viewport_size({"width": width, "height": 700})
        assert 280 <= box_of(ann.chats)["width"] <= 360
        log, bubble = box_of(ann.log), box_of(ann.page.locator(".message__bubble").last)
        assert bubble["width"] <= 0.75 * log["width"] + 1
        theirs = box_of(ann.page.locator(".message__bubble").filter(has_text="line 119"))
        assert bubble["x"] + bubble["width"] > theirs["x"] + theirs["width"]
        sizes = "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
        assert ann.page.evaluate(sizes) == [700, width]


@pytest.mark.parametrize("text", [100, 200], ids=["as-is", "twice"])
def test_at_320_pixels_and_with_large_text_nothing_is_lost(people, text):
    ann = people.sign_up("ann", "Ann Lee", viewport={"width": 320, "height": 640})
    bob = people.bot("bob", "Bob " + "Montgomery " * 4)
    bob.says(bob.opens_chat_with(ann.username), ["Hello " + "x" * 60])

    def reads(what: str, *needed: Locator) -> None:
        ann.page.evaluate(f"document.documentElement.style.setProperty('font-size', '{text}%')")
        assert ann.page.evaluate(OVERFLOW) <= 0, what
        for each in needed:
            expect(each).to_be_in_viewport(ratio=0.99)

    expect(ann.row("Bob")).to_be_visible()
    reads("list", ann.row("Bob"), ann.button("Log out"), ann.button("Settings"), ann.search)
    ann.row("Bob").click()
    expect(ann.box).to_be_visible()
    ann.sees("Hello")
    reads("chat", ann.box, ann.button("Send"), ann.button("Log out"))
    ann.heading("Bob").get_by_role("button").click()
    expect(ann.page.get_by_role("dialog")).to_be_visible()
    reads("details", ann.button("Close"))
    ann.goes_to("/").button("Settings").click()
    dialog = ann.page.get_by_role("dialog", name="Settings")
    expect(dialog.get_by_role("listitem")).to_have_count(1)
    reads("settings", ann.button("Close"))
    assert dialog.evaluate("each => each.scrollWidth - each.clientWidth") == 0
    stranger = people.stranger("x", viewport={"width": 320, "height": 640}).goes_to("/register")
    stranger.page.evaluate(f"document.documentElement.style.setProperty('font-size', '{text}%')")
    assert stranger.page.evaluate(OVERFLOW) <= 0


@pytest.mark.parametrize(("screen", "least"), [({}, 24), (PHONE, 44)], ids=["mouse", "finger"])
def test_whatever_one_can_hit_is_large_enough(
    people: Any, screen: dict[str, Any], least: int
) -> None:
    def is_large(person: Person, where: str) -> None:
        assert person.page.evaluate(SMALL_TARGETS, least) == [], where

    ann = people.stranger("x", **screen).goes_to("/register")
    is_large(ann, "signing up")
    # What grows while it appears is smaller at first.
    ann = people.sign_up("ann", "Ann Lee", reduced_motion="reduce", **screen)
    bob = people.bot("bob", "Bob Ray")
    bob.says(bob.opens_chat_with(ann.username), ["Hello"])
    expect(ann.row("Bob Ray")).to_be_visible()
    is_large(ann, "list")
    ann.row("Bob Ray").click()
    ann.sees("Hello")
    is_large(ann, "chat")
    ann.message("Hello").click()
    expect(ann.page.get_by_role("toolbar", name="Actions")).to_be_visible()
    is_large(ann, "toolbar")
    ann.acts_on("Hello", "More")
    expect(ann.page.get_by_role("menuitem", name="Message info")).to_be_visible()
    is_large(ann, "menu")
    ann.page.keyboard.press("Escape")
    ann.button("Emoji").click()
    expect(ann.page.get_by_role("gridcell").first).to_be_visible()
    is_large(ann, "emoji")
    ann.page.keyboard.press("Escape")
    ann.heading("Bob Ray").get_by_role("button").click()
    expect(ann.page.get_by_role("dialog", name="Details")).to_be_visible()
    is_large(ann, "details")
    ann.goes_to("/").button("Settings").click()
    expect(ann.page.get_by_role("dialog").get_by_role("listitem")).to_have_count(1)
    is_large(ann, "settings")


def test_the_box_grows_counts_and_never_brings_back_what_was_sent(people):
    ann = people.sign_up("ann", "Ann Lee")
    ann.button("Notes to yourself").click()
    small = box_of(ann.box)["height"]
    ann.box.fill("line\n" * 50)
    assert small * 2 < box_of(ann.box)["height"] <= 0.4 * 800
    ann.box.fill(" \n ")
    expect(ann.button("Send")).to_be_disabled()
    ann.box.fill("x" * 7_799)
    expect(ann.page.get_by_text("characters left")).to_have_count(0)
    ann.box.fill("🦊" * 7_900)
    expect(ann.page.get_by_text("100 characters left")).to_be_visible()
    ann.box.fill("x" * 8_001)
    expect(ann.page.get_by_text("1 character too many")).to_be_visible()
    ann.box.press("Enter")
    expect(ann.box).to_have_value("x" * 8_001)
    expect(ann.messages).to_have_count(0)

    ann.says("🎉")
    expect(ann.box).to_have_value("")
    expect(ann.box).to_be_focused()
    ann.box.press("Control+z")
    expect(ann.box).to_have_value("")
    plain = ann.says("Hurray 🎉").locator(".message__text")
    size = "each => parseFloat(getComputedStyle(each).fontSize)"
    alone = ann.messages.first.locator(".message__text")
    assert alone.evaluate(size) > 2 * plain.evaluate(size)
    expect(ann.log.get_by_text(re.compile("^Today$"))).to_be_visible()


# Smaller, and the browser of a phone enlarges the page when one begins to write.
SMALL_INPUTS = """() => [...document.querySelectorAll('input, textarea, select')]
  .filter((each) => each.checkVisibility() && !['radio', 'checkbox'].includes(each.type))
  .map((each) => [parseFloat(getComputedStyle(each).fontSize), each.outerHTML.slice(0, 120)])
  .filter(([size]) => size < 16)"""


def test_a_phone_never_enlarges_the_page_to_write(people):
    def is_legible(person: Person, *there: Locator) -> None:
        for each in there:
            expect(each).to_be_visible()
        assert person.page.evaluate(SMALL_INPUTS) == []

    ann = people.stranger("x", **PHONE)
    for path in ("/login", "/register"):
        is_legible(ann.goes_to(path), ann.page.get_by_role("textbox", name="Password"))
    ann = people.sign_up("ann", "Ann Lee", **PHONE)
    is_legible(ann, ann.search)
    ann.button("Settings").click()
    is_legible(ann, ann.page.get_by_role("textbox", name="Display name"))
    ann.page.keyboard.press("Escape")
    ann.button("Notes to yourself").click()
    is_legible(ann, ann.box)
    ann.button("Emoji").click()
    is_legible(ann, ann.page.get_by_role("searchbox", name="Search emoji"))


def test_what_one_writes_and_what_was_last_said_stay_above_the_keyboard(people):
    ann = people.sign_up("ann", "Ann Lee", **PHONE)
    bob = people.bot("bob", "Bob Ray")
    bob.says(bob.opens_chat_with(ann.username), (f"line {number}" for number in range(40)))
    ann.row("Bob Ray").tap()
    ann.says("The last word")
    ann.sees_state("The last word", "Sent")
    # With this word in it the browser makes the page smaller rather than cover it.
    viewport = ann.page.locator("meta[name=viewport]")
    expect(viewport).to_have_attribute("content", re.compile("interactive-widget=resizes-content"))

    ann.page.set_viewport_size({"width": 375, "height": 360})

    for each in (ann.box, ann.button("Send"), ann.message("The last word")):
        expect(each).to_be_in_viewport(ratio=1)
    assert ann.page.evaluate("document.documentElement.scrollHeight") == 360


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["wide", "phone"])
def test_what_can_be_undone_is_said_without_covering_or_moving_what_was_last_said(people, screen):
    ann = people.sign_up("ann", "Ann Lee", reduced_motion="reduce", **screen)
    bob = people.bot("bob", "Bob Ray")
    bob.says(bob.opens_chat_with(ann.username), (f"line {number}" for number in range(40)))
    ann.opens("Bob Ray").says("Too much")
    ann.says("The last word")
    ann.sees_state("The last word", "Sent")
    before = box_of(ann.message("The last word"))

    ann.acts_on("Too much", "Delete")

    ann.button("Undo").focus()  # while which it stays
    toast = ann.page.get_by_role("region", name="Notice")
    expect(toast).to_be_visible()
    ann.sees("Message deleted")
    assert box_of(ann.message("The last word")) == before
    over = box_of(toast)
    assert over["y"] + over["height"] < box_of(ann.message("line 38"))["y"]


LINED = """each => {
  const { borderTopStyle, borderTopWidth } = getComputedStyle(each);
  return borderTopStyle === 'solid' && parseFloat(borderTopWidth) >= 1;
}"""
OUTLINED = """each => {
  const { outlineStyle, outlineWidth } = getComputedStyle(each);
  return outlineStyle === 'solid' && parseFloat(outlineWidth) >= 2;
}"""
COLOUR = "each => getComputedStyle(each).color"


def test_with_forced_colours_nothing_vanishes_that_tells_something(people):
    ann = people.stranger("x", forced_colors="active").goes_to("/login")

    def has_line(*selectors: str) -> None:
        for selector in selectors:
            assert ann.page.locator(selector).first.evaluate(LINED), selector

    has_line(".button", ".entrance__card")
    ann = people.sign_up("ann", "Ann Lee", forced_colors="active")
    bob, cem = people.bot("bob", "Bob Ray"), people.bot("cem", "Cem Kaya")
    with_bob = bob.opens_chat_with(ann.username)
    bob.says(with_bob, ["Hello"])
    cem.says(cem.opens_chat_with(ann.username), ["Psst"])
    ann.opens("Bob Ray").says("Seen")
    ann.says("On its way")
    ann.sees_state("On its way", "Sent")
    ann.reacts_to("Hello", "👍")
    bob.ask([{"type": "read", "conversation": with_bob, "seq": 2}])
    bob.ask([{"type": "received", "conversation": with_bob, "seq": 3}])
    ann.sees_state("Seen", "Read")
    ann.sees_state("On its way", "Delivered")
    expect(ann.message("Hello").get_by_role("button", name="👍 You")).to_be_visible()

    has_line(".message--mine .message__bubble", ".message:not(.message--mine) .message__bubble")
    has_line(".badge:not([hidden])", ".conversation[aria-current]", ".avatar", ".day__label > span")
    has_line(".reaction[aria-pressed=true]", ".composer__row", ".search__input")
    read, delivered = (ann.page.locator(f"[data-reach={one}]") for one in ("read", "delivered"))
    assert read.evaluate(COLOUR) != delivered.evaluate(COLOUR)
    bubble = ann.page.locator(".message--mine .message__bubble").last
    assert not bubble.evaluate(OUTLINED)
    ann.message("Hello").focus()
    ann.page.keyboard.press("End")
    expect(ann.message("On its way")).to_be_focused()
    assert bubble.evaluate(OUTLINED)
    ann.page.keyboard.press("Shift+F10")
    item = ann.page.get_by_role("menuitem", name="Reply")
    expect(item).to_be_focused()
    assert item.evaluate(OUTLINED)
    ann.page.keyboard.press("End")
    ann.page.keyboard.press("Enter")
    expect(ann.button("Undo")).to_be_visible()
    has_line(".toast")


# What is marked stays so for two seconds, so it is looked at when that begins.
MARKED = """
  self.marked = new Promise((found) => new MutationObserver(() => {
    const row = document.querySelector('.message--flash');
    if (!row) return;
    const style = getComputedStyle(row.querySelector('.message__bubble'));
    const look = () => {
      const isMarked = style.boxShadow.includes('0px 0px 0px 3px');
      if (isMarked || !row.matches('.message--flash')) found([row.textContent, isMarked]);
      else requestAnimationFrame(look);
    };
    look();
  }).observe(document, { subtree: true, attributeFilter: ['class'] }));
"""
MOVING = """() => document.getAnimations().filter((each) => {
  const { duration, iterations } = each.effect.getTiming();
  return duration > 1 || iterations > 1;
}).length"""


def test_with_reduced_motion_nothing_moves_and_what_is_marked_stays_so(people):
    ann = people.sign_up("ann", "Ann Lee", reduced_motion="reduce")
    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, (f"line {number:03}" for number in range(1, 101)))

    ann.page.add_init_script(MARKED)

    ann.goes_to(f"/c/{chat}/42")

    expect(ann.message("line 042")).to_be_focused()
    words, is_marked = ann.page.evaluate("marked")
    assert "line 042" in words
    assert is_marked
    assert ann.page.evaluate(MOVING) == 0
    ann.button("Jump to latest").click()
    ann.says("Hello")
    ann.button("Emoji").click()
    expect(ann.page.get_by_role("dialog", name="Emoji")).to_be_visible()
    assert ann.page.evaluate(MOVING) == 0
