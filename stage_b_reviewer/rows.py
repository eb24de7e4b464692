"""Stage B's training rows: paper + questions -> a review on the form, as the stage's own prompt asks and parser reads.

The target is one referee's review or the merged one of all. Its remarks become points of a line each, tagged with the
questions they answer by the same overlap of words that links points when serving. What of a review is not in the
target is counted by code. Whether a review is good enough to learn from is decided before (`common.selection`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from common.corpora.schema import CorpusPaper, HumanReview, Rejection
from common.rows.design import RowDesign, one_line
from common.rows.record import Draft, Posed, counted
from common.types import Point, Question, Rating, ReviewForm, ReviewSection
from stage_b_reviewer import prompt
from stage_b_reviewer.linking import Linker, unanswered
from stage_b_reviewer.merging.items import tidied
from stage_b_reviewer.merging.records import MergedReview
from stage_b_reviewer.merging.remarks import remarks_of
from stage_b_reviewer.points import without_repeats

_TAG = re.compile(r"[\[(]\s*(Q\s?\d[^\])]{0,20})\s*[\])]", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b(?:other|fellow|previous) (?:\w+ )?(?:reviewers?|reviews)\b"
    r"|\breviewers? (?:#?\d|[A-Za-z]{2}\d|(?=\w*\d)\w{4}\b)"
    r"|^\W*thank(?:s| you)\b",
    re.IGNORECASE,
)
"""What only someone in the discussion can say: whoever reads the paper alone knows of no other reviewer."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Target:
    """What a review says on a form. paragraphs: the sections that are no lists. points: of the others, in order.
    ratings: those the review gives and the form has. left_out: codes of what is not here, one a remark."""

    form: ReviewForm
    paragraphs: tuple[ReviewSection, ...]
    points: tuple[Point, ...]
    ratings: tuple[Rating, ...] = ()
    left_out: tuple[str, ...] = ()


def of_review(review: HumanReview, form: ReviewForm) -> Target | None:
    """One referee's review on the form; None when none of the form's lists is a section of the review.

    A review in free text has a place on a form of one section alone, which takes the whole of any review.
    """
    single = form.sections[0].name if len(form.sections) == 1 else ""
    listed = {one.name.casefold(): one.name for one in form.sections if one.points}
    plain = {one.name.casefold(): one.name for one in form.sections if not one.points}
    remarks, out = remarks_of(review)
    codes = [one.code for one in out if one.section.casefold() not in plain]
    points = []
    for remark in remarks:
        name = single or listed.get(remark.section.casefold(), "")
        whole = f"{remark.text} {tidied(remark.rest)}" if remark.rest else remark.text
        text = _readable(whole)
        if name and _OTHERS.search(text):
            codes.append("aside")
        elif name:
            points.append(Point(name, text))
        elif remark.section.casefold() not in plain:
            codes.append("no-section")
    if not points:
        return None
    given = {part.name.casefold(): one_line(part.text) for part in review.sections}
    paragraphs = tuple(ReviewSection(plain[key], text) for key, text in given.items() if key in plain and text)
    order = [section.name for section in form.sections]
    return Target(
        form, paragraphs, tuple(sorted(points, key=lambda point: order.index(point.section))),
        _on_scale(review.ratings, form), tuple(codes),
    )  # fmt: skip


def of_merged(merged: MergedReview, form: ReviewForm) -> Target | None:
    """The merged review of all referees; None when it was merged on another form. It has no ratings: opinions are
    never averaged."""
    if merged.form != form.name:
        return None
    points = tuple(
        Point(section.name, _readable(point.text))
        for section in merged.sections
        if section.listed
        for point in section.points
    )
    paragraphs = tuple(
        ReviewSection(section.name, one_line(" ".join(point.text for point in section.points)))
        for section in merged.sections
        if not section.listed and section.points
    )
    return Target(form, paragraphs, points, (), tuple(one.code for one in merged.left_out)) if points else None


def asked_form(target: Target) -> ReviewForm:
    """The form as the prompt names it: with those ratings alone that the target has, so that the answer does all that
    it is asked."""
    given = {rating.name for rating in target.ratings}
    return replace(target.form, ratings=tuple(scale for scale in target.form.ratings if scale.name in given))


