"""A review's headings: which line is one, and the text under each. Which names a review has is its form's business."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache


def key_of(name: str) -> str:
    return re.sub(r"[^a-z]+", " ", name.lower().replace("&", " and ")).strip()


@cache
def _heading_pattern(key: str) -> re.Pattern[str]:
    """A line that is the heading `key`: with #, bold, a number, a colon, or bare."""
    words = r"[^a-z\n]+".join(r"(?:and|&)" if word == "and" else word for word in key.split())
    return re.compile(
        rf"\s*(?P<hash>\#{{1,6}})?\s*(?P<open>\*\*|__)?\s*(?:\d+[.)]\s*)?(?P<name>{words})\s*"
        rf"(?P<colon>:)?\s*(?P<close>\*\*|__)?\s*(?P<late>:)?(?P<rest>.*)",
        re.IGNORECASE,
    )


def heading_of(line: str, names: set[str]) -> tuple[str, str] | None:
    """(key, text after it) when a line is the heading of one of `names`.

    Text may follow on the same line only after a colon or a bold name; a bare name must begin with a capital."""
    for key in names:
        match = _heading_pattern(key).fullmatch(line)
        if not match:
            continue
        ended = match["colon"] or match["late"] or (match["open"] and match["close"])
        if match["rest"].strip():
            return (key, match["rest"].strip()) if ended else None
        if ended or match["hash"] or match["name"][0].isupper():
            return key, ""
    return None


def split(text: str, names: Iterable[str]) -> dict[str, str]:
    """Section key -> its text; "" holds what stands before the first heading. The first heading of a name counts;
    a second one is text, since reviewers do write "Questions:" inside a section."""
    waiting = {key_of(name) for name in names}
    blocks: dict[str, list[str]] = {"": []}
    current = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        heading = heading_of(line, waiting)
        if heading:
            current, rest = heading
            waiting.discard(current)
            blocks[current] = [rest] if rest else []
        else:
            blocks[current].append(line[1:] if line.startswith("\\") else line)
    return {key: "\n".join(lines).strip("\n").strip() for key, lines in blocks.items()}


def guarded(text: str, names: set[str]) -> str:
    """The text with a backslash before every line that would read as a heading. names: as `key_of` gives them."""
    return "\n".join(
        f"\\{line}" if line.startswith("\\") or heading_of(line, names) else line for line in text.strip().split("\n")
    )
