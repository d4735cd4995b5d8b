"""What calls somebody to the page, and stops when it is not needed any more."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.people import People, Person
from tests.e2e.test_worker import ACTIVE
from tests.servers import wait_until

# Instead of the browser's own: how often it was asked, and what is shown, told by the page.
NOTIFICATIONS = """
    const told = () => document.documentElement.dataset;
    window.notes = [];
    window.asked = 0;
    window.Notification = class {
        static permission = PERMISSION;
        static async requestPermission() {
            window.asked += 1;
            this.permission = ANSWER;
            return ANSWER;
        }
        constructor(title, options) {
            Object.assign(this, { title, ...options });
            window.notes.push(this);
            told().notes = window.notes.length;
        }
        close() {
            window.notes = window.notes.filter((note) => note !== this);
            told().notes = window.notes.length;
        }
    };
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (at) {
        told().sounds = 'some';
        start.call(this, at);
    };
"""
# Another window is in front of this one. Playwright makes every page believe that it has the focus.
LOOK_AWAY = "() => { document.hasFocus = () => false; }"
LOOK_BACK = "() => { document.hasFocus = () => true; dispatchEvent(new Event('focus')); }"
LEADS = """async () => {
    const { held, pending } = await navigator.locks.query();
    const count = (locks) => locks.filter(({ name }) => name.endsWith('.notifications')).length;
    return count(held) === 1 && count(pending) === 0;
}"""
ICON = "document.querySelector('link[rel=icon]').getAttribute('href')"


def notified(people: People, permission: str = "default", answer: str = "granted") -> Person:
    """Ann, in a browser whose notifications are counted rather than shown."""
    ann = people.sign_up("ann", "Ann Lee")
    script = NOTIFICATIONS.replace("PERMISSION", f"'{permission}'").replace("ANSWER", f"'{answer}'")
    ann.context.add_init_script(script)
    ann.page.reload()
    return leads(ann.arrives())


def leads(person: Person) -> Person:
    """Waits until the only tab is the one that tells: one before it may not have let go yet."""
    wait_until(lambda: bool(person.page.evaluate(LEADS)), "a tab that tells")
    return person


def shows(tab: Person, count: int) -> None:
    expect(tab.page.locator("html")).to_have_attribute("data-notes", str(count))


def test_the_number_of_unread_messages_is_in_the_title_and_the_icon(people):
    first = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob Ray")
    tabs = [first, first.another_tab()]
    for tab in tabs:
        expect(tab.chats.get_by_text("No chats yet")).to_be_visible()
    plain = first.page.evaluate(ICON)
    chat = bob.opens_chat_with(first.username)

    bob.says(chat, ["One", "Two", "Three"])
    for tab in tabs:
        expect(tab.page).to_have_title("(3) Parley")
        icon = tab.page.locator("link[rel=icon]")
        expect(icon).to_have_attribute("href", re.compile("^data:image/svg.*%3E3%3C%2Ftext"))
    first.opens("Bob Ray")

    for tab in tabs:
        expect(tab.page).to_have_title(re.compile("^(Bob Ray · )?Parley"))
        assert tab.page.evaluate(ICON) == plain


def test_notifications_are_asked_for_on_a_click_and_come_once_for_all_tabs(people):
    ann = notified(people)
    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, ["Before it was asked for"])
    ann.page.reload()
    other = leads(ann.arrives()).another_tab()
    for tab in (ann, other):
        expect(tab.row("Bob Ray")).to_contain_text("1 unread message")
        assert tab.page.evaluate("asked") == 0

    ann.looks().button("Turn on notifications").click()
    expect(ann.button("Turn on notifications")).to_be_hidden()
    assert ann.page.evaluate("asked") == 1
    other.page.reload()
    expect(other.row("Bob Ray")).to_contain_text("1 unread message")
    other.page.evaluate("Notification.permission = 'granted'")
    bob.says(chat, ["Are you there?"])

    for tab in (ann, other):
        expect(tab.row("Bob Ray")).to_contain_text("2 unread messages")
    # The first tab with a connection tells.
    shows(ann, 1)
    assert other.page.evaluate("notes.length") == 0
    note = ann.page.evaluate("({ ...notes[0] })")
    assert (note["title"], note["body"]) == ("Bob Ray", "Are you there?")
    assert note["icon"].startswith("data:image/png")

    other.opens("Bob Ray").sees("Are you there?")
    shows(ann, 0)


def test_a_click_on_a_notification_opens_its_chat(people):
    ann = notified(people)
    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, ["Hello"])
    ann.page.reload()
    leads(ann.arrives()).button("Turn on notifications").click()
    bob.says(chat, ["<b>Look</b>"])
    shows(ann, 1)
    assert ann.page.evaluate("notes[0].body") == "<b>Look</b>"
    assert ann.page.evaluate("notes[0].tag") == f"parley-{chat}"
    ann.page.evaluate("window.focus = () => { window.isInFront = true; }")

    ann.page.evaluate("notes[0].onclick()")

    expect(ann.heading("Bob Ray")).to_be_visible()
    ann.sees("<b>Look</b>")
    shows(ann, 0)
    assert ann.page.evaluate("isInFront")


def test_a_notification_may_keep_to_itself_what_was_written(people):
    ann = notified(people)
    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    ann.button("Settings").click()
    dialog = ann.page.get_by_role("dialog", name="Settings")
    dialog.get_by_role("button", name="Turn on notifications").click()
    dialog.get_by_role("radio", name="Hidden").check()
    expect(dialog.get_by_role("status")).to_have_text("Saved")

    bob.says(chat, ["Between us"])

    shows(ann, 1)
    note = ann.page.evaluate("({ ...notes[0] })")
    assert (note["title"], note["body"]) == ("Bob Ray", "New message")


def test_a_refusal_is_shown_with_how_to_undo_it_and_not_asked_about_again(people):
    ann = notified(people, answer="denied")
    bob = people.bot("bob", "Bob Ray")
    bob.says(bob.opens_chat_with(ann.username), ["Hello"])

    ann.button("Turn on notifications").click()

    hint = ann.page.get_by_text("Notifications are blocked. To undo that")
    expect(hint).to_be_visible()
    expect(ann.button("Turn on notifications")).to_be_hidden()
    ann.button("Not now").click()
    expect(hint).to_be_hidden()
    ann.page.reload()
    bob.says(bob.opens_chat_with(ann.username), ["Hello again"])
    expect(ann.row("Bob Ray")).to_contain_text("2 unread messages")
    expect(ann.button("Turn on notifications")).to_be_hidden()


def test_whoever_looks_elsewhere_hears_a_sound_and_has_read_nothing(people):
    ann = notified(people)
    bob = people.sign_up("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Hi")
    bob.opens("Ann Lee").says("Seen")
    bob.sees_state("Seen", "Read")
    expect(ann.page.locator("html")).not_to_have_attribute("data-sounds", "some")

    ann.page.evaluate(LOOK_AWAY)
    bob.says("Not seen")
    ann.sees("Not seen")
    bob.sees_state("Not seen", "Delivered")
    expect(ann.page).to_have_title(re.compile(r"^\(1\)"))
    expect(ann.page.locator("html")).to_have_attribute("data-sounds", "some")
    bob.sees_state("Not seen", "Delivered")

    ann.page.evaluate(LOOK_BACK)
    bob.sees_state("Not seen", "Read")
    expect(ann.page).not_to_have_title(re.compile(r"^\("))


def test_sound_and_notifications_are_turned_off_in_the_settings(people):
    ann = notified(people)
    ann.page.clock.install()
    ann.page.reload()
    leads(ann.arrives()).button("Settings").click()
    dialog = ann.page.get_by_role("dialog", name="Settings")

    dialog.get_by_role("button", name="Turn on notifications").click()
    expect(dialog.get_by_text("You are told when somebody writes")).to_be_visible()
    dialog.get_by_role("button", name="Turn off notifications").click()
    expect(dialog.get_by_role("button", name="Turn on notifications")).to_be_visible()
    sound = dialog.get_by_role("group", name="Sound for a new message")
    sound.get_by_text("Off", exact=True).click()
    expect(dialog.get_by_role("status")).to_have_text("Saved")
    ann.page.keyboard.press("Escape")
    bob = people.bot("bob", "Bob Ray")
    bob.says(bob.opens_chat_with(ann.username), ["Are you there?"])

    expect(ann.row("Bob Ray")).to_contain_text("1 unread message")
    ann.page.clock.run_for(1_000)  # by now it would have been told
    expect(ann.page.locator("html")).not_to_have_attribute("data-sounds", "some")
    expect(ann.page.locator("html")).not_to_have_attribute("data-notes", "1")


def test_what_a_dialog_covers_is_not_read(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.sign_up("bob", "Bob Ray")
    ann.opens_chat_with("Bob Ray").says("Hi")
    ann.button("Settings").click()
    expect(ann.page.get_by_role("dialog", name="Settings")).to_be_visible()

    bob.opens("Ann Lee").says("Covered")
    bob.sees_state("Covered", "Delivered")
    expect(ann.page).to_have_title(re.compile(r"^\(1\)"))
    ann.looks().page.keyboard.press("Escape")

    bob.sees_state("Covered", "Read")


@pytest.mark.parametrize("is_controlled", [True, False], ids=["controlled", "without worker"])
def test_where_a_page_may_show_none_itself_its_worker_does(people, is_controlled):
    ann = people.sign_up("ann", "Ann Lee")
    ann.context.grant_permissions(["notifications"])
    ann.context.add_init_script(
        """
        window.Notification = class {
            static permission = 'granted';
            static requestPermission = async () => 'granted';
            constructor() { throw new TypeError('Illegal constructor'); }
        };
        // Who asks for what is shown while something is about to be has Chromium forget that.
        const { prototype } = ServiceWorkerRegistration;
        const { showNotification } = prototype;
        const isShown = new Promise((goOn) => {
            prototype.showNotification = async function (...all) {
                await showNotification.apply(this, all);
                goOn();
            };
        });
        window.untilShown = async (titles) => {
            await Promise.race([isShown, new Promise((goOn) => setTimeout(goOn, 10_000))]);
            const worker = await navigator.serviceWorker.ready;
            for (let tries = 200; tries; tries -= 1) {
                const shown = await worker.getNotifications();
                if (shown.map((each) => each.title).join() === titles) return true;
                await new Promise((goOn) => setTimeout(goOn, 50));
            }
            return false;
        };
        """
    )
    ann.page.reload()
    bob = people.bot("bob", "Bob Ray")
    chat = bob.opens_chat_with(ann.username)
    bob.says(chat, ["First"])
    ann.button("Turn on notifications").click()
    expect(ann.button("Turn on notifications")).to_be_hidden()
    ann.page.evaluate(ACTIVE)
    with ann.page.expect_navigation():
        tab = ann.context.new_cdp_session(ann.page)
        tab.send("Page.reload", {"ignoreCache": not is_controlled})
    leads(ann.arrives())
    assert ann.page.evaluate("navigator.serviceWorker.controller !== null") is is_controlled

    bob.says(chat, ["Hello"])
    assert ann.page.evaluate("untilShown('Bob Ray')")
    [worker] = ann.context.service_workers
    worker.evaluate(
        """async () => {
            const [notification] = await registration.getNotifications();
            dispatchEvent(new NotificationEvent('notificationclick', { notification }));
        }"""
    )

    expect(ann.heading("Bob Ray")).to_be_visible()
    ann.sees("Hello")
    assert ann.page.evaluate("untilShown('')")
