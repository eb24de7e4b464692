"""Word overlap of reviews with the human reviews of their paper: ROUGE, BLEU, chrF and METEOR, 0 to 100.

Each figure stands twice: .max is the best over a trial's references, as Reviewer2 reports it (arXiv 2402.10886, section
5), .mean the mean over them. It says how alike two texts are worded, not whether a review is right: read it beside the
rows human leave-one-out, shuffled paper and constant review.

A text in which ROUGE finds no token cannot be compared, whichever the figure: such a reference is left out, such a
review is unscored, and so is one that has no reference left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from statistics import fmean

from common.errors import BadConfig
from common.metrics import meteor, rouge, translation
from common.metrics.figures import Scores
from common.metrics.gathering import Value, gather
from common.metrics.material import Item, System, Text, Trial
from common.metrics.similarity import EMPTY_REFERENCES, EMPTY_REVIEW, NO_REFERENCE, NO_WORDS
from common.metrics.tokens import tokens

ROUGE = rouge.KINDS
METRICS = (*ROUGE, *translation.KINDS, "meteor")

Progress = Callable[[int, int], None]
"""Papers done, papers in all."""
Job = tuple[str, tuple[str, ...]] | str
"""A review and its references, or the stable word for why there is nothing to compare."""

_WHOLE = ""
_POOL_FROM = 500
"""Papers below which one process is used whatever is asked for: to start others and load nltk in each takes longer."""
_AHEAD = 64
"""Papers handed to a process pool at once, for each process: what is in memory does not grow with the corpus."""


def compare(review: str, references: Sequence[str], metrics: Sequence[str] = METRICS) -> dict[str, list[float]]:
    """Metric -> its value against each reference, 0 to 100. Errors: LookupError for "meteor" without WordNet."""
    pairs = {"bleu": translation.bleu, "chrf": translation.chrf, "meteor": meteor.meteor}
    found = {name: [pairs[name](review, one) for one in references] for name in metrics if name in pairs}
    if set(metrics) & set(ROUGE):
        matches = [rouge.rouge(review, one) for one in references]
        found |= {name: [100 * match[name].f1 for match in matches] for name in metrics if name in ROUGE}
    return found


def scores(
    system: System, metrics: Sequence[str] = METRICS, progress: Progress | None = None, workers: int = 1
) -> list[Scores]:
    """Two Scores a metric over whole reviews. workers: processes, for 500 papers or more; they are started afresh
    (spawn), so the caller's main module must be importable without running.

    unscored: "no-reference", "empty-review", "empty-references" (all of them), "no-words" (none that ROUGE knows, on
    either side), "no-wordnet" (METEOR only), "no-review". Errors: BadConfig for a metric that is not in METRICS.
    """
    return _scored(system, [_WHOLE], metrics, progress, workers)[_WHOLE]


def by_section(
    system: System, metrics: Sequence[str] = METRICS, progress: Progress | None = None, workers: int = 1
) -> dict[str, list[Scores]]:
    """The same for each heading that a review or reference has, a section against those references' sections of the
    same heading. Free text has no heading and is in none. With different forms on both sides all is unscored:
    "section-not-in-review", "section-not-in-references" and the reasons of `scores`.
    """
    texts = (text for item in system for trial in item.trials for text in (trial.review, *trial.references))
    headings = dict.fromkeys(heading for text in texts for heading in text.sections if heading)
    return _scored(system, list(headings), metrics, progress, workers) if headings else {}


def compute(predictions: Sequence[str], references: Sequence[Sequence[str]], metrics: Sequence[str]) -> dict:
    """What the modules of `evaluate` answer: figure -> mean over papers, None where none is scored; n: papers scored;
    unscored: reason -> papers."""
    items = {}
    for number, (review, humans) in enumerate(zip(predictions, references, strict=True)):
        trial = Trial(Text("0", {"": review}), tuple(Text(str(n), {"": text}) for n, text in enumerate(humans)))
        items[str(number)] = Item(str(number), "", (trial,))
    found = scores(System("", items), metrics)
    reasons = list(found[0].unscored.values())
    return {
        **{one.name: fmean(one.values.values()) if one.values else None for one in found},
        "n": len(found[0].values),
        "unscored": {reason: reasons.count(reason) for reason in dict.fromkeys(reasons)},
    }


def settings(metric: str) -> str:
    """All that decides a metric's value beside the texts."""
    if metric in ROUGE:
        return "F1, Porter stems, as rouge-score" + (", sentences are lines" if metric == "rougeLsum" else "")
    return meteor.settings() if metric == "meteor" else translation.settings(metric)


