"""The seam between the service and what it serves: an order and a paper in, a record out, progress on the way.

The service keeps jobs, users and limits and knows neither stages nor engines; who implements `Chain` knows nothing of
jobs. Many papers are run at once, each call in a thread of its own; the engine behind them batches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from common.types import ChainRecord, Paper, Question, ReviewForm, StageRecord


@dataclass(frozen=True, slots=True)
class Order:
    """What a user asked for; None is the service's own setting.

    questions: these are answered and the paper is asked none; () asks the paper. ask: a user's further questions, put
    in front. form: a name under configs/forms. asked: how `questions` came about when a model asked them (a job taken
    up again after a restart, a rerun), kept for the record.
    """

    form: str | None = None
    questions: tuple[Question, ...] = ()
    ask: tuple[str, ...] = ()
    samples: int | None = None
    max_questions: int | None = None
    reviews: int | None = None
    max_points: int | None = None
    seed: int | None = None
    asked: StageRecord | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a run tells, in its own thread. on_stage(name): "asking" or "reviewing" begins; on_questions: all of them,
    before the review is begun; on_text(stage, text): the raw text so far of the stage that on_stage named, at most a
    few times a second."""

    on_stage: Callable[[str], None] = lambda name: None
    on_questions: Callable[[Sequence[Question], StageRecord | None], None] = lambda questions, asked: None
    on_text: Callable[[str, str], None] = lambda stage, text: None


class Cancelled(Exception):
    """Raised out of `Chain.run` when `cancelled()` became true: what was in flight is out of the engine."""


class Chain(Protocol):
    """Question a paper, then review it. Thread-safe.

    places: papers worth running at once; more would only wait in the engine. model: what answers, for people.
    """

    places: int
    model: str

    def forms(self) -> Sequence[ReviewForm]:
        """The forms an order may name."""

    def check(self, order: Order) -> None:
        """Before a job is accepted. Errors: ReviewError when the order cannot be carried out."""

    def run(self, paper: Paper, order: Order, told: Told, cancelled: Callable[[], bool]) -> ChainRecord:
        """One paper's record. The record's seed is the order's, or a fresh one.

        Errors: ReviewError for people; EngineFailure (one of them) when the engine is to blame; Cancelled.
        """

    def ready(self) -> bool:
        """The engine is there and alive."""

    def close(self) -> None:
        """Free the engine."""
