"""Markdown and plain text into a Paper. Pages are unknown: every page is 0.

Understands ATX and underlined headings, YAML front matter, fenced code, pipe tables, display formulas and footnotes,
as far as converters of papers write them; in a file without any heading mark, numbered lines and well-known names on
lines of their own are headings. A paragraph becomes one line; tables and code keep their lines. Not a Markdown
renderer: emphasis, links and LaTeX stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from common.paper.assembly import Assembly, is_caption
from common.types import Notice, Paper, Source

_ATX = re.compile(r" {0,3}(#{1,6})\s+(\S.*?)\s*$")
_UNDERLINE = re.compile(r"(=+|-{3,})\s*$")
_ITEM = re.compile(r"\s*(?:[*+•-]|\d{1,3}[.)]|\[\d{1,3}\]|\([a-z\d]{1,3}\))\s+\S")
_FENCE = re.compile(r"\s*(```|~~~)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n(?:---|\.\.\.)\n", re.DOTALL)
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_MISSING = re.compile(r"\[MISSING_PAGE(?:_(?P<kind>EMPTY|FAIL|POST))?(?::(?P<page>\d+))?[^\]\n]{0,40}\]")
_NAMED = re.compile(
    r"(?:abstract|introduction|background|related works?|methods?|methodology|approach|experiments?|results|evaluation|"
    r"discussion|conclusions?|limitations|acknowledge?ments?|references|bibliography|appendix|appendices)\s*:?",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:\d{1,2}(?:\.\d{1,2}){0,3}\.?|[IVX]{1,5}\.|appendix [A-Z]\b[.:]?)\s+[A-Z][^.!?]{1,80}$", re.IGNORECASE
)

_SUBFIGURE = re.compile(r"\s*\([a-z]\)\s*")  # what is left of a figure without its images

Line = tuple[str, str, int]
"""(kind, text, level): "heading", "text" (a line), "block" (a unit with its own lines), "blank"."""


def read_markdown(text: str, source: Source) -> Paper:
    """Markdown or plain text, line ends already `\\n`. Nougat's marks of lost pages become notices anywhere."""
    text, notices = _without_missing_pages(text)
    text, title = _front_matter(_COMMENT.sub("", text) if "<!--" in text else text)
    lines = text.split("\n")
    marked = any(_ATX.match(line) or line.startswith("===") for line in lines if line.lstrip()[:1] in ("#", "="))
    stream = list(_marked(lines) if marked else _plain(lines))
    paper = Assembly(title)
    paper.notices += notices
    _assemble(paper, stream)
    return paper.finish(source)


def _assemble(paper: Assembly, stream: list[Line]) -> None:
    """Feed headings and paragraphs. The title is a first heading above all others, or a plain text's first lines."""
    levels = [level for kind, _, level in stream if kind == "heading"]
    start = next((i for i, (kind, _, _) in enumerate(stream) if kind != "blank"), 0)
    top = min(levels, default=1)
    if not paper.title and start < len(stream) and _opens_with_title(stream[start], levels):
        paper.title = " ".join(stream[start][1].strip("#*_ ").split())
        rest = [level for level in levels[1:]] if stream[start][0] == "heading" else levels
        top = min(rest, default=1)
        start += 1
        while stream[start - 1][0] == "text" and start < min(len(stream), 4) and stream[start][0] == "text":
            paper.title += " " + " ".join(stream[start][1].split())  # a title over several lines
            start += 1
    paragraph: list[str] = []
    for kind, text, level in stream[start:]:
        if kind != "text" or (paragraph and _breaks(paragraph[-1], text, paper.in_references)):
            _flush(paper, paragraph)
        if kind == "heading":
            paper.heading(text, level - top + 1)
        elif kind == "block":
            paper.paragraph(text, whole=True)
        elif kind == "text" and not _SUBFIGURE.fullmatch(text):
            paragraph.append(text)
    _flush(paper, paragraph)


def _breaks(before: str, line: str, in_references: bool) -> bool:
    """Whether a line of text begins a new paragraph without an empty line above it."""
    if _ITEM.match(line) or is_caption(line):
        return True
    if in_references:  # one entry a line, or entries wrapped: the end of the line before tells
        return before.endswith("  ") or (before.rstrip()[-1:] in ".)]" and line[:1].isupper() and len(before) > 40)
    return False