def _scored(
    system: System, headings: Sequence[str], metrics: Sequence[str], progress: Progress | None, workers: int
) -> dict[str, list[Scores]]:
    if unknown := [metric for metric in metrics if metric not in METRICS]:
        raise BadConfig(f"There is no word overlap '{unknown[0]}'.", f"There are: {', '.join(METRICS)}.")
    texts = {metric: settings(metric) for metric in metrics}
    names = [(heading, metric, kind) for heading in headings for metric in metrics for kind in ("max", "mean")]
    # `gather` tells figures apart by name, so the heading is a part of it until all is gathered.
    figures = [Scores(f"{metric}.{kind}\n{heading}", {}, settings=texts[metric]) for heading, metric, kind in names]
    jobs = ([[_job(trial, heading) for heading in headings] for trial in item.trials] for item in system)
    work = partial(_values, headings=tuple(headings), metrics=tuple(metrics))
    answers = enumerate(_mapped(work, jobs, workers if len(system.items) >= _POOL_FROM else 1), start=1)

    def measure(item: Item) -> list[dict[str, Value]]:
        done, values = next(answers)
        if progress:
            progress(done, len(system.items))
        return values

    found: dict[str, list[Scores]] = {heading: [] for heading in headings}
    for one, (heading, metric, kind) in zip(gather(system, figures, measure), names, strict=True):
        found[heading].append(Scores(f"{metric}.{kind}", one.values, one.unscored, settings=one.settings))
    return found


def _job(trial: Trial, heading: str) -> Job:
    if not trial.references:
        return NO_REFERENCE
    if heading == _WHOLE:
        review, references = trial.review.text, [text.text for text in trial.references]
    else:
        if heading not in trial.review.sections:
            return "section-not-in-review"
        review = trial.review.sections[heading]
        references = [text.sections[heading] for text in trial.references if heading in text.sections]
        if not references:
            return "section-not-in-references"
    if not review.strip():
        return EMPTY_REVIEW
    if not any(text.strip() for text in references):
        return EMPTY_REFERENCES
    kept = tuple(text for text in references if tokens(text, stemmed=False))
    return (review, kept) if kept and tokens(review, stemmed=False) else NO_WORDS


def _values(trials: Sequence[Sequence[Job]], headings: Sequence[str], metrics: Sequence[str]) -> list[dict[str, Value]]:
    """One paper's: for each trial, figure and heading -> value."""
    here = [metric for metric in metrics if metric != "meteor" or meteor.available()]
    answers = []
    for jobs in trials:
        values: dict[str, Value] = {}
        for heading, job in zip(headings, jobs, strict=True):
            found = {} if isinstance(job, str) else compare(*job, here)
            for metric in metrics:
                reason = job if isinstance(job, str) else meteor.UNSCORED
                of = found.get(metric)
                values[f"{metric}.max\n{heading}"] = max(of) if of else reason
                values[f"{metric}.mean\n{heading}"] = fmean(of) if of else reason
        answers.append(values)
    return answers


def _mapped(work: Callable[[list], list], jobs: Iterable[list], workers: int) -> Iterator[list]:
    """The answers in the jobs' order."""
    if workers <= 1:
        yield from map(work, jobs)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    jobs = iter(jobs)
    # Spawned, not forked: a fork of a process that holds torch's threads can hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        while ahead := list(islice(jobs, _AHEAD * workers)):
            yield from pool.map(work, ahead, chunksize=4)
