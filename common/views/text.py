"""Text from papers and models, made safe to show: nothing invisible stays invisible, nothing steers the display.

Every view passes foreign text through `visible` first and through its own escaping second. JSON keeps the original.
"""

from __future__ import annotations

import re
import unicodedata

_JOINERS = {"\u200c", "\u200d"}
"""Zero-width (non-)joiner: needed to write Persian, Hindi and many emoji, and unable to reorder or hide text."""


def visible(text: str) -> str:
    """The text with line ends unified and control, format, bidi, tag and surrogate characters spelled out.

    A right-to-left override or a terminal's escape then reads as "\u27e8U+202E\u27e9" instead of acting. Soft hyphens
    and byte order marks, which mean nothing in running text, go.
    """
    text = re.sub(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]", "\n", text).replace("\t", " ")
    return "".join(_shown(character) for character in text)


def one_line(text: str) -> str:
    """`visible`, with every run of white space made one space."""
    return " ".join(visible(text).split())


def paragraphs(text: str) -> list[str]:
    """`visible`, cut at blank lines; line ends inside a paragraph stay."""
    parts = re.split(r"\n\s*\n", visible(text).strip())
    return ["\n".join(line.strip() for line in part.split("\n")).strip() for part in parts if part.strip()]


def _shown(character: str) -> str:
    if character == "\n" or character in _JOINERS:
        return character
    if character in "\u00ad\ufeff":
        return ""
    if unicodedata.category(character) in {"Cc", "Cf", "Cs"}:
        return f"\u27e8U+{ord(character):04X}\u27e9"
    return character
