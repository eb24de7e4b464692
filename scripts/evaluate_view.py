"""An evaluation for people: tables on the terminal and in Markdown. Digits are cut here and nowhere else.

An interval is 95%, of the mean over papers; a difference whose interval holds 0 is marked "n.s.".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from rich.console import Console, Group
from rich.table import Table as Grid
from rich.text import Text

from common.metrics.figures import Difference, Estimate, Scores
from common.metrics.tables import Cell, Row, Table, unscored
from common.views.text import one_line
from scripts.evaluate_record import Evaluation

WIDTH = 100
"""Columns that a table on the terminal may take."""
SHOWN = 3
"""Places shown of a note; all are in the JSON."""
NOTHING = "-"
_ARROWS = {"higher": " ↑", "lower": " ↓", "": ""}
_DIGITS = {"share": 3, "ratio": 3, "words": 1, "points": 2}


def to_terminal(evaluation: Evaluation, width: int = WIDTH) -> Group:
    parts: list[object] = [Text(_headline(evaluation), style="bold"), _systems(evaluation.tables[0])]
    for table in evaluation.every_table:
        parts.append(Text(f"\n{one_line(table.title)}", style="bold"))
        parts += [_systems(table), Text()] if table is evaluation.questions else []
        parts += [part for figures in _chunks(table, width) for part in (_grid(table, figures), Text())]
    parts += [Text(line) for line in footer(evaluation)]
    return Group(*parts)  # type: ignore[arg-type]


def to_markdown(evaluation: Evaluation) -> str:
    """A table a set of papers: a figure a row, a system a column, every cell with its n and its difference."""
    lines = [f"# {_headline(evaluation)}", "", *_rows(evaluation.tables[0])]
    for table in evaluation.every_table:
        lines += ["", f"## {_cell(table.title)}", ""]
        lines += [*_rows(table), ""] if table is evaluation.questions else []
        lines.append(f"| figure | {' | '.join(_cell(r.name) for r in table.rows)} |")
        lines.append("|---|" + "---:|" * len(table.rows))
        for name in _valued(table):
            scores = _scores(table, name)
            cells = (_whole(table.cells[row.name].get(name), scores) for row in table.rows)
            lines.append(f"| {_cell(name)}{_ARROWS[scores.better]} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"- {_cell(line.strip())}" for line in footer(evaluation) if line.strip())]) + "\n"


def _rows(table: Table) -> list[str]:
    head = ["| system | papers | missing | trials | references | what it is |", "|---|---:|---:|---:|---:|---|"]
    return head + [f"| {' | '.join(map(_cell, _system(row)))} |" for row in table.rows]


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
    return [*lines, *_correlations(evaluation), *_unscored(evaluation.every_table), *settings, *_notes(evaluation)]


def _headline(evaluation: Evaluation) -> str:
    part = f", {one_line(evaluation.part)}" if evaluation.part else ""
    return f"Reviews of {evaluation.papers:,} papers against their human reviews ({one_line(evaluation.corpus)}{part})"


def _systems(table: Table) -> Grid:
    grid = Grid(box=None, pad_edge=False)
    grid.add_column("system", no_wrap=True)
    for name in ("papers", "missing", "trials", "references"):
        grid.add_column(name, justify="right")
    grid.add_column("what it is")
    for row in table.rows:
        grid.add_row(*(Text(part) for part in _system(row)))
    return grid


def _system(row: Row) -> tuple[str, ...]:
    missing = str(len(row.missing)) if row.missing else ""
    return one_line(row.name), str(row.papers), missing, str(row.trials), references(row), one_line(row.note)


def references(row: Row) -> str:
    """The mean number a trial, and from what to what."""
    if not row.trials:
        return NOTHING
    mean = sum(number * count for number, count in row.references.items()) / row.trials
    low, high = min(row.references), max(row.references)
    return f"{mean:.2f}" + (f" ({low}-{high})" if low < high else "")


def _chunks(table: Table, width: int) -> Iterator[list[str]]:
    """Figures that fit beside each other."""
    names = max([len("system"), len(table.against) + 3, *(len(one_line(row.name)) for row in table.rows)])
    room = width - names - len("  1,234-1,234")
    chunk: list[str] = []
    used = 0
    for name in _valued(table):
        scores = _scores(table, name)
        texts = [text for row in table.rows for text in _lines(table.cells[row.name].get(name), scores)]
        wide = 2 + max(len(line) for text in [*texts, *_broken(name)] for line in (text, ""))
        if chunk and used + wide > room:
            yield chunk
            chunk, used = [], 0
        chunk.append(name)
        used += wide
    if chunk:
        yield chunk


def _grid(table: Table, figures: Sequence[str]) -> Grid:
    grid = Grid(box=None, pad_edge=False)
    grid.add_column("system", no_wrap=True, vertical="bottom")
    grid.add_column("n", justify="right", no_wrap=True)
    for name in figures:
        lines = _broken(name)
        grid.add_column(Text("\n".join(lines) + _ARROWS[_scores(table, name).better]), justify="right", no_wrap=True)
    for row in table.rows:
        cells = table.cells[row.name]
        pairs = [_lines(cells.get(name), _scores(table, name)) for name in figures]
        counts = sorted({cells[name].estimate.n for name in figures if name in cells}) or [0]
        n = f"{counts[0]:,}" + (f"-{counts[-1]:,}" if len(counts) > 1 else "")
        grid.add_row(Text(one_line(row.name), style="bold"), n, *(Text(pair[0]) for pair in pairs))
        if any(pair[1] for pair in pairs):
            base = Text(f"vs {one_line(table.against)}", style="dim")
            grid.add_row(base, "", *(Text(pair[1], style="dim" if "n.s." in pair[1] else "") for pair in pairs))
    return grid


def _broken(name: str, most: int = 24) -> list[str]:
    """A figure's name on lines of at most `most` characters where its dots allow."""
    lines = [""]
    for part in one_line(name).split("."):
        joined = f"{lines[-1]}.{part}" if lines[-1] else part
        if lines[-1] and len(joined) > most:
            lines.append(part)
        else:
            lines[-1] = joined
    return lines


