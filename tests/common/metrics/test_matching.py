"""The assignment under all hit rates: a text counted twice, or a pair lost, would change every one of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from common.metrics.matching import Vectors, assign, group
from tests.common.metrics.planes import Planes

tables = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.floats(-1, 1, width=32))
)
thresholds = st.floats(-1, 1)


def vectors(*texts: str) -> np.ndarray:
    return Planes().encode(texts)


def test_the_most_pairs_win_over_the_nearest_one() -> None:
    """A greedy match would take 0.9 and leave the other two texts alone, though both have a counterpart."""
    assert assign(np.array([[0.9, 0.7], [0.8, 0.1]]), 0.6) == [(0, 1), (1, 0)]


def test_among_as_many_pairs_the_nearest_are_taken() -> None:
    """Pairs are shown to readers: of equally many, the likeliest must be shown."""
    assert assign(np.array([[0.7, 0.9], [0.9, 0.7]]), 0.6) == [(0, 1), (1, 0)]


def test_the_threshold_itself_is_a_match_and_less_is_none() -> None:
    """A calibrated threshold means "from here on"."""
    assert assign(np.array([[0.5]]), 0.5) == [(0, 0)]
    assert assign(np.array([[0.5]]), 0.51) == []


@given(tables, thresholds)
def test_no_text_is_in_two_pairs_and_all_pairs_are_alike(table: np.ndarray, threshold: float) -> None:
    """A point counted twice is a hit that is not there."""
    pairs = assign(table, threshold)
    rows, columns = [row for row, _ in pairs], [column for _, column in pairs]
    assert len(set(rows)) == len(rows) and len(set(columns)) == len(columns)
    assert all(table[pair] >= threshold for pair in pairs)


@given(tables, thresholds, thresholds)
def test_a_higher_threshold_never_gives_more_pairs(table: np.ndarray, one: float, other: float) -> None:
    """A sweep that rises with the threshold could not be read."""
    low, high = sorted((one, other))
    assert len(assign(table, high)) <= len(assign(table, low))


@given(tables, thresholds, st.randoms(use_true_random=False))
def test_the_order_of_texts_changes_nothing(table: np.ndarray, threshold: float, random) -> None:
    """Points come in any order; the figure must not."""
    rows, columns = list(range(table.shape[0])), list(range(table.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    assert len(assign(table[rows][:, columns], threshold)) == len(assign(table, threshold))
    assert len(assign(table.T, threshold)) == len(assign(table, threshold))


@given(tables, thresholds)
def test_it_finds_as_many_pairs_as_any_other_way(table: np.ndarray, threshold: float) -> None:
    """Against scipy's own maximum matching of the graph of allowed pairs."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching

    most = maximum_bipartite_matching(csr_matrix(table >= threshold), perm_type="column")
    assert len(assign(table, threshold)) == int((most >= 0).sum())


def test_groups_follow_pairs_through_a_third_list() -> None:
    """0, 25 and 50 degrees: the ends are 0.643 apart and meet through the middle; the other plane stays alone."""
    lists = [vectors("a0"), vectors("a25", "b0"), vectors("a50")]
    assert group(lists, 0.9) == [((0, 0), (1, 0), (2, 0)), ((1, 1),)]
    assert group(lists, 0.95) == [((0, 0),), ((1, 0),), ((1, 1),), ((2, 0),)]


def test_a_referee_who_repeats_a_point_does_not_join_it_to_another() -> None:
    """One-to-one: of two like points in one review only one is said by the other referee."""
    assert group([vectors("a0", "a1"), vectors("a0")], 0.9) == [((0, 0), (1, 0)), ((0, 1),)]


def test_every_text_is_embedded_once() -> None:
    """Embedding is what takes the time: human reviews come back in every system."""
    encoder = Planes()
    known = Vectors(encoder)
    known.add(["a0", "b0", "a0"])
    assert known.of(["b0", "c0", "b0"]).shape == (3, 52)
    assert encoder.calls == [["a0", "b0"], ["c0"]]
    with pytest.raises(ValueError):
        known.of([])
