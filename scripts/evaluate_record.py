"""What `review evaluate` found, as a file: JSON with the value of every paper, which loads back; CSV, a cell a line.

Markdown and the terminal are in `evaluate_view`. Nothing is computed here.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from common.errors import ReviewError
from common.jsonio import from_json, to_json
from common.metrics.decisions import Decisions
from common.metrics.ratings import Correlation
from common.metrics.tables import Table
from scripts.evaluate_papers import Note

SCHEMA = "evaluation-1"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """corpus, digest: whose human reviews. part: "val of split.json", "" for all papers. papers: that were scored.
    groups: of figures. equal_references, seed: as asked for. constant: how the constant review was chosen.
    tables: the first is of all papers, the others of a venue or a section each. correlations: of ratings, row -> ...
    notes: everything odd, listed."""

    schema: str
    corpus: str
    digest: str
    part: str
    papers: int
    groups: tuple[str, ...]
    equal_references: bool
    seed: int
    constant: str
    tables: tuple[Table, ...]
    correlations: dict[str, tuple[Correlation, ...]]
    notes: tuple[Note, ...]
    questions: Table | None = None
    decisions: dict[str, tuple[Decisions, ...]] = field(default_factory=dict)
    problems: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def every_table(self) -> tuple[Table, ...]:
        return (*self.tables, self.questions) if self.questions else self.tables


def load_evaluation(path: Path) -> Evaluation:
    """Errors: ReviewError when it cannot be read, is no evaluation, or one of another version."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ReviewError(f"Cannot read {path}: {error.strerror or error}.") from error
    found = from_json(raw, Evaluation, str(path))
    if found.schema != SCHEMA:
        raise ReviewError(f"{path} is an evaluation of version '{found.schema}', not '{SCHEMA}'.", "Make it again.")
    return found


def to_record(evaluation: Evaluation) -> str:
    """JSON."""
    return to_json(evaluation) + "\n"


_COLUMNS = (
    "table", "system", "figure", "unit", "better", "mean", "low", "high", "n", "unscored", "against", "difference",
    "difference_low", "difference_high", "pairs", "left_out", "significant", "settings",
)  # fmt: skip


def to_csv(evaluation: Evaluation) -> str:
    """A line a cell, all digits; empty where there is no value."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(_COLUMNS)
    for table in evaluation.every_table:
        for row in table.rows:
            for name, scores in row.scores.items():
                cell = table.cells[row.name][name]
                mean, gain = cell.estimate, cell.difference
                first = (table.title, row.name, name, scores.unit, scores.better, mean.mean)
                ends = (mean.interval.low, mean.interval.high) if mean.interval else ("", "")
                found: tuple[object, ...] = ("",) * 7
                if gain:
                    span = (gain.interval.low, gain.interval.high) if gain.interval else ("", "")
                    found = (table.against, gain.mean, *span, gain.n, gain.left_out, gain.significant)
                lines.writerow([*first, *ends, mean.n, sum(mean.unscored.values()), *found, scores.settings])
    return out.getvalue()
