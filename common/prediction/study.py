"""The two tasks over one venue, from facts to figures: acceptance, and the scores reviewers gave.

Venues are never mixed: their forms and scales differ, and so does what gives their decisions away. A reviewer's own
rating is compared as well as the papers' means, because only there a person can be put beside a model: the reviewer
left out, guessed by the mean of the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from common.errors import ReviewError
from common.prediction import models
from common.prediction.assessment import (
    Figure,
    Rows,
    Statistic,
    accuracy,
    auc,
    balanced_accuracy,
    brier,
    figure,
    gain,
    mae,
    rmse,
    spearman,
)
from common.prediction.calibration import Answered, Calibration, abstain, calibrate, held
from common.prediction.leak import Leak
from common.prediction.papers import PaperFacts

ACCEPTANCE: dict[str, Statistic] = {
    "accuracy": accuracy, "balanced accuracy": balanced_accuracy, "AUC": auc, "Brier": brier,
}  # fmt: skip
SCORES: dict[str, Statistic] = {"RMSE": rmse, "MAE": mae, "Spearman": spearman}
LOW_IS_GOOD = frozenset({"Brier", "RMSE", "MAE"})
CUES = "version cues alone"
HUMAN = "human, left out"


@dataclass(frozen=True, slots=True)
class Row:
    """One predictor. figures: name -> figure. gains: the same less the baseline's, on the same papers."""

    name: str
    figures: dict[str, Figure]
    gains: dict[str, Figure] = field(default_factory=dict)

    def better(self, name: str) -> bool | None:
        """Whether it beats the baseline (True) or loses to it (False) at 95%; None when neither can be said."""
        interval = self.gains[name].interval if name in self.gains else None
        if interval is None or interval.low <= 0 <= interval.high:
            return None
        return (interval.high < 0) == (name in LOW_IS_GOOD)


@dataclass(frozen=True, slots=True)
class Guess:
    """truth: 1 accepted, or the mean score. guess: of the chosen model. fold: which fit said it."""

    key: str
    truth: float
    guess: float
    fold: int


@dataclass(frozen=True, slots=True)
class Acceptance:
    """rows: the baseline first. chosen: what the model was, a fold each. held: what is answered and how well when
    `wanted` accuracy is asked for, thresholds from other folds; None with one fold."""

    venue: str
    papers: int
    accepted: int
    undecided: int
    rows: tuple[Row, ...]
    chosen: tuple[str, ...]
    calibration: Calibration
    curve: tuple[Answered, ...]
    wanted: float
    held: Answered | None
    guesses: tuple[Guess, ...]
    warning: str


@dataclass(frozen=True, slots=True)
class Aspect:
    """One rating of one venue. means: predictors of a paper's mean rating. singles: of one reviewer's rating, on the
    papers with two or more. unscored: papers without this rating."""

    venue: str
    rating: str
    papers: int
    unscored: int
    mean: float
    means: tuple[Row, ...]
    singles: tuple[Row, ...]
    chosen: tuple[str, ...]
    guesses: tuple[Guess, ...]
    warning: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """One venue. vectors: paper key -> features where they are not the hand-made ones. test: keys to predict from the
    others, None for cross-validation."""

    facts: Sequence[PaperFacts]
    vectors: Mapping[str, Sequence[float]] | None
    test: frozenset[str] | None
    folds: int = models.FOLDS
    seed: int = 0

    def plan(self, facts: Sequence[PaperFacts]) -> models.Plan:
        if self.test is None:
            return models.Plan(self.folds, self.seed)
        places = tuple(place for place, one in enumerate(facts) if one.key in self.test)
        if not places:
            raise ReviewError("None of the papers to predict is one of them.", "Is the split's part the right one?")
        return models.Plan(self.folds, self.seed, places)

    def predictions(self, kind: models.Kind, facts: Sequence[PaperFacts], truth: Sequence[float]) -> models.Outcome:
        """Of the baseline, the models, the chosen one, and the version's cues."""
        import numpy as np

        group, plan = [one.group for one in facts], self.plan(facts)
        names = [models.BASELINE[kind], models.LINEAR[kind]]
        if self.vectors is None:
            features = models.matrix([one.features for one in facts])
            names.append(models.BOOSTING)  # on hundreds of dimensions a tree sees hardly more than noise
        else:
            features = np.array([self.vectors[one.key] for one in facts], dtype=float)
        found = models.predict(models.Task(kind, features, truth, group), plan, names)
        cues = models.matrix([one.cues for one in facts])
        alone = models.predict(models.Task(kind, cues, truth, group), plan, [models.LINEAR[kind]])
        found.guesses[CUES] = alone.guesses[models.LINEAR[kind]]
        return found


