"""The data that travels: a paper, its questions, a review, and the record of one run.

Everything here is a frozen dataclass of plain values, so `common.jsonio` can write and read it and publish its JSON
Schema. Nothing here computes more than a view of its own fields; reading, asking and scoring live elsewhere.

Pages are 1-based, as printed by a PDF viewer; 0 means that the source has no pages (Markdown, JSON).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Origin = Literal["model", "human", "user", "teacher"]
PassageKind = Literal["abstract", "body", "caption", "footnote"]


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a passage's text stand on `page`."""

    page: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One paragraph, caption or footnote: the unit a review point is anchored to.

    text: running text, hyphenation repaired, one line.
    page: page of the first character.
    section: heading of the section it stands in, as printed; "" before the first heading.
    spans: which characters stand on which page, in order and without gaps; empty means all on `page`.
    """

    text: str
    page: int
    section: str = ""
    kind: PassageKind = "body"
    spans: tuple[Span, ...] = ()

    @property
    def pages(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(span.page for span in self.spans)) or (self.page,)

    def page_at(self, offset: int) -> int:
        """The page of the character at `offset` of the text."""
        return next((span.page for span in self.spans if span.start <= offset < span.end), self.page)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the paragraphs under it, up to the next heading of any level.

    heading: as printed, without its number ("Related Work").
    level: 1 for a section, 2 for a subsection, ...
    number: the printed number ("3.1", "A") or "".
    appendix: it stands after the references, or is numbered by a letter.
    """

    heading: str
    level: int
    page: int
    passages: tuple[Passage, ...] = ()
    number: str = ""
    appendix: bool = False

    @property
    def text(self) -> str:
        return "\n\n".join(passage.text for passage in self.passages)

    @property
    def words(self) -> int:
        return sum(len(passage.text.split()) for passage in self.passages)


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of the bibliography, as printed, and the page it begins on."""

    text: str
    page: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the source that a reader of the review must know.

    code: a stable word for programs ("missing-page", "instruction", "hidden-text", "truncated", ...).
    message: a sentence for people. page: where, or 0 for the whole paper.
    """

    code: str
    message: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """Where a paper came from. name: file name without folders; sha256: of the file's bytes; reader: what read it."""

    name: str
    sha256: str
    reader: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as read: text whose every passage knows its page.

    sections: body first, then appendix, in reading order; references are not among them.
    pages: number of pages in the file, 0 where the format has none.
    warnings: what went wrong or looks wrong; never empty of what was lost.
    """

    title: str
    abstract: str
    sections: tuple[Section, ...]
    source: Source
    references: tuple[Reference, ...] = ()
    captions: tuple[Passage, ...] = ()
    footnotes: tuple[Passage, ...] = ()
    pages: int = 0
    warnings: tuple[Notice, ...] = ()
    abstract_spans: tuple[Span, ...] = ()

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Everything a point can be anchored to: abstract, body and appendix, captions, footnotes."""
        first = self.abstract_spans[0].page if self.abstract_spans else (1 if self.pages else 0)
        abstract = (
            (Passage(self.abstract, first, "Abstract", "abstract", self.abstract_spans),) if self.abstract else ()
        )
        body = tuple(passage for section in self.sections for passage in section.passages)
        return abstract + body + self.captions + self.footnotes

    @property
    def words(self) -> int:
        """Words of title, abstract and sections: what a budget is spent on."""
        return len(self.title.split()) + len(self.abstract.split()) + sum(section.words for section in self.sections)


@dataclass(frozen=True, slots=True)
class Cut:
    """What `fit` left out of one section (or of "Captions"): words kept of words there."""

    section: str
    words_kept: int
    words_total: int


@dataclass(frozen=True, slots=True)
class FittedPaper:
    """The paper as the model sees it. tokens: of `text` alone; cuts: empty when nothing was left out."""

    text: str
    tokens: int
    budget: int
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True, slots=True)
class FormSection:
    """One part of a review. name: the heading to write; guide: what a reviewer is asked to put there.

    points: its text is a list of points to be linked to questions and passages; a summary is not.
    """

    name: str
    guide: str = ""
    points: bool = True


