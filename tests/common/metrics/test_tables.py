"""The table: what it says can be worked out again, and it never says more than was scored."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.jsonio import from_json, to_json
from common.metrics.figures import Scores
from common.metrics.material import Item, System, Text, Trial
from common.metrics.tables import Row, Table, only, row_of, tabulate, unscored

ONE = Scores("rouge1.max", {"a": 10.0, "b": 20.0, "c": 30.0}, {"d": "empty-review"})
TWO = Scores("rouge1.max", {"a": 8.0, "b": 19.0, "d": 50.0}, {"c": "no-reference"})


def row(name: str, *scores: Scores) -> Row:
    return Row(name, "", {one.name: one for one in scores}, 4, {}, {3: 4})


def test_means_leave_out_what_has_no_value_and_differences_are_paired() -> None:
    """An unscored paper counted as 0 would punish the system that says it failed."""
    table = tabulate("all", [row("first", ONE), row("second", TWO)], "second")
    first, second = table.cells["first"]["rouge1.max"], table.cells["second"]["rouge1.max"]
    assert (first.estimate.mean, first.estimate.n, first.estimate.unscored) == (20.0, 3, {"empty-review": 1})
    assert second.estimate.mean == pytest.approx(77 / 3)
    assert first.difference is not None and second.difference is None
    # Over a and b alone: (10 - 8 + 20 - 19) / 2; c and d have one value each.
    assert (first.difference.mean, first.difference.n, first.difference.left_out) == (1.5, 2, 2)
    assert unscored(table) == {
        "first": {"empty-review": {"rouge1.max": 1}},
        "second": {"no-reference": {"rouge1.max": 1}},
    }


def test_figures_under_other_settings_are_not_compared() -> None:
    """BERTScore by two encoders has no difference."""
    table = tabulate("all", [row("x", Scores("f", {"a": 1.0}, settings="one")), row("y", Scores("f", {"a": 2.0}))], "y")
    assert table.cells["x"]["f"].difference is None


def test_a_table_that_could_mislead_is_none() -> None:
    """Two rows of one name would hide each other."""
    with pytest.raises(ValueError, match="make no table"):
        tabulate("all", [row("x", ONE), row("x", TWO)])
    with pytest.raises(ValueError, match="make no table"):
        tabulate("all", [row("x", ONE)], "gone")
    with pytest.raises(ValueError, match="called rouge1"):
        row_of(System("x", {}), [ONE, TWO])
    with pytest.raises(ValueError, match="no number"):
        tabulate("all", [row("x", Scores("f", {"a": math.nan}))])


def test_a_row_counts_the_references_of_its_trials() -> None:
    """A maximum over more references is higher; the reader must see over how many."""
    text = Text("0", {"": "words"})
    items = {
        "a": Item("a", "v", (Trial(text, (text, text)), Trial(text, (text,)))),
        "b": Item("b", "v", (Trial(text, ()),)),
    }
    found = row_of(System("x", items, missing={"c": "no-review"}), [])
    assert (found.papers, found.trials, found.references) == (2, 3, {0: 1, 1: 1, 2: 1})
    assert found.missing == {"c": "no-review"}


def test_a_part_of_a_figure_keeps_its_reasons() -> None:
    """A venue's table must say what is unscored in that venue."""
    part = only(ONE, {"a", "d"})
    assert (part.values, part.unscored, part.name) == ({"a": 10.0}, {"d": "empty-review"}, "rouge1.max")


values = st.dictionaries(st.sampled_from("abcdef"), st.floats(-100, 100), max_size=6)


@settings(max_examples=20)
@given(values, values, st.integers(0, 3))
def test_json_loads_back_whole_and_gives_the_same_table_again(one: dict, two: dict, seed: int) -> None:
    """Anyone must be able to recompute what was published."""
    table = tabulate("all", [row("x", Scores("f", one)), row("y", Scores("f", two))], "y", seed)
    back = from_json(to_json(table), Table)
    assert back == table
    assert tabulate(back.title, back.rows, back.against, back.seed) == table
    assert back.figures == ("f",) and back.scored == len(one) + len(two)
