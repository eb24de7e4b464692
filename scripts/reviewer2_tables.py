"""Our figures beside those of Reviewer2 (arXiv 2402.10886), on its public data: `python -m scripts.reviewer2_tables`.

    python -m scripts.reviewer2_tables test.parquet --reviews chain=reviews/ --out reviewer2.md

SOURCE is a Parquet file of GitBag/Reviewer2_PGE_cleaned, a folder of them, or a corpus that `review data build --from
reviewer2` made of them. Reviews are given as to `review evaluate`. Published figures are those of its tables 4 and 5
that are known here; where none is, a dash says so. The two sides are not scored with one program, so every difference
between the set-ups stands below the tables: beside each other they show an order of magnitude, not who is better.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from common.corpora import store
from common.corpora.card import CARD
from common.corpora.reviewer2 import Reviewer2
from common.jsonio import write_text
from common.metrics.figures import Scores, estimate
from common.metrics.tables import Row, Table, only
from scripts.evaluate_record import Evaluation
from scripts.evaluate_reviews import evaluate
from scripts.evaluate_view import NOTHING, estimate_text
from scripts.live import Display

FIGURES = ("bleu.max", "rouge1.max", "rouge2.max", "rougeL.max", "bertscore-f1.max")
COLUMNS = ("BLEU", "ROUGE-1", "ROUGE-2", "ROUGE-L", "BERTScore")
FAMILIES = {"ICLR": ("iclr",), "NeurIPS": ("neurips", "nips"), "ACL": ("acl",), "ARR": ("arr",)}
"""Its table's venues by ours, whatever the year; CoNLL-16 and COLING-20 are in the data and not in that table."""
PUBLISHED: Mapping[str, Mapping[str, tuple[float, ...]]] = {
    "ICLR": {"single stage": (15.08, 40.77, 11.78, 21.09, 81.18), "Reviewer2": (16.94, 44.58, 13.56, 22.62, 83.61)},
    "NeurIPS": {"single stage": (14.44, 40.62, 11.22, 20.8, 81.83), "Reviewer2": (16.24, 42.15, 13.11, 22.52, 83.23)},
    "ACL": {"single stage": (5.40, 35.73, 7.94, 16.94, 80.25), "Reviewer2": (6.49, 36.88, 8.04, 17.77, 83.65)},
    "ARR": {"single stage": (6.73, 38.93, 11.22, 19.61, 81.03), "Reviewer2": (7.46, 40.18, 12.04, 20.76, 82.29)},
}
"""Table 4, with the full paper: in the order of COLUMNS, the maximum over a paper's human reviews."""
COVERAGE = {"ICLR": (13.55, 4.22), "NeurIPS": (12.66, 3.99)}
"""Table 5's COV with BERTScore: from an extract of the paper, from the full paper."""
CONTROL = "BERTScore of Reviewer2 on ICLR with the questions its stage A asked: 83.61; with the distilled ones: 83.63."
SETUP = (
    ("model", "Llama-2-7B-Chat in both stages, LongLoRA", "as whoever wrote the reviews says"),
    ("context", "32,768 tokens, no handling of longer papers is described", "as whoever wrote the reviews says"),
    (
        "sampling",
        "temperature 0.7, top-p 0.7, top-k 50, 64 to 1,024 new tokens, repetition penalty 1.13",
        "as whoever wrote the reviews says",
    ),
    ("BLEU", "implementation not known here", "sacrebleu's sentence BLEU, smoothed, one reference at a time"),
    ("ROUGE", "implementation and stemming not known here", "as rouge-score: F1, Porter stems, ROUGE-L over the text"),
    ("BERTScore", "encoder, layer and rescaling not known here", "see the settings below"),
    ("texts", "whether headings and ratings are scored is not known here", "prose without headings, marks and ratings"),
    ("references", "maximum over a paper's human reviews", "the same; a review that repeats another is left out"),
    ("papers", "a test tenth of ICLR and NeurIPS, all of the others", "the papers that the reviews are of: see n"),
    ("intervals", "none are known here", "95% bootstrap over papers"),
)
"""(what, theirs, ours)."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table. cells: in the order of the columns."""

    venue: str
    system: str
    n: str
    cells: tuple[str, ...]


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--reviews", multiple=True, metavar="NAME=PATH", help="As to `review evaluate`; may be repeated.")
@click.option("--encoder", default="default", show_default=True, metavar="ID|DIR", help="Of BERTScore.")
@click.option("--layer", type=click.IntRange(1), metavar="N", help="Of BERTScore's encoder. [the last]")
@click.option("--whole", is_flag=True, help="BERTScore reads long texts to their end, in pieces.")
@click.option("--idf", is_flag=True, help="In BERTScore tokens that are rare in the references weigh more.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of draws and intervals.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Markdown. [the terminal]")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def main(source: Path, out: Path | None, quiet: bool, **values: Any) -> None:
    """Score reviews on Reviewer2's data and print them beside its tables 4 and 5."""
    display = Display(quiet=quiet)
    with tempfile.TemporaryDirectory(prefix="review-") as folder:
        corpus = source
        if not (source / CARD).is_file():
            corpus = Path(folder) / "corpus"
            store.write(Reviewer2(source), corpus)
        told = {"split": None, "part": "", "against": None, "by": None, "equal_references": False}
        found = evaluate(
            {**values, **told, "human": corpus, "metrics": "overlap,similarity,coverage", "likeness": "bertscore",
             "constant_from": None, "workers": None, "files": (), "min_score": 5},
            display,
        )  # fmt: skip
    text = to_markdown(found, source.name)
    if out:
        write_text(out, text)
    else:
        click.echo(text, nl=False)


