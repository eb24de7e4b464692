"""A record for the terminal, on rich: it fills the width it is given, and words rather than colours carry meaning.

Foreign text is wrapped in `Text`, never in markup strings, and has lost its control characters: it can neither style
nor move anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from common.types import ChainRecord
from common.views import account
from common.views.notice import NOTICE
from common.views.outline import Outline, PointOutline, RatingOutline, ReviewOutline, outline, place, verdict
from common.views.text import one_line, paragraphs, visible

BELOW = (0, 0, 1, 0)
"""Padding of one empty line below."""
GOOD, BAD, DIM, HEAD = "green", "bold red", "dim", "bold cyan"


def to_terminal(record: ChainRecord) -> RenderableType:
    """The whole record but its raw completions, which `--format json` or html hold."""
    shown = outline(record)
    parts: list[RenderableType] = [
        Text(one_line(record.paper.title) or one_line(record.paper.source.name), "bold"),
        Text(NOTICE, "italic"),
        Text(),
        *_top(record),
        _pairs(shown.facts),
    ]
    for review in shown.reviews:
        parts += _review(review)
    parts += _questions(shown)
    parts += _account(record)
    return Group(*parts)


def _top(record: ChainRecord) -> Iterator[RenderableType]:
    warnings = [
        Text.assemble((f"p. {warning.page}: " if warning.page else "", "bold"), one_line(warning.message))
        for warning in record.paper.warnings
    ]
    if warnings:
        yield Panel(Group(*warnings), title="Warnings about the paper", title_align="left", border_style="yellow")
    notices = [Text(one_line(text)) for text in account.run_notices(record)]
    if notices:
        yield Panel(Group(*notices), title="About this run", title_align="left", border_style=DIM)


def _heading(text: str) -> RenderableType:
    return Padding(Rule(Text(text, HEAD), align="left", style=DIM), (1, 0, 0, 0))


def _pairs(rows: tuple[tuple[str, str], ...]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style=DIM, no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    for name, value in rows:
        table.add_row(Text(name), Text(one_line(value)))
    return table


def _review(review: ReviewOutline) -> Iterator[RenderableType]:
    yield _heading(review.title)
    if not review.parsed:
        yield Text("This text does not follow the form and could not be read into points. It is shown as it came.", BAD)
        raw = visible(review.review.raw).strip() or "The model wrote nothing."
        yield Padding(Text(raw, overflow="fold"), (0, 0, 1, 2))
    if review.ratings:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=False, min_width=10)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold", ratio=1)
        for rating in review.ratings:
            table.add_row(Text(one_line(rating.name), "bold"), *_rating(rating))
        yield Padding(table, BELOW)
    for section in review.sections:
        yield Text(one_line(section.name), "bold")
        for paragraph in paragraphs(section.text):
            yield Padding(Text(paragraph, overflow="fold"), BELOW)
        if not section.points and not section.text.strip():
            yield Padding(Text("Nothing was written here.", DIM), BELOW)
        for point in section.points:
            yield _point(point)


def _rating(rating: RatingOutline) -> tuple[Text, Text]:
    scale = Text("".join("\u25cf" if on else "\u25cb" for on in rating.steps))
    if rating.value:
        label = f" \u00b7 {one_line(rating.label)}" if rating.label else ""
        return scale, Text.assemble((rating.value, "bold"), label, (f" ({rating.scale})", DIM))
    written = f"written: \u201c{one_line(rating.raw)}\u201d" if rating.raw.strip() else "not written"
    return scale, Text.assemble(("unscored", BAD), f" \u00b7 {written}", (f" ({rating.scale})", DIM))


def _point(shown: PointOutline) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(style=HEAD, no_wrap=True, min_width=3, vertical="top")
    table.add_column(overflow="fold", ratio=1)
    table.add_row(shown.label, Text(one_line(shown.point.text)))
    for line in _support(shown):
        table.add_row("", Padding(line, (0, 0, 0, 2)))
    return Padding(table, BELOW)


def _support(shown: PointOutline) -> Iterator[Text]:
    for question in shown.questions:
        yield Text.assemble(
            "answers ", (one_line(question.id), "bold"), f" ({shown.link}): ", (one_line(question.text), DIM)
        )
    if not shown.questions:
        yield Text("answers none of the questions", DIM)
    yield _passage(shown)
    for quotation in shown.quotations:
        mark = ("\u2713 " if quotation.verified else "\u2717 ") + verdict(quotation)
        style = GOOD if quotation.verified else BAD
        yield Text.assemble(f"quotation \u201c{one_line(quotation.quote)}\u201d: ", (mark, style))


def _passage(shown: PointOutline) -> Text:
    passage = shown.passage
    if passage is None:
        return Text("no passage of the paper shares its words", DIM)
    where = one_line(place(passage))
    where = f" ({where})" if where else ""
    return Text.assemble(
        f"closest passage{where}, BM25 score {passage.score:.1f}: ", (f"\u201c{one_line(passage.quote)}\u201d", DIM)
    )


def _questions(shown: Outline) -> Iterator[RenderableType]:
    yield _heading("Questions asked")
    if not shown.questions:
        yield Text("No questions were asked.")
        return
    if shown.unanswered:
        ids = ", ".join(one_line(one.question.id) for one in shown.unanswered)
        yield Text.assemble(("Left unanswered: ", "bold"), (ids, BAD))
    else:
        yield Text("Every question is answered by at least one point.")
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, header_style=DIM)
    table.add_column("", style=HEAD, overflow="fold")
    table.add_column("Question", overflow="fold", ratio=1)
    table.add_column("Answered by", overflow="fold", min_width=11, max_width=24)
    for one in shown.questions:
        remark = f" ({one_line(one.remark)})" if one.remark else ""
        answered = Text(", ".join(point.label for point in one.points)) if one.points else Text("unanswered", BAD)
        question = Text.assemble(one_line(one.question.text), (remark, DIM))
        table.add_row(Text(one_line(one.question.id)), question, answered)
    yield table


def _account(record: ChainRecord) -> Iterator[RenderableType]:
    yield _heading("How this review was made")
    yield _pairs(account.facts(record))
    for stage in account.stage_accounts(record):
        yield Padding(Text(f"Stage {stage.title}", "bold"), (1, 0, 0, 0))
        yield _pairs(stage.rows)
    if record.stages:
        yield Text(account.RATE, DIM)
    yield Padding(Text("What was cut from the paper", "bold"), (1, 0, 0, 0))
    cuts = account.cut_accounts(record)
    for cut in cuts:
        yield Text(f"{one_line(cut.section)}: {cut.kept:,} of {cut.total:,} words kept ({cut.share:.0%})")
    if not cuts:
        yield Text("Nothing: the whole text was read.")
    found = account.problems(record)
    if found:
        yield Padding(Text("Problems in the model's answers", "bold"), (1, 0, 0, 0))
        yield from (Text(one_line(problem)) for problem in found)
    if record.versions:
        yield Padding(Text("Versions", "bold"), (1, 0, 0, 0))
        yield Text(one_line(", ".join(f"{name} {version}" for name, version in sorted(record.versions.items()))))
