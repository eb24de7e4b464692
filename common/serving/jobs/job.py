"""A job as it is kept, and the words for where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from common.errors import ReviewError
from common.serving.chain import Order
from common.types import Question, StageRecord

Status = Literal["queued", "reading", "asking", "reviewing", "done", "failed", "cancelled"]

RUNNING = ("reading", "asking", "reviewing")
FINAL = ("done", "failed", "cancelled")


class QueueFull(ReviewError):
    """No more jobs are taken now. retry: seconds after which a place should be free."""

    def __init__(self, message: str, retry: int) -> None:
        super().__init__(message, f"Try again in {retry} seconds.")
        self.retry = retry


class StorageFull(ReviewError):
    """One user keeps as much here as one user may."""

    def __init__(self, kept: int, most: int) -> None:
        super().__init__(
            f"Your papers take {kept / 1e6:,.0f} MB here; one user may keep {most / 1e6:,.0f}.",
            "Delete reviews that you no longer need.",
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a job failed: a sentence, what to do, and a stable word for programs."""

    message: str
    hint: str = ""
    code: str = "failed"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a job, kept until the job is deleted. id: 1, 2, ... within the job."""

    id: int
    name: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """seq: order of acceptance. created, started, finished: Unix seconds. parent: id of the job it reruns.

    name: the paper's file name as shown to people, never used as a path. suffix: of the stored file. type: media type
    the file is given back with. title, pages, words: None until it has been read. questions: all of them once they are
    known, and asked: how. starts: times it was taken up and not given back. place: in the queue, from 1; None when it
    does not wait.
    """

    seq: int
    id: str
    owner: str
    status: Status
    created: float
    name: str
    suffix: str
    type: str
    sha256: str
    order: Order
    started: float | None = None
    finished: float | None = None
    parent: str | None = None
    title: str | None = None
    pages: int | None = None
    words: int | None = None
    questions: tuple[Question, ...] = ()
    asked: StageRecord | None = None
    error: Fault | None = None
    starts: int = 0
    place: int | None = None