def acceptance(inputs: Inputs, leak: Leak, wanted: float) -> Acceptance:
    """Accepted or not, by a probability. Errors: ReviewError when there is too little to learn from."""
    facts = [one for one in inputs.facts if one.accepted is not None]
    if not facts:
        raise ReviewError(f"{leak.venue}: of no paper is it known whether it was accepted.", "Take another venue.")
    every = [float(bool(one.accepted)) for one in facts]
    found = inputs.predictions("acceptance", facts, every)
    truth = [every[place] for place in found.paper]
    sets = {name: Rows.single(truth, guess, found.fold) for name, guess in found.guesses.items()}
    chosen = found.guesses[models.CHOSEN]
    return Acceptance(
        leak.venue,
        len(truth),
        int(sum(truth)),
        len(inputs.facts) - len(facts),
        _rows(sets, ACCEPTANCE, models.BASELINE["acceptance"], inputs.seed),
        tuple(found.picks),
        calibrate(truth, chosen, inputs.seed),
        abstain(truth, chosen),
        wanted,
        held(truth, chosen, found.fold, wanted),
        _guesses(facts, found, truth),
        leak.warning,
    )


def aspect(inputs: Inputs, leak: Leak, rating: str) -> Aspect:
    """One rating. Errors: ReviewError when too few papers have it, or all the same."""
    facts = [one for one in inputs.facts if one.ratings.get(rating)]
    every = [sum(given) / len(given) for given in (one.ratings[rating] for one in facts)]
    found = inputs.predictions("score", facts, every)
    truth = [every[place] for place in found.paper]
    sets = {name: Rows.single(truth, guess, found.fold) for name, guess in found.guesses.items()}
    baseline = models.BASELINE["score"]
    return Aspect(
        leak.venue,
        rating,
        len(truth),
        len(inputs.facts) - len(facts),
        sum(truth) / len(truth),
        _rows(sets, SCORES, baseline, inputs.seed),
        _rows(_singles(facts, found, rating), SCORES, baseline, inputs.seed),
        tuple(found.picks),
        _guesses(facts, found, truth),
        leak.warning,
    )


def _singles(facts: Sequence[PaperFacts], found: models.Outcome, rating: str) -> dict[str, Rows]:
    """Each reviewer's rating as the truth: what a model says of the paper, and what the other reviewers say."""
    places = [at for at, place in enumerate(found.paper) if len(facts[place].ratings[rating]) > 1]
    given = [facts[found.paper[at]].ratings[rating] for at in places]
    fold = [found.fold[at] for at in places]
    sets = {
        name: Rows.several(given, [[guess[at]] * len(one) for at, one in zip(places, given, strict=True)], fold)
        for name, guess in found.guesses.items()
    }
    others = [[(sum(one) - value) / (len(one) - 1) for value in one] for one in given]
    return {**sets, HUMAN: Rows.several(given, others, fold)}


def _rows(sets: Mapping[str, Rows], statistics: Mapping[str, Statistic], baseline: str, seed: int) -> tuple[Row, ...]:
    return tuple(
        Row(
            name,
            {label: figure(statistic, rows, seed) for label, statistic in statistics.items()},
            {}
            if name == baseline
            else {label: gain(statistic, rows, sets[baseline], seed) for label, statistic in statistics.items()},
        )
        for name, rows in sets.items()
    )


def _guesses(facts: Sequence[PaperFacts], found: models.Outcome, truth: Sequence[float]) -> tuple[Guess, ...]:
    rows = zip(found.paper, truth, found.guesses[models.CHOSEN], found.fold, strict=True)
    return tuple(Guess(facts[place].key, *rest) for place, *rest in rows)
