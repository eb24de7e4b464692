"""The human side of `review evaluate`: a corpus's papers with their referees, and which paper a review belongs to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from common.corpora.splits import load_part
from common.corpora.store import Corpus, open_corpus
from common.errors import BadConfig
from common.forms import load_form
from common.metrics.baselines import Panel
from common.types import ReviewForm
from stage_b_reviewer.material import of_human

WINDOW = 128
"""Papers whose texts are in memory at once, about 8 MB."""
HUMAN_SIDE = "human"

form_named = cache(load_form)
"""A form by its name, read once. Errors: BadConfig."""
UNKNOWN = ReviewForm("", "unknown", ())
"""Of venues whose form does not ship, as most of Reviewer2's: their reviews keep the headings they were posted with."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something a reader must know of. side: name of the system, or "human". code: a stable word. where: paper key,
    file or line. says: more, in words."""

    side: str
    code: str
    where: str
    says: str = ""


@dataclass
class Humans:
    """panels: every paper of the part, in the corpus's order, also those without a review. form_of, titles, accepted:
    of the papers by key; accepted where the decision is known. notes: what is odd about the human side."""

    corpus: Corpus
    panels: dict[str, Panel] = field(default_factory=dict)
    form_of: dict[str, ReviewForm] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    accepted: dict[str, bool] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    @property
    def forms(self) -> dict[str, ReviewForm]:
        """By name, without that of papers whose form nobody knows."""
        return {form.name: form for form in self.form_of.values() if form.name}


class Texts:
    """The papers' texts, a window at a time, since a row group of the corpus is unpacked whole."""

    def __init__(self, corpus: Corpus, keys: Sequence[str]) -> None:
        self._corpus, self._keys = corpus, list(keys)
        self._place = {key: place for place, key in enumerate(self._keys)}
        self._held: dict[str, str] = {}

    def load(self, key: str) -> str:
        """Errors: ReviewError when the corpus is damaged."""
        if key not in self._held:
            start = self._place[key]
            window = self._keys[start : start + WINDOW]
            self._held = {paper.key: paper.text for paper in self._corpus.papers(window)}
        return self._held[key]


def open_humans(folder: Path, split: Path | None, part: str) -> Humans:
    """The papers of a part, of all without a split. Errors: ReviewError; BadConfig for a part without a split."""
    if bool(split) != bool(part):
        raise BadConfig("--split and --part go together.", "--split split.json --part val")
    corpus = open_corpus(folder)
    return read_panels(corpus, load_part(split, part, corpus) if split else corpus.keys)


def read_panels(corpus: Corpus, keys: Sequence[str]) -> Humans:
    """The referees of these papers. A review without a word is no reference; it is noted, and so is a paper with none
    or with one. Errors: BadConfig for a form that is not known."""
    humans = Humans(corpus)
    order = [key for key in corpus.keys if key in frozenset(keys)]
    texts = Texts(corpus, order)
    for paper in corpus.papers(order):
        form = form_named(paper.form) if paper.form else UNKNOWN
        found = [of_human(review, form) for review in paper.reviews]
        reviews = tuple(review for review in found if review.text.strip())
        empty = (review for review in found if not review.text.strip())
        humans.notes += [Note(HUMAN_SIDE, "empty-review", f"{paper.key}#{review.id}") for review in empty]
        if len(reviews) < 2:
            humans.notes.append(Note(HUMAN_SIDE, "one-review" if reviews else "no-review", paper.key))
        load = partial(texts.load, paper.key) if paper.text else None
        humans.panels[paper.key] = Panel(paper.key, paper.venue, reviews, load)
        humans.form_of[paper.key] = form
        humans.titles[paper.key] = paper.title
        if paper.accepted is not None:
            humans.accepted[paper.key] = paper.accepted
    return humans


class Finder:
    """Which paper is meant: by key or id, "/" perhaps written "_" or "__", or else by the title."""

    def __init__(self, humans: Humans) -> None:
        self._keys: dict[str, set[str]] = defaultdict(set)
        self._titles: dict[str, set[str]] = defaultdict(set)
        self._outside = set(humans.corpus.keys) - set(humans.panels)
        for key in humans.corpus.keys:
            for name in (key, key.replace("/", "_"), key.replace("/", "__"), key.partition("/")[2]):
                self._keys[name.casefold()].add(key)
        for key, title in humans.titles.items():
            if plain := normal(title):
                self._titles[plain].add(key)

    def find(self, name: str, title: str = "") -> tuple[str, str]:
        """The paper's key and "", or "" and why there is none: "unknown-paper", "ambiguous-paper", "outside-part"."""
        found = self._keys.get(name.casefold(), set())
        titled = self._titles.get(normal(title), set()) if title else set()
        # The title parts papers of one number, as ACL 2017's and CoNLL 2016's are.
        both = found & titled
        found = both or found or titled
        if len(found) > 1:
            return "", "ambiguous-paper"
        if not found:
            return "", "unknown-paper"
        key = next(iter(found))
        return ("", "outside-part") if key in self._outside else (key, "")


def normal(title: str) -> str:
    """A title's letters and digits, as one compares titles of PDFs."""
    return re.sub(r"[\W_]+", "", title.casefold())
