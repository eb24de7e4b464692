"""Numbers of a review and of a paper: the same number printed in two ways is one, and an invented one is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.metrics.numerals import NO_NUMBERS, claimed, fractions, numbers, stated

VALUES = st.decimals(min_value=Decimal("0.001"), max_value=Decimal("999999999"), places=3, allow_nan=False)


def prints(value: Decimal) -> list[str]:
    """The ways in which people and LaTeX print one number."""
    plain = f"{value:f}"
    short = plain.rstrip("0").rstrip(".") if "." in plain else plain
    mantissa, _, exponent = f"{value:e}".partition("e")
    power = int(exponent)
    return [
        plain,
        short,
        f"{value:,f}",
        f"{value:,f}".replace(",", "\u2009"),
        f"{value:,f}".replace(",", "{,}"),
        short.removeprefix("0") if short.startswith("0.") else short,
        f"{short}%",
        f"{short} \\%",
        f"${short}$",
        f"{short}0" if "." in short else f"{short}.0",
        f"{mantissa}e{power}",
        f"{mantissa} \u00d7 10^{power}",
        f"{mantissa} \\times 10^{{{power}}}",
    ]


@given(VALUES)
def test_every_print_of_a_number_is_read_as_that_number(value: Decimal) -> None:
    """A true number must never be called invented because the paper prints it otherwise."""
    for text in prints(value):
        assert numbers(f"It reaches {text}, which is more.") == {value}, text
        assert numbers(f"({text})") == {value}, text


@given(st.lists(st.sampled_from(["12.5%", "in 2019", "Table 3", "1,024", "[7]", "10^{-4}", "5", "x2"]), max_size=8))
def test_order_and_repetition_do_not_matter(pieces: list[str]) -> None:
    """A set of claims, however they are arranged."""
    assert claimed("; ".join(pieces)) == claimed("; ".join(reversed(pieces + pieces)))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("10k steps, 7B parameters, 3 million pairs, 64GB, 2.4x", ["10000", "7e9", "3e6", "64", "2.4"]),
        ("5% of 11 runs", ["5", "11"]),
        ("from 0.5-0.7 and 50/50 at 32x32", ["0.5", "0.7", "50", "32"]),
        ("p<0.05, n=128", ["0.05", "128"]),
        ("2,020 samples", ["2020"]),
        ("In Table 3, 85.3 is below 84.2.", ["85.3", "84.2"]),
    ],
)
def test_what_is_claimed(text: str, values: list[str]) -> None:
    """Sizes, shares and results are what a reader would look up."""
    assert claimed(text) == set(map(Decimal, values))


@pytest.mark.parametrize(
    "text",
    [
        "Section 3.2, Secs. 4 and 5, \u00a74.1, Figures 12-14, Fig. 12a, Tab.~11, Eq. (15), Eqs. (13)-(15)",
        "Theorem 12, Lemma 11.3, Appendix A.12, Algorithm 11, lines 120-130, line 512, page 14, p. 15, footnote 11",
        "as in [12], [13, 14] and [15-17] (Doe et al., 2020)",
        "[1] J. Doe. On sorting. Journal 37:120-145, 2019.",
        "Doe, J. On sorting. Proceedings of the 12th Conference on Lists, 35:12365-12379, 2022.",
        "lines 103,104 and L12-13, LL119-123\n* 227: a typo\n b) 171, 179: unclear\nvol. 64, no. 30",
        "GPT-4, ResNet50, CIFAR-100, 3D, v2.0, 3.10.1, H100, 95th",
        "https://example.org/12345 and arXiv:2305.12345",
        "two of 3 runs, 10 seeds, 0 errors",
        "11. The first\n12) the second\n- 13. the third (14)",
        "",
    ],
)
def test_pointers_names_years_and_counts_claim_nothing(text: str) -> None:
    """That a section has a number is no evidence that a review has read the paper."""
    assert claimed(text) == set()


def test_the_share_by_hand() -> None:
    """Three claims, two of them printed: 94.20 as 94.2 and 1000 as 1,000; 96.1 is invented."""
    paper = numbers("It reaches 94.2\\% on 1,000 images (Version v96.1).")
    assert stated(told := claimed("The 94.20% on 1000 images, not 96.1%."), paper) == pytest.approx(2 / 3)
    assert stated(fractions(told), paper) == pytest.approx(1 / 2)
    assert stated(claimed("Well written."), paper) == NO_NUMBERS


ODD = (
    "9",
    "1e999 ",
    "1,",
    ".",
    "10^",
    "Table 1, ",
    "\n",
    " ",
    "1 ",
    "a) ",
    "(1",
    "[1, ",
    "2000 vol. ",
    "12:",
    "- 1.\n",
)


@pytest.mark.parametrize("piece", ODD)
def test_odd_digits_end(piece: str) -> None:
    """A runaway completion of digits must neither hang nor stop an evaluation."""
    assert len(claimed(piece * 20_000)) <= 2
