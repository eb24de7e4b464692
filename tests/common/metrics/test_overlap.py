"""Word overlap of systems: the best and the mean over references, what is unscored, sections, many processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import BadConfig
from common.metrics import meteor, overlap
from common.metrics.material import Item, System, Text, Trial
from common.metrics.overlap import METRICS, ROUGE, by_section, compare, compute, scores
from tests.common.metrics.examples import by_name, system, text

FAST = (*ROUGE, "bleu", "chrf")
CLEAR = "The paper is clear and the proofs are short."
BASELINES = "The paper lacks strong baselines and ablations."
SIZE = "Only one small data set is used."

prose = st.lists(st.sampled_from(["the", "paper", "lacks", "baselines", "clear", "proofs", "data"]), min_size=1).map(
    " ".join
)


def values(review: str, references: list[str]) -> dict[str, float]:
    """Figure -> value of one paper."""
    found = scores(system({"v/1": [(text(review), [text(one, name=one) for one in references])]}), FAST)
    return {one.name: one.values["v/1"] for one in found}


def test_best_and_mean_by_hand() -> None:
    """Reviewer2 reports the best; the mean over references is near a tie where the best is not."""
    found = values("a b c d", ["a b c d", "a b x y", "u v w x"])
    assert (found["rouge1.max"], found["rouge1.mean"]) == (100, 50)
    assert found["rouge2.mean"] == pytest.approx((100 + 100 / 3 + 0) / 3)


@given(
    prose,
    st.lists(prose, min_size=1, max_size=4).flatmap(lambda texts: st.tuples(st.just(texts), st.permutations(texts))),
)
def test_the_order_of_references_changes_nothing(review: str, references: tuple[list[str], list[str]]) -> None:
    """Else a figure would depend on how a file was sorted."""
    first, second = references
    assert values(review, list(first)) == pytest.approx(values(review, list(second)), abs=1e-12)


@given(prose, st.lists(prose, min_size=1, max_size=3), prose)
def test_another_reference_never_lowers_the_best(review: str, references: list[str], another: str) -> None:
    """Else a paper would lose by being reviewed more often."""
    fewer, more = values(review, references), values(review, [*references, another])
    assert all(more[name] >= fewer[name] for name in fewer if name.endswith(".max"))


@given(prose)
def test_identical_texts_score_100(review: str) -> None:
    """The upper end of every scale. One word has no pair of neighbours."""
    found = values(review, [review])
    assert all(value == pytest.approx(100) for name, value in found.items() if "rouge2" not in name or " " in review)


def test_a_papers_value_is_the_mean_over_its_trials() -> None:
    """Several reviews of one paper are one paper, not several."""
    one = system({"v/1": [(text("a b"), [text("a b")]), (text("x y"), [text("a b")])]})
    assert by_name(scores(one, ["rouge1"]), "rouge1.max").values == {"v/1": 50}


def test_what_cannot_be_compared_is_listed_with_its_reason() -> None:
    """A zero in its place would be averaged with the rest."""
    one = system(
        {
            "v/none": [(text(CLEAR), [])],
            "v/empty": [(text(" \n"), [text(SIZE)])],
            "v/blank": [(text(CLEAR), [text(""), text(" ")])],
            "v/signs": [(text("——"), [text(SIZE)])],
            "v/script": [(text(CLEAR), [text("十分な実験がない")])],
            "v/nothing": [],
        },
        missing={"v/lost": "no-paper"},
    )
    for found in scores(one, FAST):
        assert found.values == {}
        assert found.unscored == {
            "v/none": "no-reference",
            "v/empty": "empty-review",
            "v/blank": "empty-references",
            "v/signs": "no-words",
            "v/script": "no-words",
            "v/nothing": "no-review",
            "v/lost": "no-paper",
        }


def test_an_empty_reference_does_not_lower_the_mean() -> None:
    """A referee who left a field blank said nothing that could be missed."""
    assert values(CLEAR, [CLEAR, ""]) == values(CLEAR, [CLEAR])


def test_sections_are_compared_under_their_headings() -> None:
    """A strength repeated under Weaknesses is no agreement."""
    review = Text("m", {"Strengths": CLEAR, "Weaknesses": BASELINES, "Limits": SIZE, "": SIZE})
    human = Text("h", {"Strengths": BASELINES, "Weaknesses": BASELINES, "Questions": SIZE, "": SIZE})
    short = Text("k", {"Strengths": CLEAR})
    found = by_section(System("s", {"v/1": Item("v/1", "v", (Trial(review, (human, short)),))}), ["rouge1"])
    best = {heading: by_name(figures, "rouge1.max") for heading, figures in found.items()}
    assert list(best) == ["Strengths", "Weaknesses", "Limits", "Questions"]
    assert best["Strengths"].values == best["Weaknesses"].values == {"v/1": 100}
    assert by_name(found["Strengths"], "rouge1.mean").values["v/1"] < 100
    assert best["Limits"].unscored == {"v/1": "section-not-in-references"}
    assert best["Questions"].unscored == {"v/1": "section-not-in-review"}


def test_two_processes_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speed must not show in a figure, nor in the order of papers."""
    monkeypatch.setattr(overlap, "_POOL_FROM", 1)
    papers = {f"v/{n}": [(text(f"{CLEAR} {n}"), [text(BASELINES * n), text(CLEAR)])] for n in range(1, 7)}
    seen: list[tuple[int, int]] = []
    metrics = ("bleu", "chrf")  # each process would load nltk for ROUGE's stems, and that takes seconds
    found = scores(system(papers), metrics, lambda *counts: seen.append(counts), workers=2)
    assert found == scores(system(papers), metrics)
    assert seen == [(n, 6) for n in range(1, 7)]


