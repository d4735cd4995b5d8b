"""The languages of the pages: the one chosen in the settings, else what the browser asks for.

English is in the templates and in the code itself. ``templates/words/`` holds a catalogue for
each other language, which translates what `_` marks in the templates and what errors say;
``static/js/words/`` holds what the page's own code says.

Two more are for trying the pages out, by the cookie only: ``en-XA`` is English with accents and
a third longer, ``ar-XB`` English from right to left (as in Android's and Chrome's own tests).
"""

from __future__ import annotations

import re

from tornado import locale

from chat import resources

# Set by the page's own script (settings/language.js).
COOKIE = "parley_language"

_WORD = re.compile(r"(%\(\w+\)\w|\s+)")
_ACCENTS = str.maketrans("AEIOUYCNSaeiouycns", "ÅÉÎÖÛÝÇÑŠåéîöûýçñš")


class Pseudo(locale.Locale):
    """English in disguise."""

    def translate(
        self, message: str, plural_message: str | None = None, count: int | None = None
    ) -> str:
        """See `Locale.translate`."""
        text = message if plural_message is None or count == 1 else plural_message
        parts = _WORD.split(text)
        # Every second part is white space, or a hole to be filled in later.
        if self.rtl:
            parts[::2] = [f"\u202e{part}\u202c" if part else "" for part in parts[::2]]
            return "".join(parts)
        parts[::2] = [part.translate(_ACCENTS) for part in parts[::2]]
        return f"[{''.join(parts)}{' ·' * (len(text) // 6 + 1)}]"


_PSEUDO: dict[str, locale.Locale] = {code: Pseudo(code) for code in ("en-XA", "ar-XB")}


def load() -> None:
    """Read the catalogues. (Tornado keeps them for the whole process.)"""
    locale.set_default_locale("en")
    locale.load_translations(str(resources.templates() / "words"), encoding="utf-8")


def chosen(code: str | None) -> locale.Locale | None:
    """Return the language that the cookie names; None if it names none of ours."""
    if code is not None and code in locale.get_supported_locales():
        return locale.get(code)
    return _PSEUDO.get(code or "")


def values(language: locale.Locale) -> dict[str, object]:
    """Return what templates need to know of a language."""
    words = f"js/words/{language.code}.js"
    return {
        "language": language.code,
        "direction": "rtl" if language.rtl else "ltr",
        "catalogue": words if (resources.static() / words).is_file() else None,
    }
