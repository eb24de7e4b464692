"""Where results go: the terminal, one file, or a folder that a killed run can be resumed in.

In a folder every paper has NAME.review.json, the record from which everything else is made; NAME.review.md or .html as
asked; and NAME.questions.yaml, kept from the moment stage A is done. A paper is skipped when its record was made with
the same settings from the same file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from common.errors import ReviewError
from common.jsonio import from_json, to_json, write_text
from common.types import ChainRecord
from common.views.html import to_html
from common.views.markdown import to_markdown
from common.views.terminal import to_terminal

FORMATS = ("md", "json", "html")
_VIEWS: dict[str, Callable[[ChainRecord], str]] = {
    "md": to_markdown,
    "html": to_html,
    "json": lambda record: to_json(record) + "\n",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where one paper's results go; all None for the terminal."""

    view: Path | None = None
    record: Path | None = None
    questions: Path | None = None


def format_of(chosen: str | None, out: Path | None) -> str | None:
    """The format: as chosen, else as --out's suffix says, else None (the terminal's own, or Markdown for files)."""
    if chosen:
        return chosen
    suffix = out.suffix.lstrip(".") if out else ""
    return {"markdown": "md", "htm": "html"}.get(suffix, suffix) if suffix in (*FORMATS, "markdown", "htm") else None


def places(papers: Sequence[Path], out: Path | None, form: str | None) -> list[Place]:
    """A place for every paper. Errors: ReviewError when several papers are to go into one file."""
    if out is None:
        return [Place() for _ in papers]
    if len(papers) == 1 and not out.is_dir() and not str(out).endswith("/") and format_of(None, out):
        return [Place(view=out)]
    if out.exists() and not out.is_dir():
        raise ReviewError(f"{out} is a file, and there are {len(papers)} papers.", "Give a folder with --out.", 2)
    names = _names(papers)
    suffix = form or "md"
    return [
        Place(
            view=None if suffix == "json" else out / f"{name}.review.{suffix}",
            record=out / f"{name}.review.json",
            questions=out / f"{name}.questions.yaml",
        )
        for name in names
    ]


def _names(papers: Sequence[Path]) -> list[str]:
    """File names without suffix; where two papers share one, their folders are hashed into it."""
    stems = [paper.stem for paper in papers]
    return [
        stem if stems.count(stem) == 1 else f"{stem}-{hashlib.sha256(str(paper.resolve()).encode()).hexdigest()[:8]}"
        for stem, paper in zip(stems, papers, strict=True)
    ]


def finished(place: Place, sha256: str, settings: str) -> ChainRecord | None:
    """The record of an earlier run that this one would repeat. A record that cannot be read is made again."""
    if place.record is None or not place.record.is_file():
        return None
    try:
        record = from_json(place.record.read_bytes(), ChainRecord, str(place.record))
    except ReviewError:
        return None
    return record if (record.paper.source.sha256, record.settings) == (sha256, settings) else None


def deliver(record: ChainRecord, place: Place, form: str | None) -> None:
    """Write or print one paper's result. The record goes last: it is what says that a paper is done."""
    if place.view:
        write_text(place.view, _VIEWS[form or "md"](record))
    if place.record:
        write_text(place.record, _VIEWS["json"](record))
    if place.view or place.record:
        return
    console = Console(highlight=False)
    if form is None and console.is_terminal:
        console.print(to_terminal(record))
    else:
        click.echo(_VIEWS[form or "md"](record), nl=form != "json")
