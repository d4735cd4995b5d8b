"""A long conversation: only a part of it is drawn, and scrolling up moves nothing."""

import re

import pytest
from playwright.sync_api import expect

LENGTH = 500
MOST_ROWS = 299
TOP_ROW = """log => {
    const top = log.getBoundingClientRect().top;
    const row = [...log.querySelectorAll('article')].find(
        (row) => row.getBoundingClientRect().bottom > top);
    return [row.textContent.match(/line \\d+/)[0], row.getBoundingClientRect().top - top];
}"""
# The page hears of it at once, and not before it is drawn the next time.
SCROLL = """(log, to) => {
    log.scrollTop = to === 'half' ? log.scrollHeight / 2 : to;
    log.dispatchEvent(new Event('scroll'));
}"""
PLACE_OF = """(log, text) => {
    const row = [...log.querySelectorAll('article')].find(
        (row) => row.textContent.includes(text));
    return row.getBoundingClientRect().top - log.getBoundingClientRect().top;
}"""


def test_scrolling_up_shows_older_messages_and_moves_nothing(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, (f"line {number:03}" for number in range(1, LENGTH + 1)))
    bob.ask([{"type": "ping"}])
    ann.opens("Bob Ray")
    expect(ann.log.get_by_text("New", exact=True)).to_be_in_viewport()
    expect(ann.message("line 001")).to_be_in_viewport()
    ann.button("Jump to latest").click()
    expect(ann.message(f"line {LENGTH}")).to_be_in_viewport()
    beginning = ann.log.get_by_text("This is the beginning of your chat with Bob Ray")

    loads = 0
    while beginning.count() == 0:
        oldest = ann.messages.first.text_content() or ""
        # To the top of what is drawn, and in the same breath: what is in view now?
        ann.log.evaluate("log => { log.scrollTop = 150; }")
        text, place = ann.log.evaluate(TOP_ROW)
        expect(ann.messages.first).not_to_have_text(oldest)
        expect(ann.message(text)).to_be_in_viewport()
        assert abs(ann.log.evaluate(PLACE_OF, text) - place) < 2
        assert ann.messages.count() <= MOST_ROWS
        loads += 1
        assert loads < 20

    assert loads > 5
    ann.sees("line 001")
    ann.button("Jump to latest").click()
    expect(ann.message(f"line {LENGTH}")).to_be_in_viewport()
    assert ann.messages.count() <= MOST_ROWS
    expect(ann.row("Bob Ray")).not_to_contain_text("unread")


def test_a_new_message_moves_nothing_when_one_reads_older_ones(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, (f"line {number:03}" for number in range(1, 101)))
    ann.opens("Bob Ray").says("Read")
    ann.sees_state("Read", "Sent")
    ann.log.evaluate(SCROLL, "half")
    text, place = ann.log.evaluate(TOP_ROW)

    bob.says(chat, ["line 102", "line 103"])

    ann.page.get_by_role("button", name="2 new messages").wait_for()
    assert ann.log.evaluate(PLACE_OF, text) == place
    ann.page.get_by_role("button", name="2 new messages").click()
    expect(ann.message("line 103")).to_be_in_viewport()


def test_what_was_in_view_is_read_and_the_first_unread_can_be_found_again(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, (f"line {number:03}" for number in range(1, 91)))
    first = ann.page.get_by_role("button", name="Jump to first unread")
    ann.opens("Bob Ray")
    expect(ann.log.get_by_text("New", exact=True)).to_be_in_viewport()
    expect(first).to_be_hidden()
    # Some of them are in view, the rest is not.
    expect(ann.row("Bob Ray")).to_contain_text(re.compile(r"[78]\d unread messages"))

    ann.button("Jump to latest").click()
    expect(ann.message("line 090")).to_be_in_viewport()
    expect(ann.row("Bob Ray")).not_to_contain_text("unread")
    first.click()

    expect(ann.log.get_by_text("New", exact=True)).to_be_in_viewport()
    expect(ann.message("line 001")).to_be_in_viewport()
    expect(first).to_be_hidden()
    ann.says("Answer")
    expect(ann.log.get_by_text("New", exact=True)).to_have_count(0)


def test_a_chat_is_found_where_it_was_left(people):
    ann = people.sign_up("ann", "Ann Lee")
    for username, name in (("bob", "Bob Ray"), ("cem", "Cem Kaya")):
        bot = people.bot(username, name)
        bot.says(bot.opens_chat_with(ann.username), (f"line {number:03}" for number in range(60)))
    ann.opens("Bob Ray").says("Read")
    ann.sees_state("Read", "Sent")
    ann.log.evaluate(SCROLL, 0)
    expect(ann.log.get_by_text("This is the beginning")).to_be_visible()
    ann.log.evaluate(SCROLL, 200)
    ann.button("Jump to latest").wait_for()
    text, place = ann.log.evaluate(TOP_ROW)

    ann.opens("Cem Kaya").opens("Bob Ray")

    expect(ann.message(text)).to_be_in_viewport()
    assert abs(ann.log.evaluate(PLACE_OF, text) - place) < 2


@pytest.mark.console("ERR_INTERNET_DISCONNECTED")
@pytest.mark.parametrize("way", ["quote", "link"])
def test_what_one_writes_far_from_the_end_is_there_at_once_also_offline(people, way):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, (f"line {number:03}" for number in range(1, LENGTH)))
    last = {"type": "send", "conversation": chat, "client_id": "last", "text": f"line {LENGTH}"}
    bob.ask([{**last, "reply_to": 20}])
    if way == "quote":
        ann.opens("Bob Ray").button("Jump to latest").click()
        ann.message(f"line {LENGTH}").get_by_role("button", name="line 020").click()
    else:
        ann.goes_to(f"/c/{chat}/20")
    expect(ann.message("line 020")).to_be_in_viewport()
    expect(ann.message(f"line {LENGTH}")).to_have_count(0)

    ann.goes_offline().says("From afar")

    expect(ann.message("From afar")).to_be_in_viewport()
    expect(ann.messages.nth(-2)).to_contain_text(f"line {LENGTH}")
    ann.message("From afar").evaluate("row => { self.row = row; }")
    ann.context.set_offline(False)
    ann.sees_state("From afar", "Sent")
    assert ann.message("From afar").evaluate("row => row === self.row")
    expect(ann.message("From afar")).to_be_in_viewport()
    expect(ann.message(f"line {LENGTH - 20}")).to_be_visible()
    expect(ann.messages.last).to_contain_text("From afar")
