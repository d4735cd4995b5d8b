"""270 texts that have run as scripts elsewhere, each shown as the text it is."""

import itertools

from playwright.sync_api import expect

RUN = "window.taken=1"
TAGS = [
    "script",
    "img",
    "svg",
    "math",
    "iframe",
    "object",
    "embed",
    "video",
    "audio",
    "style",
    "link",
    "meta",
    "base",
    "form",
    "input",
    "button",
    "details",
    "marquee",
    "body",
    "template",
    "noscript",
    "xmp",
    "textarea",
    "title",
    "plaintext",
    "select",
    "table",
    "isindex",
    "frameset",
    "applet",
    "slot",
    "dialog",
    "animate",
    "set",
    "use",
    "foreignObject",
    "annotation-xml",
    "mglyph",
    "image",
    "x-a",
]
IN_TAGS = (
    f'<{{0}} src=x href="javascript:{RUN}" onerror={RUN} onload={RUN} onfocus={RUN} autofocus>',
    f"</{{0}}><script>{RUN}</script>",
    f"\"'><{{0}}/onpointerrawupdate={RUN}//",
    f"<{{0}}\n onanimationstart = {RUN} style=animation-name:x",
)
ADDRESSES = [
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}",
    f"java\tscript:{RUN}",
    f"java\nscript:{RUN}",
    f"\x01javascript:{RUN}",
    f"javascript\u003a//example.org/%0a{RUN}",
    f"javascript://example.org\n{RUN}",
    f"vbscript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    "data:text/html;base64,PHNjcmlwdD53aW5kb3cudGFrZW49MTwvc2NyaXB0Pg==",
    "blob:http://127.0.0.1/x",
    "file:///etc/passwd",
    "view-source:http://example.org/",
    "//evil.example/x",
    "\\\\evil.example\\x",
    "http:/evil.example",
    "https:evil.example",
    "ftp://evil.example/",
    "mailto:a@example.org?body=<script>",
]
IN_ADDRESSES = ("{0}", "[x]({0})", "<a href='{0}'>x</a>", "![]({0})")
OTHERS = [
    "{{constructor.constructor('window.taken=1')()}}",
    "${window.taken=1}",
    "<%= window.taken=1 %>",
    "#{window.taken=1}",
    "[[window.taken=1]]",
    "{% raw %}{{ x }}{% end %}",
    "&lt;script&gt;window.taken=1&lt;/script&gt;",
    "&#60;script&#62;window.taken=1",
    "&#x3c;img src=x onerror=window.taken=1&#x3e;",
    "%3Cscript%3Ewindow.taken=1%3C/script%3E",
    "\\u003cscript\\u003ewindow.taken=1",
    "\\x3cscript\\x3ewindow.taken=1",
    "＜script＞window.taken=1＜/script＞",
    '"}]}</script><script>window.taken=1</script>',
    "'-window.taken=1-'",
    "`-window.taken=1-`",
    "</textarea><script>window.taken=1</script>",
    "<!--><script>window.taken=1</script>-->",
    "<![CDATA[<script>window.taken=1</script>]]>",
    "<?xml-stylesheet href='javascript:window.taken=1'?>",
    "<svg><style><img src=x onerror=window.taken=1></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img onerror=1&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=window.taken=1>'>",
    "*<img src=x onerror=window.taken=1>* _<svg/onload=window.taken=1>_ `</code><script>1`",
    "> <script>window.taken=1</script>\n- <img src=x onerror=window.taken=1>\n1. <x>",
    "```\n</pre><script>window.taken=1</script>\n```",
    "https://example.org/'onmouseover='window.taken=1",
    'https://example.org/"onmouseover="window.taken=1',
    "https://example.org/<script>window.taken=1</script>",
    "https://example.org@evil.example/%0d%0aX:y",
    "\u202egnp.exe\u202c \u2066hidden\u2069 \u200b\u200d\ufeff",
    "\u2028window.taken=1\u2029",
    "__proto__ constructor toString hasOwnProperty",
    "e" + "\u0301" * 300,
    "𒐫﷽" * 50,
]
TEXTS = [
    *(form.format(tag) for form, tag in itertools.product(IN_TAGS, TAGS)),
    *(form.format(address) for form, address in itertools.product(IN_ADDRESSES, ADDRESSES)),
    *OTHERS,
]
SHOWN = "log => [...log.querySelectorAll('.message__text')].map((each) => each.textContent)"
HELD = """log => [...new Set([...log.querySelectorAll('.message__text *')].map(
    (each) => each.localName + ':' + each.getAttributeNames().sort()))]"""
# What formatting makes, and links.
ALLOWED = [f"{name}:" for name in ["strong", "em", "code", "pre", "blockquote", "ul", "ol", "li"]]
ALLOWED += ["span:hidden", "li:value", "a:href,rel,tabindex,target"]
ADDRESSES_SHOWN = "log => [...log.querySelectorAll('a')].map((each) => each.href)"


def test_texts_that_run_elsewhere_are_shown_as_they_are(people):
    ann = people.sign_up("ann", "Ann Lee")
    bob = people.bot("bob", "Bob <img src=x onerror=window.taken=1>")
    chat = bob.opens_chat_with(ann.username)
    dialogs: list[str] = []
    ann.page.on("dialog", lambda dialog: dialogs.append(dialog.message))  # and it stays open

    bob.says(chat, ["First"])
    ann.opens("Bob <img").sees("First")  # else it stays where the first unread message is
    for start in range(0, len(TEXTS), 90):
        batch = [*TEXTS[start : start + 90], f"Up to {start + 90}"]
        frame = {"type": "send", "conversation": chat}
        bob.ask([{**frame, "client_id": f"{start} {n}", "text": t} for n, t in enumerate(batch)])
        expect(ann.messages.last).to_contain_text(batch[-1])

        assert ann.log.evaluate(SHOWN)[-len(batch) :] == batch
        for held in ann.log.evaluate(HELD):
            assert held in ALLOWED, held
        for address in ann.log.evaluate(ADDRESSES_SHOWN):
            assert address.startswith(("https://", "http://", "mailto:")), address
    ann.acts_on(batch[-1], "Reply")

    assert ann.page.evaluate("window.taken") is None
    assert dialogs == []
