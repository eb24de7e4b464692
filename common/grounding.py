"""Which passage of the paper stands closest to a remark, and whether a quotation is really there.

Search is BM25 (Lucene's variant, k1 1.5, b 0.75; Robertson and Zaragoza 2009) over the paper's passages, by bm25s. A
high score says that the words are about the same thing, never that the remark is right.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rapidfuzz import fuzz

from common.types import Evidence, Paper, Passage, Point

SHORTEST_QUOTATION = 3
"""Words. Shorter text in quotation marks is usually a term, not a quotation."""
FOUND = 0.92
"""Share of a quotation's characters that must align for it to count as found: room for a ligature or a hyphen."""

_QUOTED = re.compile(r"\u201c([^\u201c\u201d]{8,600})\u201d|(?<![\w\"])\"([^\"]{8,600})\"(?!\w)|``(.{8,600}?)''")
_WORD = re.compile(r"\w+")
EXCERPT = 280


@dataclass(frozen=True, slots=True)
class Match:
    """A passage and its score for a query."""

    passage: Passage
    score: float


class Grounds:
    """One paper's passages, indexed once. Passages of fewer than `shortest` words are not offered as support."""

    def __init__(self, paper: Paper, shortest: int = 6) -> None:
        self.passages = tuple(p for p in paper.passages if len(p.text.split()) >= shortest)
        self._all = paper.passages

    def support(self, text: str) -> Match | None:
        """The best passage for a remark, or None when no word of it stands in the paper."""
        found = self.search(text, 1)
        return found[0] if found else None

    def search(self, text: str, count: int) -> list[Match]:
        """The `count` best passages, best first, those with score 0 left out."""
        if not self.passages:
            return []
        tokens = _tokens([text])
        if not tokens[0]:
            return []
        places, scores = self._index.retrieve(
            tokens, k=min(count, len(self.passages)), show_progress=False, sorted=True, n_threads=0
        )
        pairs = zip(places[0].tolist(), scores[0].tolist(), strict=True)
        return [Match(self.passages[place], float(score)) for place, score in pairs if score > 0]

    def closeness(self, texts: Sequence[str]) -> list[float]:
        """For each text, 0 to 1: the score of its best passage as a share of the sum of its words' idf, which a score
        approaches where a passage says nothing else. A score alone grows with the text and with the paper, so it
        cannot be compared between papers; this can."""
        if not self.passages:
            return [0.0] * len(texts)
        found = []
        for tokens in _tokens(texts):
            most = sum(map(self._idf, tokens))
            found.append(float(self._index.get_scores(tokens).max()) / most if tokens else 0.0)
        return found

    def _idf(self, token: str) -> float:
        count = self._frequencies[token]
        return math.log(1 + (len(self.passages) - count + 0.5) / (count + 0.5))

    @cached_property
    def _frequencies(self) -> Counter[str]:
        """In how many passages a word stands."""
        return Counter(token for tokens in _tokens([one.text for one in self.passages]) for token in set(tokens))

    @cached_property
    def _index(self) -> Any:
        import bm25s

        index = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
        index.index(_tokens([passage.text for passage in self.passages]), show_progress=False)
        return index

    def check(self, quotation: str) -> Evidence:
        """Look a quotation up: letter for letter apart from case, spaces, hyphens and typography, else aligned."""
        wanted = _plain(quotation)
        best, best_score = None, 0.0
        for passage, text in self._plain_passages:
            if wanted in text:
                return Evidence("quotation", quotation, self._page(passage, quotation), 1.0, True, passage.section)
            score = (
                fuzz.partial_ratio(wanted, text, score_cutoff=100 * best_score) / 100
                if len(text) >= len(wanted)
                else 0.0
            )
            if score > best_score:
                best, best_score = passage, score
        if best is not None and best_score >= FOUND:
            return Evidence("quotation", quotation, self._page(best, quotation), best_score, True, best.section)
        return Evidence("quotation", quotation, 0, best_score, False)

    @cached_property
    def _plain_passages(self) -> list[tuple[Passage, str]]:
        return [(passage, _plain(passage.text)) for passage in self._all]

    @staticmethod
    def _page(passage: Passage, quotation: str) -> int:
        """The page of the quotation's first words inside the passage, which may run over a page break."""
        if len(passage.pages) == 1:
            return passage.page
        alignment = fuzz.partial_ratio_alignment(quotation.lower(), passage.text.lower())
        return passage.page_at(alignment.dest_start) if alignment else passage.page


def quotations(text: str) -> list[str]:
    """What stands in double quotation marks and is long enough to be a quotation rather than a term."""
    found = (next(group for group in match.groups() if group is not None).strip() for match in _QUOTED.finditer(text))
    return [one for one in found if len(one.split()) >= SHORTEST_QUOTATION]


def grounded(point: Point, grounds: Grounds) -> Point:
    """The point with its evidence: the closest passage first, then each quotation, found or not."""
    from dataclasses import replace

    evidence = []
    match = grounds.support(point.text)
    if match:
        passage = match.passage
        quote = excerpt(passage.text, point.text)
        page = passage.page_at(passage.text.find(quote[:40]) if quote[:40] in passage.text else 0)
        evidence.append(Evidence("passage", quote, page, round(match.score, 2), True, passage.section))
    evidence += [grounds.check(quotation) for quotation in quotations(point.text)]
    return replace(point, evidence=tuple(evidence))


def excerpt(passage: str, about: str, length: int = EXCERPT) -> str:
    """The sentences of a passage that share most words with a remark, as one run of at most `length` characters."""
    from common.paper.sentences import sentences

    if len(passage) <= length:
        return passage
    spans = sentences(passage)
    wanted = {word for word in _WORD.findall(about.lower()) if len(word) > 3}
    shared = [len(wanted.intersection(_WORD.findall(passage[start:end].lower()))) for start, end in spans]
    best = max(range(len(spans)), key=lambda place: shared[place])
    start, end = spans[best]
    for _, following in spans[best + 1 :]:
        if following - start > length:
            break
        end = following
    text = passage[start:end].strip()
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0] + "\u2026"


def _tokens(texts: Sequence[str]) -> list[list[str]]:
    import bm25s
    import Stemmer

    return bm25s.tokenize(
        list(texts), stopwords="en", stemmer=Stemmer.Stemmer("english"), return_ids=False, show_progress=False
    )


def _plain(text: str) -> str:
    """Letters and digits only, folded: what two printings of the same words share."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(_WORD.findall(folded)).replace("_", "")
