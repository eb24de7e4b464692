"""`read_paper`: any file that holds a paper, to a `Paper`.

The content decides what reads it, the name only where the content leaves it open. Whatever the format, the result
passes the same door: passages that read like instructions are reported, then invisible characters are taken out, and
a paper that is not in English carries a warning.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from common.errors import BadConfig, UnreadablePaper
from common.paper.cleaning import cleaned
from common.paper.files import decode, load
from common.paper.markdown import read_markdown
from common.paper.nougat import looks_like_nougat, read_nougat
from common.paper.pdf.limits import Limits
from common.paper.quality import language_notice
from common.paper.suspicion import suspicious_passages
from common.types import Notice, Paper, Source

BACKENDS = ("pdfium", "pymupdf", "grobid")
_TEXT_NAMES = frozenset({"", ".md", ".markdown", ".mdown", ".txt", ".text", ".mmd", ".rst"})
_FORMATS = "PDF, Markdown, plain text, Nougat .mmd, Science-Parse JSON and GROBID TEI XML can be read."


def read_paper(path: Path | str, backend: str | None = None, grobid: str | None = None) -> Paper:
    """Read a paper from a file: PDF, Markdown or plain text, Nougat, Science-Parse JSON, GROBID TEI.

    backend: what reads a PDF: "pdfium" (default), "pymupdf", or "grobid"; it does not matter for other formats.
    grobid: address of a running GROBID server; naming one chooses that backend. Warnings of the paper say what was
    lost, what looks like an instruction to the reviewer, and whether it is not in English.
    Errors: UnreadablePaper about the file, EngineFailure about the server, BadConfig for an unknown backend.
    """
    path = Path(path)
    if backend not in (None, *BACKENDS):
        raise BadConfig(f"There is no PDF backend {backend!r}.", f"Use one of: {', '.join(BACKENDS)}.", exit_code=2)
    if grobid and backend not in (None, "grobid"):
        raise BadConfig(f"--grobid and --backend {backend} contradict each other.", "Drop one of them.", exit_code=2)
    data = load(path)
    if _is_pdf(data, path):
        paper = _read_pdf(path, data, "grobid" if grobid else backend or "pdfium", grobid)
    else:
        paper = _read_text(path, data)
    return checked(paper)


def read_paper_here(path: Path, backend: str = "pdfium", limits: Limits | None = None) -> Paper:
    """As `read_paper`, a PDF too in this process: for one that is bounded already. A hostile file may take it down."""
    data = load(path)
    if not _is_pdf(data, path):
        return checked(_read_text(path, data))
    from common.paper.pdf.reader import read_pdf_here

    return checked(read_pdf_here(path, backend, limits))


def checked(paper: Paper) -> Paper:
    """The paper as every reader hands it on: cleaned, with warnings about instructions and language added once."""
    notices = (*paper.warnings, *suspicious_passages(paper))
    paper = cleaned(paper)
    return replace(paper, warnings=tuple(dict.fromkeys((*notices, *language_notice(paper)))))


def _is_pdf(data: bytes, path: Path) -> bool:
    """PDF by content (its mark may stand within the first 1,024 bytes), or by name, for its reader to explain."""
    return path.suffix.lower() == ".pdf" or data[:5] == b"%PDF-" or (b"%PDF-" in data[:1024] and b"\0" in data)


def _read_pdf(path: Path, data: bytes, backend: str, grobid: str | None) -> Paper:
    if backend == "grobid":
        from common.paper.grobid import DEFAULT_URL, read_with_grobid

        if b"%PDF-" not in data[:1024]:
            raise UnreadablePaper(f"{path} is not a PDF file.", _FORMATS)
        return read_with_grobid(data, path, _source(path, data, "grobid"), grobid or DEFAULT_URL)
    from common.paper.pdf.reader import read_pdf

    return read_pdf(path, backend=backend)


def _read_text(path: Path, data: bytes) -> Paper:
    text, notices = decode(data, path)
    head = text.lstrip("\ufeff \t\n")[:2000]
    if _is_json(path, head, text):
        from common.paper.science_parse import read_science_parse

        paper = read_science_parse(text.lstrip("\ufeff"), _source(path, data, "science-parse"), path)
    elif head.startswith("<?xml") or path.suffix.lower() in (".xml", ".tei") or head.startswith("<TEI"):
        from common.paper.tei import read_tei

        paper = read_tei(text.lstrip("\ufeff \t\n"), _source(path, data, "tei"), str(path))
    else:
        _refuse_other_markup(path, head)
        nougat = path.suffix.lower() == ".mmd" or looks_like_nougat(text)
        read, name = (read_nougat, "nougat") if nougat else (read_markdown, "markdown")
        paper = read(text, _source(path, data, name))
    return replace(paper, warnings=(*notices, *_unknown_name(path), *paper.warnings))


def _is_json(path: Path, head: str, text: str) -> bool:
    if path.suffix.lower() == ".json":
        return True
    if not head.startswith("{") or path.suffix.lower() in (".md", ".mmd", ".tex"):
        return False
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _refuse_other_markup(path: Path, head: str) -> None:
    """HTML and LaTeX sources would pass as plain text, and be reviewed for their mark-up."""
    low = head.lower()
    if low.startswith(("<!doctype html", "<html")):
        raise UnreadablePaper(f"{path} is a web page.", "Save the paper itself: its PDF.")
    if "\\documentclass" in low or path.suffix.lower() == ".tex":
        raise UnreadablePaper(f"{path} is a LaTeX source.", "Compile it and read the PDF.")


def _unknown_name(path: Path) -> tuple[Notice, ...]:
    if path.suffix.lower() in _TEXT_NAMES | {".json", ".xml", ".tei"}:
        return ()
    return (Notice("format", f"The name ends in {path.suffix}; the content was read as text."),)


def _source(path: Path, data: bytes, reader: str) -> Source:
    return Source(path.name, hashlib.sha256(data).hexdigest(), reader)
