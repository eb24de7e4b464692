"""Which numbered headings belong to the paper's own numbering, and which are list items or sentences that look alike.

Sections count up one by one in one look; the longest such chain is the paper's. Subsections must stand under the
section whose number they carry.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from common.paper.pdf.headings import Heading

ROMANS = {"I": 1, "V": 5, "X": 10}


def consistent(found: list[Heading]) -> list[Heading]:
    """`found` without the numbered ones that fall out of the numbering."""
    roman = sum(bool(re.fullmatch(r"[IVX]{2,}", h.number)) for h in found) >= 1
    keep: set[int] = set()
    for kind in ("decimal", "roman", "letter"):
        if kind == "letter" and roman:
            keep |= {id(h) for h in found if re.fullmatch(r"[A-Z]", h.number) and not _is_roman(h, roman)}
            continue
        keep |= {id(h) for h in _chain([h for h in found if _kind(h.number, roman) == kind])}
    tops = [h for h in found if id(h) in keep]
    kept: list[Heading] = []
    for heading in found:
        if not heading.number or id(heading) in keep or (_depth(heading.number) and _fits(heading, tops)):
            kept.append(heading)
    return kept


def value(number: str) -> int:
    """The place of a section's number in its series: "3", "C" and "III" are 3."""
    if number.isdigit():
        return int(number)
    if re.fullmatch(r"[IVX]{2,}|[IVX]", number) and len(number) > 1:
        return _roman(number)
    return ord(number[0]) - ord("A") + 1


def _roman(number: str) -> int:
    total = 0
    for i, char in enumerate(number):
        worth = ROMANS[char]
        total += -worth if i + 1 < len(number) and ROMANS[number[i + 1]] > worth else worth
    return total


def _is_roman(heading: Heading, roman: bool) -> bool:
    return roman and bool(re.fullmatch(r"[IVX]+", heading.number)) and heading.look[3] and not heading.look[2]


def _kind(number: str, roman: bool) -> str:
    if number.isdigit():
        return "decimal"
    if roman and re.fullmatch(r"[IVX]+", number):
        return "roman"
    return "letter" if re.fullmatch(r"[A-Z]", number) else ""


def _depth(number: str) -> int:
    return number.count(".")


def _chain(some: list[Heading]) -> list[Heading]:
    """The best run of headings that count up, by length, unity of look and steps of one."""
    best: list[tuple[float, int]] = []
    for i, heading in enumerate(some):
        place = (
            _roman(heading.number)
            if re.fullmatch(r"[IVX]+", heading.number) and _all_roman(some)
            else value(heading.number)
        )
        score, before = 1.0 - 0.4 * min(place - 1, 5), -1
        for j in range(i):
            step = place - _place(some[j], some)
            if not 1 <= step <= 3:
                continue
            alike = 1.0 if _alike(heading, some[j]) else -0.6
            gain = best[j][0] + 1.0 + alike - 0.7 * (step - 1)
            if gain > score:
                score, before = gain, j
        best.append((score, before))
    if not best:
        return []
    at = max(range(len(best)), key=lambda i: best[i][0])
    if best[at][0] < 0.5:
        return []
    chain = []
    while at >= 0:
        chain.append(some[at])
        at = best[at][1]
    return chain[::-1]


def _all_roman(some: list[Heading]) -> bool:
    return all(re.fullmatch(r"[IVX]+", heading.number) for heading in some)


def _place(heading: Heading, some: list[Heading]) -> int:
    return _roman(heading.number) if _all_roman(some) else value(heading.number)


def _alike(one: Heading, other: Heading) -> bool:
    return abs(one.look[0] - other.look[0]) < 0.4 and one.look[1:4] == other.look[1:4]


def _fits(heading: Heading, tops: list[Heading]) -> bool:
    """The section in force where a subsection stands carries the subsection's first number, or was missed."""
    head = heading.number.split(".")[0]
    before = [top for top in tops if top.first < heading.first]
    if not before:
        return True
    return before[-1].number == head or all(top.number != head for top in tops)
