"""The points of a review: a section's text cut into single remarks.

A list item is a point; a section without items gives a point a paragraph. Whether a point is right is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from common.types import Point, ReviewSection

_ITEM = re.compile(r"^\s*(?:[-*\u2022+]|\(?\d{1,2}[.)]|[SWQLsw]\d{1,2}\s*[:.)])\s+(?P<rest>.*)$")
_TAG = re.compile(r"\s*[\[(]\s*(?P<ids>Q\d{1,3}(?:\s*(?:,|;|and|&)?\s*Q?\d{1,3})*)\s*[\])]", re.IGNORECASE)
_EMPTY = re.compile(r"^(?:n/?a|none|nothing|no (?:comments?|concerns?|questions?)|-+)[.\s]*$", re.IGNORECASE)


def points_of(section: ReviewSection, known: frozenset[str], problems: list[str]) -> Iterator[Point]:
    """The points of one section. known: ids that were asked; any other number written is said in `problems`."""
    for text in _items(section.text):
        ids = tuple(
            dict.fromkeys(f"Q{int(number)}" for tag in _TAG.finditer(text) for number in re.findall(r"\d+", tag["ids"]))
        )
        unknown = [one for one in ids if one not in known]
        if unknown and known:
            problems.append(f"a point names {', '.join(unknown)}, which was not asked")
        ids = tuple(one for one in ids if one in known)
        body = _TAG.sub("", text).strip() if known else text
        if body and not _EMPTY.match(body):
            yield Point(section.name, body, ids, linked_by="model" if ids else "")


def without_repeats(points: Sequence[Point], problems: list[str]) -> tuple[Point, ...]:
    """Each point once: small models fall into loops. The number left out is said in `problems`."""
    seen: dict[str, Point] = {}
    for point in points:
        seen.setdefault(" ".join(re.findall(r"\w+", point.text.lower())), point)
    repeated = len(points) - len(seen)
    if repeated:
        problems.append(f"{repeated} repeated {'point' if repeated == 1 else 'points'} left out")
    return tuple(seen.values())


def _items(text: str) -> list[str]:
    """List items with their continuation lines, or paragraphs where there is no list.

    A line that introduces the list ("The main weaknesses are:") is not a point; prose before or after it is."""
    lines = text.split("\n")
    listed = any(_ITEM.match(line) for line in lines)
    items: list[list[str]] = []
    fresh = True
    for line in lines:
        match = _ITEM.match(line)
        if match:
            items.append([match["rest"].strip()])
        elif not line.strip():
            fresh = True
            continue
        elif fresh or not items:
            items.append([line.strip()])
        else:
            items[-1].append(line.strip())
        fresh = False
    texts = [" ".join(part for part in item if part) for item in items]
    return [one for one in texts if one and not (listed and one.endswith(":"))]