def _opens_with_title(first: Line, levels: list[int]) -> bool:
    kind, text, level = first
    if kind == "heading":
        name = text.lower().strip("*_ .:0123456789")
        return level == min(levels) and name not in ("abstract", "introduction")
    return kind == "text" and len(text.split()) <= 40


def _flush(paper: Assembly, lines: list[str]) -> None:
    if lines:
        paper.paragraph(_one_line(lines))
        lines.clear()


def _one_line(lines: Iterable[str]) -> str:
    """Lines of a paragraph as one, words broken at the line's end repaired."""
    text = "\n".join(lines)
    if "-\n" in text:
        text = re.sub(r"(?<=[a-z])-\n\s*(?=[a-z])", "", text)
    return " ".join(text.split())


def _marked(lines: list[str]) -> Iterator[Line]:
    """Lines of a file with heading marks."""
    number = 0
    while number < len(lines):
        line = lines[number]
        end = number + 1
        if _FENCE.match(line):
            end = _fence_end(lines, number)
        elif line.lstrip().startswith("|"):
            while end < len(lines) and lines[end].lstrip().startswith("|"):
                end += 1
        if end > number + 1:
            yield "block", "\n".join(lines[number:end]), 0
        elif not _FENCE.match(line):
            yield from _line(line, lines[end] if end < len(lines) else "")
        number = end


def _fence_end(lines: list[str], start: int) -> int:
    """The line after a fenced block. Converters leave fences open: one with a heading or no end inside is no fence."""
    fence = lines[start].strip()[:3]
    for number in range(start + 1, min(len(lines), start + 300)):
        line = lines[number].strip()
        if line.startswith(fence) or line.endswith(fence):
            return number + 1
        if lines[number].startswith("##"):
            break
    return start + 1


def _line(line: str, following: str) -> Iterator[Line]:
    stripped = line.strip()
    if not stripped or stripped in ("---", "***", "___") or _UNDERLINE.fullmatch(stripped):
        yield "blank", "", 0
    elif match := _ATX.match(line):
        yield "heading", match[2], len(match[1])
    elif _UNDERLINE.fullmatch(following.strip()) and len(following.strip()) >= 3 and len(stripped) < 120:
        yield "heading", stripped, 1 if following.strip()[0] == "=" else 2
    elif "![" in line:
        yield "text", _IMAGE.sub(lambda match: match[1] if is_caption(match[1]) else "", line), 0
    else:
        yield "text", line, 0


def _plain(lines: list[str]) -> Iterator[Line]:
    """Lines of a file without heading marks: a heading is a short line of its own, numbered or well known."""
    for number, line in enumerate(lines):
        stripped = line.strip()
        alone = (number == 0 or not lines[number - 1].strip()) or _NAMED.fullmatch(stripped)
        if not stripped:
            yield "blank", "", 0
        elif alone and (_NAMED.fullmatch(stripped) or _NUMBERED.fullmatch(stripped)):
            yield "heading", stripped.rstrip(":"), 1
        else:
            yield "text", line, 0


def _front_matter(text: str) -> tuple[str, str]:
    match = _FRONT_MATTER.match(text)
    if match is None:
        return text, ""
    title = re.search(r"(?m)^title:\s*[\"']?(.+?)[\"']?\s*$", match[1])
    return text[match.end() :], title[1] if title else ""


def _without_missing_pages(text: str) -> tuple[str, list[Notice]]:
    """Nougat marks the pages it could not read; the mark leaves the text and becomes a notice."""
    notices: list[Notice] = []

    def note(match: re.Match[str]) -> str:
        page = int(match["page"] or 0)
        what = {"EMPTY": "came out empty", "POST": "was cut short by repetitions"}.get(match["kind"] or "", "failed")
        where = f"Page {page}" if page else "A page"
        notices.append(Notice("missing-page", f"{where} {what} when Nougat read the PDF; its text is missing.", page))
        return "\n\n"

    return (_MISSING.sub(note, text) if "[MISSING_PAGE" in text else text), notices
