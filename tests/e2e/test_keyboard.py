"""Everything without a pointer."""

import re

from playwright.sync_api import expect


def test_find_open_send_read_and_react_by_keyboard_alone(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("quentin", "Quentin Ash")
    people.bot("quill", "Quill Fox")
    keys = ann.page.keyboard

    keys.press("Control+K")
    expect(ann.search).to_be_focused()
    keys.type("qu")
    options = ann.page.get_by_role("option")
    expect(options).to_have_count(2)
    wanted = options.get_by_text("Quentin Ash")
    while ann.page.get_by_role("option", selected=True).get_by_text("Quentin Ash").count() == 0:
        keys.press("ArrowDown")
    expect(wanted).to_be_visible()
    keys.press("Enter")

    expect(ann.heading("Quentin Ash")).to_be_visible()
    expect(ann.box).to_be_focused()
    for text in ("One", "Two"):
        keys.type(text)
        keys.press("Enter")
    ann.sees_texts(["One", "Two"])
    ann.sees_state("Two", "Sent")
    bob.says(bob.opens_chat_with(ann.username), ["Three"])
    ann.sees("Three")

    keys.press("Shift+Tab")
    expect(ann.message("Three")).to_be_focused()
    keys.press("ArrowUp")
    expect(ann.message("Two")).to_be_focused()
    keys.press("Home")
    expect(ann.message("One")).to_be_focused()
    keys.press("End")
    expect(ann.message("Three")).to_be_focused()
    keys.press("Enter")
    expect(ann.message("Three").get_by_role("button", name="React", exact=True)).to_be_focused()
    keys.press("Enter")
    keys.press("ArrowRight")
    keys.press("Enter")
    expect(ann.message("Three").get_by_role("button", name="❤️ You")).to_be_visible()
    expect(ann.message("Three")).to_be_focused()

    keys.press("Escape")
    expect(ann.box).to_be_focused()


def test_arrow_up_edits_and_escape_brings_the_draft_back(people):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Helo")
    ann.sees_state("Helo", "Sent")
    keys = ann.page.keyboard

    keys.press("ArrowUp")
    expect(ann.box).to_have_value("Helo")
    keys.press("Escape")
    expect(ann.box).to_have_value("")

    keys.press("ArrowUp")
    keys.press("ControlOrMeta+A")
    keys.type("Hello")
    keys.press("Enter")
    ann.sees_texts(["Hello"])
    expect(ann.box).to_be_focused()


def test_enter_sends_and_shift_enter_breaks_the_line(people):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray")
    keys = ann.page.keyboard

    expect(ann.button("Send")).to_be_disabled()
    keys.press("Enter")
    keys.type("First line")
    keys.press("Shift+Enter")
    keys.type("second line")
    keys.press("Enter")

    expect(ann.messages).to_have_count(1)
    expect(ann.message("First line").get_by_text("First line")).to_have_text(
        "First line\nsecond line", use_inner_text=True
    )
    expect(ann.box).to_have_value("")


def test_chats_are_changed_without_the_list(people):
    ann = people.sign_up("ann", "Ann Lee")
    for username, name in (("bob", "Bob Ray"), ("cem", "Cem Kaya")):
        people.bot(username, name)
        ann.opens_chat_with(name).says(f"Hello {name}")
        ann.sees_state(f"Hello {name}", "Sent")

    ann.page.keyboard.press("Alt+ArrowDown")
    expect(ann.heading("Bob Ray")).to_be_visible()
    ann.page.keyboard.press("Alt+ArrowUp")
    expect(ann.heading("Cem Kaya")).to_be_visible()


def test_the_first_tab_stop_leads_to_the_message_box(people):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Hello")
    ann.page.reload()
    ann.sees("Hello")

    ann.page.get_by_role("link", name="Skip to the message box").focus()
    ann.page.keyboard.press("Enter")

    expect(ann.box).to_be_focused()


def test_single_keys_search_and_help_but_not_while_typing(people):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Hello")
    keys = ann.page.keyboard
    sheet = ann.page.get_by_role("dialog", name="Keyboard shortcuts")

    keys.type("?/")
    expect(ann.box).to_have_value("?/")
    keys.press("Control+/")
    expect(sheet).to_be_visible()
    keys.press("Escape")
    expect(ann.box).to_be_focused()

    ann.message("Hello").focus()
    keys.press("?")
    expect(sheet.get_by_text("Find a chat or a person")).to_be_visible()
    keys.press("Escape")
    expect(ann.message("Hello")).to_be_focused()
    keys.press("/")
    expect(ann.search).to_be_focused()

    ann.button("Settings").click()
    choice = ann.page.get_by_role("group", name="Shortcuts of a single key")
    choice.get_by_role("radio", name="Off").check()
    keys.press("Escape")
    ann.message("Hello").focus()
    keys.press("?")
    keys.press("/")
    expect(ann.message("Hello")).to_be_focused()
    expect(sheet).to_have_count(0)


def test_escape_in_an_empty_box_leads_to_the_latest_message(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    bob.says(bob.opens_chat_with(ann.username), (f"line {number}" for number in range(1, 81)))
    ann.opens("Bob Ray")
    expect(ann.log.get_by_text("New", exact=True)).to_be_in_viewport()
    expect(ann.message("line 80")).not_to_be_in_viewport()

    ann.box.press("Escape")

    expect(ann.message("line 80")).to_be_in_viewport()
    expect(ann.row("Bob Ray")).not_to_contain_text("unread")


def test_nothing_is_undone_into_the_box_after_sending(people):
    ann = people.sign_up("ann", "Ann Lee")
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray")
    keys = ann.page.keyboard
    keys.type("Sent for good")
    keys.press("Enter")
    ann.sees("Sent for good")

    keys.press("ControlOrMeta+Z")

    expect(ann.box).to_have_value("")
    expect(ann.box).to_be_focused()


def test_the_messages_are_one_tab_stop_whatever_is_in_them(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, [f"See https://example.org/{number}" for number in range(3)])
    frame = {"type": "react", "conversation": chat, "seq": 3, "emoji": "👍", "on": True}
    bob.ask([frame, {**frame, "seq": 1}])
    ann.opens("Bob Ray")
    newest, oldest = ann.message("example.org/2"), ann.message("example.org/0")
    expect(newest.get_by_role("button", name="👍 Bob Ray")).to_be_visible()
    keys = ann.page.keyboard
    expect(ann.box).to_be_focused()

    keys.press("Shift+Tab")
    expect(newest).to_be_focused()
    keys.press("Tab")
    expect(newest.get_by_role("link")).to_be_focused()
    keys.press("Tab")
    expect(newest.get_by_role("button", name="👍 Bob Ray")).to_be_focused()
    keys.press("Tab")
    expect(ann.box).to_be_focused()

    keys.press("Shift+Tab")
    keys.press("Home")
    expect(oldest).to_be_focused()
    oldest.get_by_role("link").hover()
    for _ in range(3):
        keys.press("Tab")
    expect(ann.box).to_be_focused()
    keys.press("Shift+Tab")
    expect(oldest).to_be_focused()
    keys.press("Shift+Tab")
    expect(ann.page.get_by_role("main").get_by_role("button", name="Actions").first).to_be_focused()


def test_a_message_is_named_by_all_that_it_says(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    bob.says(bob.opens_chat_with(ann.username), ["Well?"])
    ann.opens("Bob Ray").acts_on("Well?", "Reply").says("Fine, thanks")
    ann.sees_state("Fine, thanks", "Sent")

    theirs, mine = ann.message("Well?"), ann.message("Fine, thanks")

    expect(theirs).to_have_accessible_name(re.compile(r"^Bob Ray Well\? \d+:\d\d"))
    name = re.compile(r"^You Bob Ray Well\? Fine, thanks \d+:\d\d.* Sent$")
    expect(mine).to_have_accessible_name(name)


def test_only_chats_with_something_unread_are_stepped_through_with_shift(people):
    ann = people.sign_up("ann", "Ann Lee")
    for username, name in (("bob", "Bob Ray"), ("cem", "Cem Kaya"), ("eve", "Eve Fox")):
        bot = people.bot(username, name)
        bot.says(bot.opens_chat_with(ann.username), ["Hello"])
        expect(ann.row(name)).to_contain_text("1 unread message")
    ann.opens("Cem Kaya").sees("Hello")
    ann.opens("Eve Fox").sees("Hello")
    for name in ("Cem Kaya", "Eve Fox"):
        expect(ann.row(name)).not_to_contain_text("unread")

    ann.page.keyboard.press("Alt+Shift+ArrowDown")
    expect(ann.heading("Bob Ray")).to_be_visible()
    expect(ann.row("Bob Ray")).not_to_contain_text("unread")
    ann.page.keyboard.press("Alt+Shift+ArrowUp")
    expect(ann.heading("Bob Ray")).to_be_visible()
    ann.page.keyboard.press("Alt+ArrowUp")
    expect(ann.heading("Cem Kaya")).to_be_visible()


def test_a_deletion_is_undone_with_the_key_for_that(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Deleted by mistake")
    ann.sees_state("Deleted by mistake", "Sent")
    keys = ann.page.keyboard
    keys.press("Shift+Tab")
    keys.press("Shift+F10")
    expect(ann.page.get_by_role("menuitem", name="Reply")).to_be_focused()
    keys.press("End")
    expect(ann.page.get_by_role("menuitem", name="Delete")).to_be_focused()

    keys.press("Enter")
    expect(ann.message("Message deleted")).to_have_count(1)
    expect(ann.box).to_be_focused()
    keys.press("ControlOrMeta+Z")

    expect(ann.message("Deleted by mistake")).to_be_focused()
    expect(ann.button("Undo")).to_be_hidden()
    ann.says("Or not")
    ann.sees_state("Or not", "Sent")
    chat = bob.opens_chat_with(ann.username)
    [history] = bob.ask([{"type": "history", "conversation": chat}])
    texts = [message["text"] for message in history["messages"]]
    assert texts == ["Deleted by mistake", "Or not"]


def test_what_is_in_focus_when_it_goes_leaves_the_focus_in_a_place(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    bob.says(bob.opens_chat_with(ann.username), (f"line {number}" for number in range(1, 81)))
    expect(ann.row("Bob Ray")).to_contain_text("80 unread messages")

    ann.button("Not now").press("Enter")
    expect(ann.button("Not now")).to_be_hidden()
    expect(ann.row("Bob Ray")).to_be_focused()
    ann.opens("Bob Ray").button("Jump to latest").press("Enter")
    expect(ann.message("line 80")).to_be_focused()
    expect(ann.button("Jump to latest")).to_be_hidden()


# Whether the upper and the lower edge of what has the focus are seen, and nothing over them.
UNCOVERED = """() => {
  const bubble = document.activeElement.querySelector('.message__bubble');
  const { left, right, top, bottom } = bubble.getBoundingClientRect();
  const [x, y] = [(left + right) / 2, [top + 2, bottom - 2]];
  return y.every((one) => bubble.contains(document.elementFromPoint(x, one)));
}"""


def test_nothing_lies_over_the_message_that_has_the_focus(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    bob.says(bob.opens_chat_with(ann.username), (f"line {number:02}" for number in range(60)))
    ann.opens("Bob Ray").page.keyboard.press("Escape")
    expect(ann.message("line 59")).to_be_in_viewport()
    ann.message("line 59").focus()

    for key, numbers in (("ArrowUp", range(58, 20, -1)), ("ArrowDown", range(22, 60))):
        for number in numbers:
            ann.page.keyboard.press(key)
            expect(ann.message(f"line {number:02}")).to_be_focused()
            assert ann.page.evaluate(UNCOVERED), number
