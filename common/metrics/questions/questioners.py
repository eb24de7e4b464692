"""Who asks questions, as rows of a table: a system, referees among themselves, another paper's, one list for all.

A row may hold several sets of questions on a paper, as one for each referee: each is scored alone and the paper's value
is the mean over them. A set that comes from a referee is never held against what was taken from the same referee.
Scoring is here, what the figures mean in the modules beside this one; where questions come from is the scripts'.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from common.metrics.baselines import NO_OTHER_PAPER, ONE_REVIEW
from common.metrics.figures import Scores
from common.metrics.matching import Vectors
from common.metrics.material import System
from common.metrics.questions import answerable, aspects, diversity, form, overlap
from common.metrics.questions.answerable import Supports
from common.types import Question

OTHER = "another paper's"
LEFT_OUT = "referee, left out"
FIXED = "fixed list"

Text = tuple[str, str]
"""(paper, review): a review among all."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Questions put together. source: id of the human review that they come from, "" for none."""

    questions: tuple[Question, ...]
    source: str = ""


Inquiries = Mapping[str, tuple[Inquiry, ...]]
"""Paper key -> sets of questions."""


@dataclass(frozen=True, slots=True)
class Questioner:
    """A row. asked: no set, or one without a question, is a paper that could have been asked and was not. missing:
    paper -> why there is nothing to be said of it. note: how the questions were made, in a sentence."""

    name: str
    asked: Inquiries
    note: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def asks(self) -> bool:
        return any(one.questions for sets in self.asked.values() for one in sets)

    def texts(self) -> dict[str, set[str]]:
        """Paper -> its questions."""
        return {key: {q.text for one in sets for q in one.questions} for key, sets in self.asked.items()}


@dataclass(frozen=True, slots=True)
class Referees:
    """What referees asked, a set a referee. distilled: what their reviews answer. own: what they wrote themselves."""

    distilled: Inquiries
    own: Inquiries


def questioner_of(system: System, sources: Mapping[Text, str]) -> Questioner:
    """What a system's reviews were asked, each set once a paper. sources: (paper, review) -> the human review that its
    questions come from, where they do."""
    asked = {
        item.key: tuple(
            dict.fromkeys(
                Inquiry(trial.review.questions, sources.get((item.key, trial.review.id), ""))
                for trial in item.trials
                if trial.review.questions
            )
        )
        for item in system
    }
    return Questioner(system.name, asked, system.note, dict(system.missing))


def left_out(papers: Sequence[str], sets: Inquiries) -> Questioner:
    """Each referee's questions against the other referees'. A paper needs two."""
    found = {key: sets[key] for key in papers if len(sets.get(key, ())) > 1}
    note = "the questions of each human review against those of the paper's others"
    return Questioner(LEFT_OUT, found, note, {key: ONE_REVIEW for key in papers if key not in found})


def another_papers(papers: Sequence[str], sets: Inquiries, seed: int = 0) -> Questioner:
    """A referee's questions on another of these papers of the venue, no paper's twice, drawn by seed: a set that is
    asked of two papers would look generic for that alone."""
    by_venue: dict[str, list[str]] = defaultdict(list)
    for key in sorted(papers):
        by_venue[key.partition("/")[0]].append(key)
    asked, missing = {}, {}
    for venue, keys in by_venue.items():
        rng = random.Random(f"{seed}/{venue}/questions")
        donors = [key for key in keys if sets.get(key)]
        rng.shuffle(donors)
        # Papers with questions give to each other in a circle; the others have nothing that could be given on.
        given = dict(zip(donors, donors[1:] + donors[:1], strict=True)) if len(donors) > 1 else {}
        for key in keys:
            if key in given:
                asked[key] = (Inquiry(rng.choice(sets[given[key]]).questions),)
            else:
                missing[key] = NO_OTHER_PAPER
    return Questioner(OTHER, asked, f"a human review's questions on another paper of the venue, seed {seed}", missing)


def fixed(papers: Sequence[str], questions: tuple[Question, ...]) -> Questioner:
    """The same questions for every paper."""
    return Questioner(
        FIXED, dict.fromkeys(papers, (Inquiry(questions),)), f"the same {len(questions)} questions for every paper"
    )


def scores(
    questioner: Questioner, referees: Referees, vectors: Vectors, supports: Supports, seed: int = 0
) -> list[Scores]:
    """All figures of a row. Those against distilled questions, or against referees' own, are left out where no paper
    has such questions."""
    most = max((len(sets) for sets in questioner.asked.values()), default=0)
    rounds = [_round(questioner, place, referees, vectors, supports, seed) for place in range(max(1, most))]
    found = [_mean(same) for same in zip(*rounds, strict=True)]
    return [replace(one, unscored={**questioner.missing, **one.unscored}) for one in found]


def references(questioner: Questioner, sets: Inquiries) -> Counter[int]:
    """Number of the referees' sets that a set is held against -> sets of questions that are held against so many."""
    return Counter(
        len(_others(sets.get(key, ()), one.source))
        for key, found in questioner.asked.items()
        for one in found
        if one.questions
    )


def _round(
    row: Questioner, place: int, referees: Referees, vectors: Vectors, supports: Supports, seed: int
) -> list[Scores]:
    """The figures of every paper's set number `place`; papers with fewer sets are in the first round alone."""
    chosen = {key: sets[place] if place < len(sets) else Inquiry(()) for key, sets in row.asked.items()}
    asked = {key: one.questions for key, one in chosen.items() if one.questions or not place}
    others = [
        (name, {key: _others(sets.get(key, ()), chosen[key].source) for key in asked})
        for name, sets in (("distilled", referees.distilled), ("own", referees.own))
        if any(sets.values())
    ]
    found = form.scores(asked) + aspects.scores(asked, dict(others).get("distilled", {}))
    found += diversity.scores(asked, vectors) + answerable.scores(asked, supports)
    for name, sets in others:
        found += overlap.scores(asked, sets, name, vectors, overlap.by_words, seed=seed)
    return found


def _others(sets: Iterable[Inquiry], source: str) -> list[tuple[Question, ...]]:
    return [one.questions for one in sets if not source or one.source != source]


def _mean(rounds: Sequence[Scores]) -> Scores:
    """One figure of all rounds. A paper is unscored for its first reason where no round has a value."""
    values: dict[str, list[float]] = defaultdict(list)
    reasons: dict[str, str] = {}
    for one in rounds:
        for key, value in one.values.items():
            values[key].append(value)
        for key, why in one.unscored.items():
            reasons.setdefault(key, why)
    return replace(
        rounds[0],
        values={key: fmean(found) for key, found in values.items()},
        unscored={key: why for key, why in reasons.items() if key not in values},
    )
