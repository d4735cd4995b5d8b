"""Makes `static/js/emoji-data.js`, which the emoji picker and `:shortcodes:` know emoji from.

npm pack emojibase-data && tar xzf emojibase-data-*.tgz
python -m deploy.emoji_data package > static/js/emoji-data.js
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

# Later ones are missing from the fonts of many systems, where a box would be offered.
NEWEST_VERSION = 15
MOST_TAGS = 8
# In the package's numbers; the one left out holds parts of emoji, such as skin tones.
GROUPS = {
    0: "smileys",
    1: "people",
    3: "nature",
    4: "food",
    5: "travel",
    6: "activities",
    7: "objects",
    8: "symbols",
    9: "flags",
}
HEADER = """\
/**
 * Emoji by group, a line each: emoji, name, further shortcodes, what else they are found by.
 *
 * Made by deploy/emoji_data.py of emojibase-data {version}, which is under the MIT licence,
 * copyright (c) 2017-2019 Miles Johnson. Not to be edited.
 */

export const EMOJI = {{
"""


def main(package: Path) -> None:
    """Write the module to standard output."""

    def read(name: str) -> Any:
        return json.loads((package / name).read_text("utf-8"))

    shortcodes = [read(f"en/shortcodes/{source}.json") for source in ("github", "emojibase")]
    emoji = [each for each in read("en/data.json") if each.get("group") in GROUPS]
    emoji = [each for each in emoji if each["version"] <= NEWEST_VERSION]
    emoji.sort(key=lambda each: each["order"])
    text = HEADER.format(version=read("package.json")["version"])
    for number, name in GROUPS.items():
        lines = [line(each, shortcodes) for each in emoji if each["group"] == number]
        text += f"  {name}: `{chr(10).join(lines)}`,\n"
    sys.stdout.write(text + "};\n")


def line(emoji: dict[str, Any], shortcodes: list[dict[str, str | list[str]]]) -> str:
    """Return one emoji's line; words that it is found by anyway are left out."""
    name = emoji["label"].lower().replace("’", "'")
    codes: list[str] = []
    for source in shortcodes:
        known = source.get(emoji["hexcode"], [])
        codes += [known] if isinstance(known, str) else known
    codes = [code for code in dict.fromkeys(codes) if code != name.replace(" ", "_")]
    words = {*name.split(), *(word for code in codes for word in code.split("_"))}
    tags = [tag for tag in emoji.get("tags", []) if tag not in words and " " not in tag]
    # As people and other programs write it: no selector where a picture is meant anyway.
    is_picture = emoji["type"] == 1 and len(emoji["emoji"]) == 2
    picture = emoji["emoji"].removesuffix("\ufe0f") if is_picture else emoji["emoji"]
    return f"{picture}|{name}|{' '.join(codes)}|{' '.join(tags[:MOST_TAGS])}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
