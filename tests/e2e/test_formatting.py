"""Light formatting is shown and nothing else is; previews and copies are plain."""

import json
from pathlib import Path

from playwright.sync_api import expect

HOSTILE: list[str] = json.loads((Path(__file__).parent.parent / "hostile.json").read_text())
WRITTEN = "*Bold*, _italic_ and `let a_b;`\n> said\n- one\n- two\n```js\nlet a;\n```"
PLAIN = "Bold, italic and let a_b;\n> said\n- one\n- two\nlet a;"
FORBIDDEN = (
    "img, script, iframe, object, embed, form, style, link, meta, base, math, video, [onclick]"
)


def test_signs_become_what_they_mean(people):
    ann = people.sign_up("ann", "Ann Lee")
    ann.context.grant_permissions(["clipboard-read", "clipboard-write"])
    bob = people.sign_up("bob", "Bob Ray")
    bob.opens_chat_with("Ann Lee").says(WRITTEN)

    expect(ann.row("Bob Ray")).to_contain_text("Bold, italic and let a_b; said - one - two")
    message = ann.opens("Bob Ray").sees("Bold")
    for role, text in (("strong", "Bold"), ("emphasis", "italic"), ("blockquote", "> said")):
        expect(message.get_by_role(role)).to_have_text(text)
    expect(message.get_by_role("code").first).to_have_text("let a_b;")
    items = message.get_by_role("list").get_by_role("listitem")
    expect(items).to_have_text(["one", "two"], use_inner_text=True)
    expect(message).not_to_contain_text("```", use_inner_text=True)
    ann.acts_on("Bold", "Copy")
    expect(ann.page.get_by_role("region", name="Notice")).to_contain_text("Copied")
    assert ann.page.evaluate("navigator.clipboard.readText()") == PLAIN


def test_no_attack_of_the_corpus_is_more_than_text(people):
    ann = people.sign_up("ann", "Ann Lee")
    dialogs: list[str] = []
    ann.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    # Two conversations: not more is drawn of one.
    for name, texts in (
        ("Bob Ray", HOSTILE[0::3]),
        ("Cem Kaya", HOSTILE[1::3]),
        ("Eve Fox", HOSTILE[2::3]),
    ):
        bot = people.bot(name.split()[0].lower(), name)
        ann.opens_chat_with(name)
        frame = {"type": "send", "conversation": bot.opens_chat_with(ann.username)}
        bot.ask(
            [{**frame, "client_id": f"c{place}", "text": text} for place, text in enumerate(texts)]
        )

        expect(ann.messages).to_have_count(len(texts))

        shown = ann.messages.evaluate_all("all => all.map(each => each.textContent)")
        missing = [text for text, words in zip(texts, shown, strict=True) if text not in words]
        assert missing == []
        assert ann.log.locator(FORBIDDEN).count() == 0
        links = ann.log.get_by_role("link").evaluate_all(
            "all => all.map(each => [each.protocol, each.rel])"
        )
        assert {tuple(link) for link in links} <= {
            (scheme, "noopener noreferrer nofollow") for scheme in ("http:", "https:", "mailto:")
        }
    expect(ann.page).to_have_title("Eve Fox · Parley")
    assert dialogs == []
