"""axe-core finds nothing on any page, in both themes, wide and narrow."""

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.bot import PASSWORD
from tests.e2e.people import PHONE, Person

AXE = Axe()
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Themes differ in their colours and in nothing else.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
FORMATTED = "*Bold*, _italic_, `code`"
# The theme has come, its colours have been painted, and nothing fades any more.
SETTLED = """async (theme) => {
    const frame = () => new Promise(requestAnimationFrame);
    while (!matchMedia(`(prefers-color-scheme: ${theme})`).matches) await frame();
    for (let left = 2; left > 0; left -= 1) await frame();
    const fading = document.getAnimations().filter(
        (each) => each.effect.getComputedTiming().iterations !== Infinity);
    await Promise.allSettled(fading.map((each) => each.finished));
    await frame();
}"""
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}


def check(person: Person, where: str) -> None:
    """Serious or not: every page has its landmarks, its one heading, its language."""
    for theme in THEMES:
        # axe judges colours as they are painted, not as they fade in.
        person.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        person.page.evaluate(SETTLED, theme)
        options = {"resultTypes": ["violations"], **(COLOURS if theme == "dark" else {})}
        found = AXE.run(person.page, options=options).response["violations"]
        wrong = [
            (each["id"], [(node["html"], node["failureSummary"]) for node in each["nodes"]])
            for each in found
        ]
        assert wrong == [], f"{where}, {theme}"


@pytest.mark.console("Failed to load resource: the server responded with a status of 4")
@pytest.mark.parametrize("screen", [WIDE, PHONE], ids=["wide", "narrow"])
def test_axe_finds_nothing(people, screen):
    ann = people.stranger("ann", **screen)
    check(ann.goes_to("/login"), "signing in")
    ann.signs_in(password="wrong password")
    expect(ann.page.get_by_role("alert")).to_be_visible()
    check(ann, "an error")
    check(ann.goes_to("/register"), "signing up")
    ann.fills_in(username=ann.username, display_name="Ann Lee", password=PASSWORD)
    ann.button("Create account").click()
    expect(ann.chats.get_by_text("No chats yet")).to_be_visible()
    check(ann, "no chats")

    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, [FORMATTED, "Hello, look at https://example.org/", "Well?"])
    expect(ann.row("Bob Ray")).to_contain_text("3 unread messages")
    check(ann, "list")
    ann.finds("Bob Ray").wait_for()
    check(ann, "search")
    ann.opens_chat_with("Bob Ray").reacts_to("Well?", "👍")
    ann.acts_on("Well?", "Reply").says("Hi")
    ann.sees_state("Hi", "Sent")
    expect(ann.log.get_by_role("button", name="👍")).to_be_visible()
    check(ann, "chat")
    ann.acts_on("Hi", "Edit")
    check(ann, "toolbar and editing")
    ann.acts_on("Hi", "Delete").button("Undo").wait_for()
    check(ann, "toast")
    ann.message("Bold").focus()
    ann.page.keyboard.press("Shift+F10")
    expect(ann.page.get_by_role("menuitem").first).to_be_visible()
    check(ann, "menu")
    ann.page.get_by_role("menuitem", name="Message info").click()
    expect(ann.page.get_by_role("dialog", name="Message info")).to_be_visible()
    check(ann, "message info")
    ann.page.keyboard.press("Escape")
    ann.page.keyboard.press("?")
    expect(ann.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    check(ann, "shortcuts")
    ann.page.keyboard.press("Escape")
    ann.box.fill(":smi")
    expect(ann.page.get_by_role("listbox", name="Emoji suggestions")).to_be_visible()
    check(ann, "suggestions")
    ann.box.fill("")
    ann.button("Emoji").click()
    expect(ann.page.get_by_role("gridcell").first).to_be_visible()
    check(ann, "emoji")
    ann.page.keyboard.press("Escape")
    ann.heading("Bob Ray").get_by_role("button").click()
    expect(ann.page.get_by_role("dialog", name="Details")).to_be_visible()
    check(ann, "details")
    ann.goes_to("/").button("Settings").click()
    expect(ann.page.get_by_role("listitem").filter(has_text="This one")).to_be_visible()
    check(ann, "settings")
