"""One conversation for both stages: the paper is read once, its questions are one answer, the review is the other.

    system, user: stage A's own prompt, the paper included
    assistant:    the questions, as stage A writes them
    user:         stage B's instruction; paper and questions stand above
    assistant:    the review, as stage B writes it

Both answers are learnt by one adapter ("joint"). The same functions make the training rows and the prompts that serve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from common.corpora.schema import CorpusPaper, Rejection
from common.engines.base import Messages
from common.rows.design import RowDesign
from common.rows.record import Draft, Posed
from common.types import Paper, Question, ReviewForm
from stage_a_questioner import prompt as prompt_a
from stage_a_questioner import rows as rows_a
from stage_b_reviewer import prompt as prompt_b
from stage_b_reviewer import rows as rows_b
from stage_b_reviewer.linking import Linker

PROMPT_VERSION = f"{prompt_a.PROMPT_VERSION}+{prompt_b.PROMPT_VERSION}"


def asked(paper: str, form: ReviewForm, questions: Sequence[Question], design: RowDesign) -> Messages:
    """All that stands before the request for a review. paper: its text, already cut to the budget."""
    answer = prompt_a.render(questions, design, rows_a.rationale(questions))
    return [*prompt_a.messages(paper, form, design), {"role": "assistant", "content": answer}]


def draft(paper: CorpusPaper, read: Paper, posed: Posed, target: rows_b.Target, design: RowDesign) -> Draft | Rejection:
    """A row of the whole conversation, or why there is none: what either stage rejects is rejected here.

    The review is tied to those questions alone that the first answer holds."""
    first = rows_a.draft(paper, posed, target.form, design)
    if isinstance(first, Rejection):
        return first
    posed = replace(posed, questions=posed.questions[: prompt_a.MOST])
    second = rows_b.draft(paper, Linker(read, posed.questions), posed, target, design)
    if isinstance(second, Rejection):
        return second
    form = rows_b.asked_form(target)
    between = [{"role": "assistant", "content": first.answer}, prompt_b.follow_up(form, design)]
    return replace(
        second,
        stage="joint",
        prompt=lambda text: [*first.prompt(text), *between],
        prompt_version=PROMPT_VERSION,
        left_out=(*first.left_out, *second.left_out),
    )
