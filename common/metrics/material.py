"""What metrics are given: a paper's trials, each one review beside the reviews it is compared with.

A system is anything that wrote reviews: a model, a referee left out of the references, one constant text. All of them
are scored the same way. Reading records and corpora into this is the scripts' business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from common.types import Question, Rating


@dataclass(frozen=True, slots=True)
class Text:
    """One review as metrics see it.

    id: unique among the reviews of its paper and side. sections: heading -> prose in the form's order; "" is the
    heading of free text. Prose is without headings, ratings, list marks and question numbers, so that neither side is
    credited for its apparatus. points: single remarks. ratings: as read; None is unscored.
    questions: what the review was asked, in order. problems: what did not parse.
    """

    id: str
    sections: dict[str, str]
    points: tuple[str, ...] = ()
    ratings: tuple[Rating, ...] = ()
    questions: tuple[Question, ...] = ()
    form: str = ""
    problems: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All prose, a section a paragraph."""
        return "\n".join(prose for prose in self.sections.values() if prose)


@dataclass(frozen=True, slots=True)
class Trial:
    """One review and what it is held against. references: human reviews of the same paper, never the review itself;
    empty means that nothing can be said."""

    review: Text
    references: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A system's trials on one paper. key: of the paper. A paper's value is the mean over its trials.

    load_paper: gives the paper's text (Markdown, as `common.paper.read_markdown` takes it), None where there is none;
    a function, so that a thousand papers need not be in memory.
    """

    key: str
    venue: str
    trials: tuple[Trial, ...]
    load_paper: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True)
class System:
    """name: the row's name in a table. items: paper key -> what it wrote there. note: how it was made, in a sentence.
    missing: paper key -> why it has no review there, for papers it should have one on."""

    name: str
    items: dict[str, Item]
    note: str = ""
    missing: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items.values())
