"""A review, a model's or a referee's, as metrics see it: prose without its apparatus, single points, ratings.

Both sides go through the same steps, so that neither is credited for headings, list marks or question numbers. Nothing
is judged, repaired or cut here: a completion that did not parse has no sections and is an empty text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from common.corpora.schema import HumanReview
from common.metrics.material import Text
from common.types import Point, Question, Rating, Review, ReviewForm, ReviewSection
from stage_b_reviewer.points import points_of, without_repeats

FREE = ""
"""Heading of a review that has no sections."""

_TAG = re.compile(r"\s*[\[(]\s*Q\d{1,3}(?:\s*(?:,|;|and|&)?\s*Q?\d{1,3})*\s*[\])]", re.IGNORECASE)
_MARK = re.compile(
    r"^\s*(?:[-*•+–—·●◦▪](?:\s+|$)|[-•–—](?=[A-Z\"“(])|\(?\d{1,2}[.)](?:\s+|$)|[SWQLC]\d{1,2}\s*[:.)]\s*)",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"#{1,6}\s+(?!of\b)\S+(?:\s+\S+){0,7}(?<![.?!])"  # "## Strengths", but not "# of parameters"
    r"|(?P<bold>\*\*|__)[^*_]{1,60}(?<![.?!])(?P=bold)\s*:?"  # "**Strengths:**" alone on its line
    r"|(?:[^\s:]+\s+){0,3}[^\s:]+\s*:"  # "Strengths:" or "Minor comments:" alone on its line
    r"|[A-Z][A-Z &/]{3,40}"  # "STRENGTHS"
    r"|[-=_*#~]+",
)


def of_generated(review: Review, id: str, questions: Sequence[Question] = ()) -> Text:
    """A model's review. points: as the review has them, so at most --max-points of what its prose says."""
    return Text(
        id,
        _sections(review.sections, review.ratings),
        _plain(review.points, review.ratings),
        review.ratings,
        tuple(questions),
        review.form,
        review.problems,
    )


def of_human(review: HumanReview, form: ReviewForm) -> Text:
    """A referee's review on the paper's form. A section that the form calls no list (a summary) has no points."""
    sections = review.sections or (ReviewSection(FREE, review.text),)
    unlisted = {section.name.casefold() for section in form.sections if not section.points}
    names = [rating.name for rating in review.ratings]
    found: list[Point] = []
    for section in sections:
        if section.name.casefold() not in unlisted:
            # A heading left in would begin a point of its own; an empty line ends one, so it stays.
            lines = (line for line, plain in _lines(section.text, names) if plain or not line.strip())
            found += points_of(ReviewSection(section.name, "\n".join(lines)), frozenset(), [])
    return Text(
        review.id,
        _sections(sections, review.ratings),
        _plain(without_repeats(found, []), review.ratings),
        review.ratings,
        form=form.name,
        problems=review.problems,
    )


def prose(text: str, ratings: Collection[str] = ()) -> str:
    """The text without the lines that are headings or one of `ratings` with its number, and without list marks and
    [Q3] marks. Emphasis and line ends stay. Applying it twice changes nothing more."""
    return "\n".join(plain for _, plain in _lines(text, ratings) if plain)


def _lines(text: str, ratings: Collection[str]) -> Iterator[tuple[str, str]]:
    """Every line and what is left of it."""
    rated = _rating_line(ratings)
    for line in text.replace("\r\n", "\n").split("\n"):
        plain = _unmarked(line)
        yield line, "" if _HEADING.fullmatch(plain) or rated.fullmatch(plain) else plain


def _sections(sections: Sequence[ReviewSection], ratings: Sequence[Rating]) -> dict[str, str]:
    """Heading -> prose; sections without prose are not there, two of one name are one."""
    names = [rating.name for rating in ratings]
    found: dict[str, list[str]] = {}
    for section in sections:
        if plain := prose(section.text, names):
            found.setdefault(section.name, []).append(plain)
    return {name: "\n".join(parts) for name, parts in found.items()}


def _plain(points: Sequence[Point], ratings: Sequence[Rating]) -> tuple[str, ...]:
    names = [rating.name for rating in ratings]
    texts = (prose(point.text, names).replace("\n", " ") for point in points)
    return tuple(text for text in texts if text)


def _unmarked(line: str) -> str:
    while (shorter := _MARK.sub("", _TAG.sub("", line).strip())) != line:
        line = shorter
    return line


def _rating_line(names: Collection[str]) -> re.Pattern[str]:
    """A line that is a rating: "Soundness: 3", "**Rating:** 6: weak accept", "Confidence: 4/5", "Clarity: 3 good"."""
    named = "|".join(re.escape(name) for name in sorted(names)) or r"(?!)"
    return re.compile(
        rf"[\s#*_]*(?:{named})[\s*_]*[:=][\s*_]*\d+(?:\.\d+)?(?:\s*(?:/|out of)\s*\d+)?"
        r"(?:\s*[:(–-].*|(?:\s+[a-z]+){0,2}[\s.*_]*)",
        re.IGNORECASE,
    )
