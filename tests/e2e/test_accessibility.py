"""axe-core finds nothing serious on any page, in both themes, wide and narrow."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.people import PHONE, Person

AXE = Axe()
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
# axe judges colours as they are painted, not as they fade in.
STILL: dict[str, Any] = {"reduced_motion": "reduce"}


def check(person: Person, where: str) -> None:
    violations = AXE.run(person.page).response["violations"]
    found = [
        (each["id"], each["impact"], [node["html"] for node in each["nodes"]])
        for each in violations
        if each["impact"] in ("serious", "critical")
    ]
    assert found == [], where
    # Best practice on top: every page has its landmarks, its one heading, its language.
    assert [each["id"] for each in violations] == [], where


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", [WIDE, PHONE], ids=["wide", "narrow"])
def test_axe_finds_nothing(people, theme, screen):
    settings = {**screen, **STILL, "color_scheme": theme}
    stranger = people.stranger(**settings)
    for path in ("/login", "/register"):
        check(stranger.goes_to(path), path)

    ann = people.sign_up("ann", "Ann Lee", **settings)
    expect(ann.chats).to_contain_text("No chats yet")
    check(ann, "no chats")
    bob = people.sign_up("bob", "Bob Ray")
    bob.opens_chat_with("Ann Lee").says("Hello, look at https://example.org/")
    expect(ann.row("Bob Ray")).to_contain_text("1 unread message")
    check(ann, "list")
    ann.finds("Bob Ray").wait_for()
    check(ann, "search")
    ann.opens_chat_with("Bob Ray").says("Hi")
    bob.reacts_to("Hi", "👍")
    bob.acts_on("Hi", "Reply").says("A reply")
    expect(ann.message("Hi").get_by_role("button", name="👍")).to_be_visible()
    check(ann, "chat")
    check(bob, "toolbar")
