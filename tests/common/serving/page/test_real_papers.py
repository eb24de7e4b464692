"""Passages of real papers are found on their pages: our reader's text against the text that pdf.js sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from common.grounding import excerpt
from common.paper.reader import read_paper
from common.serving.limits import ServiceLimits
from tests.common.serving.page.scripted import ScriptedChain, Site
from tests.common.serving.page.using import start
from tests.common.views import records


def chain_of(paper: Path, most: int) -> tuple[ScriptedChain, int]:
    """A chain whose review has a point for each of at most `most` passages, spread over the paper, and how many."""
    passages = [one for one in read_paper(paper).passages if len(one.text.split()) >= 12]
    chosen = passages[:: max(1, len(passages) // most)][:most]
    points = []
    for one in chosen:
        quote = excerpt(one.text, one.text)
        page = one.page_at(max(0, one.text.find(quote[:40])))
        points.append(replace(records.POINTS[0], evidence=(records.passage(quote, page, one.section, 1.0),)))
    good = records.good()
    return ScriptedChain(replace(good, reviews=(replace(good.reviews[0], points=tuple(points)),))), len(points)


def outcomes(page: Any, here: Site, paper: Path, count: int) -> Counter[str]:
    """What the page says of each point's passage when the points are gone through."""
    start(page, here.address, paper)
    page.wait_for_selector(".point", timeout=60_000)
    page.wait_for_selector(".sheet canvas")
    said: Counter[str] = Counter()
    for number in range(1, count + 1):
        page.keyboard.press("j")
        page.wait_for_selector(f"[data-point=P{number}] .said")
        said["found" if page.inner_text(".said").startswith("Marked") else "not found"] += 1
    return said


@pytest.mark.slow
def test_passages_are_marked(serve: Callable[..., Site], visit: Callable[..., Any], corpus: Path) -> None:
    """A tool that loses every other passage of a real, two-column paper would be tried once."""
    paper = sorted((corpus / "peer_reviews").rglob("*.pdf"))[0]
    chain, count = chain_of(paper, 15)
    said = outcomes(visit(), serve(chain, limits=ServiceLimits()), paper, count)
    assert said["found"] >= 0.9 * count, said
