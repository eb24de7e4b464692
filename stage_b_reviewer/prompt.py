"""Stage B's prompt and its parser, an inverse pair: paper + questions -> a review on the form's sections.

    ## Weaknesses
    - The ablation changes two things at once. [Q2]

    ## Ratings
    Soundness: 2

The instruction and the paper come first and the questions last, so that different question sets over one paper share
their prefix. Structure after Reviewer2 (arXiv 2402.10886, section 3.2). What does not parse is listed in
`Review.problems` and stays in `Review.raw`. Other layouts are `common.rows.design`'s switches.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from common.engines.base import Messages
from common.fence import fenced
from common.forms import parse_rating
from common.rows.design import DEFAULT, RATIONALE, RowDesign, one_line
from common.rows.paragraph import from_lines, to_lines
from common.types import Question, Rating, RatingScale, Review, ReviewForm, ReviewSection
from stage_b_reviewer.headings import guarded, key_of, split
from stage_b_reviewer.points import points_of, without_repeats

PROMPT_VERSION = "b1"
RATINGS = "Ratings"
NOTHING = "None."
"""Placeholder of a section nobody has anything to say under, in the designs that have one."""
POINTS = (4, 20)
"""Points of a whole review that `grammar` aims at: between 5% and 95% of 613 referees' reviews, whatever their form."""
MOST_POINTS = 6
"""Under one heading of many: a loop must end somewhere."""
_BEGIN = {"lines": "[A-Z]", "paragraph": "[A-Z1]"}
"""How a paragraph may begin: where points stand in it, with the first one's number."""
_BRACKET = "[0-9a-z(]"
"""What may follow a bracket that names no question: a citation, an interval, an aside."""
_NOW = "Write the review now."
SYSTEM = "You are an expert reviewer of research papers. You write critical, fair and specific reviews."


def messages(paper: str, form: ReviewForm, questions: Sequence[Question], design: RowDesign = DEFAULT) -> Messages:
    """The chat that asks for a review. paper: its text, already cut to the budget; questions may be empty, which is
    the single-stage baseline."""
    first = design.instruction == "first"
    answering = f"by answering the questions that follow {'it' if first else ''}".rstrip() if questions else "in full"
    instruction = _instruction(
        f"Read the paper {'below' if first else 'above'} and review it {answering}.", form, bool(questions), design
    )
    asked = "\n".join(f"{question.id}. {question.text}" for question in questions)
    tail = f"Questions:\n{asked}\n\n{_NOW}" if questions else _NOW
    parts = (instruction, fenced(paper)) if first else (fenced(paper), instruction)
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "\n\n".join([*parts, tail])}]


def follow_up(form: ReviewForm, design: RowDesign = DEFAULT) -> dict[str, str]:
    """The second request of one conversation in which the paper was read and its questions were written as a numbered
    list: neither is said again."""
    task = "Now review the paper above by answering these questions; number 1 is Q1, number 2 is Q2, and so on."
    return {"role": "user", "content": f"{_instruction(task, form, True, design)}\n\n{_NOW}"}


def _instruction(task: str, form: ReviewForm, asked: bool, design: RowDesign) -> str:
    """What to write, and how. asked: there are questions, which the points name."""
    lines = [f"## {section.name}" + (f"\n({section.guide})" if section.guide else "") for section in form.sections]
    if form.ratings:
        lines.append(f"## {RATINGS}")
        lines += [f"{RATIONALE} one line that says what they rest on"] if design.rationale else []
        lines += [f"{scale.name}: {_scale_line(scale, design)}" for scale in form.ratings]
    instruction = (
        f"{task} Write these sections, each under its heading:\n"
        + "\n".join(lines)
        + f"\n{_shape(design)} Be specific to this paper"
        + (", and end each point with the numbers of the questions it answers, as in [Q2]." if asked else ".")
    )
    if design.absent == "placeholder":
        instruction += f"\nIn a section with nothing to say, write: {NOTHING}"
    return instruction


def _shape(design: RowDesign) -> str:
    if design.layout == "paragraph":
        return "Write the points of a section in one paragraph, numbered in the text: 1. ... 2. ..."
    return "Write every point as one line that begins with '- '."


