"""Models that predict one number of a paper from its features, fitted and chosen on training papers alone.

Every paper is predicted once, by models that have not seen it: in seeded cross-validation over folds, or on the test
papers of a split. How much each model is restrained, and which model is "chosen", is decided by a second
cross-validation within the training papers (Varma and Simon 2006, BMC Bioinformatics 7:91), by log loss for acceptance
and squared error for scores. Papers that belong together are never parted. How good the predictions are is said by
`common.prediction.assessment`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from common.errors import ReviewError

if TYPE_CHECKING:
    import numpy as np

Kind = Literal["acceptance", "score"]
BASELINE: dict[Kind, str] = {"acceptance": "majority", "score": "mean"}
LINEAR: dict[Kind, str] = {"acceptance": "logistic regression", "score": "ridge"}
BOOSTING = "gradient boosting"
CHOSEN = "chosen"
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Task:
    """kind: acceptance has truths 0 and 1, and is predicted by a probability; a score by a number.

    features: papers x columns, NaN where a paper lacks one. group: papers of one group stay on one side.
    """

    kind: Kind
    features: np.ndarray
    truth: Sequence[float]
    group: Sequence[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """folds: of both cross-validations. test: places of the papers to predict from all others; None predicts every
    paper in folds."""

    folds: int = FOLDS
    seed: int = 0
    test: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """paper: places in the task that were predicted, ascending. fold: which model said it. guesses: model -> a
    probability or score for each. picks: what "chosen" was, a name with its settings for each fold."""

    paper: list[int]
    fold: list[int]
    guesses: dict[str, list[float]]
    picks: list[str] = field(default_factory=list)


def matrix(rows: Sequence[Mapping[str, float]]) -> np.ndarray:
    """Papers x columns, in the order of the first row's names."""
    import numpy as np

    return np.array([[row[name] for name in rows[0]] for row in rows], dtype=float) if rows else np.zeros((0, 0))


def predict(task: Task, plan: Plan, names: Sequence[str]) -> Outcome:
    """Predictions of each named model and, where there are several, of the one "chosen" among them.

    A feature that half of the training papers or more lack counts for nothing. Errors: ReviewError when there are too
    few papers, or only one outcome, to learn from.
    """
    if find_spec("sklearn") is None:
        raise ReviewError("Prediction needs scikit-learn, which is not installed.", 'Install it: pip install ".[eval]"')
    import numpy as np

    truth, group = np.array(task.truth, dtype=float), np.array(task.group)
    columns = [*names, *([CHOSEN] if len(names) > 1 else [])]
    found = Outcome([], [], {name: [] for name in columns})
    for number, (train, test) in enumerate(_outer(task, truth, group, plan)):
        check(task.kind, truth[train], plan.folds)
        # What most papers lack is left out: a fold might have none of it, and no model is fitted on nothing.
        features = np.where(np.isfinite(task.features[train]).mean(axis=0) > 0.5, task.features, 0.0)
        inner = list(_folds(task.kind, truth[train], group[train], plan))
        searches = {name: _search(task.kind, name, inner, plan.seed) for name in names}
        for name, search in searches.items():
            search.fit(features[train], truth[train])
            found.guesses[name] += _say(task.kind, search, features[test])
        best = max(names, key=lambda name: searches[name].best_score_)
        if CHOSEN in found.guesses:
            found.guesses[CHOSEN] += found.guesses[best][-len(test) :]
        found.picks.append(_described(best, searches[best].best_params_))
        found.paper.extend(int(one) for one in test)
        found.fold.extend([number] * len(test))
    order = sorted(range(len(found.paper)), key=found.paper.__getitem__)
    guesses = {name: [guess[at] for at in order] for name, guess in found.guesses.items()}
    return Outcome([found.paper[at] for at in order], [found.fold[at] for at in order], guesses, found.picks)


