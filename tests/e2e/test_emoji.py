"""Emoji by shortcode and from the picker, in messages and as reactions."""

import pytest
from playwright.sync_api import expect

from tests.e2e.people import PHONE


@pytest.fixture(scope="module")
def ann(company):
    """Ann, with a chat open."""
    ann = company.sign_up("ann", "Ann Lee")
    company.bot("bob", "Bob Ray")
    return ann.opens_chat_with("Bob Ray")


def test_a_shortcode_is_suggested_and_taken_by_keyboard(company, ann):
    keys = ann.page.keyboard
    options = ann.page.get_by_role("listbox", name="Emoji suggestions").get_by_role("option")

    keys.type("Well done :smil")
    expect(options.first).to_have_text("😄 :smile:")
    keys.press("ArrowDown")
    chosen = ann.page.get_by_role("option", selected=True)
    expect(chosen).to_have_text("😃 :smiley:")
    expect(ann.box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "")
    keys.press("Enter")

    expect(options).to_have_count(0)
    expect(ann.box).to_have_value("Well done 😃 ")
    keys.press("Enter")
    ann.sees("Well done 😃")


def test_suggestions_are_left_with_escape_and_the_words_sent(company, ann):
    keys = ann.page.keyboard
    listbox = ann.page.get_by_role("listbox", name="Emoji suggestions")

    keys.type(":smi")
    expect(listbox).to_be_visible()
    keys.press("Escape")
    expect(listbox).to_be_hidden()
    keys.press("Enter")

    ann.sees(":smi")


def test_a_whole_shortcode_becomes_its_emoji(company, ann):
    ann.page.keyboard.type("So :tada: and `:tada:`")

    expect(ann.box).to_have_value("So 🎉 and `:tada:`")
    ann.box.fill("")


def test_the_picker_finds_by_word_and_remembers(company, ann):
    keys = ann.page.keyboard
    picker = ann.page.get_by_role("dialog", name="Emoji")
    ann.box.fill("To the ")

    ann.button("Emoji").click()
    expect(picker.get_by_role("searchbox", name="Search emoji")).to_be_focused()
    keys.type("rocket")
    expect(picker.get_by_role("gridcell", name="rocket", exact=True)).to_be_visible()
    keys.press("Enter")

    expect(picker).to_be_hidden()
    expect(ann.box).to_be_focused()
    expect(ann.box).to_have_value("To the 🚀")
    ann.button("Emoji").click()
    recent = picker.get_by_role("rowgroup", name="Recently used")
    expect(recent.get_by_role("gridcell")).to_have_text(["🚀"])
    keys.press("Escape")
    expect(ann.box).to_be_focused()
    ann.box.fill("")


def test_arrows_move_in_the_picker(company, ann):
    keys = ann.page.keyboard
    picker = ann.page.get_by_role("dialog", name="Emoji")
    ann.button("Emoji").click()
    expect(picker.get_by_role("searchbox")).to_be_focused()
    keys.type("smi")
    cells = picker.get_by_role("gridcell")
    expect(cells.first).to_have_text("😄")

    keys.press("ArrowDown")
    expect(cells.first).to_be_focused()
    keys.press("ArrowRight")
    expect(cells.nth(1)).to_be_focused()
    keys.press("ArrowDown")
    expect(cells.nth(10)).to_be_focused()
    keys.press("Home")
    expect(cells.nth(9)).to_be_focused()
    keys.press("ArrowUp")
    keys.press("ArrowUp")
    expect(picker.get_by_role("searchbox")).to_be_focused()
    keys.type("qqqq")
    expect(picker.get_by_text("No emoji for “smiqqqq”")).to_be_visible()
    keys.press("Escape")
    expect(picker).to_be_hidden()


def test_any_emoji_can_be_a_reaction(company, ann):
    ann.says("React to this")
    ann.acts_on("React to this", "React")

    ann.message("React to this").get_by_role("button", name="More reactions").click()
    expect(ann.page.get_by_role("searchbox", name="Search emoji")).to_be_focused()
    ann.page.keyboard.type("avocado")
    ann.page.get_by_role("gridcell", name="avocado").click()

    expect(ann.message("React to this").get_by_role("button", name="🥑 You")).to_be_visible()
    expect(ann.message("React to this")).to_be_focused()


def test_a_finger_picks_an_emoji(people):
    eve = people.sign_up("eve", "Eve Fox", **PHONE)
    people.bot("bob", "Bob Ray")
    eve.opens_chat_with("Bob Ray").button("Emoji").tap()
    picker = eve.page.get_by_role("dialog", name="Emoji")
    picker.get_by_role("button", name="Food and drink").tap()

    cell = picker.get_by_role("gridcell", name="grapes")
    expect(cell).to_be_in_viewport()
    box = cell.bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 44
    cell.tap()

    expect(eve.box).to_have_value("🍇")
