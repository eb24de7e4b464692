"""Stage A's prompt and its parser, an inverse pair: paper -> questions, one a line.

    1. (soundness) Does the ablation separate the cache from the scheduler?

The instruction stands before the paper and nothing that differs between samples stands after it, so several question
sets over one paper share one prefix. Structure after Reviewer2 (arXiv 2402.10886, section 3.2): the paper, and the
names of the review's sections; one item a line after sample-design engineering (arXiv 2404.13033).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from common.engines.base import Messages
from common.fence import fenced
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
FEWEST, MOST = 5, 8
"""Questions a set should have: distilled sets hold 4 to 8."""
SHORTEST, LONGEST = 3, 80
"""Words of a question. Shorter is a fragment; longer is a paragraph that ran away."""


@dataclass(frozen=True, slots=True)
class ParsedQuestions:
    """questions: numbered Q1, Q2, ... in order. rejected: the lines that were no question, with the reason."""

    questions: tuple[Question, ...]
    rejected: tuple[str, ...]


def messages(paper: str, form: ReviewForm) -> Messages:
    """The chat that asks for questions. paper: its text, already cut to the budget."""
    sections = ", ".join(section.name for section in form.sections)
    instruction = (
        "Read the paper below and write the questions that its reviewer has to answer. "
        f"The review will have these sections: {sections}.\n"
        "Ask about this paper's own claims, methods, data and comparisons, so that no question fits every paper.\n"
        f"Write {FEWEST} to {MOST} questions, one on each line, in this form:\n"
        "1. (aspect) question?\n"
        f"Aspects: {', '.join(ASPECTS)}."
    )
    user = f"{instruction}\n\n{fenced(paper)}\n\nWrite the questions now."
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user}]


def render(questions: Sequence[Question]) -> str:
    """What a perfect stage A answers: the training target, and the inverse of `parse`."""
    lines = []
    for number, question in enumerate(questions, start=1):
        aspect = f"({question.aspect}) " if question.aspect else ""
        lines.append(f"{number}. {aspect}{question.text}")
    return "\n".join(lines)


def grammar(fewest: int = FEWEST, most: int = MOST) -> str:
    """The answers of `render` as EBNF (xgrammar's notation): numbered lines with an aspect, each ending in "?".

    A model decoded under it cannot leave the form, which is what small models do first. The line itself is free."""
    items = [f'"{number}. (" aspect ") " question' for number in range(1, most + 1)]
    needed = ' "\\n" '.join(items[:fewest])
    optional = "".join(f' ("\\n" {item}' for item in items[fewest:]) + " )?" * (most - fewest)
    aspects = " | ".join(f'"{aspect}"' for aspect in ASPECTS)
    return f'root ::= {needed}{optional}\naspect ::= {aspects}\nquestion ::= [A-Z] [^?\\n]{{12,}} "?"\n'


def parse(text: str, finish: str = "stop") -> ParsedQuestions:
    """Read a completion. A line that is no question is rejected and listed, never repaired into one.

    finish: "length" says that the completion was cut, so its last line is incomplete and is rejected as such.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    cut = lines.pop() if finish == "length" and lines else ""
    questions: list[Question] = []
    rejected = [f"cut off: {cut}"] if cut else []
    for line in lines:
        aspect, body = _aspect_and_text(line)
        reason = _fault(line, body)
        if reason:
            rejected.append(f"{reason}: {line}")
        else:
            questions.append(Question(f"Q{len(questions) + 1}", body, aspect))
    return ParsedQuestions(tuple(questions), tuple(rejected))


def _aspect_and_text(line: str) -> tuple[str, str]:
    item = _ITEM.match(line)
    rest = item["rest"].strip() if item else line
    match = _ASPECT.match(rest)
    if match and match["aspect"].strip().lower() in ASPECTS:
        return match["aspect"].strip().lower(), match["text"].strip()
    return "", rest


def _fault(line: str, body: str) -> str:
    """Why a line is not a question, or ""."""
    words = len(body.split())
    if not body.rstrip("*_\"'\u201d").endswith("?"):
        return "not a question"
    if words < SHORTEST:
        return "too short"
    if words > LONGEST:
        return "too long"
    return ""