def test_bleu_and_chrf_are_sacrebleus() -> None:
    """Their settings stand beside them, so that anyone can repeat them."""
    from sacrebleu import sentence_bleu, sentence_chrf

    found = compare(BASELINES, [CLEAR], ("bleu", "chrf"))
    assert found["bleu"] == [sentence_bleu(BASELINES, [CLEAR], use_effective_order=True).score]
    assert found["chrf"] == [sentence_chrf(BASELINES, [CLEAR]).score]
    one = scores(system({"v/1": [(text(BASELINES), [text(CLEAR)])]}), FAST)
    assert by_name(one, "bleu.max").settings.startswith("nrefs:1|case:mixed|eff:yes|tok:13a|smooth:exp|version:")
    assert by_name(one, "chrf.mean").settings.startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:")


def test_a_review_of_fifty_thousand_words_is_scored_like_any_other() -> None:
    """A pasted paper must not stop the evaluation of a thousand others."""
    long = "\n".join(f"point {n}: the baseline number {n} is weak because of reason {n % 37}" for n in range(5_000))
    found = values(long, [CLEAR, BASELINES])
    assert set(found) == {f"{metric}.{kind}" for metric in FAST for kind in ("max", "mean")}
    assert all(0 <= value < 10 for value in found.values())


def test_without_wordnet_meteor_is_unscored_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """METEOR without synonyms would be another metric under its name."""
    monkeypatch.setattr(meteor, "_folder", lambda: None)
    found = scores(system({"v/1": [(text(CLEAR), [text(SIZE)])]}), METRICS)
    one = by_name(found, "meteor.max")
    assert (one.values, one.unscored) == ({}, {"v/1": "no-wordnet"})
    assert "apt-get install wordnet-base" in one.settings
    assert by_name(found, "bleu.max").values.keys() == {"v/1"}


def test_a_metric_there_is_none_of_is_an_error() -> None:
    """A misspelt name must not come back as a column of unscored papers."""
    with pytest.raises(BadConfig, match="no word overlap 'rogue1'"):
        scores(system({}), ["rogue1"])


def test_a_batch_of_predictions_as_evaluate_gives_it() -> None:
    """Unscored papers are counted, not averaged."""
    found = compute(["a b", "a b", ""], [["a b", "x y"], [], ["a b"]], ["rouge1"])
    assert found == {"rouge1.max": 100, "rouge1.mean": 50, "n": 1, "unscored": {"no-reference": 1, "empty-review": 1}}
    assert compute([], [], ["rouge1"]) == {"rouge1.max": None, "rouge1.mean": None, "n": 0, "unscored": {}}


@pytest.fixture
def wordnet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A WordNet of one synset, "car, auto", in the files Debian installs."""
    licence = "  1 WordNet 3.0 Copyright 2006\n"
    sense = f"{len(licence):08d} 06 n 02 car 0 auto 0 000 | a motor vehicle\n"
    for part in ("noun", "verb", "adj", "adv"):
        (tmp_path / f"data.{part}").write_text(licence + (sense if part == "noun" else ""))
        (tmp_path / f"index.{part}").write_text(
            "".join(f"{word} n 1 0 1 0 {len(licence):08d}\n" for word in ("auto", "car") if part == "noun")
        )
        (tmp_path / f"{part}.exc").write_text("")
    monkeypatch.setattr(meteor, "DEBIAN", tmp_path)
    monkeypatch.setattr("nltk.data.path", [])
    meteor._wordnet.cache_clear()
    yield
    meteor._wordnet.cache_clear()


def test_meteor_by_hand(wordnet: None) -> None:
    """Three words in one piece: precision and recall 1, penalty 0.5 x (1/3)^3 (Lavie and Agarwal 2007)."""
    assert meteor.meteor("the red car", "the red auto") == pytest.approx(100 * (1 - 0.5 / 27))
    assert meteor.meteor("the red baselines", "the red baseline") == pytest.approx(100 * (1 - 0.5 / 27))
    assert meteor.meteor("a b", "c d") == 0
    assert "WordNet 3.0" in meteor.settings()
