"""A record as GitHub-flavoured Markdown.

Text of papers and models is escaped: it cannot open a heading, a link, an image, HTML or code. What is Markdown here is
ours alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from common.types import ChainRecord
from common.views import account
from common.views.notice import NOTICE
from common.views.outline import Outline, PointOutline, RatingOutline, ReviewOutline, outline, place, verdict
from common.views.text import one_line, paragraphs, visible


def to_markdown(record: ChainRecord) -> str:
    """The whole record but the questioner's raw completions; those of the reviewer are folded at each review's end."""
    shown = outline(record)
    blocks = [
        f"# Review of \u201c{escape(record.paper.title) or escape(record.paper.source.name)}\u201d",
        f"> **{NOTICE}**",
        *_warnings(record),
        *_notices(record),
        "\n".join(f"- **{name}:** {escape(value)}" for name, value in shown.facts),
    ]
    for review in shown.reviews:
        blocks += _review(review)
    blocks += _questions(shown)
    blocks += _account(record)
    return "\n\n".join(block for block in blocks if block) + "\n"


def escape(text: str) -> str:
    """Foreign text as one line of plain Markdown text.

    Escapes what CommonMark and GitHub give a meaning to (also bare links, addresses and mentions), and no more, so
    that the source stays readable.
    """
    text = re.sub(r"([\\`*\[\]<>|~$])", r"\\\1", one_line(text))
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
    text = re.sub(r"&(?=#|\w+;)", r"\\&", text)
    text = re.sub(r":(?=//)", r"\\:", text)
    text = re.sub(r"(?i)(www)\.", r"\1\\.", text)
    text = re.sub(r"@(?=\w)", "@<!-- -->", text)
    text = re.sub(r"^([#+\-=])", r"\\\1", text)
    return re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", text)


def code(text: str) -> str:
    """Foreign text as a code span, also inside a table."""
    text = one_line(text)
    if not text:
        return ""
    fence = "`" * (max(map(len, re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")


def fenced(text: str) -> str:
    """Foreign text as a code block that it cannot close."""
    text = visible(text).strip("\n")
    fence = "`" * max(3, max(map(len, re.findall(r"`+", text)), default=0) + 1)
    return f"{fence}text\n{text}\n{fence}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are Markdown already. Columns from the second on whose head ends with ":" align right."""
    rule = ["---:" if name.endswith(":") else "---" for name in head]
    lines = [[name.removesuffix(":") for name in head], rule, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _warnings(record: ChainRecord) -> Iterator[str]:
    if record.paper.warnings:
        lines = [
            f"> - {f'**p. {warning.page}:** ' if warning.page else ''}{escape(warning.message)} ({code(warning.code)})"
            for warning in record.paper.warnings
        ]
        yield "\n".join(["> [!WARNING]", "> **Warnings about the paper**", ">", *lines])


def _notices(record: ChainRecord) -> Iterator[str]:
    notices = account.run_notices(record)
    if notices:
        yield "\n".join(["> [!NOTE]", "> **About this run**", ">", *(f"> - {escape(notice)}" for notice in notices)])


def _review(review: ReviewOutline) -> Iterator[str]:
    yield f"## {review.title}"
    if not review.parsed:
        yield "**This text does not follow the form and could not be read into points. It is shown as it came.**"
        yield fenced(review.review.raw) if review.review.raw.strip() else "*The model wrote nothing.*"
    if review.ratings:
        yield table(("Rating", "Value", "Scale"), [_rating(rating) for rating in review.ratings])
    for section in review.sections:
        yield f"### {escape(section.name)}"
        yield from map(_lines, paragraphs(section.text))
        for point in section.points:
            yield _point(point)
        if not section.points and not section.text.strip():
            yield "*Nothing was written here.*"
    if review.parsed and review.review.raw.strip():
        yield _folded("Raw text of this review", review.review.raw)


def _lines(paragraph: str) -> str:
    """A paragraph that keeps its line ends."""
    return "\\\n".join(escape(line) for line in paragraph.split("\n"))


def _rating(rating: RatingOutline) -> tuple[str, str, str]:
    if rating.value:
        value = f"**{rating.value}**" + (f" \u00b7 {escape(rating.label)}" if rating.label else "")
    else:
        value = "**unscored** \u00b7 " + (
            f"written: \u201c{escape(rating.raw)}\u201d" if rating.raw.strip() else "not written"
        )
    return escape(rating.name), value, rating.scale


def _point(shown: PointOutline) -> str:
    lines = [f"- **{shown.label}.** {escape(shown.point.text)}"]
    for question in shown.questions:
        lines.append(f"  - Answers **{escape(question.id)}** ({shown.link}): {escape(question.text)}")
    if not shown.questions:
        lines.append("  - Answers none of the questions.")
    passage = shown.passage
    if passage:
        where = escape(place(passage))
        lines.append(
            f"  - Closest passage{f' ({where})' if where else ''}, BM25 score {passage.score:.1f}: "
            f"\u201c{escape(passage.quote)}\u201d"
        )
    else:
        lines.append("  - No passage of the paper shares its words.")
    for quotation in shown.quotations:
        mark = "\u2713" if quotation.verified else "\u2717"
        lines.append(f"  - Quotation \u201c{escape(quotation.quote)}\u201d: {mark} **{verdict(quotation)}**")
    return "\n".join(lines)


def _questions(shown: Outline) -> Iterator[str]:
    yield "## Questions asked"
    if not shown.questions:
        yield "No questions were asked."
        return
    if shown.unanswered:
        yield "**Left unanswered:** " + ", ".join(escape(one.question.id) for one in shown.unanswered) + "."
    else:
        yield "Every question is answered by at least one point."
    rows = []
    for one in shown.questions:
        answered = ", ".join(point.label for point in one.points) or "**unanswered**"
        remark = f" *({escape(one.remark)})*" if one.remark else ""
        rows.append((f"**{escape(one.question.id)}**", escape(one.question.text) + remark, answered))
    yield table(("", "Question", "Answered by"), rows)


def _account(record: ChainRecord) -> Iterator[str]:
    yield "## How this review was made"
    yield table(("Run", ""), [(name, _value(name, value)) for name, value in account.facts(record)])
    stages = account.stage_accounts(record)
    if stages:
        rows = zip(*(stage.rows for stage in stages), strict=True)
        yield table(
            ("Stage", *(stage.title for stage in stages)),
            [(row[0][0], *(_value(name, value) for name, value in row)) for row in rows],
        )
        yield account.RATE
    cuts = account.cut_accounts(record)
    yield "### What was cut from the paper"
    if cuts:
        yield table(
            ("Section", "Words kept:", "of words:", "Share:"),
            [(escape(cut.section), f"{cut.kept:,}", f"{cut.total:,}", f"{cut.share:.0%}") for cut in cuts],
        )
    else:
        yield "Nothing: the whole text was read."
    found = account.problems(record)
    if found:
        yield "### Problems in the model's answers"
        yield "\n".join(f"- {escape(problem)}" for problem in found)
    if record.versions:
        yield "### Versions"
        yield ", ".join(f"{escape(name)} {escape(version)}" for name, version in sorted(record.versions.items()))


def _value(name: str, value: str) -> str:
    return code(value) if name.endswith("SHA-256") else escape(value)


def _folded(title: str, raw: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{fenced(raw)}\n\n</details>"
