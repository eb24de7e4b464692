"""Stage A's prompt and its parser, an inverse pair: paper -> questions, one a line.

    1. (soundness) Does the ablation separate the cache from the scheduler?

The instruction stands before the paper and nothing that differs between samples stands after it, so several question
sets over one paper share one prefix. Structure after Reviewer2 (arXiv 2402.10886, section 3.2): the paper, and the
names of the review's sections; one item a line after sample-design engineering (arXiv 2404.13033), whose other layouts
are `common.rows.design`'s switches: every design is an inverse pair.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from common.engines.base import Messages
from common.fence import fenced
from common.rows.design import DEFAULT, RATIONALE, RowDesign, one_line
from common.rows.paragraph import items_of, paragraph
from common.types import Question, ReviewForm

PROMPT_VERSION = "a1"

ASPECTS = (
    "summary",
    "motivation",
    "originality",
    "soundness",
    "experiments",
    "comparison",
    "clarity",
    "significance",
    "replicability",
    "limitations",
    "ethics",
    "other",
)

SYSTEM = "You are an expert reviewer of research papers. You prepare a review by asking the right questions."

_ITEM = re.compile(r"^\s*(?:[-*\u2022]|Q?\d{1,2}\s*[.):]|\(\d{1,2}\))\s*(?P<rest>\S.*)$")
_ASPECT = re.compile(r"^[(\[](?P<aspect>[A-Za-z ]{3,20})[)\]]\s*:?\s*(?P<text>.*)$")
_RUN_ON = re.compile(rf"\s\d{{1,2}}\. \((?:{'|'.join(ASPECTS)})\) ")
FEWEST, MOST = 5, 8
"""Questions a set should have: distilled sets hold 4 to 8."""
NO_QUESTION = "none."
"""Placeholder of an aspect nobody asks about, in the designs that have one; a question never reads so."""
SHORTEST, LONGEST = 3, 80
"""Words of a question. Shorter is a fragment; longer is a paragraph that ran away."""


@dataclass(frozen=True, slots=True)
class ParsedQuestions:
    """questions: numbered Q1, Q2, ... in order. rejected: the lines that were no question, with the reason.
    rationale: the line of reasons before them, where the design has one."""

    questions: tuple[Question, ...]
    rejected: tuple[str, ...]
    rationale: str = ""


def messages(paper: str, form: ReviewForm, design: RowDesign = DEFAULT) -> Messages:
    """The chat that asks for questions. paper: its text, already cut to the budget."""
    first = design.instruction == "first"
    sections = ", ".join(section.name for section in form.sections)
    example = "1. (aspect) question?"
    shape = "one on each line, in this form"
    if design.layout == "paragraph":
        shape, example = "in one paragraph, in this form", f"{example} 2. (aspect) question?"
    instruction = (
        f"Read the paper {'below' if first else 'above'} and write the questions that its reviewer has to answer. "
        f"The review will have these sections: {sections}.\n"
        "Ask about this paper's own claims, methods, data and comparisons, so that no question fits every paper.\n"
        f"Write {FEWEST} to {MOST} questions, {shape}:\n"
        f"{example}\n"
        f"Aspects: {', '.join(ASPECTS)}."
    )
    if design.absent == "placeholder":
        instruction += f"\nAfter them, for every aspect without a question, write: (aspect) {NO_QUESTION}"
    if design.rationale:
        instruction += f"\nBegin with a line '{RATIONALE} ...' that says what the review has to settle."
    parts = (instruction, fenced(paper)) if first else (fenced(paper), instruction)
    user = "\n\n".join([*parts, "Write the questions now."])
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user}]


def render(questions: Sequence[Question], design: RowDesign = DEFAULT, rationale: str = "") -> str:
    """What a perfect stage A answers: the training target, and the inverse of `parse`."""
    items = [f"({question.aspect}) {question.text}" if question.aspect else question.text for question in questions]
    if design.absent == "placeholder":
        asked = {question.aspect for question in questions}
        items += [f"({aspect}) {NO_QUESTION}" for aspect in ASPECTS if aspect not in asked]
    if design.layout == "paragraph":
        body = paragraph(items)
    else:
        body = "\n".join(f"{number}. {item}" for number, item in enumerate(items, start=1))
    return f"{RATIONALE} {one_line(rationale)}\n{body}" if design.rationale else body


def grammar(fewest: int = FEWEST, most: int = MOST, longest: int | None = None, design: RowDesign = DEFAULT) -> str:
    """The answers of `render` as EBNF (xgrammar's notation): numbered items with an aspect, each ending in "?".

    A model decoded under it cannot leave the form, which is what small models do first. The item itself is free.
    longest: characters of a question, for a model that would not end one; None for no limit."""
    between = '" "' if design.layout == "paragraph" else '"\\n"'
    items = [f'"{number}. (" aspect ") " question' for number in range(1, most + 1)]
    needed = f" {between} ".join(items[:fewest])
    optional = "".join(f" ({between} {item}" for item in items[fewest:]) + " )?" * (most - fewest)
    aspects = " | ".join(f'"{aspect}"' for aspect in ASPECTS)
    rules = [f"aspect ::= {aspects}", f'question ::= [A-Z] [^?\\n]{{12,{longest or ""}}} "?"']
    if design.absent == "placeholder":
        optional += f" nothing{{{max(0, len(ASPECTS) - most)},{len(ASPECTS)}}}"
        rules.append(f'nothing ::= {between} [1-9] [0-9]? ". (" aspect ") {NO_QUESTION}"')
    reasons = f'"{RATIONALE} " [^\\n]{{3,400}} "\\n" ' if design.rationale else ""
    return "\n".join([f"root ::= {reasons}{needed}{optional}", *rules, ""])


def parse(text: str, finish: str = "stop", design: RowDesign = DEFAULT) -> ParsedQuestions:
    """Read a completion. A line that is no question is rejected and listed, never repaired into one.

    finish: "length" says that the completion was cut, so its last line is incomplete and is rejected as such.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    rationale = ""
    if design.rationale and lines and lines[0].startswith(RATIONALE):
        rationale = lines.pop(0).removeprefix(RATIONALE).strip()
    if design.layout == "paragraph":
        items = items_of(" ".join(lines))
        lines = lines if items is None else [f"{number}. {item}" for number, item in enumerate(items, start=1)]
    cut = lines.pop() if finish == "length" and lines else ""
    questions: list[Question] = []
    rejected = [f"cut off: {cut}"] if cut else []
    for line in lines:
        aspect, body = _aspect_and_text(line)
        if design.absent == "placeholder" and body.lower() == NO_QUESTION:
            continue
        reason = fault(body)
        if reason:
            rejected.append(f"{reason}: {line}")
        else:
            questions.append(Question(f"Q{len(questions) + 1}", body, aspect))
    return ParsedQuestions(tuple(questions), tuple(rejected), rationale)


def _aspect_and_text(line: str) -> tuple[str, str]:
    item = _ITEM.match(line)
    rest = item["rest"].strip() if item else line
    match = _ASPECT.match(rest)
    if match and match["aspect"].strip().lower() in ASPECTS:
        return match["aspect"].strip().lower(), match["text"].strip()
    return "", rest


def fault(body: str) -> str:
    """Why a text is not a question, or ""."""
    words = len(body.split())
    if not body.rstrip("*_\"'\u201d").endswith("?"):
        return "not a question"
    if words < SHORTEST:
        return "too short"
    if words > LONGEST:
        return "too long"
    if _RUN_ON.search(body):
        return "two items in one line"
    return ""
