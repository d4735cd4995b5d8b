"""The list of conversations: while it loads, in which order, and what stays where it is."""

import re

from playwright.sync_api import WebSocketRoute, expect

from tests.e2e.people import PHONE, Person


def in_order(person: Person, *names: str) -> None:
    expect(person.chats.get_by_role("link")).to_contain_text(list(names))


def test_while_something_loads_there_is_a_skeleton_and_no_empty_state(people):
    ann = people.sign_up("ann", "Ann Lee")
    expect(ann.chats.get_by_text("No chats yet")).to_be_visible()
    ann.page.goto("about:blank")  # so that it hears nothing, and keeps nothing
    is_slow = True

    def route(socket: WebSocketRoute) -> None:
        if not is_slow:
            socket.connect_to_server()

    ann.page.route_web_socket(re.compile("/ws$"), route)
    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, ["Hello"])
    for path in ("/", f"/c/{chat}"):
        ann.goes_to(path)
        expect(ann.page.locator("[data-skeleton]")).to_be_visible()
        expect(ann.page.get_by_text("No chats yet")).to_be_hidden()
    expect(ann.page.locator("[data-chat-skeleton]")).to_be_visible()
    expect(ann.page.get_by_role("main").get_by_text("Pick a chat")).to_be_hidden()

    is_slow = False
    ann.page.reload()

    ann.sees("Hello")
    for name in ("skeleton", "chat-skeleton"):
        expect(ann.page.locator(f"[data-{name}]")).to_be_hidden()


def test_a_new_message_moves_a_row_but_neither_the_focus_nor_what_is_pointed_at(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob, cem = people.bot("bob", "Bob Ray"), people.bot("cem", "Cem Kaya")
    with_bob, with_cem = (each.opens_chat_with(ann.username) for each in (bob, cem))
    bob.says(with_bob, ["One"])
    cem.says(with_cem, ["One"])
    in_order(ann, "Cem Kaya", "Bob Ray")
    place = ann.row("Bob Ray").bounding_box()

    ann.row("Bob Ray").hover()
    bob.says(with_bob, ["Two"])
    expect(ann.row("Bob Ray")).to_contain_text("2 unread messages")
    in_order(ann, "Cem Kaya", "Bob Ray")
    assert ann.row("Bob Ray").bounding_box() == place
    ann.page.mouse.move(900, 400)
    in_order(ann, "Bob Ray", "Cem Kaya")

    ann.row("Cem Kaya").focus()
    cem.says(with_cem, ["Two"])
    in_order(ann, "Cem Kaya", "Bob Ray")
    expect(ann.row("Cem Kaya")).to_be_focused()
    bob.says(with_bob, ["Three"])
    in_order(ann, "Bob Ray", "Cem Kaya")
    expect(ann.row("Cem Kaya")).to_be_focused()


def test_a_row_says_in_full_when_its_last_message_was_written(people):
    ann = people.sign_up("ann", "Ann Lee", locale="en-US")
    ann.button("Notes to yourself").click()
    ann.says("Hello")

    time = ann.row("Ann Lee (you)").get_by_role("time")

    full = re.compile(r"^\w+day, \w+ \d+, 20\d\d at \d+:\d\d\s[AP]M$")
    expect(time).to_have_attribute("title", full)
    expect(ann.row("Ann Lee (you)")).to_have_accessible_name(re.compile(full.pattern[1:-1]))


def test_the_menu_of_the_open_chat_has_its_details_and_its_link(people):
    ann = people.sign_up("ann", "Ann Lee", permissions=["clipboard-read", "clipboard-write"])
    people.bot("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Hello")
    menu = ann.page.get_by_role("main").get_by_role("button", name="Actions")
    item = ann.page.get_by_role("menuitem")

    menu.press("Enter")
    expect(item.filter(has_text="Details")).to_be_focused()
    ann.page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    menu.click()
    item.filter(has_text="Copy link").click()
    expect(ann.page.get_by_role("region", name="Notice")).to_contain_text("Copied")
    assert ann.page.evaluate("navigator.clipboard.readText()") == ann.page.url
    menu.click()
    item.filter(has_text="Details").click()
    expect(ann.page.get_by_role("dialog", name="Details")).to_contain_text("Bob Ray")
    ann.page.keyboard.press("Escape")
    expect(menu).to_be_focused()


def test_a_right_click_and_a_long_press_open_the_menu_of_a_row(people):
    bob = people.bot("bob", "Bob Ray")
    ann = people.sign_up("ann", "Ann Lee", **PHONE)
    bob.says(bob.opens_chat_with(ann.username), ["Hello"])
    items = ann.page.get_by_role("menu", name="Actions").get_by_role("menuitem")
    expected = ["Mark as read", "Details", "Copy link"]

    ann.row("Bob Ray").click(button="right")
    expect(items).to_have_text(expected)
    ann.page.keyboard.press("Escape")
    box = ann.row("Bob Ray").bounding_box()
    assert box
    fingers = ann.context.new_cdp_session(ann.page)
    point = {"x": box["x"] + 80, "y": box["y"] + 20}
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(items).to_have_text(expected)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    items.filter(has_text="Mark as read").tap()
    expect(ann.row("Bob Ray")).not_to_contain_text("unread")
