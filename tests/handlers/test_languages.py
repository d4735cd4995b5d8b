"""The languages of the pages: which one, and that nothing is left out of it."""

from __future__ import annotations

import csv
import re

import pytest

import chat.attempts
import chat.passwords
from chat import resources
from chat.accounts import WRONG, check_name, check_username
from chat.errors import Invalid, Unavailable
from chat.passwords import check_password
from handlers import pages
from tests.handlers.conftest import PASSWORD, Browser

MARKED = re.compile(r"""_\((?:"([^"]+)"|'([^']+)')\)""")


def catalogue() -> dict[str, str]:
    with (resources.templates() / "words" / "de.csv").open(encoding="utf-8") as file:
        return {row[0]: row[1] for row in csv.reader(file)}


def marked() -> set[str]:
    """What the templates mark for translation."""
    return {
        one or other
        for path in resources.templates().glob("*.html")
        for one, other in MARKED.findall(path.read_text("utf-8"))
    }


def refusals() -> set[str]:
    """Why a form may be refused."""
    said = {WRONG, chat.attempts.TOO_MANY_FAILURES, chat.attempts.TOO_MANY_ACCOUNTS}
    said.add(Unavailable.default_message)
    for name in ("", "x" * 65, "a\nb"):
        with pytest.raises(Invalid) as refused:
            check_name(name)
        said.add(refused.value.message)
    for password in ("short", "x" * 257, "annabell", "password"):
        with pytest.raises(Invalid) as refused:
            check_password(password, "annabell")
        said.add(refused.value.message)
    with pytest.raises(Invalid) as refused:
        check_username("ä")
    said.add(refused.value.message)
    return said


def test_german_has_everything_that_pages_and_their_refusals_say() -> None:
    said = marked() | refusals() | set(pages.REASONS.values()) | set(pages.TITLES.values())

    assert said - set(catalogue()) == set()
    assert len(marked()) > 50


def test_german_has_nothing_that_nobody_says() -> None:
    sources = [*resources.templates().glob("*.html")]
    for package in ("chat", "handlers"):
        sources += (resources.templates().parent / package).glob("*.py")
    # A text may be written in two pieces, or with a number put in.
    text = re.sub(r'"\s*\n\s*f?"', "", "\n".join(path.read_text("utf-8") for path in sources))
    text = text.replace("{MIN_CHARACTERS}", "8").replace("{MAX_CHARACTERS}", "256")
    text = text.replace("{MAX_NAME_CHARACTERS}", "64")

    assert [key for key in catalogue() if key not in text] == []


def language_of(page: bytes) -> str:
    found = re.search(rb'<html lang="([^"]+)" dir="([^"]+)">', page)
    assert found
    return b" ".join(found.groups()).decode()


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "en ltr"),
        ("de", "de ltr"),
        ("de-AT,en;q=0.5", "de ltr"),
        ("en-GB,en;q=0.9,de;q=0.8", "en ltr"),
        ("fr,de;q=0.5,en;q=0.4", "de ltr"),
        ("fr", "en ltr"),
        ("ar-XB", "en ltr"),
        ("*;q=0.5, nonsense;;q=x,, 7", "en ltr"),
    ],
)
@pytest.mark.gen_test
async def test_pages_speak_what_the_browser_asks_for(
    browser: Browser, asked: str, language: str
) -> None:
    page = await browser.get("/login", headers={"Accept-Language": asked})

    assert language_of(page.body) == language


@pytest.mark.parametrize(
    ("chosen", "language"),
    [
        ("de", "de ltr"),
        ("en", "en ltr"),
        ("en-XA", "en-XA ltr"),
        ("ar-XB", "ar-XB rtl"),
        ("fr", "de ltr"),
        ("../de", "de ltr"),
        ("", "de ltr"),
    ],
)
@pytest.mark.gen_test
async def test_what_was_chosen_counts_more(browser: Browser, chosen: str, language: str) -> None:
    browser.cookies["parley_language"] = chosen

    page = await browser.get("/login", headers={"Accept-Language": "de"})

    assert language_of(page.body) == language
    assert (await browser.get("/nothing")).code == 404


@pytest.mark.flags(trusted_proxies="127.0.0.1,::1")
@pytest.mark.gen_test
async def test_what_was_chosen_counts_over_tls_too(browser: Browser) -> None:
    browser.cookies["parley_language"] = "de"  # by a script: not bound to the host as ours are

    page = await browser.get("/login", headers={"X-Forwarded-Proto": "https"})

    assert language_of(page.body) == "de ltr"


@pytest.mark.flags(login_rate="1")
@pytest.mark.gen_test
async def test_a_refusal_is_told_in_german(browser: Browser) -> None:
    browser.cookies["parley_language"] = "de"

    wrong = await browser.submit("/login", username="ann", password=PASSWORD)
    again = await browser.submit("/login", username="ann", password=PASSWORD)

    assert "Der Benutzername oder das Passwort ist falsch." in wrong.body.decode()
    assert "Sekunden noch einmal." in again.body.decode()
    missing = await browser.get("/nothing")
    assert "Unter dieser Adresse gibt es keine Seite." in missing.body.decode()
