"""`review read`: show what was understood of a paper, before any model sees it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from common.jsonio import to_json
from common.paper import Quality, assess, read_paper, render
from common.paper.render import label
from common.types import Paper, Passage

_COLOURS = {"good": "green", "fair": "yellow", "poor": "red"}
_SHOWN_CAPTION = 100  # characters


@dataclass(frozen=True, slots=True)
class Reading:
    """What --json prints."""

    paper: Paper
    quality: Quality
    words: int


@click.command()
@click.argument("paper", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the paper and its quality as JSON, and nothing else.")
@click.option("--text", "as_text", is_flag=True, help="Print the text a model would read, and nothing else.")
@click.option("--backend", type=click.Choice(["pdfium", "pymupdf", "grobid"]), help="How PDFs are read. [pdfium]")
@click.option("--grobid", metavar="URL", help="A running GROBID server; chooses --backend grobid.")
def command(paper: Path, as_json: bool, as_text: bool, backend: str | None, grobid: str | None) -> None:
    """Show what is understood of a paper before any model sees it.

    Reads PDF, Markdown, plain text, Nougat .mmd, Science-Parse JSON and GROBID TEI.

    \b
    review read paper.pdf                     outline, captions, references, warnings
    review read paper.pdf --json > paper.json the same for programs
    review read paper.pdf --text | less       the text a model would read
    review read paper.pdf --grobid http://localhost:8070
    """
    if as_json and as_text:
        raise click.UsageError("--json and --text exclude each other.")
    read = read_paper(paper, backend=backend, grobid=grobid)
    if as_text:
        click.echo(render(read))
        return
    quality = assess(read)
    if as_json:
        click.echo(to_json(Reading(read, quality, read.words)))
        return
    Console(highlight=False).print(outline(read, quality))


def outline(paper: Paper, quality: Quality) -> Group:
    """The paper as a person checks it at a glance."""
    return Group(
        *_head(paper, quality),
        _sections(paper),
        *_list("Captions", [_short(caption) for caption in paper.captions]),
        *_tail(paper),
        *_warnings(paper),
    )


def _head(paper: Paper, quality: Quality) -> list[Text]:
    colour = _COLOURS[quality.verdict]
    size = f"{paper.words:,} words" + (f", {paper.pages} pages" if paper.pages else "")
    reasons = "; ".join(quality.reasons)
    return [
        Text(paper.title or "(no title found)", style="bold"),
        Text(f"{paper.source.name} · {size} · read by {paper.source.reader}", style="dim"),
        Text.assemble("Text: ", (quality.verdict, f"bold {colour}"), f" ({reasons})" if reasons else ""),
        Text(),
    ]


def _sections(paper: Paper) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Section", overflow="fold")
    table.add_column("Words", justify="right")
    if paper.pages:
        table.add_column("Pages", justify="right")
    rows = [("Abstract", len(paper.abstract.split()), _pages(paper.passages[:1]))] if paper.abstract else []
    for section in paper.sections:
        name = "  " * (section.level - 1) + (label(section) or "(before the first heading)")
        rows.append((name, section.words, _pages(section.passages) or str(section.page or "")))
    for name, words, pages in rows:
        table.add_row(escape(name), f"{words:,}", *([pages] if paper.pages else []))
    return table


def _tail(paper: Paper) -> list[Text]:
    references = f"References: {len(paper.references)} (not shown to a model)"
    pages = _span([entry.page for entry in paper.references])
    lines = [Text(), Text(references + (f", pages {pages}" if pages else ""))]
    if paper.footnotes:
        lines.append(Text(f"Footnotes: {len(paper.footnotes)}"))
    return lines


def _warnings(paper: Paper) -> list[Text]:
    notes = [f"{notice.message}" + (f" (page {notice.page})" if notice.page else "") for notice in paper.warnings]
    return [Text(), *(Text(f"! {note}", style="yellow") for note in notes)] if notes else []


def _list(name: str, lines: list[str]) -> list[Text]:
    return (
        [
            Text(),
            Text(f"{name}: {len(lines)}"),
            *(Text(f"  {line}", style="dim", no_wrap=True, overflow="ellipsis") for line in lines),
        ]
        if lines
        else []
    )


def _short(passage: Passage) -> str:
    text = (
        passage.text if len(passage.text) <= _SHOWN_CAPTION else passage.text[:_SHOWN_CAPTION].rsplit(" ", 1)[0] + " …"
    )
    return f"{text} (page {passage.page})" if passage.page else text


def _pages(passages: tuple[Passage, ...]) -> str:
    return _span([page for passage in passages for page in passage.pages])


def _span(pages: list[int]) -> str:
    """First and last page: "3", "3-5", or "" where the format has none."""
    known = [page for page in pages if page]
    if not known:
        return ""
    return str(min(known)) if min(known) == max(known) else f"{min(known)}-{max(known)}"
