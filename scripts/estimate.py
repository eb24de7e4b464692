"""What a run would cost, said before it starts: `review chain --dry-run`. No engine is started.

Tokens are counted with the model's own tokenizer (estimated for a server that is not vLLM). Seconds are tokens over the
speeds that the last run on this machine measured; without such a run there is no honest figure, and none is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common.chat import Chat
from common.config import ChainConfig
from common.engines.base import Messages
from common.paper.render import render
from common.types import Paper, Question, ReviewForm
from scripts import opening, speeds
from scripts.pipeline import QUESTION_TOKENS, Base, paper_budget, prepare, review_prompt
from stage_a_questioner import prompt as prompt_a


@dataclass(frozen=True, slots=True)
class Counter:
    """The part of an engine that counts."""

    chat: Chat
    context: int
    adapters: Mapping[str, str]

    def count(self, messages: Messages) -> int:
        return len(self.chat.ids(messages))


def estimate(
    papers: Sequence[Paper], config: ChainConfig, form: ReviewForm, questions: Sequence[Question], asked: bool
) -> str:
    """A plain text report. asked: questions were given, so stage A does not run."""
    counter, base = counting(config)
    config = base.served(config)
    budget = paper_budget(counter, form, config, questions if asked else ())
    lines, read, write = (
        [f"model: {base.name}, context {counter.context:,} tokens, {budget:,} of them for the paper"],
        0,
        0,
    )
    for paper in papers:
        job = prepare(paper, counter, form, config, budget)
        whole = counter.count([{"role": "user", "content": render(paper)}])
        tokens_a = 0 if asked else counter.count(prompt_a.messages(job.fitted.text, form, config.design_a))
        guess = questions or (Question("Q1", "?"),)
        tokens_b = counter.count(review_prompt(counter, job.fitted.text, form, guess, config))
        tokens_b += 0 if asked else QUESTION_TOKENS * config.max_questions
        read += tokens_a + tokens_b
        write += (
            0 if asked else config.samples * config.questioner.max_tokens
        ) + config.reviews * config.reviewer.max_tokens
        lines += [
            "",
            f"{paper.title or paper.source.name}",
            f"  whole paper: {whole:,} tokens; sent: {job.fitted.tokens:,}",
        ]
        lines.append(
            f"  stage A: {tokens_a:,} prompt tokens, read once for {config.samples} question sets" if tokens_a else ""
        )
        lines.append(f"  stage B: up to {tokens_b:,} prompt tokens, read once for {config.reviews} reviews")
        lines += [
            f"  cut: {c.section}: {c.words_total - c.words_kept:,} of {c.words_total:,} words" for c in job.fitted.cuts
        ]
    lines += ["", f"in all: {read:,} tokens to read and at most {write:,} to write", _time(base.name, read, write)]
    return "\n".join(line for line in lines if line is not None)


def counting(config: ChainConfig) -> tuple[Counter, Base]:
    """What counts a run's tokens, and the model it counts for. No engine is started but a connection to a server."""
    if config.server:
        return opening.start(config)
    model = opening.find_model(config)
    context = min(config.context or model.path.context, model.path.context)
    chat = Chat.load(str(model.path.path), model.path.preset.template_arguments)
    return Counter(chat, context, dict.fromkeys(model.adapters, "")), model.base


def _time(base: str, read: int, write: int) -> str:
    speed = speeds.recall(base)
    if speed is None:
        return "time: unknown until this model has run once on this machine"
    seconds = read / speed.prefill + write / speed.decode
    return (
        f"time: at most about {seconds:,.0f} s, at the {speed.prefill:,.0f} tokens/s read and {speed.decode:,.0f} "
        "tokens/s written that this model's last run measured here (engine start, 20 to 40 s on CPU, comes on top)"
    )
