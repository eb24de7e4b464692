"""Stage B's prompt and its parser, an inverse pair: paper + questions -> a review on the form's sections.

    ## Weaknesses
    - The ablation changes two things at once. [Q2]

    ## Ratings
    Soundness: 2

The instruction and the paper come first and the questions last, so that different question sets over one paper share
their prefix. Structure after Reviewer2 (arXiv 2402.10886, section 3.2). What does not parse is listed in
`Review.problems` and stays in `Review.raw`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from common.engines.base import Messages
from common.fence import fenced
from common.forms import parse_rating
from common.types import Question, Rating, RatingScale, Review, ReviewForm, ReviewSection
from stage_b_reviewer.points import points_of, without_repeats

PROMPT_VERSION = "b1"
RATINGS = "Ratings"
SYSTEM = "You are an expert reviewer of research papers. You write critical, fair and specific reviews."

_HEADING = re.compile(
    r"^\s*(?P<hash>\#{1,6}\s*)?(?P<open>\*{0,2})(?P<name>[A-Za-z][A-Za-z ,&/'-]{2,60}?)\s*"
    r"(?P<colon>:?)(?P<close>\*{0,2})(?P<late>:?)(?P<rest>.*)$"
)


def messages(paper: str, form: ReviewForm, questions: Sequence[Question]) -> Messages:
    """The chat that asks for a review. paper: its text, already cut to the budget; questions may be empty, which is
    the single-stage baseline."""
    lines = [f"## {section.name}" + (f"\n({section.guide})" if section.guide else "") for section in form.sections]
    if form.ratings:
        lines.append(f"## {RATINGS}")
        lines += [f"{scale.name}: {_scale_line(scale)}" for scale in form.ratings]
    task = "by answering the questions that follow it" if questions else "in full"
    instruction = (
        f"Read the paper below and review it {task}. Write these sections, each under its heading:\n"
        + "\n".join(lines)
        + "\nWrite every point as one line that begins with '- '. Be specific to this paper"
        + (", and end each point with the numbers of the questions it answers, as in [Q2]." if questions else ".")
    )
    asked = "\n".join(f"{question.id}. {question.text}" for question in questions)
    tail = f"Questions:\n{asked}\n\nWrite the review now." if questions else "Write the review now."
    user = f"{instruction}\n\n{fenced(paper)}\n\n{tail}"
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": user}]


def _scale_line(scale: RatingScale) -> str:
    values = list(scale.labels)
    return (
        f"a number from {values[0]} to {values[-1]}"
        if values == sorted(values, key=float)
        else "one of " + ", ".join(values)
    )


def render(sections: Sequence[ReviewSection], ratings: Sequence[Rating] = ()) -> str:
    """What a perfect stage B answers: the training target, and the inverse of `parse`.

    A line of a section that would read as a heading is marked with a backslash, which `parse` takes away again.
    """
    names = {_key(section.name) for section in sections} | {_key(RATINGS)}
    blocks = [f"## {section.name}\n{_guarded(section.text, names)}".rstrip() for section in sections]
    scored = [f"{rating.name}: {rating.value:g}" for rating in ratings if rating.value is not None]
    if scored:
        blocks.append("\n".join([f"## {RATINGS}", *scored]))
    return "\n\n".join(blocks)


def parse(text: str, form: ReviewForm, questions: Sequence[Question] = (), finish: str = "stop") -> Review:
    """Read a completion against the form it was asked for. Nothing is invented: a missing section is a problem, a
    rating that does not fit its scale is unscored, a question number that was not asked is dropped and said."""
    blocks = _split(text, form)
    problems = ["the answer was cut off at its length limit"] if finish == "length" else []
    sections = tuple(ReviewSection(s.name, blocks[_key(s.name)]) for s in form.sections if _key(s.name) in blocks)
    problems += [f"no section {s.name}" for s in form.sections if not blocks.get(_key(s.name))]
    if blocks.get(""):
        problems.append("text before the first section")
    listed = {section.name for section in form.sections if section.points}
    known = frozenset(question.id for question in questions)
    found = [point for s in sections if s.name in listed for point in points_of(s, known, problems)]
    points = without_repeats(found, problems)
    ratings = tuple(_rating(scale, text, blocks.get(_key(RATINGS), "")) for scale in form.ratings)
    problems += [f"{rating.name} is unscored" for rating in ratings if rating.value is None]
    return Review(form.name, sections, points, ratings, text, tuple(problems))


@dataclass(frozen=True, slots=True)
class _Heading:
    key: str
    rest: str


def _key(name: str) -> str:
    return re.sub(r"[^a-z]+", " ", name.lower().replace("&", " and ")).strip()


def _heading(line: str, names: set[str]) -> _Heading | None:
    """The heading a line is, if it is one of `names`. Text may follow on the line after a colon or bold name only."""
    match = _HEADING.match(line)
    if not match:
        return None
    marked = match["hash"] or (match["open"] and match["close"]) or match["colon"] or match["late"]
    rest = match["rest"].strip()
    if rest and not (match["colon"] or match["late"] or (match["open"] and match["close"])):
        return None
    key = _key(match["name"])
    bare_ok = match["name"].strip()[:1].isupper()
    return _Heading(key, rest) if key in names and (marked or bare_ok) else None


def _split(text: str, form: ReviewForm) -> dict[str, str]:
    """Section key -> its text; "" holds what stands before the first heading. The first heading of a name counts;
    a second one is text, since reviewers do write "Questions:" inside a section."""
    waiting = {_key(section.name) for section in form.sections} | ({_key(RATINGS)} if form.ratings else set())
    blocks: dict[str, list[str]] = {"": []}
    current = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        heading = _heading(line, waiting)
        if heading:
            current = heading.key
            waiting.discard(current)
            blocks[current] = [heading.rest] if heading.rest else []
        else:
            blocks[current].append(line[1:] if line.startswith("\\") else line)
    return {key: "\n".join(lines).strip("\n").strip() for key, lines in blocks.items()}


def _guarded(text: str, names: set[str]) -> str:
    return "\n".join(
        f"\\{line}" if line.startswith("\\") or _heading(line, names) else line for line in text.strip().split("\n")
    )


def _rating(scale: RatingScale, text: str, block: str) -> Rating:
    """From the ratings block, or from the one line anywhere that begins with the rating's name and a colon."""
    pattern = re.compile(
        rf"^[\s#*\-]*{re.escape(scale.name)}\s*\**\s*:\s*\**\s*(?P<value>.*\S)", re.IGNORECASE | re.MULTILINE
    )
    lines = pattern.findall(block) or pattern.findall(text)
    if len(set(lines)) != 1:
        return Rating(scale.name, None, " / ".join(lines))
    return parse_rating(scale, lines[0])