def to_markdown(found: Evaluation, source: str) -> str:
    """Both tables, the differences between the set-ups, and what was not scored."""
    table = found.tables[0]
    parts = [f"# {found.papers:,} papers of {source} beside Reviewer2's tables"]
    parts += ["## Table 4: likeness to human reviews", _grid(("n", *COLUMNS), table_4(table))]
    parts += [f"{CONTROL}"]
    parts += ["## Table 5: COV (0 is human diversity, lower is better)", _grid(("n", "COV"), table_5(table))]
    parts += ["SPE and the figures of its control task in table 5 are not known here."]
    parts += ["## What differs", _rows(("", "Reviewer2", "here"), SETUP)]
    settings = dict.fromkeys(f"{one.name}: {one.settings}" for row in table.rows for one in _shown(row) if one.settings)
    parts += ["\n".join(f"- {line}" for line in (*settings, *_unscored(table)))]
    return "\n\n".join(parts) + "\n"


def table_4(table: Table) -> list[Line]:
    """Of each venue the published rows, then every row of ours that has a paper there."""
    lines = []
    for venue, published in PUBLISHED.items():
        lines += [Line(venue, f"{name}, published", NOTHING, _plain(figures)) for name, figures in published.items()]
        lines += _ours(table, venue, FIGURES)
    return lines


def table_5(table: Table) -> list[Line]:
    lines = []
    for venue in PUBLISHED:
        extract, full = COVERAGE.get(venue, (None, None))
        for name, value in (("extract", extract), ("full paper", full)):
            if value is not None:
                lines.append(Line(venue, f"{name}, published", NOTHING, (f"{value:.2f}",)))
        lines += _ours(table, venue, ("cov.bertscore",))
    return lines


def _ours(table: Table, venue: str, figures: Sequence[str]) -> Iterator[Line]:
    for row in table.rows:
        keys = {
            key for key in (*_keys(row), *row.missing) if key.partition("/")[0].rpartition("_")[0] in FAMILIES[venue]
        }
        found = [estimate(only(row.scores[name], keys), table.seed) for name in figures if name in row.scores]
        if any(one.n for one in found):
            counts = sorted({one.n for one in found})
            n = f"{counts[0]:,}" + (f"-{counts[-1]:,}" if len(counts) > 1 else "")
            yield Line(venue, row.name, n, tuple(estimate_text(one, "0-100") for one in found))


def _keys(row: Row) -> set[str]:
    return {key for one in row.scores.values() for key in one.values}


def _shown(row: Row) -> list[Scores]:
    return [row.scores[name] for name in (*FIGURES, "cov.bertscore") if name in row.scores]


def _unscored(table: Table) -> Iterator[str]:
    for row in table.rows:
        for one in _shown(row):
            for reason, count in estimate(one, table.seed).unscored.items():
                yield f"not scored: {row.name}, {one.name}: {count:,} papers ({reason})"


def _plain(figures: Sequence[float]) -> tuple[str, ...]:
    return tuple(f"{one:.2f}" for one in figures)


def _grid(columns: Sequence[str], lines: Sequence[Line]) -> str:
    return _rows(("venue", "row", *columns), [(one.venue, one.system, one.n, *one.cells) for one in lines])


def _rows(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    main()