def _scale_line(scale: RatingScale, design: RowDesign) -> str:
    """The scale in words: "a number from 1 (poor) to 4 (excellent)", or all values where some are left out."""
    values = sorted(scale.labels, key=float)
    if design.ratings == "text":
        return "one of " + "; ".join(_values(scale, design))
    low, high = (f"{value} ({_short(scale.labels[value])})" for value in (values[0], values[-1]))
    steps = {float(after) - float(before) for before, after in pairwise(values)}
    kind = f"one of {', '.join(values)}," if len(steps) > 1 else "a number"
    return f"{kind} from {low} to {high}"


def _short(label: str) -> str:
    return re.split(r"[:,;.]", label)[0].strip().lower()


def _in_words(scale: RatingScale, value: float) -> str:
    """The label up to its first punctuation mark, or all of it where that is not enough to tell it from another; the
    number where the scale has no words for the value."""
    label = next(label for key, label in scale.labels.items() if float(key) == value)
    for words in (re.split(r"[:;,.(]", label)[0].strip(), label):
        if words and parse_rating(scale, words).value == value:
            return words
    return f"{value:g}"


def render(
    sections: Sequence[ReviewSection],
    ratings: Sequence[Rating] = (),
    form: ReviewForm | None = None,
    design: RowDesign = DEFAULT,
    rationale: str = "",
) -> str:
    """What a perfect stage B answers: the training target, and the inverse of `parse`.

    A line of a section that would read as a heading is marked with a backslash, which `parse` takes away again.
    form: needed by every design but the default. rationale: goes before the ratings; without ratings there is none.
    """
    if design != DEFAULT:
        if form is None:
            raise ValueError("a design other than the default is rendered for a form")
        sections = _designed(sections, form, design)
    names = {key_of(section.name) for section in (form.sections if form else sections)} | {key_of(RATINGS)}
    blocks = [f"## {section.name}\n{guarded(section.text, names)}".rstrip() for section in sections]
    scales = {scale.name: scale for scale in form.ratings} if form and design.ratings == "text" else {}
    scored = [
        f"{one.name}: {_in_words(scales[one.name], one.value) if one.name in scales else f'{one.value:g}'}"
        for one in ratings
        if one.value is not None
    ]
    if scored:
        reasons = [f"{RATIONALE} {one_line(rationale)}"] if design.rationale else []
        blocks.append("\n".join([f"## {RATINGS}", *reasons, *scored]))
    return "\n\n".join(blocks)


def _designed(sections: Sequence[ReviewSection], form: ReviewForm, design: RowDesign) -> list[ReviewSection]:
    """The sections with the design's placeholders, and their points in its layout."""
    texts = {section.name: section.text for section in sections}
    if design.absent == "placeholder":
        texts = {one.name: texts.get(one.name) or (f"- {NOTHING}" if one.points else NOTHING) for one in form.sections}
    listed = {section.name for section in form.sections if section.points}
    if design.layout == "paragraph":
        texts = {name: from_lines(text) if name in listed else text for name, text in texts.items()}
    return [ReviewSection(name, text) for name, text in texts.items()]


def grammar(form: ReviewForm, design: RowDesign = DEFAULT, asked: Sequence[str] | None = None) -> str:
    """The answers of `render` on this form as EBNF (xgrammar's notation): its headings in order, a paragraph or some
    points under each, and a value of its own scale for every rating. What the lines say is free, but for the numbers
    of questions: asked is their ids, and no other can be named; None leaves them free too."""
    parts, (least, most) = [], _points_each(form)
    for section in form.sections:
        listed = section.points and design.layout == "lines"
        body = f"point{{{least},{most}}}" if listed else 'paragraph "\\n"'
        if design.absent == "placeholder":
            mark = ("- " if listed else "1. ") if section.points else ""
            body = f'({body} | "{mark}{NOTHING}\\n")'
        parts.append(f'"## {_literal(section.name)}\\n" {body}')
    if form.ratings:
        lines = [f'"{_literal(s.name)}: " ({" | ".join(_quoted(v) for v in _values(s, design))})' for s in form.ratings]
        reasons = [f'"{RATIONALE} " [^\\n]{{3,400}}'] if design.rationale else []
        parts.append(f'"## {RATINGS}\\n" ' + ' "\\n" '.join([*reasons, *lines]))
    root = ' "\\n" '.join(parts)
    return "\n".join([f"root ::= {root}", *_lines_grammar(_BEGIN[design.layout], asked), ""])


