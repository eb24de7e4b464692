"""The parse-quality verdict: what stops a review of rubbish, and does not stop a review of a paper."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from common.paper.language import language
from common.paper.quality import assess
from common.paper.reader import read_paper
from common.types import Notice, Paper

OTHERS = {
    "German": "Wir zeigen in dieser Arbeit, dass die Methode auf allen Daten besser ist als die bisherigen, und dass "
    "sich der Fehler mit der Zahl der Beispiele nicht verringert. ",
    "French": "Nous montrons dans cet article que la méthode est plus efficace que les autres sur toutes les données, "
    "et que le taux des erreurs ne se réduit pas avec le nombre. ",
    "Spanish": "En este trabajo se muestra que el método es más eficaz que los otros en todos los conjuntos de datos, "
    "y que la tasa de error no se reduce con el número de ejemplos. ",
    "Chinese": "本文提出了一种新的方法，并在多个数据集上证明了它的有效性。实验结果表明，该方法优于现有方法。",
    "Japanese": "本論文では新しい手法を提案し、その有効性を示す。実験の結果、既存の手法を上回った。",
    "Russian": "В этой работе мы показываем, что метод лучше других на всех данных, и что ошибка не зависит от числа. ",
}


def mapped(paper: Paper, change: Callable[[str], str]) -> Paper:
    """The paper with every abstract and body text changed."""
    sections = tuple(
        replace(section, passages=tuple(replace(passage, text=change(passage.text)) for passage in section.passages))
        for section in paper.sections
    )
    return replace(paper, abstract=change(paper.abstract), sections=sections)


def degraded(kind: str) -> Callable[[str], str]:
    draw = random.Random(0)
    return {
        "no spaces": lambda text: text.replace(" ", ""),
        "shuffled letters": lambda text: " ".join("".join(draw.sample(w, len(w))) for w in text.split()),
        "letters set apart": lambda text: " ".join(text),
        "another alphabet": lambda text: text.translate({97 + i: 97 + (i + 3) % 26 for i in range(26)}),
        "unmapped glyphs": lambda text: "".join("\ufffd" if draw.random() < 0.05 else c for c in text),
        "nothing": lambda text: "",
    }[kind]


@pytest.fixture(scope="module")
def papers(corpus: Path) -> list[Paper]:
    """Every 40th real text."""
    return [read_paper(path) for path in sorted(corpus.glob("peer_reviews/*/papers/*.md"))[::40]]


def test_the_shipped_paper_is_good(sample_pdf: Path) -> None:
    """The first command a user types must not end in a complaint."""
    assert assess(read_paper(sample_pdf)).verdict == "good"


def test_real_papers_are_good(papers: list[Paper]) -> None:
    """`review chain` must not stop on a real paper."""
    verdicts = Counter(assess(paper).verdict for paper in papers)
    assert verdicts["poor"] == 0 and verdicts["good"] >= 0.95 * len(papers)


@pytest.mark.slow
def test_all_real_papers_are_good(corpus: Path) -> None:
    """Measured on all real texts: none poor, at most 4 in 100 fair."""
    verdicts = Counter(assess(read_paper(p)).verdict for p in sorted(corpus.glob("peer_reviews/*/papers/*.md")))
    print(dict(verdicts))
    assert verdicts["poor"] == 0 and verdicts["fair"] <= 0.04 * verdicts.total()


@pytest.mark.parametrize(
    "kind",
    ["no spaces", "shuffled letters", "letters set apart", "another alphabet", "unmapped glyphs", "nothing"],
)
def test_spoilt_text_is_poor(papers: list[Paper], kind: str) -> None:
    """A review of such a text would be about its reading."""
    change = degraded(kind)
    verdicts = Counter(assess(mapped(paper, change)).verdict for paper in papers)
    assert verdicts["poor"] >= 0.95 * len(papers) and verdicts["good"] == 0


def test_a_third_of_the_spaces_lost_is_noticed(papers: list[Paper]) -> None:
    """Still readable, but said."""
    draw = random.Random(0)
    lossy = [
        mapped(p, lambda text: "".join(c if c != " " or draw.random() < 0.7 else "" for c in text)) for p in papers
    ]
    verdicts = Counter(assess(paper).verdict for paper in lossy)
    assert verdicts["good"] <= 0.05 * len(papers)


def test_lost_headings_and_pages_are_noticed(papers: list[Paper]) -> None:
    """No sections, or a third of the pages gone: poor."""
    for paper in papers[:8]:
        body = replace(paper.sections[0], heading="", passages=sum((s.passages for s in paper.sections), ()))
        assert assess(replace(paper, sections=(body,))).verdict == "poor"
        lost = tuple(Notice("missing-page", "", page) for page in range(1, 5))
        thin = assess(replace(paper, pages=10, warnings=lost))
        assert thin.verdict == "poor" and "4 pages could not be read" in thin.reasons


@pytest.mark.parametrize("name", OTHERS)
def test_other_languages_are_named(tmp_path: Path, name: str) -> None:
    """A paper in another language is readable, but the user is told before the review disappoints."""
    assert language(OTHERS[name] * 30)[0] == name
    path = tmp_path / "p.md"
    sections = "".join(f"## {i} Teil\n\n{OTHERS[name] * 12}\n\n" for i in range(1, 6))
    path.write_text(f"# T\n\n## Abstract\n\n{OTHERS[name] * 3}\n\n{sections}", encoding="utf-8")
    paper = read_paper(path)
    (notice,) = [notice for notice in paper.warnings if notice.code == "language"]
    assert name in notice.message
    quality = assess(paper)
    assert quality.verdict == "fair" and any(name in reason for reason in quality.reasons), quality.reasons
