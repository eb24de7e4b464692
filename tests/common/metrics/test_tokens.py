"""Tokens and stems: the ground ROUGE stands on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rouge_score.tokenizers import DefaultTokenizer

from common.metrics.tokens import tokens


def test_words_are_cut_as_rouge_score_cuts_them() -> None:
    """Another cut, and no figure could be held beside a published one."""
    assert tokens("The Baselines' naïve re-runs (3.5x) failed.", stemmed=False) == [
        "the", "baselines", "na", "ve", "re", "runs", "3", "5x", "failed"
    ]  # fmt: skip
    assert tokens("The baselines failed: sky, skies, dying, was", stemmed=True) == [
        "the", "baselin", "fail", "sky", "sky", "die", "was"
    ]  # fmt: skip


@given(st.text(max_size=200), st.booleans())
def test_any_text_has_the_same_tokens_as_in_rouge_score(text: str, stemmed: bool) -> None:
    """Reviews hold formulas, quotations in other scripts and broken characters."""
    assert tokens(text, stemmed) == DefaultTokenizer(stemmed).tokenize(text)


@given(
    st.text("abcdeginlorstuyz", min_size=1, max_size=14), st.sampled_from(("", "ing", "ied", "ational", "ness", "s"))
)
def test_any_word_has_the_same_stem_as_in_rouge_score(word: str, ending: str) -> None:
    """Snowball's Porter stemmer, which is faster, differs in such words."""
    assert tokens(word + ending) == DefaultTokenizer(use_stemmer=True).tokenize(word + ending)
