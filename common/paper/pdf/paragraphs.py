"""Lines to paragraphs: one line of text each, every character's page known."""

from __future__ import annotations

import re
from collections.abc import Iterable

from common.paper.pdf.document import Document
from common.paper.pdf.hyphens import Vocabulary
from common.paper.pdf.layout import Line
from common.paper.pdf.lines import is_raised, line_text
from common.types import Passage, Span

BULLET = re.compile(
    r"^(?:[•◦▪‣●○■–—∙⋄▶►➤✓✗]|[*\-](?=\s)|\(?(?:[ivx]{1,4}|[a-z]|\d{1,2})[.)](?=\s|$)|\[?[A-Z]{1,2}\d{1,2}[.)\]:](?=\s))"
)
ENDED = re.compile(r"[.!?:;][\"”’')\]]*(?:\s?\[[\d,\s–-]+\])?$")


class Paragraphs:
    """Joins lines of one document. marks: texts of footnote marks by page, left out of the running text."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.marks = _marks(document)
        self.words = Vocabulary(line.text for line in document.lines if line.kind != "figure")

    def text_of(self, line: Line) -> str:
        marks = self.marks.get(line.page)
        if not marks or line.kind == "footnote":
            return line.text
        skip = frozenset(
            i
            for i, run in enumerate(line.runs)
            if run.text.strip(",") in marks and is_raised(run, line) and (i or len(line.runs) > 1)
        )
        return line_text(line, skip) if skip else line.text

    def passages(self, lines: Iterable[Line], section: str, kind: str = "body", skip: int = 0) -> list[Passage]:
        """One passage a paragraph. skip: characters to leave out of the first line."""
        groups: list[list[Line]] = []
        for line in lines:
            if groups and not self.breaks(groups[-1], line):
                groups[-1].append(line)
            else:
                groups.append([line])
        made = [self.passage(group, section, kind, skip if not i else 0) for i, group in enumerate(groups)]
        return [passage for passage in made if passage.text]

    def passage(self, lines: list[Line], section: str, kind: str = "body", skip: int = 0) -> Passage:
        text, starts = "", []
        for i, line in enumerate(lines):
            part = self.text_of(line)[skip if not i else 0 :]
            if not part:
                continue
            text = self.words.joined(text, part)
            starts.append((line.page, len(text) - len(part)))
        spans: list[Span] = []
        for i, (page, start) in enumerate(starts):
            end = starts[i + 1][1] if i + 1 < len(starts) else len(text)
            if spans and spans[-1].page == page:
                spans[-1] = Span(page, spans[-1].start, end)
            else:
                spans.append(Span(page, spans[-1].end if spans else start, end))
        page = spans[0].page if spans else lines[0].page
        return Passage(text, page, section, kind, tuple(spans))  # type: ignore[arg-type]

    def breaks(self, group: list[Line], line: Line) -> bool:
        """A paragraph ends before `line`."""
        last = group[-1]
        if self._display(last) or self._display(line):
            return self._breaks_at_formula(group, line)
        if last.page != line.page or last.column != line.column or line.base < last.base - 2 * last.size:
            return self._breaks_at_column(group, line)
        step = line.base - last.base
        if step < 0.5 * line.size:
            return False
        if step > 1.3 * self.document.leading + 0.25 * max(0.0, line.size - self.document.body):
            return not self._goes_on(last, line)
        if BULLET.match(line.text) and (ENDED.search(last.text) or last.right - last.x1 > 3 * last.size):
            return True
        if self._short(last) and ENDED.search(last.text) and not self._hangs(group, line):
            return True
        return self._indented(group, line)

    def _goes_on(self, last: Line, line: Line) -> bool:
        """A float or a tall formula stands between two lines of one sentence."""
        if ENDED.search(last.text) or BULLET.match(line.text):
            return False
        return line.text[:1].islower() or not self._short(last)

    def _breaks_at_formula(self, group: list[Line], line: Line) -> bool:
        """A formula belongs to the sentence around it; a paragraph ends after it only at an indented line."""
        if self._display(line):
            return False
        last = group[-1]
        here = last.page == line.page and last.column == line.column
        indent = line.x0 - line.left
        if line.text[:1].islower():
            return False
        if 0.6 * line.size < indent < 4 * line.size:
            return True
        return here and bool(BULLET.match(line.text)) and not re.match(r"^\(?\d", line.text)

    def _breaks_at_column(self, group: list[Line], line: Line) -> bool:
        last = group[-1]
        if line.text[:1].islower() or last.text.endswith(("-", ",")):
            return False
        if BULLET.match(line.text) and ENDED.search(last.text):
            return True
        indent = line.x0 - line.left
        if indent > 0.6 * line.size and abs(indent - (last.x0 - last.left)) > 3 and ENDED.search(last.text):
            return True
        return bool(ENDED.search(last.text)) and self._short(last)

    def _display(self, line: Line) -> bool:
        """A line of a displayed formula, or a piece of one."""
        inset = line.x0 - line.left > 1.2 * line.size
        words = re.findall(r"[A-Za-z]{4,}", line.text)
        if (line.math > 0.25 and inset and len(words) < 5) or (line.math > 0.5 and len(words) < 2):
            return True
        centred = inset and line.right - line.x1 > 2 * line.size
        if centred and len(words) < 5 and " = " in line.text:
            return True
        return inset and len(words) < 2 and bool(re.search(r"[=<>≤≥∈∑∏∫≈→←:∼≜]|^\(\d+\)$|^[−+×·]", line.text))

    def _short(self, line: Line) -> bool:
        return line.right - line.x1 > 1.2 * line.size

    def _hangs(self, group: list[Line], line: Line) -> bool:
        return False

    def _indented(self, group: list[Line], line: Line) -> bool:
        """The line begins further in than the one before, which is how a new paragraph begins; the second line of an
        item under its bullet does so too."""
        last = group[-1]
        if line.x0 - last.x0 < 0.6 * line.size or line.x0 - last.x0 > 5 * line.size:
            return False
        if len(group) == 1 and BULLET.match(group[0].text):
            return False
        return not (line.text[:1].islower() and not ENDED.search(last.text))


def _marks(document: Document) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for line in document.lines:
        if line.kind == "footnote":
            match = re.match(r"^(\d{1,2}|[*∗⋆†‡§¶‖]+)", line.text)
            if match and (is_raised(line.runs[0], line) or not match.group(1).isdigit()):
                found.setdefault(line.page, set()).add(match.group(1))
    return found
