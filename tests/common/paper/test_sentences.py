"""Where sentences end. If this breaks, the model reads half sentences and quotations lose their ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.paper.sentences import sentences


def split(text: str) -> list[str]:
    return [text[start:end].strip() for start, end in sentences(text)]


@pytest.mark.parametrize(
    "text",
    [
        "We follow Smith et al. (2017) and Jones et al. [4] in this.",
        "Fig. 3 and Figs. 4 and 5 agree with Tab. 2, Sec. 4.1 and Eq. (2).",
        "Many models, e.g. BERT, i.e. encoders (cf. Devlin, 2019), improve by 0.5 vs. 3.2 points.",
        "J. Smith, A. B. Jones and J.-P. Serre agree.",
        "We minimise it w.r.t. the weights, assuming i.i.d. samples.",
        r"The loss is \(f(x). G(y)\) with $a. B$ and ends here.",
        r"We have \[ a = b. C = d. \] as before.",
        "Results are in Thm. 3 and Prop. 2 of Vol. 4, pp. 3-9.",
        "The score is 3.14 and not .5 or 10.",
        "See Dr. Brown (approx. Three metres).",
        "3. The third item stays with its number.",
        "Yahoo! answers and what? nothing.",
    ],
)
def test_one_sentence_stays_whole(text: str) -> None:
    """An abbreviation, initial, decimal or formula must not cut a claim in two."""
    assert split(text) == [text]


@pytest.mark.parametrize(
    "parts",
    [
        ["We train it.", "It works.", "Does it?", "Yes!"],
        ["This follows Vaswani et al.", "We extend it."],
        ["Proofs are in Appendix A.", "Gradient descent converges."],
        ["This was shown before.[3,4]", "The rest is new."],
        ["Others use larger models.12", "The cost is high."],
        ["It is called “attention.”", "Then (see Fig. 2.)", "Here it ends."],
        ["We project with PCA.", "t-SNE is slower.", "vLLM is faster."],
        ["Samples are i.i.d.", "We draw 5 of them."],
        ["A paragraph without a stop", "Another one"],
        ["A list ends with et al.", "then a paragraph"],
        ["Accuracy rose in 2017.", "3 of 5 seeds agree."],
        ["它很好。", "我们同意。"],
    ],
)
def test_sentences_are_told_apart(parts: list[str]) -> None:
    """Sentences glued together make a cut coarser than it need be."""
    joint = "\n\n" if "paragraph" in "".join(parts) else " "
    assert split(joint.join(parts)) == parts


def test_a_table_may_be_cut_between_its_rows() -> None:
    """A long table is kept as far as it fits instead of being lost whole."""
    assert split("| a | b |\n|---|---|\n| 1 | 2 |") == ["| a | b |", "|---|---|", "| 1 | 2 |"]


@given(st.text(alphabet=st.sampled_from("aB1 .?!\n()[]\"'$\\|…。éﬁ-et al"), max_size=200))
def test_offsets_cover_the_text(text: str) -> None:
    """No character is lost or doubled, whatever comes in."""
    spans = sentences(text)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(start < end for start, end in spans)


@pytest.mark.parametrize(
    "text", ["\\(" * 50_000, "$" * 50_000, "." * 50_000, "a. " * 50_000, "\n" * 50_000, " " * 50_000]
)
def test_hostile_text_takes_bounded_time(text: str) -> None:
    """A crafted paper must not hang the reader; the suite's own timeout is the judge."""
    assert sum(end - start for start, end in sentences(text)) == len(text)
