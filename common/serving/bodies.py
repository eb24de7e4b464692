"""What may be sent and what is answered, as models: the OpenAPI document is made of these. Unknown keys are errors."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from common.jsonio import to_json
from common.seeds import LIMIT
from common.serving.chain import Order
from common.serving.jobs import Job, Status
from common.types import Origin, PassageKind, Question

QuestionText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class QuestionBody(_Strict):
    text: QuestionText
    aspect: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


class OrderBody(_Strict):
    """All optional: what is left out is the service's own setting. questions: answer these and ask none. ask: further
    questions of one's own, put in front."""

    form: Annotated[str, Field(max_length=100)] | None = None
    questions: Annotated[list[QuestionBody], Field(max_length=200)] = []
    ask: Annotated[list[QuestionText], Field(max_length=50)] = []
    samples: Annotated[int, Field(ge=1, le=16)] | None = None
    max_questions: Annotated[int, Field(ge=1, le=200)] | None = None
    reviews: Annotated[int, Field(ge=1, le=16)] | None = None
    max_points: Annotated[int, Field(ge=0, le=1000)] | None = None
    seed: Annotated[int, Field(ge=0, lt=LIMIT)] | None = None

    def order(self) -> Order:
        plain = self.model_dump(exclude={"questions", "ask"})
        return Order(**plain, questions=numbered(self.questions), ask=tuple(self.ask))


def numbered(questions: list[QuestionBody]) -> tuple[Question, ...]:
    return tuple(Question(f"Q{n}", one.text, one.aspect, "user") for n, one in enumerate(questions, start=1))


class SectionBody(_Strict):
    heading: str = ""
    text: str


class PaperBody(_Strict):
    """A paper as text. name: shown to people."""

    name: Annotated[str, Field(max_length=200)] = "paper.json"
    title: str = ""
    abstract: str = ""
    sections: Annotated[list[SectionBody], Field(min_length=1, max_length=2000)]
    references: Annotated[list[str], Field(max_length=5000)] = []

    def file(self) -> bytes:
        """In Science-Parse's form, which `read_paper` reads."""
        plain = self.model_dump(exclude={"name", "abstract"}) | {"abstractText": self.abstract}
        return to_json(plain, indent=0).encode()


class ReviewBody(_Strict):
    paper: PaperBody
    order: OrderBody = OrderBody()


class RerunBody(_Strict):
    """questions: the ones to answer. order: what else differs from the job that is run again; its `questions` and `ask`
    stay empty."""

    questions: Annotated[list[QuestionBody], Field(min_length=1, max_length=200)]
    order: OrderBody | None = None


class UploadForm(BaseModel):
    """For the OpenAPI document: the parts of a multipart upload."""

    paper: Annotated[str, Field(json_schema_extra={"type": "string", "format": "binary"})]
    order: OrderBody = OrderBody()


class QuestionReply(BaseModel):
    id: str
    text: str
    aspect: str
    origin: Origin


class PaperReply(BaseModel):
    """title, pages, words: null until it has been read."""

    name: str
    sha256: str
    type: str
    title: str | None
    pages: int | None
    words: int | None


class FaultReply(BaseModel):
    message: str
    hint: str
    code: str


class OrderReply(BaseModel):
    form: str | None
    questions: list[QuestionReply]
    ask: list[str]
    samples: int | None
    max_questions: int | None
    reviews: int | None
    max_points: int | None
    seed: int | None


class JobReply(BaseModel):
    """place: in the queue, from 1; null when it does not wait."""

    id: str
    status: Status
    created: datetime
    started: datetime | None
    finished: datetime | None
    parent: str | None
    paper: PaperReply
    order: OrderReply
    questions: list[QuestionReply]
    place: int | None
    error: FaultReply | None
    links: dict[str, str]


class JobsReply(BaseModel):
    """next: what `before` has to be for the page after this one; null at the end."""

    reviews: list[JobReply]
    next: str | None


class SpanReply(BaseModel):
    page: int
    start: int
    end: int


class PassageReply(BaseModel):
    text: str
    page: int
    section: str
    kind: PassageKind
    spans: list[SpanReply]


class RatingReply(BaseModel):
    name: str
    labels: dict[str, str]


class FormReply(BaseModel):
    name: str
    title: str
    sections: list[str]
    ratings: list[RatingReply]


class HealthReply(BaseModel):
    status: Literal["alive", "ready"]
    model: str


def job_reply(job: Job) -> dict[str, Any]:
    """As JSON; `JobReply` is its schema."""
    at = f"/v1/reviews/{job.id}"
    parts = ("events", "record", "paper", "passages", "reruns", "cancel")
    return {
        "id": job.id,
        "status": job.status,
        "created": _time(job.created),
        "started": _time(job.started),
        "finished": _time(job.finished),
        "parent": job.parent,
        "paper": {name: getattr(job, name) for name in PaperReply.model_fields},
        "order": {name: getattr(job.order, name) for name in OrderReply.model_fields},
        "questions": job.questions,
        "place": job.place,
        "error": job.error,
        "links": {"self": at} | {part: f"{at}/{part}" for part in parts},
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def shown_name(given: str) -> str:
    """A file's name for people: without folders, control characters and marks that turn the writing direction."""
    last = re.split(r"[/\\]", given)[-1]
    plain = "".join(" " if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp") else one for one in last)
    return " ".join(plain.split())[-150:].strip(". ") or "paper"
