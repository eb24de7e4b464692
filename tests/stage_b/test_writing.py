"""Reviews in batches, tied to questions and to the paper."""

from __future__ import annotations

import pytest

from common.engines.scripted import ScriptedEngine
from common.forms import load_form
from common.types import Evidence, Paper, Passage, Point, Question, Sampling, Section, Source
from stage_b_reviewer.linking import Linker, unanswered
from stage_b_reviewer.prompt import grammar
from stage_b_reviewer.writing import Assignment, Written, strongest, write

FORM = load_form("neurips2024")
BODY = (
    Passage("We train the sparse router with a temperature that decays linearly over ten epochs.", 2, "Method"),
    Passage("Table 2 reports accuracy on the translation benchmark with three random seeds.", 4, "Experiments"),
    Passage("The memory cost of the router grows with the number of experts and is not measured here.", 5, "Limits"),
)
PAPER = Paper(
    "Sparse Routers", "We study routers.", (Section("Method", 1, 2, BODY),), Source("p.pdf", "f" * 64, "t"), pages=6
)
QUESTIONS = (
    Question("Q1", "Is the memory cost of the router measured?"),
    Question("Q2", "How many random seeds does the translation benchmark use?"),
    Question("Q3", "Is the ethical impact discussed?"),
)
REVIEW = (
    "## Summary\nRouters.\n## Weaknesses\n- The memory cost of the router is never measured.\n"
    '- The paper says "with three random seeds" and "five hundred lost seeds were used". [Q2]\n'
)


def written() -> Written:
    engine = ScriptedEngine([REVIEW])
    return write(engine, [Assignment(PAPER, "text", QUESTIONS)], FORM, Sampling(max_tokens=99, seed=1))[0]


def test_points_name_questions_and_passages_with_pages() -> None:
    """A point without its question and its place in the paper cannot be checked by the author."""
    first, second = written().reviews[0].points
    assert (first.question_ids, first.linked_by) == (("Q1",), "overlap")
    assert (second.question_ids, second.linked_by) == (("Q2",), "model")
    passage = first.evidence[0]
    assert (passage.kind, passage.page, passage.section) == ("passage", 5, "Limits")
    assert passage.score > 0


def test_quotations_are_found_or_said_not_to_be() -> None:
    """An invented quotation is the worst thing a review can hold; it must be marked."""
    _, second = written().reviews[0].points
    quotes = {one.quote: (one.verified, one.page) for one in second.evidence if one.kind == "quotation"}
    assert quotes == {"with three random seeds": (True, 4), "five hundred lost seeds were used": (False, 0)}


def test_questions_left_unanswered_are_listed() -> None:
    """A question nobody answered must not look answered."""
    assert unanswered(QUESTIONS, written().reviews[0].points) == ("Q3",)


def test_a_remark_about_nothing_asked_is_linked_to_nothing() -> None:
    """A wrong link is worse than none."""
    linker = Linker(PAPER, QUESTIONS)
    assert linker.linked(Point("Weaknesses", "Several typos remain in the bibliography.")).question_ids == ()


def test_results_are_told_as_they_finish_and_stay_in_order() -> None:
    """A batch of papers must not mix up whose review is whose."""
    engine = ScriptedEngine([f"## Weaknesses\n- Remark number {n} here." for n in range(4)])
    told: list[int] = []
    jobs = [Assignment(PAPER, "one", QUESTIONS), Assignment(PAPER, "two", QUESTIONS)]
    sampling = Sampling(max_tokens=99, seed=3)
    results = write(engine, jobs, FORM, sampling, reviews=2, on_done=lambda place, _: told.append(place))
    assert told == [0, 1]
    texts = [[point.text for review in one.reviews for point in review.points] for one in results]
    assert texts == [
        ["Remark number 0 here.", "Remark number 1 here."],
        ["Remark number 2 here.", "Remark number 3 here."],
    ]


@pytest.mark.parametrize(("most", "kept"), [(0, "abcd"), (2, "bd"), (3, "abd"), (9, "abcd")])
def test_max_points_keeps_the_strongest_in_their_order(most: int, kept: str) -> None:
    """--max-points is for readers with little time: what answers a question and stands in the paper comes first."""

    def point(name: str, ids: tuple[str, ...], score: float) -> Point:
        return Point("Weaknesses", name, ids, (Evidence("passage", "q", 1, score, True),))

    points = (point("a", (), 9.0), point("b", ("Q1",), 1.0), point("c", (), 2.0), point("d", ("Q2",), 5.0))
    assert "".join(p.text for p in strongest(points, most)) == kept


def test_a_papers_reviews_are_held_to_its_own_grammar() -> None:
    """Each paper of a batch has its own questions to name; the record says what its reviews were held to."""
    engine = ScriptedEngine([REVIEW, REVIEW, REVIEW])
    held = [grammar(FORM, asked=["Q1", "Q2", "Q3"]), grammar(FORM, asked=["Q1"]), ""]
    papers = [Assignment(PAPER, "text", QUESTIONS, grammar=one) for one in held]
    results = write(engine, papers, FORM, Sampling(max_tokens=99, seed=1))
    assert [asked.grammar for _, asked, _ in engine.prompts] == held
    assert [result.record.sampling.grammar for result in results] == held
