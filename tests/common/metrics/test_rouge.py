"""ROUGE: hand-computed values, and rouge-score itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from common.corpora.peer_reviews import PeerReviews
from common.corpora.schema import CorpusPaper
from common.metrics import rouge as module
from common.metrics.rouge import KINDS, rouge


def package(prediction: str, reference: str, stemmed: bool) -> dict[str, tuple[float, float, float]]:
    found = RougeScorer(list(KINDS), use_stemmer=stemmed).score(reference, prediction)
    return {kind: (one.precision, one.recall, one.fmeasure) for kind, one in found.items()}


def assert_equal(prediction: str, reference: str, stemmed: bool = True) -> None:
    ours = {kind: tuple(match) for kind, match in rouge(prediction, reference, stemmed).items()}
    assert ours == package(prediction, reference, stemmed)


def test_by_hand() -> None:
    """Six words against five: four shared, two pairs of neighbours shared, four in order."""
    found = rouge("the cat sat on the mat", "the cat lay on the", stemmed=False)
    assert found["rouge1"] == pytest.approx((4 / 6, 4 / 5, 8 / 11))
    assert found["rouge2"] == pytest.approx((2 / 5, 2 / 4, 4 / 9))
    assert found["rougeL"] == pytest.approx((4 / 6, 4 / 5, 8 / 11))


def test_lines_of_a_review_are_matched_wherever_they_stand() -> None:
    """Two remarks in the other order share half of their words in sequence, and all of them line by line."""
    first, second = "clear and short\nno baselines at all", "no baselines at all\nclear and short"
    assert rouge(first, second)["rougeL"].f1 == pytest.approx(4 / 7)
    assert rouge(first, second)["rougeLsum"].f1 == 1


def test_precision_is_the_predictions() -> None:
    """Swapped, a long review would look precise and a short one complete."""
    assert rouge("a b c d", "a b", stemmed=False)["rouge1"][:2] == (0.5, 1.0)


def test_the_path_that_is_taken_among_equals_is_rouge_scores() -> None:
    """Of several longest common subsequences the union of lines depends on which is taken: "b a" against "a b"."""
    assert_equal("b a", "a b")
    assert_equal("b a c\na c b\nc a", "a b c a\nc b a b")


words = st.sampled_from(["a", "b", "c", "the", "baselines", "baseline", "3", ".", "é"])
lines = st.lists(words, max_size=12).map(" ".join)
reviews = st.lists(lines, max_size=6).map("\n".join)


@settings(max_examples=300)
@given(reviews, reviews, st.booleans())
def test_texts_of_few_words_are_scored_as_by_rouge_score(prediction: str, reference: str, stemmed: bool) -> None:
    """Few different words give many paths of the same length: the hardest case for ROUGE-Lsum."""
    assert_equal(prediction, reference, stemmed)


@given(st.text(max_size=300), st.text(max_size=300), st.booleans())
def test_any_texts_are_scored_as_by_rouge_score(prediction: str, reference: str, stemmed: bool) -> None:
    """Other scripts, control characters, nothing at all."""
    assert_equal(prediction, reference, stemmed)


@given(reviews, reviews)
def test_a_line_longer_than_a_block_gives_the_same(prediction: str, reference: str) -> None:
    """Long lines are walked in blocks to save memory; where the blocks end must not show."""
    whole = rouge(prediction, reference)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_BLOCK", 3)
        assert rouge(prediction, reference) == whole


@given(reviews)
def test_a_text_and_itself_match_wholly(text: str) -> None:
    """Identical texts score 100 wherever there is a unit to compare."""
    found = rouge(text, text)
    count = len(module.count(text).words)
    assert [found[kind].f1 for kind in KINDS] == [
        float(count > 0),
        float(count > 1),
        float(count > 0),
        float(count > 0),
    ]


def test_real_reviews_are_scored_as_by_rouge_score(corpus: Path) -> None:
    """Formulas, lists and long paragraphs as referees write them; the benchmark compares 2,000 such pairs."""
    papers = (one for one in PeerReviews(corpus / "peer_reviews") if isinstance(one, CorpusPaper))
    for _, paper in zip(range(4), papers, strict=False):
        for review in paper.reviews[1:3]:
            assert_equal(review.text[:1500], paper.reviews[0].text[:1500])


def test_two_reviews_of_fifty_thousand_words_on_one_line() -> None:
    """rouge-score would fill a table of 2.5 billion cells; a pasted paper must not stop an evaluation."""
    first = " ".join(f"w{number * 7919 % 1000}" for number in range(50_000))
    second = " ".join(f"w{number * 104729 % 1000}" for number in range(50_000))
    found = rouge(first, second)
    assert found["rouge1"].f1 == 1
    assert 0 < found["rougeLsum"].f1 == found["rougeL"].f1 < 1, "one line: one and the same subsequence"
