"""What a screen reader says by itself: what is new, once; bursts in one sentence; nothing else."""

from playwright.sync_api import expect

LISTEN = """() => {
  window.spoken = [];
  const regions = document.querySelectorAll('[aria-live=polite], [role=status], [role=alert]');
  for (const region of regions) {
    const watch = new MutationObserver(() => {
      if (region.textContent) window.spoken.push(region.textContent);
    });
    watch.observe(region, { childList: true, characterData: true, subtree: true });
  }
}"""
GATHER_MS = 700


def test_what_others_write_is_spoken_once_and_what_one_does_is_not(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob, cem = people.bot("bob", "Bob Ray"), people.bot("cem", "Cem Kaya")
    chat, other = bob.opens_chat_with(ann.username), cem.opens_chat_with(ann.username)
    bob.says(chat, ["Before"])
    clock = ann.page.clock
    clock.install()
    ann.page.reload()
    ann.arrives().opens("Bob Ray").sees("Before")
    clock.pause_at(ann.page.evaluate("Date.now() + 4000"))
    ann.arrives()  # again, if the page takes the jump for a sleep of the machine
    ann.page.evaluate(LISTEN)

    def spoken() -> list[str]:
        clock.run_for(GATHER_MS)
        said: list[str] = ann.page.evaluate("window.spoken.splice(0)")
        return said

    bob.says(chat, ["Hello"])
    ann.sees("Hello")
    assert spoken() == ["Bob Ray: Hello"]

    bob.says(chat, (f"line {number}" for number in range(5)))
    ann.sees("line 4")
    assert spoken() == ["5 new messages from Bob Ray"]

    cem.says(other, ["One", "Two"])
    expect(ann.row("Cem Kaya")).to_contain_text("2 unread messages")
    assert spoken() == ["New message from Cem Kaya"]
    clock.run_for(9_000)
    cem.says(other, ["Three"])
    expect(ann.row("Cem Kaya")).to_contain_text("3 unread messages")
    assert spoken() == []
    clock.run_for(1_000)
    cem.says(other, ["Four"])
    expect(ann.row("Cem Kaya")).to_contain_text("4 unread messages")
    assert spoken() == ["New message from Cem Kaya"]

    ann.says("My own")
    ann.sees_state("My own", "Sent")
    bob.ask([{"type": "read", "conversation": chat, "seq": 8}])
    ann.sees_state("My own", "Read")
    assert spoken() == []
    assert ann.log.get_attribute("aria-live") == "off"


def test_other_chats_are_not_spoken_of_where_that_is_switched_off(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob, cem = people.bot("bob", "Bob Ray"), people.bot("cem", "Cem Kaya")
    chat, other = bob.opens_chat_with(ann.username), cem.opens_chat_with(ann.username)
    bob.says(chat, ["Before"])
    ann.opens("Bob Ray").button("Settings").click()
    choice = ann.page.get_by_role("group", name="A screen reader says when")
    choice.get_by_role("radio", name="Off").check()
    expect(ann.page.get_by_role("dialog").get_by_role("status")).to_have_text("Saved")
    ann.page.keyboard.press("Escape")
    ann.page.evaluate(LISTEN)

    cem.says(other, ["Psst"])
    expect(ann.row("Cem Kaya")).to_contain_text("1 unread message")
    bob.says(chat, ["Hello"])

    expect(ann.page.locator("[data-announcer]")).to_have_text("Bob Ray: Hello")
    assert ann.page.evaluate("window.spoken") == ["Bob Ray: Hello"]
