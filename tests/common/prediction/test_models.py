"""Predictions come from papers the model has not seen, and say nothing where there is nothing to say."""

from __future__ import annotations

import numpy as np
import pytest

from common.errors import ReviewError
from common.prediction.assessment import Rows, auc, figure, rmse, spearman
from common.prediction.models import Kind, Plan, Task, predict

ACCEPT = ("majority", "logistic regression")
SCORE = ("mean", "ridge")


def task(kind: Kind, truth: np.ndarray, features: np.ndarray, group: list[str] | None = None) -> Task:
    return Task(kind, features, truth.tolist(), group or [str(number) for number in range(len(truth))])


def noise(seed: int, papers: int = 120, columns: int = 6) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    return (draw.random(papers) < 0.4).astype(float), draw.normal(size=(papers, columns))


def found(task: Task, plan: Plan, name: str, names: tuple[str, ...] = ACCEPT) -> Rows:
    outcome = predict(task, plan, names)
    return Rows.single([task.truth[place] for place in outcome.paper], outcome.guesses[name], outcome.fold)


@pytest.mark.parametrize("seed", range(2))
def test_features_that_know_nothing_give_an_auc_around_one_half(seed: int) -> None:
    """Were a paper seen in training, its label would come back and noise would look like skill."""
    truth, features = noise(seed)
    result = figure(auc, found(task("acceptance", truth, features), Plan(3), "logistic regression"))
    assert result.interval is not None and result.interval.low < 0.5 < result.interval.high


def test_a_planted_feature_is_found_and_chosen_with_gaps_in_it() -> None:
    """What can be learnt is; a missing value is no obstacle, and the baseline stays what it is."""
    truth, features = noise(3)
    features[:, 2] = truth * 2 + features[:, 2]
    features[::7, 2] = np.nan
    features[:, 4] = np.nan
    features[3, 4] = 1.0  # one paper has it: some fold has none
    given = task("acceptance", truth, features)
    outcome = predict(given, Plan(3), (*ACCEPT, "gradient boosting"))
    rows = {name: Rows.single(given.truth, guess, outcome.fold) for name, guess in outcome.guesses.items()}
    assert all(figure(auc, rows[name]).value > 0.8 for name in rows if name != "majority")  # type: ignore[operator]
    assert figure(auc, rows["majority"]).value == 0.5
    assert outcome.paper == list(range(120)) and all("majority" not in pick for pick in outcome.picks)


def test_scores_are_predicted_by_a_number() -> None:
    """Ridge finds a line; noise is no better than the mean."""
    _, features = noise(4)
    scores = 3 + features[:, 0]
    ridge = found(task("score", scores, features), Plan(3), "ridge", SCORE)
    mean = found(task("score", scores, features), Plan(3), "mean", SCORE)
    assert figure(rmse, ridge).value < 0.3 < figure(rmse, mean).value  # type: ignore[operator]
    assert figure(spearman, ridge).value > 0.9 and figure(spearman, mean).value is None  # type: ignore[operator]


def test_papers_that_belong_together_are_never_parted() -> None:
    """Two versions of one work in two folds: the model would repeat the label it has seen."""
    truth, features = noise(5, 60)
    pairs, twins = np.repeat(truth, 2), np.repeat(features, 2, axis=0)
    group = [str(number // 2) for number in range(120)]
    outcome = predict(task("acceptance", pairs, twins, group), Plan(3), ACCEPT)
    assert all(outcome.fold[at] == outcome.fold[at + 1] for at in range(0, 120, 2))
    scores = predict(task("score", pairs + features[0, 0], twins, group), Plan(3), SCORE)
    assert all(scores.fold[at] == scores.fold[at + 1] for at in range(0, 120, 2))


def test_a_split_is_told_from_its_training_part_alone() -> None:
    """Changing what is to be predicted must not change what is predicted."""
    truth, features = noise(6)
    plan = Plan(3, test=(3, 5, 60))
    first = predict(task("acceptance", truth, features), plan, ACCEPT)
    truth[[3, 5, 60]] = 1 - truth[[3, 5, 60]]
    assert predict(task("acceptance", truth, features), plan, ACCEPT) == first
    assert first.paper == [3, 5, 60] and first.fold == [0, 0, 0]


@pytest.mark.parametrize(
    ("kind", "truth", "said"),
    [
        ("acceptance", [1.0] * 20, "All 20 papers to learn from were accepted"),
        ("acceptance", [1.0] * 20 + [0.0] * 3, "3 rejected papers of 23"),
        ("score", [4.0] * 20, "given the score 4"),
        ("score", [4.0, 5.0], "2 papers to learn from; at least 10"),
    ],
)
def test_too_little_to_learn_from_is_said(kind: Kind, truth: list[float], said: str) -> None:
    """scikit-learn's own words would name none of this."""
    with pytest.raises(ReviewError, match=said):
        predict(task(kind, np.array(truth), np.zeros((len(truth), 2))), Plan(5), ACCEPT if kind != "score" else SCORE)


def test_a_fold_without_a_group_of_its_own_is_said() -> None:
    """Twenty versions of one work are one paper."""
    truth = np.array([0.0, 1.0] * 10)
    with pytest.raises(ReviewError, match="do not belong together"):
        predict(task("acceptance", truth, np.zeros((20, 1)), ["one"] * 20), Plan(3), ACCEPT)
