"""Grounding: a review of another paper must not look like one of this paper."""

from __future__ import annotations

import json
import random
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.grounding import Grounds
from common.metrics import grounded
from common.metrics.grounded import OTHERS, scores
from common.metrics.numerals import NO_NUMBERS
from common.paper.markdown import read_markdown
from common.types import Source
from tests.common.metrics.examples import by_name, system, text

THINGS = (
    "lists",
    "graphs",
    "proteins",
    "stars",
    "bridges",
    "songs",
    "maps",
    "coins",
    "ferns",
    "looms",
    "canals",
    "kilns",
)


def paper(key: str) -> str:
    """One of 24 papers on a thing and a method of its own."""
    number = int(key.partition("/")[2])
    thing = f"{THINGS[number % 12]}{number}"
    return (
        f"# On {thing}\n\n## Abstract\n\nWe sort {thing} by method{number}: {number + 20}.5% on 1,200 cases."
        f"\n\n## 1 Method\n\nThe baseline of earlier work fails on {thing} because their order is lost.\n\n"
        "## 2 Results\n\nThe experiments show that the proposed method is better than the strong baseline.\n"
    )


KEYS = [f"v/{n}" for n in range(24)]
GROUNDS = {key: Grounds(read_markdown(paper(key), Source("p", "", ""))) for key in KEYS}


def test_figures_by_hand() -> None:
    """Of two points one names the paper's own method, one could be said of any; one quotation of two and two numbers
    of three are in the paper."""
    review = text(
        'It reaches 23.50% on 1200 cases, not 99.1%. It says "their order is lost" and "bridges fall down often".',
        ["The method3 that sorts stars3 is not compared with others.", "The experiments are better than the baseline."],
    )
    papers = {key: [(review, [])] if key == "v/3" else [(text("Fine."), [])] for key in KEYS}
    found = {one.name: one for one in scores(system(papers, paper))}
    assert {name: one.values for name, one in found.items()} == {
        "grounded.points": {"v/3": 0.5},
        "grounded.quotations": {"v/3": 0.5},
        "grounded.numbers": {"v/3": pytest.approx(2 / 3)},
        "grounded.fractions": {"v/3": 0.5},
    }
    assert found["grounded.points"].unscored["v/4"] == "no-points"
    assert found["grounded.quotations"].unscored["v/4"] == grounded.NO_QUOTATIONS
    assert found["grounded.numbers"].unscored["v/4"] == NO_NUMBERS


def test_points_of_shuffled_papers_are_not_grounded() -> None:
    """The row "shuffled paper" is the false rate of the figure; here every point is about its own paper alone."""
    own = {key: [(text("x", [f"Is it {THINGS[n % 12]}{n} that method{n} sorts?"]), [])] for n, key in enumerate(KEYS)}
    wrong = {key: own[KEYS[(n + 1) % len(KEYS)]] for n, key in enumerate(KEYS)}
    right, shuffled = (by_name(scores(system(some, paper)), "grounded.points").values for some in (own, wrong))
    assert set(right.values()) == {1} and set(shuffled.values()) == {0}


def test_the_pool_decides_what_a_point_is_held_against() -> None:
    """With fewer than 19 other papers nothing can be said at one in twenty; a pool from outside mends that."""
    few = system({key: [(text("x", ["The order of lists0 under method0."]), [])] for key in KEYS[:3]}, paper)
    assert set(by_name(scores(few), "grounded.points").unscored.values()) == {grounded.FEW_PAPERS}
    pool = {key: (lambda key=key: paper(key)) for key in KEYS}
    assert by_name(scores(few, pool), "grounded.points").values["v/0"] == 1
    assert len(grounded.strangers(pool)) == OTHERS + 1
    assert list(grounded.strangers(pool, 1)) == list(grounded.strangers(dict(reversed(pool.items())), 1))


def test_without_a_paper_nothing_is_said() -> None:
    """Reviews without a paper are common in corpora; they are counted, not scored 0."""
    none = scores(system({"v/0": [(text("It reaches 99.1%.", ["A point."]), [])]}))
    assert {tuple(one.unscored.items()) for one in none} == {(("v/0", grounded.NO_PAPER),)}
    empty = scores(system({"v/0": [(text("x", ["A point."]), [])]}, read=lambda key: ""))
    assert {tuple(one.unscored.items()) for one in empty} == {(("v/0", grounded.NO_TEXT),)}


def test_the_rule_holds_for_real_reviews(corpus: Path) -> None:
    """Referees' points must be found in their paper far more often than in another: measured at .50 against .05 on
    9,199 points, a rule that lost this would still pass every invented example."""
    folder = corpus / "peer_reviews" / "neurips_2024"
    names = sorted(path.stem for path in (folder / "papers").glob("*.md"))[:28]
    pool = {name: (folder / "papers" / f"{name}.md").read_text for name in names}
    others = list(grounded.strangers({name: pool[name] for name in names[8:]}).values())[:OTHERS]
    grounds = [Grounds(read_markdown(pool[name](), Source("p", "", ""))) for name in names[:8]]
    right, wrong = [], []
    for place, name in enumerate(names[:8]):
        reviews = json.loads((folder / "reviews" / f"{name}.json").read_text())["reviews"]
        points = [line for one in reviews for line in one["comments"].split("\n") if len(line.split()) >= 15]
        right.append(grounded.close(points, grounds[place], others))
        wrong.append(grounded.close(points, grounds[place - 1], others))
    assert fmean(right) > 0.35 and fmean(wrong) < 0.15


WORDS = st.lists(st.sampled_from(["method3", "stars", "order", "the", "baseline", "zebra", "is"]), max_size=12)


@given(st.lists(WORDS.map(" ".join), max_size=6), st.randoms(use_true_random=False))
def test_closeness_is_a_share_and_each_text_has_its_own(texts: list[str], rng: random.Random) -> None:
    """Above 1 or dependent on its neighbours it could not be compared between papers."""
    found = dict(zip(texts, GROUNDS["v/3"].closeness(texts), strict=True))
    assert all(0 <= one < 1 for one in found.values())
    mixed = rng.sample(texts, len(texts))
    assert dict(zip(mixed, GROUNDS["v/3"].closeness(mixed), strict=True)) == found
    assert all((one > 0) == (GROUNDS["v/3"].support(point) is not None) for point, one in found.items())


def test_closeness_by_hand() -> None:
    """Three passages, "ferns" in one, of six stems where the mean is 16/3: idf = ln(1 + 2.5/1.5) for it, ln(1 + 3.5/.5)
    for the unknown "kiln"; BM25 of ferns once in a passage of average length is idf / (1 + 1.5)."""
    plain = [
        "Ferns grow slowly under tall trees.",
        "Birds sing loudly over quiet lakes.",
        "Dogs chase cats across wet fields.",
    ]
    grounds = Grounds(read_markdown("# T\n\n## A\n\n" + "\n\n".join(plain), Source("p", "", "")))
    from math import log

    known, unknown = log(1 + 2.5 / 1.5), log(1 + 3.5 / 0.5)
    assert grounds.closeness(["ferns kiln"]) == [pytest.approx(known / 2.5 / (known + unknown), rel=0.05)]
    assert grounds.closeness(["", "the of"]) == [0, 0]