@dataclass(frozen=True, slots=True)
class RatingScale:
    """A rating and its declared scale: the value (int or float as declared) -> its printed label."""

    name: str
    labels: dict[str, str]
    guide: str = ""


@dataclass(frozen=True, slots=True)
class ReviewForm:
    """A venue's review form: a file under configs/forms. Both stages are given the same one."""

    name: str
    title: str
    sections: tuple[FormSection, ...]
    ratings: tuple[RatingScale, ...] = ()
    aspects: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question for the reviewer. id: "Q1", "Q2", ... within one run; aspect: "" when nobody named it."""

    id: str
    text: str
    aspect: str = ""
    origin: Origin = "model"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage of the paper beside a point.

    kind: "passage" is the best supporting passage found by search, "quotation" is text the review put in quotation
    marks. quote: the words. page: where they stand, 0 if nowhere. score: BM25 of a passage (higher is better, not
    comparable between papers), or the share of a quotation's letters that align with the paper, 0 to 1. verified: the
    words stand in the paper; for a passage that says nothing about whether the point is right.
    """

    kind: Literal["passage", "quotation"]
    quote: str
    page: int
    score: float
    verified: bool
    section: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of criticism or praise.

    question_ids: the questions it answers. linked_by: "model" when the model wrote the numbers itself, "overlap" when
    they were found by comparing words, "" when it answers none of them.
    """

    section: str
    text: str
    question_ids: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    linked_by: Literal["model", "overlap", ""] = ""


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating as written. value: on the form's declared scale, or None: unscored, and excluded from every mean."""

    name: str
    value: float | None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class ReviewSection:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Review:
    """A parsed review. problems: what did not parse, in words; raw: the completion as it came."""

    form: str
    sections: tuple[ReviewSection, ...]
    points: tuple[Point, ...]
    ratings: tuple[Rating, ...]
    raw: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to draw tokens. The defaults are Reviewer2's (arXiv 2402.10886, section 4.1; its demo.py).

    temperature 0 is greedy. seed: None draws a fresh one, which the record then holds; request i of a batch uses
    seed + i. max_tokens, min_tokens: of the completion. grammar: EBNF in xgrammar's notation that every completion
    must follow, "" for none; servers other than vLLM cannot be held to it.
    """

    temperature: float = 0.7
    top_p: float = 0.7
    top_k: int = 50
    repetition_penalty: float = 1.13
    max_tokens: int = 1024
    min_tokens: int = 0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    grammar: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """What one prompt became. finish: "stop" ended by itself, "length" was cut by max_tokens or the context."""

    text: str
    finish: Literal["stop", "length", "abort"]
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class StageRecord:
    """What one stage did: its raw completions, and the tokens and seconds they took.

    seconds: wall time until this paper's completions were there; batch: papers that ran together in that time.
    """

    stage: Literal["questioner", "reviewer"]
    prompt_version: str
    adapter: str
    adapter_sha256: str
    sampling: Sampling
    completions: tuple[Completion, ...]
    seconds: float
    batch: int = 1
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaperRecord:
    """The paper as one run saw it: its digest and outline, what was cut, and what a reader must know of it."""

    title: str
    source: Source
    pages: int
    words: int
    sections: tuple[str, ...]
    budget: int
    tokens: int
    cuts: tuple[Cut, ...]
    warnings: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class ChainRecord:
    """Everything one run did. Markdown, HTML and the terminal are views of this; JSON is this.

    schema: version of this record's JSON Schema. base: model id or path; base_sha256: of its weights' digest file.
    settings: SHA-256 of everything that was asked for; a resumed batch takes a record over only if it agrees.
    unanswered: ids of questions no point answers. reviews: one a requested review, in order.
    """

    schema: str
    created: str
    paper: PaperRecord
    form: ReviewForm
    questions: tuple[Question, ...]
    reviews: tuple[Review, ...]
    unanswered: tuple[str, ...]
    stages: tuple[StageRecord, ...]
    engine: str
    base: str
    base_sha256: str
    versions: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    settings: str = ""
