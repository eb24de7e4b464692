"""Stage A: ask several papers their questions in one batch, or one paper's requests and what their answers mean.

Every paper gets `samples` question sets. The prompts of one paper are equal, so an engine with a prefix cache reads
the paper once; only the seeds differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from common.engines.base import Engine, OnProgress, Request, adapter_for
from common.engines.gauge import Gauge
from common.errors import ReviewError
from common.rows.design import DEFAULT, RowDesign, marked
from common.seeds import spread
from common.types import Completion, Question, ReviewForm, Sampling, StageRecord
from stage_a_questioner.pool import SIMILAR, pool
from stage_a_questioner.prompt import PROMPT_VERSION, ParsedQuestions, messages, parse

STAGE = "questioner"


@dataclass(frozen=True, slots=True)
class Subject:
    """A paper to be asked. text: as fitted to the context; sha256: of the file, from which seeds are drawn."""

    text: str
    sha256: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class AskOptions:
    """samples: question sets a paper. most: questions kept after pooling. similar: ROUGE-L above which two are one.
    tries: rounds for a paper of which no answer held a question. design: how the prompt asks and is answered."""

    samples: int = 4
    most: int | None = 12
    similar: float = SIMILAR
    tries: int = 2
    design: RowDesign = DEFAULT


@dataclass(frozen=True, slots=True)
class Asked:
    """One paper's pooled questions and how they came about."""

    questions: tuple[Question, ...]
    record: StageRecord


def ask(
    engine: Engine,
    subjects: Sequence[Subject],
    form: ReviewForm,
    sampling: Sampling,
    options: AskOptions | None = None,
    extra: Sequence[Question] = (),
    on_progress: OnProgress | None = None,
) -> list[Asked | ReviewError]:
    """Questions for every paper, in order; an item is an error where a paper got none after all tries.

    extra: a person's own questions, which come first and are never dropped; with them a paper cannot fail here.
    """
    options = options or AskOptions()
    start = perf_counter()
    answers: list[list[Completion]] = [[] for _ in subjects]
    waiting = list(range(len(subjects)))
    for turn in range(options.tries):
        rounds = {place: requests(engine, subjects[place], form, sampling, options, turn) for place in waiting}
        for place, completion in _round(engine, rounds, on_progress):
            answers[place].append(completion)
        waiting = [place for place in waiting if not holds_question(answers[place], options.design)]
        if not waiting:
            break
    seconds = perf_counter() - start
    results: list[Asked | ReviewError] = []
    for subject, completions in zip(subjects, answers, strict=True):
        result = asked(engine, subject, completions, sampling, options, extra)
        if isinstance(result, Asked):
            result = replace(result, record=replace(result.record, seconds=seconds, batch=len(subjects)))
        results.append(result)
    return results


def _round(
    engine: Engine, rounds: dict[int, list[Request]], on_progress: OnProgress | None
) -> list[tuple[int, Completion]]:
    owners = [place for place, group in rounds.items() for _ in group]
    group = [request for group in rounds.values() for request in group]
    prompts, samplings = [one.messages for one in group], [one.sampling for one in group]
    completions = engine.generate(prompts, samplings, adapter_for(engine, STAGE), on_progress=on_progress)
    return list(zip(owners, completions, strict=True))


def requests(
    engine: Engine | Gauge, subject: Subject, form: ReviewForm, sampling: Sampling, options: AskOptions, turn: int = 0
) -> list[Request]:
    """What one paper is asked in a round. Keys are unique among the paper's own requests. turn: from 0, below
    options.tries; a further one is due where no answer `holds_question`."""
    prompt, adapter = messages(subject.text, form, options.design), adapter_for(engine, STAGE)
    numbers = range(turn * options.samples, (turn + 1) * options.samples)
    samplings = spread(sampling, subject.sha256, STAGE, numbers)
    return [Request(f"{STAGE} {n}", prompt, one, adapter) for n, one in zip(numbers, samplings, strict=True)]


def holds_question(completions: Sequence[Completion], design: RowDesign) -> bool:
    return any(_parsed(one, design).questions for one in completions)


def _parsed(completion: Completion, design: RowDesign) -> ParsedQuestions:
    return parse(completion.text, completion.finish, design)


def asked(
    engine: Engine | Gauge,
    subject: Subject,
    completions: Sequence[Completion],
    sampling: Sampling,
    options: AskOptions,
    extra: Sequence[Question],
) -> Asked | ReviewError:
    """What one paper's completions, of all rounds and in order, mean. The caller knows the time they took."""
    parsed = [_parsed(one, options.design) for one in completions]
    questions = pool([one.questions for one in parsed], extra, options.most, options.similar)
    problems = [f"set {number}: {reason}" for number, one in enumerate(parsed, start=1) for reason in one.rejected]
    problems += [f"set {number} holds no question" for number, one in enumerate(parsed, start=1) if not one.questions]
    if not questions:
        shown = completions[0].text.strip()[:300] if completions else ""
        return ReviewError(
            f"The model asked no question about {subject.title or 'the paper'} in {len(completions)} answers. "
            f"The first one begins: {shown!r}",
            'Give questions of your own with --questions FILE or --ask "...", or use a trained adapter.',
        )
    adapter = adapter_for(engine, STAGE) or ""
    record = StageRecord(
        stage=STAGE,
        prompt_version=marked(PROMPT_VERSION, options.design),
        adapter=adapter,
        adapter_sha256=engine.adapters.get(adapter, ""),
        sampling=sampling,
        completions=tuple(completions),
        seconds=0.0,
        problems=tuple(problems),
    )
    return Asked(questions, record)
