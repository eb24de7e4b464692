"""Stage A's table: what systems asked before they reviewed, beside referees' questions and one list for all papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from common.corpora.question_sets import QuestionSet
from common.corpora.store import Corpus
from common.metrics.questions import questioners
from common.metrics.questions.answerable import Supports
from common.metrics.questions.questioners import FIXED, LEFT_OUT, OTHER, Inquiry, Questioner, Referees
from common.metrics.tables import Row, Table, tabulate
from scripts.compare_arms import GENERIC
from scripts.distill_progress import Bar
from scripts.evaluate_figures import Tools
from scripts.live import Display
from stage_a_questioner.own_questions import questions_of

TITLE = "questions"
ROWS = (LEFT_OUT, OTHER, FIXED)
"""Names of the rows that stand beside."""
JOINED = " = "
"""Between the names of systems that asked the same."""
SHOWN = (
    "questions.distilled.f1", "questions.distilled.recall.over_chance", "questions.own.f1",
    "questions.own.recall.over_chance", "questions.aspects.covered", "questions.answerable", "questions.specific",
    "questions.diverse", "questions.repeated", "questions.form", "questions.count",
)  # fmt: skip
"""Those of the page's table, in this order; all others are folded below it."""


def referees_of(corpus: Corpus, keys: Sequence[str], sets: Mapping[str, Sequence[QuestionSet]]) -> Referees:
    """sets: paper key -> its distilled ones."""
    own = {}
    for paper in corpus.papers(set(keys)):
        found = ((review.id, questions_of(review)) for review in paper.reviews)
        own[paper.key] = tuple(Inquiry(questions, id) for id, questions in found if questions)
    distilled = {key: tuple(Inquiry(one.questions, one.review) for one in sets.get(key, ())) for key in keys}
    return Referees(distilled, own)


def question_table(
    asking: Sequence[Questioner],
    keys: Sequence[str],
    referees: Referees,
    against: str,
    tools: Tools,
    display: Display,
) -> Table | None:
    """A row for every different way of asking, and the stand-ins; those alone for no system, None where none of the
    systems asks. against: name of the row that differences are to, if it asks; otherwise they are to the list that is
    the same for all papers."""
    rows = _distinct([one for one in asking if one.asks])
    if asking and not rows:
        return None
    people = referees.distilled if any(referees.distilled.values()) else referees.own
    beside = (
        questioners.left_out(keys, people),
        questioners.another_papers(keys, people, tools.seed),
        questioners.fixed(keys, GENERIC),
    )
    rows += [one for one in beside if one.asks and not any(_same(one, other) for other in rows)]
    supports = _supports(rows, keys, tools, display)
    with Bar(display, "Scoring questions, rows", len(rows)) as bar:
        found = []
        for done, one in enumerate(rows, start=1):
            found.append(_row(one, referees, supports, tools))
            bar.step(done, 0, one.name)
    named = (one.name for one in rows if against in one.name.split(JOINED))
    same = next(one.name for one in rows if one is beside[-1] or _same(beside[-1], one))
    return tabulate(TITLE, found, next(named, same), tools.seed)


def _distinct(asking: Sequence[Questioner]) -> list[Questioner]:
    """Systems that asked the same of the same papers are one row: comparing them would be comparing with itself."""
    found: list[Questioner] = []
    for one in asking:
        place = next((place for place, other in enumerate(found) if one.asked == other.asked), None)
        if place is None:
            found.append(one)
        else:
            found[place] = replace(found[place], name=JOINED.join((found[place].name, one.name)))
    return found


def _same(beside: Questioner, row: Questioner) -> bool:
    """Whether a system has asked what a stand-in would: of the papers it speaks of, and perhaps of others."""
    return all(row.asked.get(key) == sets for key, sets in beside.asked.items())


def _supports(rows: Sequence[Questioner], keys: Sequence[str], tools: Tools, display: Display) -> Supports:
    """With every question held against its paper, a paper at a time, and embedded."""
    wanted: dict[str, dict[str, None]] = {key: {} for key in keys}
    for row in rows:
        for key, sets in row.asked.items():
            wanted.setdefault(key, {}).update((question.text, None) for one in sets for question in one.questions)
    supports = Supports(tools.pool, tools.sentences)
    with Bar(display, "Looking for passages, papers", len(wanted)) as bar:
        for done, (key, texts) in enumerate(wanted.items(), start=1):
            supports.add(key, texts)
            bar.step(done, 0)
    tools.vectors.add(text for texts in wanted.values() for text in texts)
    return supports


def _row(one: Questioner, referees: Referees, supports: Supports, tools: Tools) -> Row:
    found = questioners.scores(one, referees, tools.vectors, supports, tools.seed)
    held = referees.distilled if any(referees.distilled.values()) else referees.own
    return Row(
        one.name,
        one.note,
        {figure.name: figure for figure in found},
        sum(any(inquiry.questions for inquiry in sets) for sets in one.asked.values()),
        dict(one.missing),
        dict(sorted(questioners.references(one, held).items())),
    )