def _points_each(form: ReviewForm) -> tuple[int, int]:
    """Fewest and most points under a heading: where a single one holds the whole review, it holds all of them."""
    headings = max(1, sum(section.points for section in form.sections))
    least, most = POINTS
    return max(1, least // headings), max(MOST_POINTS, most // headings)


def _lines_grammar(begin: str, asked: Sequence[str] | None) -> list[str]:
    """The rules of a paragraph and of a point. Behind "[" only ids, digits and small letters are admitted where ids
    are checked: to admit every other character costs 44 ms a bracket, for a mask over the whole vocabulary."""
    if asked is None:
        return [f"paragraph ::= {begin} [^\\n]{{60,}}", 'point ::= "- " [A-Z0-9"(] [^\\n]{20,} "\\n"']
    ids = f"({' | '.join(_quoted(one) for one in asked)})"
    inside = f'({ids} (", " {ids})* "]" | {_BRACKET})' if asked else _BRACKET
    return [
        f"paragraph ::= {begin} [^\\n\\[]{{60,}} bracket*",
        'point ::= "- " [A-Z0-9"(] [^\\n\\[]{20,} bracket* "\\n"',
        f'bracket ::= "[" {inside} [^\\n\\[]*',
    ]


def _values(scale: RatingScale, design: RowDesign) -> list[str]:
    """What may be written for a rating, from the lowest to the highest."""
    values = sorted(scale.labels, key=float)
    return [_in_words(scale, float(value)) for value in values] if design.ratings == "text" else values


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _quoted(text: str) -> str:
    return f'"{_literal(text)}"'


def parse(
    text: str,
    form: ReviewForm,
    questions: Sequence[Question] = (),
    finish: str = "stop",
    design: RowDesign = DEFAULT,
) -> Review:
    """Read a completion against the form it was asked for. Nothing is invented: a missing section is a problem, a
    rating that does not fit its scale is unscored, a question number that was not asked is dropped and said.
    Whatever the design, the sections' points come back a line each."""
    blocks = split(text, [one.name for one in form.sections] + ([RATINGS] if form.ratings else []))
    problems = ["the answer was cut off at its length limit"] if finish == "length" else []
    if design.layout == "paragraph":
        blocks |= {key: to_lines(blocks[key]) for s in form.sections if s.points and (key := key_of(s.name)) in blocks}
    silent = {
        key for key, body in blocks.items() if design.absent == "placeholder" and body in (NOTHING, f"- {NOTHING}")
    }
    blocks = {key: body for key, body in blocks.items() if key not in silent}
    sections = tuple(ReviewSection(s.name, blocks[key_of(s.name)]) for s in form.sections if key_of(s.name) in blocks)
    problems += [
        f"no section {s.name}" for s in form.sections if not blocks.get(key := key_of(s.name)) and key not in silent
    ]
    if blocks.get(""):
        problems.append("text before the first section")
    listed = {section.name for section in form.sections if section.points}
    known = frozenset(question.id for question in questions)
    found = [point for s in sections if s.name in listed for point in points_of(s, known, problems)]
    points = without_repeats(found, problems)
    ratings = tuple(_rating(scale, text, blocks.get(key_of(RATINGS), "")) for scale in form.ratings)
    problems += [f"{rating.name} is unscored" for rating in ratings if rating.value is None]
    return Review(form.name, sections, points, ratings, text, tuple(problems))


def _rating(scale: RatingScale, text: str, block: str) -> Rating:
    """From the ratings block, or from the one line anywhere that begins with the rating's name and a colon."""
    pattern = re.compile(
        rf"^[\s#*\-]*{re.escape(scale.name)}\s*\**\s*:\s*\**\s*(?P<value>.*\S)", re.IGNORECASE | re.MULTILINE
    )
    lines = pattern.findall(block) or pattern.findall(text)
    if len(set(lines)) != 1:
        return Rating(scale.name, None, " / ".join(lines))
    return parse_rating(scale, lines[0])