def _valued(table: Table) -> list[str]:
    """The figures that any row has a value of; those of the others are among what is unscored."""
    return [name for name in table.figures if any(row.scores[name].values for row in table.rows if name in row.scores)]


def _scores(table: Table, figure: str) -> Scores:
    return next(row.scores[figure] for row in table.rows if figure in row.scores)


def _lines(cell: Cell | None, scores: Scores) -> tuple[str, str]:
    if cell is None:
        return NOTHING, ""
    return estimate_text(cell.estimate, scores.unit), difference_text(cell.difference, scores.unit)


def _whole(cell: Cell | None, scores: Scores) -> str:
    if cell is None:
        return NOTHING
    gain = difference_text(cell.difference, scores.unit)
    return f"{estimate_text(cell.estimate, scores.unit)}, n {cell.estimate.n}" + (f"<br>{gain}" if gain else "")


def estimate_text(estimate: Estimate, unit: str) -> str:
    """ "41.20 [40.13, 42.28]", without brackets for one paper, "-" for none."""
    if estimate.mean is None:
        return NOTHING
    digits = _DIGITS.get(unit, 2)
    span = estimate.interval
    return f"{estimate.mean:.{digits}f}" + (f" [{span.low:.{digits}f}, {span.high:.{digits}f}]" if span else "")


def difference_text(gain: Difference | None, unit: str) -> str:
    """ "+1.30 [+0.21, +2.40]", " n.s." after it where the interval holds 0 or there is none; "" without a paper."""
    if gain is None or gain.mean is None:
        return ""
    digits = _DIGITS.get(unit, 2)
    span = gain.interval
    text = f"{gain.mean:+.{digits}f}" + (f" [{span.low:+.{digits}f}, {span.high:+.{digits}f}]" if span else "")
    return text if gain.significant else f"{text} n.s."


def _correlations(evaluation: Evaluation) -> Iterator[str]:
    """With the mean human rating; with the median as well in the JSON."""
    for row, found in evaluation.correlations.items():
        for one in found:
            if one.rho is not None and one.name.endswith(".mean"):
                span = f" [{one.interval.low:.3f}, {one.interval.high:.3f}]" if one.interval else ""
                where = f"{one.n:,} ratings of {one.papers:,} papers"
                yield f"{one_line(one.name.removesuffix('.mean'))}: {one_line(row)}: {one.rho:.3f}{span}, {where}"


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
        scores = _scores(table, name)
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


def _cell(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def show(evaluation: Evaluation, console: Console) -> None:
    """To a terminal at most WIDTH wide, to a pipe at exactly that."""
    console.print(to_terminal(evaluation, min(WIDTH, console.width) if console.is_terminal else WIDTH))
