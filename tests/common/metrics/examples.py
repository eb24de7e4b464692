"""Small systems of invented reviews."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from common.metrics.material import Item, System, Text, Trial
from common.types import FormSection, Rating, RatingScale, ReviewForm

FORM = ReviewForm(
    "tiny",
    "Tiny",
    (FormSection("Summary", points=False), FormSection("Strengths"), FormSection("Weaknesses")),
    (
        RatingScale("Rating", {str(value): "" for value in range(1, 11)}),
        RatingScale("Confidence", {"1": "", "2": "", "3": ""}),
    ),
)
FORMS = {"tiny": FORM}


def text(
    prose: str = "", points: Sequence[str] = (), rating: float | None = None, name: str = "r", form: str = "tiny"
) -> Text:
    """A review with all its prose under Weaknesses."""
    return Text(name, {"Weaknesses": prose}, tuple(points), (Rating("Rating", rating),), form=form)


def system(
    papers: dict[str, Sequence[tuple[Text, Sequence[Text]]]],
    read: Callable[[str], str] | None = None,
    missing: dict[str, str] | None = None,
    name: str = "s",
) -> System:
    """paper key -> (review, references) of each trial."""
    items = {
        key: Item(
            key,
            key.split("/")[0],
            tuple(Trial(review, tuple(references)) for review, references in trials),
            (lambda key=key: read(key)) if read else None,
        )
        for key, trials in papers.items()
    }
    return System(name, items, missing=missing or {})


def by_name(found: Sequence, name: str):
    """The one figure of that name."""
    (one,) = [scores for scores in found if scores.name == name]
    return one
