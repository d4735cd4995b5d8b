"""That a page does nothing wrong is checked after every test: here, that it would be noticed."""

import pytest

from tests.e2e.conftest import meeting


@pytest.fixture(scope="module")
def stranger(browser, server):
    with meeting(browser, server) as people:
        stranger = people.stranger().goes_to("/login")
        assert people.pop_wrongs() == []
        yield stranger


@pytest.mark.parametrize(
    "wrong",
    [
        "console.warn('a warning')",
        "reportError(new Error('an uncaught one'))",
        "void Promise.reject(new Error('an unhandled one'))",
        "document.body.setAttribute('style', 'color: red')",
        "try { document.body.innerHTML = '' } catch {}",
        "try { new WebSocket('wss://example.org/') } catch {}",
        "void (new Image().src = 'https://example.org/picture.png')",
        "void fetch('https://example.org/').catch(() => {})",
        "fetch('/static/nothing.js').then(() => {})",
    ],
)
def test_what_a_page_does_wrong_is_noticed(stranger, wrong):
    stranger.page.evaluate(wrong)
    # What a browser reports a moment later it has reported by the time of an answer.
    stranger.page.evaluate("fetch('/robots.txt').then(() => {})")

    assert stranger.people.pop_wrongs() != []
    assert stranger.people.pop_wrongs() == []
