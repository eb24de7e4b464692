"""Headings: lines that are numbered or named and also look different from the text.

The level comes from the number; without one, from the look of the numbered headings, or from the size among
unnumbered ones.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from common.paper.pdf.document import Document
from common.paper.pdf.layout import Line
from common.paper.pdf.numbering import consistent

DECIMAL = re.compile(r"^(?:§\s*)?([1-9]\d?(?:\.\d{1,2}){0,4})(\.?)\s+(?=\S)")
LETTER = re.compile(
    r"^(?i:appendix\s+)?([A-Z](?:\.\d{1,2}){0,4})([.:)]?)\s+(?=\S)|^(?i:(appendix\s+[A-Z\d](?:\.\d+)*))\b[.:]?\s*"
)
ROMAN = re.compile(r"^((?=[IVX])X{0,2}(?:IX|IV|V?I{0,3}))\.\s+(?=\S)")
NAMED = re.compile(
    r"^(?:abstract|introduction|background|related works?|preliminaries|methods?|methodology|materials and methods|"
    r"experiments?|evaluation|results?(?: and discussion)?|discussions?|conclusions?(?: and .{3,30})?|"
    r"concluding remarks|"
    r"references|bibliography|literature cited|works cited|acknowledge?ments?(?: .{3,40})?|limitations?(?: .{3,30})?|"
    r"ethics(?: statement)?|ethical (?:considerations|statement)(?: .{3,30})?|"
    r"broader impacts?(?: statement)?|impact statement|"
    r"reproducibility(?: statement)?|reproducibility checklist|appendi(?:x|ces)(?: .{1,40})?|"
    r"supplementary (?:materials?|information|text)|"
    r"data availability(?: statement)?|code availability|author contributions?|contributions|funding|"
    r"(?:declaration of )?(?:competing|conflicts? of) interests?|future work|summary|proofs?|"
    r"neurips paper checklist|checklist|"
    r"responsible nlp .{3,30}|disclosure of funding|credit .{3,40}|availability|notation|overview|"
    r"societal impacts?|safeguards)\W*$",
    re.I,
)
REFERENCES = re.compile(
    r"^(?:references(?: and notes| cited)?|bibliography|literature cited|works cited|literature)\W*$", re.I
)
ABSTRACT = re.compile(r"^(?:abstract|a\s?b\s?s\s?t\s?r\s?a\s?c\s?t|summary)\W*$", re.I)


@dataclass(slots=True)
class Heading:
    """A heading as found. first, last: positions of its lines in `Document.lines`. sunk: it is numbered anew after the
    references, so it stands one level lower than its number says."""

    first: int
    last: int
    text: str
    number: str
    level: int
    look: tuple[float, bool, bool, bool, str]
    line: Line
    sunk: bool = False


def look(line: Line) -> tuple[float, bool, bool, bool, str]:
    """What a reader sees of a line: size, bold, italic, capitals, font."""
    upper = line.text.isupper() and sum(char.isalpha() for char in line.text) > 3
    font = Counter(run.style.font for run in line.runs if not run.style.math).most_common(1)
    return (line.height, line.bold > 0.7, line.italic > 0.7, line.caps or upper, font[0][0] if font else "")


def find_headings(document: Document, start: int) -> list[Heading]:
    """Headings from line `start` on, in order, with levels."""
    flow = [i for i, line in enumerate(document.lines) if i >= start and not line.kind]
    found: list[Heading] = []
    position = 0
    while position < len(flow):
        heading = _heading_at(document, flow, position, found)
        if heading is None:
            position += 1
            continue
        found.append(heading)
        while position < len(flow) and flow[position] <= heading.last:
            position += 1
    return _levelled(_numbered_well(found), document)


def _numbered_well(found: list[Heading]) -> list[Heading]:
    """The numbering before the references and after them are two: a checklist starts again at 1, one level down."""
    cut = next((i for i, h in enumerate(found) if REFERENCES.match(h.text)), len(found))
    after = consistent(found[cut:])
    for heading in after:
        heading.sunk = heading.number.isdigit()
    return consistent(found[:cut]) + after


def split_number(text: str) -> tuple[str, str]:
    """("3.1", "Data") of "3.1 Data"; ("", text) without a number."""
    for pattern in (ROMAN, DECIMAL, LETTER):
        match = pattern.match(text)
        if match:
            number = match.group(1) or match.groups()[-1]
            return re.sub(r"(?i)^appendix\s+", "", number), text[match.end() :].strip()
    return "", text


def _heading_at(document: Document, flow: list[int], position: int, found: list[Heading]) -> Heading | None:
    line = document.lines[flow[position]]
    if not _could_head(line, document, position, flow):
        return None
    stop = position
    lines = [line]
    while stop + 1 < len(flow) and len(lines) < 4:
        other = document.lines[flow[stop + 1]]
        if not _goes_on(lines[-1], other, lines[0]):
            break
        lines.append(other)
        stop += 1
    if _inside_block(document, flow, position, stop):
        return None
    text = _joined(lines)
    if not _reads_like_one(text, lines, document):
        return None
    number, name = split_number(text)
    if name and not number and not (NAMED.match(name) or _stands_out(lines, document, position, stop, flow)):
        return None
    if (number and not name) or _runs_in(text, name, number, lines, document, position + len(lines), flow):
        return None
    return Heading(flow[position], flow[stop], name, number, 0, look(line), line)


def _runs_in(
    text: str, name: str, number: str, lines: list[Line], document: Document, after: int, flow: list[int]
) -> bool:
    """A paragraph that opens in bold: its line goes on in the text's own face, or its bold goes on in the next line
    before the text begins. A label that ends in a full stop or colon and stands alone opens one too."""
    first, last = lines[0], lines[-1]
    if first.bold <= 0.7 or first.height > document.body + 0.6:
        return False
    letters = [run for run in last.runs if not run.style.math and any(char.isalpha() for char in run.text)]
    if letters and not letters[-1].style.bold and last.right - last.x1 < 3 * last.size:
        return True
    if not number and not NAMED.match(name) and text.endswith((".", ":")):
        return True
    following = document.lines[flow[after]] if after < len(flow) else None
    return (
        following is not None
        and (following.page, following.column) == (last.page, last.column)
        and 0 < following.base - last.base < 1.4 * document.leading
        and 0 < following.bold < 0.9
        and following.runs[0].style.bold
        and following.runs[0].style.font == last.runs[-1].style.font
    )


def _inside_block(document: Document, flow: list[int], position: int, stop: int) -> bool:
    """The lines are part of a longer block in one look: an abstract set in bold, say."""
    first, last = document.lines[flow[position]], document.lines[flow[stop]]
    after = document.lines[flow[stop + 1]] if stop + 1 < len(flow) else None
    if stop - position == 3 and after is not None and _goes_on(last, after, first):
        return True
    before = document.lines[flow[position - 1]] if position else None
    return (
        before is not None
        and (before.page, before.column, look(before)) == (first.page, first.column, look(first))
        and 0 < first.base - before.base < 1.3 * first.size
        and before.right - before.x1 < 3 * before.size
    )


def _joined(lines: list[Line]) -> str:
    text = lines[0].text
    for line in lines[1:]:
        text = text[:-1] + line.text if text.endswith("-") and line.text[:1].islower() else f"{text} {line.text}"
    return text


def _could_head(line: Line, document: Document, position: int, flow: list[int]) -> bool:
    """It looks different from the text: larger, bold, small capitals, capitals or italic."""
    size, bold, italic, caps, font = look(line)
    least = document.body - (2.6 if REFERENCES.match(line.text) else 1.2)
    if line.math > 0.5 or line.mono > 0.5 or size < least:
        return False
    different = size > document.body + 0.6 or bold or caps or (italic and font != document.face)
    return different and any(char.isalpha() for char in line.text)


def _goes_on(last: Line, other: Line, first: Line) -> bool:
    if other.page != last.page or other.column != last.column:
        return False
    step = other.base - last.base
    if abs(step) < 0.3 * last.size:  # the number and its text, a wide gap between
        return other.x0 > last.x1 and look(other)[:2] == look(last)[:2] and other.x0 - last.x1 < 6 * last.size
    if not 0 < step < 1.6 * last.size or look(other) != look(last):
        return False
    return not split_number(other.text)[0]


def _reads_like_one(text: str, lines: list[Line], document: Document) -> bool:
    if not 2 <= len(text) <= 200 or re.search(r"(?:\.\s?){4,}", text) or re.search(r"@|https?:", text):
        return False
    name = split_number(text)[1]
    letters = sum(char.isalpha() for char in name)
    if letters < 0.5 * len(name.replace(" ", "")) or letters < 2:
        return False
    if not (name[0].isupper() or name[0].isdigit() or split_number(text)[0] or name[0] in "“\"'(ε"):
        return False
    if name.endswith((",", ";", "-")) or (name.endswith((".", ":")) and not _bold_enough(lines)):
        return False
    return len(name.split()) <= 25


def _bold_enough(lines: list[Line]) -> bool:
    return all(line.bold > 0.9 or line.caps or line.text.isupper() for line in lines)


def _stands_out(lines: list[Line], document: Document, position: int, stop: int, flow: list[int]) -> bool:
    """An unnumbered, unnamed heading: alone, with space around it, bold or larger."""
    first, last = lines[0], lines[-1]
    size, bold, _italic, caps, _font = look(first)
    if not (size > document.body + 0.6 or bold or caps):
        return False
    before = document.lines[flow[position - 1]] if position else None
    after = document.lines[flow[stop + 1]] if stop + 1 < len(flow) else None
    if after is not None and after.page == last.page and abs(after.base - last.base) < 3:
        return False
    above = (
        before is None
        or before.page != first.page
        or before.column != first.column
        or (first.base - before.base > 1.3 * document.leading)
    )
    if not above or (after is not None and look(after) == look(first)):
        return False
    return size > document.body + 0.6 or last.x1 < last.right - 2 * last.size


def _levelled(found: list[Heading], document: Document) -> list[Heading]:
    cut = next((i for i, h in enumerate(found) if REFERENCES.match(h.text)), len(found))
    for heading in found:
        near = found[:cut] if heading in found[:cut] else found[cut:]
        heading.level = _level_of_number(heading.number, near) + heading.sunk
    top = [h for h in found if h.level == 1]
    looks = Counter(h.look for h in top)
    kept: list[Heading] = []
    for heading in found:
        if not heading.level:
            heading.level = _level_of_look(heading, looks, top, found, document)
        if heading.level:
            kept.append(heading)
    return kept


def _level_of_number(number: str, found: list[Heading]) -> int:
    if not number:
        return 0
    if re.fullmatch(r"[A-Z]", number) and any(re.fullmatch(r"[IVX]{2,}", h.number) for h in found):
        return 1 if number in "IVX" else 2
    if re.fullmatch(r"[IVX]+", number):
        return 1
    return number.count(".") + 1


def _level_of_look(
    heading: Heading, looks: Counter, top: list[Heading], found: list[Heading], document: Document
) -> int:
    """Level of an unnumbered heading, 0 for none at all."""
    size, bold, _italic, caps, _font = heading.look
    if top:
        usual = [other for other in looks if looks[other] >= 0.25 * len(top)] or list(looks)
        if any(abs(size - other[0]) < 0.3 and (bold, caps) == (other[1], other[3]) for other in usual):
            return 1
        biggest = max(other[0] for other in looks)
        if NAMED.match(heading.text) and (bold or caps or size > document.body + 0.6):
            return 1 if size >= biggest - 0.3 or REFERENCES.match(heading.text) or ABSTRACT.match(heading.text) else 2
        return 2 if size > document.body + 0.3 or bold else 0
    order = sorted({round(h.look[0]) for h in found if not ABSTRACT.match(h.text)}, reverse=True)
    return order.index(round(size)) + 1 if round(size) in order else 1
