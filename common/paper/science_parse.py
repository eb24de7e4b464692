"""Science-Parse JSON into a Paper: PeerRead's `parsed_pdfs/*.json` (fields under `metadata`) and Reviewer2's form.

Fields read: `title`, `abstractText` (or `abstract`), `sections[{heading, text}]`, `references` (objects or strings).
The format has no pages, captions or footnotes; captions are found again by how paragraphs begin. Reading a PDF with
Science-Parse is not done here.
"""

from __future__ import annotations

import re
import statistics
from pathlib import Path

import msgspec

from common.errors import UnreadablePaper
from common.paper.assembly import Assembly
from common.types import Notice, Paper, Reference, Source

_WRAPPED = 110  # characters: shorter lines are lines of a page, longer ones are paragraphs


class _Section(msgspec.Struct):
    heading: str | None = None
    text: str | None = None


class _Entry(msgspec.Struct):
    title: str | None = None
    author: list[str] | str | None = None
    venue: str | None = None
    year: int | str | None = None


class _Fields(msgspec.Struct):
    title: str | None = None
    abstractText: str | None = None
    abstract: str | None = None
    sections: list[_Section] | None = None
    references: list[_Entry | str] | None = None


class _File(_Fields):
    metadata: _Fields | None = None


def read_science_parse(text: str, source: Source, path: Path) -> Paper:
    """Errors: UnreadablePaper for malformed or too deep JSON and for JSON that is not a parsed paper."""
    fields = _fields(text, path)
    paper = Assembly(" ".join((fields.title or "").split()), _line(fields.abstractText or fields.abstract or ""))
    for section in fields.sections or []:
        if section.heading and section.heading.strip():
            paper.heading(section.heading, 1)
        for paragraph in _paragraphs(section.text or ""):
            paper.paragraph(paragraph)
    paper.references += [Reference(entry, 0) for entry in map(_entry, fields.references or []) if entry]
    if not paper.title:
        paper.notices.append(Notice("no-title", "The file names no title."))
    return paper.finish(source)


def _fields(text: str, path: Path) -> _Fields:
    hint = "A paper has title, abstractText and sections of heading and text, as Science-Parse writes them."
    try:
        file = msgspec.json.decode(text, type=_File)
    except msgspec.ValidationError as error:
        raise UnreadablePaper(f"{path} is JSON but not a parsed paper: {error}.", hint) from error
    except msgspec.DecodeError as error:
        raise UnreadablePaper(f"{path} is not valid JSON: {error}.") from error
    except RecursionError as error:
        raise UnreadablePaper(f"{path} is JSON nested too deeply to be a paper.") from error
    fields = file.metadata or file
    if not any((section.text or "").strip() for section in fields.sections or []):
        raise UnreadablePaper(f"{path} is JSON but has no sections with text.", hint)
    return fields


def _paragraphs(text: str) -> list[str]:
    """Paragraphs of a section: parted by empty lines, or each line one when lines are longer than a page is wide."""
    text = text.replace("\r\n", "\n")
    lines = [line for line in text.split("\n") if line.strip()]
    long = bool(lines) and statistics.median(map(len, lines)) > _WRAPPED
    return [line for part in (lines if long else re.split(r"\n\s*\n", text)) if (line := _line(part))]


def _line(text: str) -> str:
    """One line, words broken at line ends repaired."""
    return " ".join(re.sub(r"(?<=[a-z])-\n\s*(?=[a-z])", "", text).split())


def _entry(entry: _Entry | str) -> str:
    if isinstance(entry, str):
        return _line(entry)
    authors = entry.author if isinstance(entry.author, str) else ", ".join(entry.author or [])
    parts = [authors, entry.title or "", entry.venue or "", str(entry.year or "")]
    return ". ".join(_line(part).rstrip(".") for part in parts if part.strip())
