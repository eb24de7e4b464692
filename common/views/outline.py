"""What every view shows of a record, in order and in words; the views differ only in how it looks.

Pure functions of `common.types.ChainRecord`. Nothing is scored or searched here, and nothing of the record is dropped:
what has no place of its own stays in the raw completions, which every view can show.
"""

from __future__ import annotations

from dataclasses import dataclass

from common.types import ChainRecord, Evidence, Point, Question, Rating, RatingScale, Review, ReviewForm
from common.views.account import parsed

UNKNOWN = "(this question is not in the record)"


@dataclass(frozen=True, slots=True)
class PointOutline:
    """A point with its number. label: "P3", or "R2-P3" among several reviews; anchor: the same for links."""

    label: str
    anchor: str
    point: Point
    questions: tuple[Question, ...]

    @property
    def passage(self) -> Evidence | None:
        return next((one for one in self.point.evidence if one.kind == "passage"), None)

    @property
    def quotations(self) -> tuple[Evidence, ...]:
        return tuple(one for one in self.point.evidence if one.kind == "quotation")

    @property
    def link(self) -> str:
        """Who says that the point answers the questions."""
        by = {"model": "named by the model", "overlap": "linked by word overlap"}
        return by.get(self.point.linked_by, "") if self.questions else ""


@dataclass(frozen=True, slots=True)
class SectionOutline:
    """A part of a review. text: only where it has no points, so that nothing is printed twice."""

    name: str
    text: str
    points: tuple[PointOutline, ...]


@dataclass(frozen=True, slots=True)
class RatingOutline:
    """A rating on its scale. value: as printed, or "" when unscored; steps: the scale, True up to the value."""

    name: str
    value: str
    label: str
    scale: str
    raw: str
    steps: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class ReviewOutline:
    """One review. parsed: whether any of the form's sections was found in it; if not, its raw text is the review."""

    title: str
    anchor: str
    review: Review
    sections: tuple[SectionOutline, ...]
    ratings: tuple[RatingOutline, ...]
    parsed: bool

    @property
    def points(self) -> tuple[PointOutline, ...]:
        return tuple(point for section in self.sections for point in section.points)


@dataclass(frozen=True, slots=True)
class QuestionOutline:
    """A question and the points that answer it, over all reviews. origin: in words."""

    question: Question
    anchor: str
    points: tuple[PointOutline, ...]

    @property
    def remark(self) -> str:
        """Aspect and origin, where they say something: most questions are the model's."""
        origin = {"user": "asked by the user", "human": "from a human review", "teacher": "from the teacher model"}
        return " \u00b7 ".join(part for part in (self.question.aspect, origin.get(self.question.origin, "")) if part)


@dataclass(frozen=True, slots=True)
class Outline:
    """A record, ready to be shown. facts: what stands at the top, as (name, value)."""

    record: ChainRecord
    reviews: tuple[ReviewOutline, ...]
    questions: tuple[QuestionOutline, ...]
    unanswered: tuple[QuestionOutline, ...]
    facts: tuple[tuple[str, str], ...]


def outline(record: ChainRecord) -> Outline:
    """Everything the views show of a record but the account of the run, which is `account`."""
    reviews = tuple(_review(record, place) for place in range(len(record.reviews)))
    points = [point for review in reviews for point in review.points]
    questions = tuple(
        QuestionOutline(
            question,
            question_anchor(question.id),
            tuple(point for point in points if question.id in point.point.question_ids),
        )
        for question in record.questions
    )
    unanswered = tuple(one for one in questions if one.question.id in set(record.unanswered))
    return Outline(record, reviews, questions, unanswered, _facts(record, points))


def question_anchor(identity: str) -> str:
    """An HTML id for a question's id, which comes from a file and may hold anything."""
    return "q-" + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in identity)


def place(evidence: Evidence) -> str:
    """Where evidence stands: "p. 4", with its section; "" when the source has neither pages nor sections."""
    return ", ".join(part for part in (f"p. {evidence.page}" if evidence.page else "", evidence.section) if part)


def verdict(quotation: Evidence) -> str:
    """Whether a quotation stands in the paper, in words."""
    if quotation.verified:
        return f"found (p. {quotation.page})" if quotation.page else "found (the source has no pages)"
    return f"NOT FOUND in the paper (closest match {quotation.score:.0%})"


def _review(record: ChainRecord, place: int) -> ReviewOutline:
    review, several = record.reviews[place], len(record.reviews) > 1
    questions = {question.id: question for question in record.questions}
    numbered = {}
    for number, point in enumerate(review.points, start=1):
        label = f"R{place + 1}-P{number}" if several else f"P{number}"
        asked = tuple(questions.get(one, Question(one, UNKNOWN)) for one in point.question_ids)
        numbered[number] = PointOutline(label, f"r{place + 1}p{number}", point, asked)
    names = [section.name for section in review.sections]
    homeless = dict.fromkeys(point.section for point in review.points if point.section not in names)
    texts = [(section.name, section.text) for section in review.sections] + [(name, "") for name in homeless]
    sections = []
    for name, text in texts:
        points = tuple(one for one in numbered.values() if one.point.section == name)
        sections.append(SectionOutline(name or "Other points", "" if points else text, points))
    title = f"Review {place + 1} of {len(record.reviews)}" if several else "Review"
    return ReviewOutline(title, f"r{place + 1}", review, tuple(sections), _ratings(record.form, review), parsed(review))


def _ratings(form: ReviewForm, review: Review) -> tuple[RatingOutline, ...]:
    """The form's ratings in its order, also those the review says nothing of, then any others it has."""
    given = {rating.name: rating for rating in review.ratings}
    scales = {scale.name: scale for scale in form.ratings}
    names = dict.fromkeys([*scales, *given])
    return tuple(_rating(given.get(name, Rating(name, None)), scales.get(name)) for name in names)


def _rating(rating: Rating, scale: RatingScale | None) -> RatingOutline:
    if scale is None or not scale.labels:
        value = "" if rating.value is None else f"{rating.value:g}"
        return RatingOutline(rating.name, value, "", "the form declares no scale", rating.raw, ())
    steps = sorted(scale.labels, key=float)
    span = f"{steps[0]} to {steps[-1]}"
    if rating.value is None:
        return RatingOutline(rating.name, "", "", span, rating.raw, tuple(False for _ in steps))
    label = next((text for step, text in scale.labels.items() if float(step) == rating.value), "")
    filled = tuple(float(step) <= rating.value for step in steps)
    return RatingOutline(rating.name, f"{rating.value:g}", label, span, rating.raw, filled)


def _facts(record: ChainRecord, points: list[PointOutline]) -> tuple[tuple[str, str], ...]:
    """The run in five numbers."""
    asked, open_ = len(record.questions), len(record.unanswered)
    quotations = [one for point in points for one in point.quotations]
    found = sum(one.verified for one in quotations)
    left_out = sum(cut.words_total - cut.words_kept for cut in record.paper.cuts)
    pages = f"{record.paper.pages} pages, " if record.paper.pages else ""
    return (
        ("Read", f"{pages}{record.paper.words:,} words" + (f"; {left_out:,} left out" if left_out else "")),
        ("Questions", f"{asked - open_} of {asked} answered" if asked else "none were asked"),
        ("Points", f"{len(points)}, {sum(bool(point.questions) for point in points)} of them answer a question"),
        ("Quotations", f"{found} of {len(quotations)} found in the paper" if quotations else "none"),
        ("Form", record.form.title or record.form.name),
    )
