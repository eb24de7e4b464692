"""Whether a review keeps to its form, how long it is, and how much of it repeats itself. What it says is not read.

A review that keeps its form may still be worthless; one that does not cannot be compared section by section.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean

from common.metrics.figures import Scores
from common.metrics.gathering import Value, gather
from common.metrics.material import System, Text, Trial
from common.types import ReviewForm

Forms = Mapping[str, ReviewForm]
"""Form name -> form."""

GRAM = 4
ALIKE = 0.7
"""ROUGE-L F above which two points are one remark: Self-Instruct's threshold (arXiv 2212.10560, section 2.2)."""

EMPTY, NO_FORM, NO_RATINGS, SHORT = "empty-review", "unknown-form", "no-ratings-on-form", "too-short"
FREE_TEXT = "free-text"
NO_POINTS, NO_REFERENCE, EMPTY_REFERENCES = "no-points", "no-reference", "empty-references"

FIGURES = (
    Scores("form.parsed", {}, unit="share", better="higher", settings="reviews without a problem"),
    Scores("form.sections", {}, unit="share", better="higher", settings="of the form's sections"),
    Scores("form.unrated", {}, unit="share", better="lower", settings="of the form's ratings"),
    Scores("form.repetition", {}, unit="share", better="lower", settings=f"{GRAM}-grams of words"),
    Scores("form.alike", {}, unit="share", better="lower", settings=f"of points, ROUGE-L over {ALIKE}"),
    Scores("form.words", {}, unit="words", better=""),
    Scores("form.length", {}, unit="ratio", better="", settings="to the references' mean"),
    Scores("form.points", {}, unit="points", better=""),
)

_WORD = re.compile(r"\w+")
_QUESTION_LIST = re.compile(r"Q?N(?:, Q?N)+")


def scores(system: System, forms: Forms) -> list[Scores]:
    """One Scores a figure of FIGURES. forms: those the reviews name; a review of another is "unknown-form"."""

    def measure(trial: Trial) -> dict[str, Value]:
        review, form = trial.review, forms.get(trial.review.form)
        words = length(review)
        return {
            "form.parsed": float(not review.problems),
            "form.sections": filled(review, form) if form else NO_FORM,
            "form.unrated": unrated(review, form) if form else NO_FORM,
            "form.repetition": repetition(review.text),
            "form.alike": alike(review.points),
            "form.words": float(words),
            "form.length": _ratio(words, [length(one) for one in trial.references]),
            "form.points": float(len(review.points)),
        }

    return gather(system, FIGURES, lambda item: [measure(trial) for trial in item.trials])


def problems(system: System) -> dict[str, int]:
    """What did not parse -> in how many reviews, the most frequent first. Numbers become N, so that one kind of
    problem is one line."""
    found: Counter[str] = Counter()
    for item in system:
        for trial in item.trials:
            found.update({_kind(problem) for problem in trial.review.problems})
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _kind(problem: str) -> str:
    kind = _QUESTION_LIST.sub(lambda match: match[0].split(",")[0], re.sub(r"\d+", "N", problem))
    return kind.replace("N repeated point left", "N repeated points left")


def length(review: Text) -> int:
    """Words between white space."""
    return len(review.text.split())


def filled(review: Text, form: ReviewForm) -> Value:
    """The share of the form's sections that hold a word; "None." is one. Free text has no sections to count."""
    if set(review.sections) == {""}:
        return FREE_TEXT
    written = {name.casefold() for name, prose in review.sections.items() if _WORD.search(prose)}
    return fmean(section.name.casefold() in written for section in form.sections)


def unrated(review: Text, form: ReviewForm) -> Value:
    """The share of the form's ratings that are missing or were not readable on their scale."""
    rated = {rating.name for rating in review.ratings if rating.value is not None}
    return fmean(scale.name not in rated for scale in form.ratings) if form.ratings else NO_RATINGS


def repetition(text: str, n: int = GRAM) -> Value:
    """1 - unique n-grams / n-grams of the review's words, lower-cased, punctuation left out: seq-rep-n of Welleck et
    al. 2020 (arXiv 1908.04319), there over a model's tokens. 0: nothing repeats."""
    words = _WORD.findall(text.lower())
    if not words:
        return EMPTY
    grams = [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]
    return 1 - len(set(grams)) / len(grams) if grams else SHORT


def alike(points: Sequence[str], threshold: float = ALIKE) -> Value:
    """The share of points that could go without a remark being lost: 1 - groups / points, two points being of one
    group when a chain of points, each with a ROUGE-L F over `threshold` to the next, joins them."""
    from rapidfuzz.distance import LCSseq

    if not points:
        return NO_POINTS
    words = [_WORD.findall(point.lower()) for point in points]
    group = list(range(len(points)))
    for place, one in enumerate(words):
        for before in range(place):
            # F = 2 LCS / (m + n), so pairs of very different length need no comparison.
            total = len(one) + len(words[before])
            if group[before] == group[place] or 2 * min(len(one), len(words[before])) <= threshold * total:
                continue
            if 2 * LCSseq.similarity(one, words[before]) > threshold * total:
                old, new = group[place], group[before]
                group = [new if number == old else number for number in group]
    return 1 - len(set(group)) / len(points)


def _ratio(words: int, references: Sequence[int]) -> Value:
    if not references:
        return NO_REFERENCE
    mean = fmean(references)
    return words / mean if mean else EMPTY_REFERENCES
