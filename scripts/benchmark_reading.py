"""How well and how fast PDFs are read: `python -m scripts.benchmark_reading [--seeds 3] [--corpus FOLDER]`.

Without a corpus it typesets made-up papers in several styles and prints, for each, the share of titles, abstracts,
level-1 headings, sentences, pages and references that are right, then seconds a page and the peak of memory. With one
it prints what was read of each real PDF below the folder; nothing there says what is right.
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import click

from common.errors import UnreadablePaper
from common.paper.pdf.reader import BACKENDS, read_pdf_here
from scripts.reading_scores import METRICS, score
from scripts.specimens import write
from scripts.typesetting import STYLES, typeset


def specimens(seeds: int, backend: str) -> None:
    """Score `seeds` papers in every style."""
    click.echo("style".ljust(26) + " ".join(name[:9].rjust(9) for name in METRICS) + "   s/page")
    totals: dict[str, list[float]] = {name: [] for name in METRICS}
    for name, style in STYLES.items():
        values: dict[str, list[float]] = {metric: [] for metric in METRICS}
        seconds = pages = 0.0
        for seed in range(seeds):
            with tempfile.TemporaryDirectory() as folder:
                specimen, path = write(seed), Path(folder) / "paper.pdf"
                begin = typeset(specimen, style, path)
                start = time.perf_counter()
                paper = read_pdf_here(path, backend)
                seconds, pages = seconds + time.perf_counter() - start, pages + paper.pages
            for metric, value in score(paper, specimen, begin).values.items():
                values[metric].append(value)
                totals[metric].append(value)
        means = " ".join(f"{sum(values[metric]) / seeds:9.3f}" for metric in METRICS)
        click.echo(f"{name:26}{means}   {seconds / pages:.4f}")
    click.echo("mean".ljust(26) + " ".join(f"{sum(totals[m]) / len(totals[m]):9.3f}" for m in METRICS))


def corpus(folder: Path, backend: str) -> None:
    """Read every PDF below `folder` and print what was understood."""
    for path in sorted(folder.rglob("*.pdf")):
        start = time.perf_counter()
        try:
            paper = read_pdf_here(path, backend)
        except UnreadablePaper as error:
            click.echo(f"{path.name}: {error.message}")
            continue
        each = (time.perf_counter() - start) / paper.pages
        tops = [section.heading for section in paper.sections if section.level == 1]
        click.echo(f"{path.name}: {paper.pages} pages, {each:.4f} s/page, {len(paper.references)} references")
        click.echo(f"  {paper.title}\n  {paper.abstract[:70]} … {paper.abstract[-50:]}\n  {' | '.join(tops)}")


@click.command(help=__doc__.split("\n")[0])
@click.option("--seeds", default=3, show_default=True, help="Papers in each style.")
@click.option("--corpus", "folder", type=click.Path(path_type=Path, exists=True), help="A folder of real PDFs.")
@click.option("--backend", type=click.Choice(BACKENDS), default="pdfium", show_default=True)
def main(seeds: int, folder: Path | None, backend: str) -> None:
    if folder:
        corpus(folder, backend)
    else:
        specimens(seeds, backend)
    click.echo(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