def check(kind: Kind, truth: np.ndarray, folds: int) -> None:
    """Errors: ReviewError when these training papers are too few for a cross-validation within them."""
    import numpy as np

    if len(truth) < 2 * folds:
        raise ReviewError(f"There are {len(truth)} papers to learn from; at least {2 * folds} are needed.", _MORE)
    values, counts = np.unique(truth, return_counts=True)
    names = ("rejected", "accepted")
    if len(values) == 1:
        fate = names[int(values[0])] if kind == "acceptance" else f"given the score {values[0]:g}"
        raise ReviewError(f"All {len(truth)} papers to learn from were {fate}: there is nothing to tell apart.", _MORE)
    if kind == "acceptance" and min(counts) < folds:
        what = names[int(values[counts.argmin()])]
        raise ReviewError(
            f"There are {min(counts)} {what} papers of {len(truth)} to learn from; at least {folds} are needed.", _MORE
        )


_MORE = "Take more papers, another venue, or fewer --folds."


def _outer(task: Task, truth: np.ndarray, group: np.ndarray, plan: Plan) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    import numpy as np

    if plan.test is None:
        check(task.kind, truth, plan.folds)
        yield from _folds(task.kind, truth, group, plan)
    else:
        test = np.array(plan.test, dtype=int)
        yield np.setdiff1d(np.arange(len(truth)), test), test


def _folds(kind: Kind, truth: np.ndarray, group: np.ndarray, plan: Plan) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Training and test places. Acceptance is stratified, so that each fold has its share of both fates."""
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    if len(set(group.tolist())) < plan.folds:
        raise ReviewError(f"There are fewer than {plan.folds} papers that do not belong together.", _MORE)
    if kind == "acceptance":
        folds: Any = StratifiedGroupKFold(plan.folds, shuffle=True, random_state=plan.seed)
    else:
        folds = GroupKFold(plan.folds, shuffle=True, random_state=plan.seed)
    yield from folds.split(truth, truth, group)


def _search(kind: Kind, name: str, inner: list[Any], seed: int) -> Any:
    """The model with its settings to be searched: unfitted."""
    from sklearn.model_selection import GridSearchCV

    model, grid = _model(kind, name, seed)
    scoring = "neg_log_loss" if kind == "acceptance" else "neg_mean_squared_error"
    return GridSearchCV(model, grid, scoring=scoring, cv=inner)


def _model(kind: Kind, name: str, seed: int) -> tuple[Any, dict[str, list[Any]]]:
    """Small grids: a few hundred papers cannot tell finer ones apart."""
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    if name == BASELINE[kind]:
        return (DummyClassifier(strategy="prior") if kind == "acceptance" else DummyRegressor()), {}
    if name == BOOSTING:
        settings: dict[str, Any] = {"max_leaf_nodes": 4, "max_iter": 60, "early_stopping": False, "random_state": seed}
        boosting = HistGradientBoostingClassifier if kind == "acceptance" else HistGradientBoostingRegressor
        return boosting(**settings), {"learning_rate": [0.02, 0.1]}
    if name != LINEAR[kind]:
        raise ValueError(f"there is no model {name} of {kind}")
    if kind == "acceptance":
        last, grid = LogisticRegression(max_iter=2000), {"model__C": [1e-4, 1e-3, 1e-2, 0.1, 1.0]}
    else:
        last, grid = Ridge(), {"model__alpha": [1.0, 10.0, 100.0, 1e3, 1e4]}
    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    return Pipeline([("fill", fill), ("scale", StandardScaler()), ("model", last)]), grid


def _say(kind: Kind, fitted: Any, features: np.ndarray) -> list[float]:
    if kind == "acceptance":
        return fitted.predict_proba(features)[:, list(fitted.classes_).index(1.0)].tolist()
    return fitted.predict(features).tolist()


def _described(name: str, settings: Mapping[str, Any]) -> str:
    said = ", ".join(f"{key.rpartition('__')[2]} {value:g}" for key, value in settings.items())
    return f"{name} ({said})" if said else name
