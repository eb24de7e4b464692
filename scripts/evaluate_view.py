"""An evaluation for people: tables on the terminal and in Markdown. Digits are cut here and nowhere else.

An interval is 95%, of the mean over papers; a difference whose interval holds 0 is marked "n.s.".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, Group
from rich.table import Table as Grid
from rich.text import Text

from common.metrics.figures import Difference, Estimate, Scores
from common.metrics.tables import Cell, Row, Table
from common.views.text import one_line
from scripts.evaluate_footer import footer, problem_rows, scores_of
from scripts.evaluate_record import Evaluation

WIDTH = 100
"""Columns that a table on the terminal may take."""
NOTHING = "-"
_ARROWS = {"higher": " ↑", "lower": " ↓", "": ""}
_DIGITS = {"share": 3, "ratio": 3, "words": 1, "points": 2}


def to_terminal(evaluation: Evaluation, width: int = WIDTH) -> Group:
    parts: list[object] = [Text(_headline(evaluation), style="bold"), _systems(evaluation.tables[0])]
    for table in evaluation.every_table:
        parts.append(Text(f"\n{one_line(table.title)}", style="bold"))
        parts += [_systems(table), Text()] if table is evaluation.questions else []
        parts += [part for figures in _chunks(table, width) for part in (_grid(table, figures), Text())]
    parts += _problems(evaluation)
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
            scores = scores_of(table, name)
            cells = (_whole(table.cells[row.name].get(name), scores) for row in table.rows)
            lines.append(f"| {_cell(name)}{_ARROWS[scores.better]} | {' | '.join(cells)} |")
    if found := problem_rows(evaluation):
        lines += ["", "## Did not parse", "", "| system | what | reviews |", "|---|---|---:|"]
        lines += [f"| {' | '.join(map(_cell, one))} |" for one in found]
    return "\n".join([*lines, "", *(f"- {_cell(line.strip())}" for line in footer(evaluation) if line.strip())]) + "\n"


def _rows(table: Table) -> list[str]:
    head = ["| system | papers | missing | trials | references | what it is |", "|---|---:|---:|---:|---:|---|"]
    return head + [f"| {' | '.join(map(_cell, _system(row)))} |" for row in table.rows]


def _headline(evaluation: Evaluation) -> str:
    part = f", {one_line(evaluation.part)}" if evaluation.part else ""
    return f"Reviews of {evaluation.papers:,} papers against their human reviews ({one_line(evaluation.corpus)}{part})"


def _problems(evaluation: Evaluation) -> list[object]:
    found = problem_rows(evaluation)
    if not found:
        return []
    grid = Grid("system", "did not parse", "reviews", box=None, pad_edge=False)
    for one in found:
        grid.add_row(*map(Text, one))
    return [grid, Text()]


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
        scores = scores_of(table, name)
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
        grid.add_column(Text("\n".join(lines) + _ARROWS[scores_of(table, name).better]), justify="right", no_wrap=True)
    for row in table.rows:
        cells = table.cells[row.name]
        pairs = [_lines(cells.get(name), scores_of(table, name)) for name in figures]
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


def _cell(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def show(evaluation: Evaluation, console: Console) -> None:
    """To a terminal at most WIDTH wide, to a pipe at exactly that."""
    console.print(to_terminal(evaluation, min(WIDTH, console.width) if console.is_terminal else WIDTH))