def draft(paper: CorpusPaper, linker: Linker, posed: Posed, target: Target, design: RowDesign) -> Draft | Rejection:
    """The row's prompt and answer, or why there is none. linker: of the whole paper and these questions."""
    form = asked_form(target)
    questions = posed.questions
    points, codes = _without_questions(target.points, questions if posed.source == "human" else ())
    repeats: list[str] = []
    kept = without_repeats(points, repeats)
    codes += ["repeated"] * (len(points) - len(kept))
    points = [linker.linked(point) for point in kept]
    where = f"{paper.key}#{'+'.join(posed.reviews)}"
    if not points:
        return Rejection("row", where, "no-points", "Nothing of the review is left to learn from.")
    sections = _sections(form, target.paragraphs, points)
    said = [*points, *(linker.linked(Point(part.name, part.text)) for part in target.paragraphs)]
    reasons = rationale(points, unanswered(questions, said))
    answer = prompt.render(sections, target.ratings, form, design, reasons)
    if fault := _fault(answer, form, questions, sections, points, target.ratings, design):
        return Rejection("row", where, "not-readable", f"The parser does not read the review back: {fault}.")
    return Draft(
        stage="b",
        reviews=posed.reviews,
        questions=posed.source,
        form=form.name,
        prompt=partial(prompt.messages, form=form, questions=questions, design=design),
        answer=answer,
        prompt_version=prompt.PROMPT_VERSION,
        aspects=tuple(question.aspect for question in questions),
        left_out=counted([*target.left_out, *codes]),
        sets=posed.sets,
    )


def rationale(points: Sequence[Point], unanswered: Sequence[str]) -> str:
    """What the ratings rest on, as counts of the target's points: no words are put into a referee's mouth."""
    names = dict.fromkeys(point.section for point in points)
    counts = ", ".join(f"{name} {sum(point.section == name for point in points)}" for name in names)
    return f"points are {counts}" + (f"; no answer to {', '.join(unanswered)}." if unanswered else ".")


def _sections(form: ReviewForm, paragraphs: Sequence[ReviewSection], points: Sequence[Point]) -> list[ReviewSection]:
    """The form's sections that have something to say, in its order."""
    texts = {section.name: section.text for section in paragraphs}
    for section in form.sections:
        lines = [_line(point) for point in points if point.section == section.name]
        if lines:
            texts[section.name] = "\n".join(lines)
    return [ReviewSection(section.name, texts[section.name]) for section in form.sections if section.name in texts]


def _line(point: Point) -> str:
    return f"- {point.text} [{', '.join(point.question_ids)}]" if point.question_ids else f"- {point.text}"


def _fault(
    answer: str,
    form: ReviewForm,
    questions: Sequence[Question],
    sections: Sequence[ReviewSection],
    points: Sequence[Point],
    ratings: Sequence[Rating],
    design: RowDesign,
) -> str:
    """Where the parsed answer is not the target, "" nowhere."""
    read = prompt.parse(answer, form, questions, design=design)
    pairs = {
        "its sections": (list(read.sections), list(sections)),
        "its points": ([(p.section, p.text, p.question_ids) for p in read.points],
                       [(p.section, p.text, p.question_ids) for p in points]),
        "its ratings": ({r.name: r.value for r in read.ratings}, {r.name: r.value for r in ratings}),
    }  # fmt: skip
    return ", ".join(f"{name} differ" for name, (found, wanted) in pairs.items() if found != wanted)


def _readable(text: str) -> str:
    """A remark as a point: one line, without what the parser takes for a tag or for the opening of a list."""
    line = _TAG.sub(r"\1", one_line(text))
    return f"{line.rstrip(': ')}." if line.endswith(":") else line


def _without_questions(points: Sequence[Point], questions: Sequence[Question]) -> tuple[list[Point], list[str]]:
    """Points that say more than the questions of the prompt do: to repeat a question is no answer to it."""
    asked = sorted((_words(question.text) for question in questions), key=len, reverse=True)
    kept = []
    for point in points:
        words = _words(point.text)
        for one in asked:
            words = words.replace(one, " ")
        if len(words.split()) >= 3 or not questions:
            kept.append(point)
    return kept, ["asked"] * (len(points) - len(kept))


def _words(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.lower()))} "


def _on_scale(ratings: Sequence[Rating], form: ReviewForm) -> tuple[Rating, ...]:
    values = {rating.name: rating.value for rating in ratings}
    return tuple(
        Rating(scale.name, value)
        for scale in form.ratings
        if (value := values.get(scale.name)) is not None and value in {float(key) for key in scale.labels}
    )
