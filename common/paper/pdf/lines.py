"""Runs to lines: what stands on one baseline without a wide gap, sub- and superscripts included.

Runs come in the order the PDF draws them, which keeps columns apart by itself; nothing is sorted here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from common.paper.pdf.layout import Line, Run

WORD_GAP = 0.13  # em; see glyphs.GAP
LINE_GAP = 1.7  # em: a wider gap parts columns, table cells and headings from their page
RAISED = 0.15  # em: a smaller run this far off the baseline is a sub- or superscript


def build_lines(runs: Iterable[Run], page: int) -> list[Line]:
    lines: list[Line] = []
    current: list[Run] = []
    anchor: Run | None = None
    for run in runs:
        if anchor is not None and _continues(current, anchor, run):
            current.append(run)
            larger = run.style.size > anchor.style.size * 1.05 and not run.style.math
            if larger or (len(current) == 2 and _drop_cap(*current)):
                anchor = run
            continue
        if current:
            lines.append(make_line(current, page))
        current, anchor = [run], run
    if current:
        lines.append(make_line(current, page))
    return [line for line in lines if line.text]


def _continues(current: list[Run], anchor: Run, run: Run) -> bool:
    last = current[-1]
    if run.style.figure != last.style.figure:
        return False
    small = min(anchor.style.size, run.style.size)
    overlap = min(anchor.base + 0.25 * anchor.style.size, run.base + 0.25 * run.style.size) - max(
        anchor.base - 0.75 * anchor.style.size, run.base - 0.75 * run.style.size
    )
    if overlap < 0.4 * small:
        return False
    size = max(anchor.style.size, run.style.size)
    if run.x0 - last.x1 > LINE_GAP * size:
        return False
    if run.x0 >= last.x1 - 0.6 * size:
        return True
    # An index set over or under the one before it starts where the letter that carries both ends.
    carrier = next((item for item in reversed(current) if item.style.size >= 0.85 * anchor.style.size), current[0])
    return run.style.size < 0.9 * anchor.style.size and run.x0 >= carrier.x1 - 0.3 * size


def make_line(runs: list[Run], page: int) -> Line:
    """Measure a line: its dominant size, its shares of bold, italic, typewriter and formula characters, its text."""
    sizes: Counter[float] = Counter()
    letters = bold = italic = mono = math = caps = 0
    for run in runs:
        count = len(run.text)
        sizes[run.style.size] += count
        letters += count
        bold += count * run.style.bold
        italic += count * run.style.italic
        mono += count * run.style.mono
        math += count * run.style.math
        caps += count * run.style.caps
    size = max(sizes, key=lambda item: (sizes[item], item))
    main = [run for run in runs if run.style.size == size]
    base = Counter(round(run.base, 1) for run in main).most_common(1)[0][0]
    line = Line(
        runs=runs, page=page, x0=min(run.x0 for run in runs), x1=max(run.x1 for run in runs),
        top=base - 0.75 * size, bottom=base + 0.25 * size, base=base, size=size,
        bold=bold / letters, italic=italic / letters, mono=mono / letters, math=math / letters,
        caps=caps > 0.6 * letters, figure=runs[0].style.figure,
    )  # fmt: skip
    line.text = line_text(line)
    line.height = _height(line)
    line.caps = line.caps or ("".join(_recased(line)) != "".join(run.text for run in runs) and not _begins_big(line))
    return line


def _height(line: Line) -> float:
    """Size of the largest letters, but for an initial set two lines high."""
    runs = line.runs[1:] if _begins_big(line) else line.runs
    sizes = [run.style.size for run in runs if not run.style.math and any(char.isalpha() for char in run.text)]
    return max(sizes, default=line.size)


def _begins_big(line: Line) -> bool:
    return len(line.runs) > 1 and _drop_cap(*line.runs[:2])


def is_raised(run: Run, line: Line) -> bool:
    """A superscript: smaller than its line and above its baseline."""
    return run.style.size < 0.85 * line.size and run.base < line.base - RAISED * line.size


def line_text(line: Line, skip: frozenset[int] = frozenset()) -> str:
    """The line as typed. skip: positions of runs to leave out (marks of footnotes)."""
    parts: list[str] = []
    last: Run | None = None
    texts = _recased(line)
    for index, run in enumerate(line.runs):
        text = texts[index]
        if last is not None and _parted(last, run) and not (index == 1 and _drop_cap(last, run)):
            parts.append(" ")
        if index not in skip:
            parts.append(text)
        last = run
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def _parted(last: Run, run: Run) -> bool:
    """A space goes between: the gap is wide enough, or a space was typed there and kerned nearly away."""
    gap = (run.x0 - last.x1) / max(last.style.size, run.style.size, 1.0)
    return gap > WORD_GAP or (run.spaced and gap > 0.02)


def _drop_cap(first: Run, second: Run) -> bool:
    """A paragraph's first letter set two lines high."""
    return len(first.text) == 1 and first.text.isupper() and first.style.size > 1.6 * second.style.size


def _recased(line: Line) -> list[str]:
    """Small capitals drawn as smaller capitals ("INTRODUCTION" in two sizes) were typed in lower case: undo it."""
    texts = [run.text for run in line.runs]
    if len(texts) > 1 and _drop_cap(*line.runs[:2]):
        return [texts[0], texts[1].lower() if texts[1].isupper() else texts[1], *texts[2:]]
    letters = [char for text in texts for char in text if char.isalpha()]
    big = max(run.style.size for run in line.runs)
    small = {run.style.size for run in line.runs if run.style.size < 0.87 * big and run.style.size > 0.66 * big}
    if len(small) != 1 or not letters or any(char.islower() for char in letters):
        return texts
    low = small.pop()
    joined = any(
        a.style.size == big and b.style.size == low and b.x0 - a.x1 < WORD_GAP * big and abs(a.base - b.base) < 0.3
        for a, b in zip(line.runs, line.runs[1:], strict=False)
    )
    if not joined:
        return texts
    return [text.lower() if run.style.size == low else text for text, run in zip(texts, line.runs, strict=True)]
