"""What `review serve` serves: the chain of `review chain`, for many papers at once, each in a thread of its own.

A paper's run is that of the command with one paper: the same steps, seeds and record. It shares the engine's batch with
whatever else is being served. Knows nothing of jobs, users or HTTP.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from common import strict_yaml
from common.config import ChainConfig
from common.engines.base import Engine, Progress
from common.errors import BadConfig, EngineFailure, ReviewError
from common.forms import form_names, load_form
from common.serving.chain import Cancelled, Order, Told
from common.types import ChainRecord, Paper, Question, ReviewForm
from scripts.chain import digest
from scripts.options import seeded, with_seed
from scripts.pipeline import Base, Job, paper_budget, prepare, questioned, with_extra
from scripts.windows import Listener, run
from stage_a_questioner.prompt import ASPECTS
from stage_a_questioner.questions_file import QuestionsFile, user_questions

PLACES = 16
"""Papers run at once: with four question sets each they fill an engine's 64 places."""
EVERY = 0.4
"""Seconds between two partial texts of a paper."""
LOOK = 5.0
"""Seconds for which what was seen of the engine is believed: looking may be a call to another machine."""


class ServingChain:
    """A `common.serving.chain.Chain`. config: of orders that say nothing else, as its adapters want to be asked.

    engine: what all of them share; one that is not made for several threads gets one paper at a time.
    """

    def __init__(self, engine: Engine, base: Base, config: ChainConfig) -> None:
        self.engine, self._base, self._config = engine, base, base.served(config)
        own = load_form(config.form)
        self._forms = {form.name: form for form in (own, *map(load_form, form_names()))}
        self._form = own.name
        self.places = PLACES if engine.concurrent else 1
        self.model = f"{base.name} ({engine.name})"
        self._turn: AbstractContextManager[object] = nullcontext() if engine.concurrent else threading.Lock()
        self._looking = threading.Lock()
        self._seen, self._seen_until = True, 0.0

    def forms(self) -> Sequence[ReviewForm]:
        """The service's own first."""
        return tuple(self._forms.values())

    def check(self, order: Order) -> None:
        self._settings(order)
        for place, question in enumerate(order.questions):
            if not question.text.strip():
                raise BadConfig(f"questions[{place}].text is empty.")
            if question.aspect and question.aspect not in ASPECTS:
                raise BadConfig(
                    f"questions[{place}].aspect is not one there is: '{question.aspect}'.",
                    f"Aspects: {', '.join(ASPECTS)}.",
                )

    def _settings(self, order: Order) -> tuple[ChainConfig, ReviewForm]:
        """Errors: BadConfig naming the field."""
        name = order.form or self._form
        if name not in self._forms:  # never a path: a user's word opens no file
            raise BadConfig(f"There is no form called '{name}'.", strict_yaml.closest(name, tuple(self._forms)))
        fields = ("form", "samples", "max_questions", "reviews", "max_points")
        config = replace(self._config, **{one: value for one in fields if (value := getattr(order, one)) is not None})
        return (config if order.seed is None else with_seed(config, order.seed)), self._forms[name]

    def run(self, paper: Paper, order: Order, told: Told, cancelled: Callable[[], bool]) -> ChainRecord:
        config, form = self._settings(order)
        watch = _Watch(told, cancelled)
        try:
            with self._turn:
                watch.look()
                job, extra, given = self._job(paper, order, config, form)
                if job.questions is not None:
                    watch.asked(0, job)
                run(self.engine, [job], form, seeded(config), self._base, extra, watch.listener())
        except EngineFailure:
            self._seen, self._seen_until = False, 0.0  # until somebody has looked again
            raise
        if watch.error:
            raise watch.error
        assert watch.record is not None
        return replace(watch.record, settings=digest(config, form, extra, given, self.engine, self._base))

    def _job(
        self, paper: Paper, order: Order, config: ChainConfig, form: ReviewForm
    ) -> tuple[Job, tuple[Question, ...], QuestionsFile | None]:
        """The paper's job, a user's further questions, and the given ones, where the paper was not asked for them."""
        extra, given = user_questions(order.ask), order.questions
        job = prepare(paper, self.engine, form, config, paper_budget(self.engine, form, config))
        if not given:
            return job, extra, None
        own = tuple(one for one in given if one.origin == "user")
        if order.asked and not extra:
            asked = questioned(job, self.engine, config, order.asked.completions, own)
            if isinstance(asked, Job) and asked.questions == given:  # a run of this service, taken up again
                return replace(asked, asked=order.asked), own, None
        job = prepare(paper, self.engine, form, config, paper_budget(self.engine, form, config, given))
        return with_extra(replace(job, questions=given, asked=order.asked), extra), extra, QuestionsFile(given)

    def ready(self) -> bool:
        if time.monotonic() >= self._seen_until and self._looking.acquire(blocking=False):
            try:
                self._seen = self.engine.alive()
                self._seen_until = time.monotonic() + LOOK
            finally:
                self._looking.release()
        return self._seen

    def close(self) -> None:
        self.engine.close()


class _Watch:
    """Passes on what a run tells, at a bearable pace, and ends it when it was cancelled."""

    def __init__(self, told: Told, cancelled: Callable[[], bool]) -> None:
        self._told, self._cancelled = told, cancelled
        self._stage, self._text, self._next = "", "", 0.0
        self.record: ChainRecord | None = None
        self.error: ReviewError | None = None

    def listener(self) -> Listener:
        return Listener(self.asked, self._done, self._failed, self._begun, self._moved)

    def look(self) -> None:
        """Errors: Cancelled."""
        if self._cancelled():
            raise Cancelled

    def asked(self, index: int, job: Job) -> None:
        self._told.on_questions(job.questions or (), job.asked)

    def _done(self, index: int, record: ChainRecord) -> None:
        self.record = record

    def _failed(self, index: int, error: ReviewError) -> None:
        self.error = error

    def _begun(self, name: str) -> None:
        self.look()
        self._stage, self._text = name, ""
        self._told.on_stage(name)

    def _moved(self, progress: Progress) -> None:
        self.look()
        now = time.monotonic()
        text = "\n\n".join(filter(None, progress.texts)) if now >= self._next else self._text
        if text != self._text:
            self._text, self._next = text, now + EVERY
            self._told.on_text(self._stage, text)
