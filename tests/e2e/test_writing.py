"""From the key to the bubble: how soon, in the same place, and never in the middle of a word."""

import re

from playwright.sync_api import expect

from tests.e2e.people import PHONE

# From the key to the bubble in the page, and whether it stays the same one.
# `make bench-page` measures the time; here others may use the machine, so frames are counted.
WATCH = """() => {
  let frames = 0;
  document.addEventListener('keydown', () => (frames = 0), true);
  const count = () => { frames += 1; requestAnimationFrame(count); };
  count();
  new MutationObserver(() => {
    const row = document.querySelector('article[data-client-id]');
    if (!row || window.bubble) return;
    window.bubble = { row, frames, top: row.offsetTop };
  }).observe(document.querySelector('[role=log]'), { subtree: true, childList: true });
}"""
SAME = """() => {
  const rows = document.querySelectorAll('article[data-client-id]');
  return rows.length === 1 && rows[0] === bubble.row && rows[0].offsetTop === bubble.top;
}"""


def test_a_bubble_is_there_at_once_and_stays_the_same_when_it_is_stored(people):
    ann, bob = people.sign_up("ann", "Ann Lee"), people.sign_up("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray")
    ann.page.evaluate(WATCH)

    ann.box.press_sequentially("Hello")
    ann.box.press("Enter")

    ann.sees_state("Hello", "Delivered")
    bob.opens("Ann Lee").sees("Hello")
    ann.sees_state("Hello", "Read")
    assert ann.page.evaluate("bubble.frames") == 0
    assert ann.page.evaluate(SAME)


def test_enter_chooses_a_candidate_and_sends_nothing_while_an_input_method_composes(people):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray")
    chromium = ann.context.new_cdp_session(ann.page)
    enter = {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    # Safari ends the composition before it tells of the key, which then has this number.
    late = {**enter, "windowsVirtualKeyCode": 229}

    ann.box.focus()
    composing = {"text": "にほん", "selectionStart": 3, "selectionEnd": 3}
    chromium.send("Input.imeSetComposition", composing)
    expect(ann.box).to_have_value("にほん")
    for key in (enter, late):
        chromium.send("Input.dispatchKeyEvent", key)
    expect(ann.box).to_have_value("にほん")
    chromium.send("Input.insertText", {"text": "日本"})
    chromium.send("Input.dispatchKeyEvent", late)
    expect(ann.box).to_have_value("日本")
    expect(ann.messages).to_have_count(0)
    ann.page.keyboard.press("Enter")

    ann.sees_texts(["日本"])


def test_on_a_phone_enter_breaks_the_line_and_a_chat_opens_without_the_keyboard(people):
    ann = people.sign_up("ann", "Ann Lee", **PHONE)
    bob = people.bot("bob", "Bob Ray")
    bob.says(bob.opens_chat_with(ann.username), ["Hello"])
    ann.row("Bob Ray").tap()
    ann.sees("Hello")
    expect(ann.heading("Bob Ray").get_by_role("button")).to_be_focused()

    ann.box.tap()
    expect(ann.box).to_be_focused()
    ann.page.keyboard.type("one")
    ann.page.keyboard.press("Enter")
    ann.page.keyboard.type("two")
    expect(ann.box).to_have_value("one\ntwo")
    ann.button("Send").tap()

    expect(ann.message("one")).to_contain_text("two")
    expect(ann.box).to_be_focused()


def test_the_state_of_a_message_has_a_tooltip_with_the_time(people):
    ann = people.sign_up("ann", "Ann Lee", locale="en-US")
    bob = people.bot("bob", "Bob Ray")
    state = ann.opens_chat_with("Bob Ray").says("Hello").locator("[data-state]")
    time = r"\w+day, \w+ \d+, 20\d\d at \d+:\d\d\s[AP]M"

    expect(state).to_have_attribute("title", re.compile(f"^Sent · {time}$"))
    chat = bob.opens_chat_with(ann.username)
    bob.ask([{"type": "read", "conversation": chat, "seq": 1}])

    expect(state).to_have_attribute("title", re.compile(f"^Read .sent {time}.$"))
