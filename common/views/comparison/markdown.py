"""A comparison as Markdown: the tables of the page, without plots and without anyone's text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from common.views.comparison.cells import NOTHING, chance_note, gain_cell, gain_cells, mean_cell, unscored
from common.views.comparison.content import Comparison
from common.views.text import one_line


def to_markdown(content: Comparison) -> str:
    """For a file or a comment. Rows and figures stand as in the page."""
    parts = [f"# {_safe(content.title)}"]
    parts += [_table(("", ""), content.facts.items())] if content.facts else []
    parts += ["## Figures", _figures(content), f"## Differences to {_safe(content.against)}", _gains(content)]
    parts += [chance_note(content)]
    if asked := content.questions:
        parts += [
            "## Questions",
            _figures(asked),
            f"## Questions: differences to {_safe(asked.against)}",
            _gains(asked),
        ]
        parts += [chance_note(asked)]
    for title, found in (("venue", content.by_venue), ("section", content.by_section)):
        if found:
            parts += [f"## {content.chosen} by {title}: differences to {_safe(content.against)}"]
            parts += [_groups(gain_cells(content, found), title)]
    parts += ["## Cost", _costs(content)]
    if content.controls:
        parts += ["## Controls", _figures(content, True)]
    parts += ["## Not scored", _unscored(content)]
    parts += [f"- {_safe(note)}" for note in content.notes]
    if content.commands:
        parts += ["## Repeat it", "```sh\n" + "\n".join(content.commands) + "\n```"]
        parts += [_table(("", ""), content.settings.items())]
    return "\n\n".join(parts) + "\n"


def _figures(content: Comparison, controls: bool = False) -> str:
    rows = content.controls if controls else content.rows
    figures = list(dict.fromkeys(name for row in rows for name in row.scores)) if controls else content.figures
    body = ([row.name, *(str(mean_cell(row.scores.get(name))) for name in figures)] for row in rows)
    return _table(("", *figures), body)


def _gains(content: Comparison) -> str:
    body = []
    for row in content.rows:
        cells = [
            str(gain_cell(content.gains[row.name, name], row.scores[name])) if (row.name, name) in content.gains else ""
            for name in content.figures
        ]
        if row.name != content.against:
            body.append([row.name, *cells])
    return _table(("", *content.figures), body)


def _groups(groups: Sequence[tuple[str, list]], kind: str) -> str:
    return _table(
        (kind, "row", "difference"), ([group, row, str(cell)] for group, cells in groups for row, cell in cells)
    )


def _costs(content: Comparison) -> str:
    body = []
    for row in content.rows:
        if row.cost:
            seconds = f"{row.cost.seconds:.1f}" if row.cost.seconds is not None else NOTHING
            tokens = (f"{row.cost.prompt_tokens:,.0f}", f"{row.cost.completion_tokens:,.0f}")
            body.append([row.name, f"{row.cost.reviews:,}", *tokens, seconds])
    return _table(("", "reviews", "tokens read a review", "tokens written a review", "seconds a review"), body)


def _unscored(content: Comparison) -> str:
    body = [
        [row.name, reason, str(count), ", ".join(figures)]
        for row, shown in content.listed
        for reason, count, figures in unscored(row, shown)
    ]
    return _table(("", "reason", "papers", "figures"), body) if body else "Every paper is scored in every figure."


def _table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(_safe(cell) for cell in line) + " |" for line in lines)


def _safe(text: str) -> str:
    """On one line, and no cell of it ends a table's cell or opens a tag."""
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
