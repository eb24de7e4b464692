"""Whether a venue's texts give its decisions away: prediction from cues of the version alone.

Where accepted papers are the camera-ready and rejected ones the submission, any figure of accept prediction measures
the version. Two kinds of cues are tried, apart: marks (`common.corpora.checks.traces`: thanks, funding, links to code,
footers, checklist), which no referee judges by, and sizes (words of body and appendix, references, captions, lost
pages), which a later version changes too but which merit may also explain. It cannot show that a venue is free of
leaks: only that these cues tell nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.corpora.checks import traces
from common.errors import ReviewError
from common.metrics.intervals import Interval
from common.prediction import assessment, models

if TYPE_CHECKING:
    from common.corpora.schema import CorpusPaper
    from common.prediction.papers import PaperFacts
    from common.types import Paper

MARKS = traces.NAMES
SIZES = ("body words", "appendix words", "references", "captions", "missing pages")


@dataclass(frozen=True, slots=True)
class Leak:
    """A venue's leak. marks, sizes: AUC of a cross-validated logistic regression on these cues alone, and its 95%
    interval; None where it could not be measured, and why_not says why."""

    venue: str
    papers: int
    marks: assessment.Figure | None = None
    sizes: assessment.Figure | None = None
    why_not: str = ""

    @property
    def found(self) -> bool:
        """One of the two intervals lies above 0.5. Two looks at 95%: about one sound venue in twenty is accused."""
        return any(_above_chance(figure) for figure in (self.marks, self.sizes))

    @property
    def warning(self) -> str:
        """The sentence to print beside every figure of this venue; "" when nothing was found."""
        if self.why_not:
            return f"{self.venue}: whether the texts give the decision away could not be measured: {self.why_not}"
        told = [
            f"from {name} with AUC {figure.value:.2f} [{figure.interval.low:.2f}, {figure.interval.high:.2f}]"
            for name, figure in (("marks of the version", self.marks), ("sizes of the text", self.sizes))
            if figure and figure.interval and _above_chance(figure)
        ]
        if not told:
            return ""
        return (
            f"{self.venue}: the texts give the decision away: it is told {' and '.join(told)}. "
            "What a model finds may be the version of the paper, not its merit."
        )


def cues(paper: CorpusPaper, read: Paper) -> dict[str, float]:
    """Cue -> value: 1 or 0 for a mark, a count for a size."""
    hits, _ = traces.find(paper)
    body = sum(section.words for section in read.sections if not section.appendix)
    appendix = sum(section.words for section in read.sections if section.appendix)
    lost = sum(notice.code == "missing-page" for notice in read.warnings)
    sizes = (body, appendix, len(read.references), len(read.captions), lost)
    return {**{name: float(name in hits) for name in MARKS}, **dict(zip(SIZES, map(float, sizes), strict=True))}


def measure(venue: str, facts: Sequence[PaperFacts], plan: models.Plan) -> Leak:
    """The leak of one venue's papers whose decision is known."""
    known = [one for one in facts if one.accepted is not None]
    found = []
    try:
        for names in (MARKS, SIZES):
            columns = [{name: one.cues[name] for name in names} for one in known]
            truth = [float(bool(one.accepted)) for one in known]
            task = models.Task("acceptance", models.matrix(columns), truth, [one.group for one in known])
            outcome = models.predict(task, plan, ("logistic regression",))
            rows = assessment.Rows.single(task.truth, outcome.guesses["logistic regression"], outcome.fold)
            found.append(assessment.figure(assessment.auc, rows, plan.seed))
    except ReviewError as error:
        return Leak(venue, len(known), why_not=error.message)
    return Leak(venue, len(known), *found)


def _above_chance(figure: assessment.Figure | None) -> bool:
    interval: Interval | None = figure.interval if figure else None
    return interval is not None and interval.low > 0.5
