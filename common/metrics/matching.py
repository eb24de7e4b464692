"""Which texts of two lists say the same: sentence embeddings and a one-to-one assignment.

Two texts may be paired when the cosine of their embeddings reaches a threshold. Of all ways to pair them, each text in
at most one pair, the one with the most pairs is taken, and among those the one with the greatest sum of cosines
(Kuhn 1955; scipy's `linear_sum_assignment`). No text is counted twice, and a higher threshold never gives more pairs.

An embedding knows the matter, hardly the stance: "the ablation is convincing" and "the ablation is missing" are near.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np


class Embeds(Protocol):
    """What is asked of an encoder; `common.encoder.Encoder` is one. encode: shape (texts, dimensions), unit rows."""

    @property
    def name(self) -> str: ...

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...


class Vectors:
    """Texts as unit vectors, each text embedded once however many systems and papers hold it.

    All vectors stay in memory: 1.5 kB a text with the default encoder.
    """

    def __init__(self, encoder: Embeds) -> None:
        self.name = encoder.name
        self._encoder = encoder
        self._known: dict[str, np.ndarray] = {}

    def add(self, texts: Iterable[str]) -> None:
        """Embed those that are new, in one call: an encoder is fastest when it can sort many texts by length."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= zip(new, self._encoder.encode(new), strict=True)

    def of(self, texts: Collection[str]) -> np.ndarray:
        """Shape (texts, dimensions), in order. Errors: ValueError for no texts, which have no dimensions."""
        import numpy as np

        if not texts:
            raise ValueError("no texts to embed")
        self.add(texts)
        return np.stack([self._known[text] for text in texts])


def assign(similarity: np.ndarray, threshold: float) -> list[tuple[int, int]]:
    """The pairs (row, column), rows ascending. similarity: -1 to 1. Ties are broken by scipy, so with them the pairs,
    though never their number, may depend on the order of the texts."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    allowed = similarity >= threshold
    if not allowed.any():
        return []
    # One more pair must outweigh any gain in similarity over all the others, which is below 2 a pair.
    pair = 2.0 * min(similarity.shape) + 1
    rows, columns = linear_sum_assignment(np.where(allowed, pair + similarity.astype(np.float64), 0.0), maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if allowed[row, column]]


Group = tuple[tuple[int, int], ...]
"""Members (list, place in it), ascending."""


def group(lists: Sequence[np.ndarray], threshold: float) -> list[Group]:
    """Texts of several lists that say the same: those that assignments between any two lists connect, directly or
    through others. Every text is in exactly one group, most are alone in theirs.

    lists: vectors, one array a list. Two texts of one list are in one group only where a third list connects them.
    """
    members = [(number, place) for number, vectors in enumerate(lists) for place in range(len(vectors))]
    parent = {member: member for member in members}

    def root(member: tuple[int, int]) -> tuple[int, int]:
        while parent[member] != member:
            member = parent[member]
        return member

    for first in range(len(lists)):
        for second in range(first + 1, len(lists)):
            for row, column in assign(lists[first] @ lists[second].T, threshold):
                one, other = sorted((root((first, row)), root((second, column))))
                parent[other] = one
    groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for member in members:
        groups.setdefault(root(member), []).append(member)
    return [tuple(found) for found in groups.values()]
