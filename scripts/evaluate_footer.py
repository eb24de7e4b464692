"""What stands below an evaluation's tables: how they were compared, ratings, what did not parse, what was not scored
and why, settings, and whatever was odd. Lines of text; the tables are `evaluate_view`'s."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from common.metrics.figures import Scores, estimate
from common.metrics.tables import Table, unscored
from common.views.text import one_line
from scripts.evaluate_record import Evaluation

SHOWN = 3
"""Places shown of a note; all are in the JSON."""


def footer(evaluation: Evaluation) -> list[str]:
    """What makes the figures readable: how they were compared, what was not scored, settings, notes."""
    first = evaluation.tables[0]
    lines = ["Means over papers with 95% bootstrap intervals; n papers have a value. Nothing is rescaled."]
    if first.against:
        lines.append(
            f"Second lines: paired difference to '{one_line(first.against)}' over papers that both have; n.s.: its "
            "95% interval holds 0. Each comparison stands alone: one of twenty differs by chance."
        )
    if evaluation.questions:
        lines.append(f"Of the questions the difference is to '{one_line(evaluation.questions.against)}'.")
    if evaluation.constant:
        lines.append(f"constant: {one_line(evaluation.constant)}")
    if evaluation.equal_references:
        lines.append("Every review is held against each subset of references that lacks one, so humans have no fewer.")
    settings = (line for table in (first, evaluation.questions) if table for line in _settings(table))
    lines += [*_correlations(evaluation), *_decisions(evaluation)]
    return [*lines, *_unscored(evaluation.every_table), *settings, *_notes(evaluation)]


def scores_of(table: Table, figure: str) -> Scores:
    return next(row.scores[figure] for row in table.rows if figure in row.scores)


def _correlations(evaluation: Evaluation) -> Iterator[str]:
    """With the mean human rating; with the median as well in the JSON."""
    for row, found in evaluation.correlations.items():
        for one in found:
            if one.rho is not None and one.name.endswith(".mean"):
                span = f" [{one.interval.low:.3f}, {one.interval.high:.3f}]" if one.interval else ""
                where = f"{one.n:,} ratings of {one.papers:,} papers"
                yield f"{one_line(one.name.removesuffix('.mean'))}: {one_line(row)}: {one.rho:.3f}{span}, {where}"


def _decisions(evaluation: Evaluation) -> Iterator[str]:
    """The share of papers told rightly, beside what always saying the commoner decision reaches."""
    for row, found in evaluation.decisions.items():
        for one in found:
            told = estimate(one.accuracy, evaluation.seed)
            if told.mean is None or one.majority is None:
                why = ", ".join(f"{count:,} papers {reason}" for reason, count in told.unscored.items())
                yield f"{one_line(one.accuracy.name)}: {one_line(row)}: none" + (f", {why}" if why else "")
                continue
            span = f" [{told.interval.low:.3f}, {told.interval.high:.3f}]" if told.interval else ""
            text = f"{told.mean:.3f}{span}, n {told.n}, {one_line(one.accuracy.settings)}; always the same decision "
            text += f"{one.majority:.3f}"
            if one.balanced is not None:
                span = f" [{one.interval.low:.3f}, {one.interval.high:.3f}]" if one.interval else ""
                text += f"; balanced {one.balanced:.3f}{span} (chance 0.5)"
            yield f"{one_line(one.accuracy.name)}: {one_line(row)}: {text}"


def problem_rows(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """System, what did not parse, and in how many of its reviews; the most frequent first."""
    trials = {row.name: row.trials for row in evaluation.tables[0].rows}
    return [
        (one_line(row), one_line(problem), f"{count:,} of {trials.get(row, 0):,}")
        for row, found in evaluation.problems.items()
        for problem, count in found.items()
    ]


def _unscored(tables: Sequence[Table]) -> Iterator[str]:
    """Figures with the same reasons and counts on one line."""
    for table in tables:
        for row, reasons in unscored(table).items():
            for reason, figures in reasons.items():
                by_count: dict[int, list[str]] = defaultdict(list)
                for name, count in figures.items():
                    by_count[count].append(name)
                for count, names in sorted(by_count.items()):
                    every = len(names) == len(table.figures)
                    what = "all figures" if every else ", ".join(map(one_line, _together(names)))
                    place = "" if table is tables[0] else f" ({one_line(table.title)})"
                    yield f"unscored{place}: {one_line(row)}: {count:,} papers {reason}: {what}"


def _settings(table: Table) -> Iterator[str]:
    by_settings: dict[str, list[str]] = defaultdict(list)
    for name in table.figures:
        scores = scores_of(table, name)
        by_settings[", ".join(filter(None, (scores.unit, scores.settings)))].append(name)
    for settings, names in by_settings.items():
        yield f"settings: {', '.join(map(one_line, _together(names)))}: {one_line(settings)}"


def _together(names: Sequence[str]) -> list[str]:
    """Names that differ after their last dot alone as one: "rouge1.max|mean"."""
    ends: dict[str, list[str]] = defaultdict(list)
    for name in names:
        stem, _, end = name.rpartition(".")
        ends[stem].append(end)
    return [one for stem, found in ends.items() for one in ([f"{stem}.{'|'.join(found)}"] if stem else found)]


def _notes(evaluation: Evaluation) -> Iterator[str]:
    counts = Counter((note.side, note.code) for note in evaluation.notes)
    for (side, code), count in sorted(counts.items()):
        places = [note for note in evaluation.notes if (note.side, note.code) == (side, code)][:SHOWN]
        said = "; ".join(one_line(note.where + (f": {note.says}" if note.says else "")) for note in places)
        yield f"note: {one_line(side)}: {count:,} {code}: {said}" + ("; ..." if count > SHOWN else "")
