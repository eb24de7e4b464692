"""What the tests of a cluster send to its workers: papers, and an engine that answers by what it is asked."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

from common.config import ChainConfig
from common.engines.base import Engine, Messages
from common.engines.gauge import Gauge, count_words
from common.engines.scripted import CONTEXT, ScriptedEngine
from common.types import Completion, Sampling
from scripts.batching.units import Task, Terms
from scripts.options import Reading
from scripts.pipeline import Base

SEED = 7
CHOSEN = ChainConfig(form="stanford4", samples=2, guided=False)
SECTION = "## Significance and novelty"


class Answering(ScriptedEngine):
    """Any number of threads may ask it; the answer depends on paper, stage and seed alone. trace: gets a line for each
    answer: process, stage and paper. seconds: that an answer takes, up to four times as long for some papers."""

    concurrent = True

    def __init__(self, trace: Path, seconds: float) -> None:
        super().__init__([])
        self.trace, self.seconds = trace, seconds

    def _complete(self, prompt: Messages, sampling: Sampling, prompt_tokens: int) -> Completion:
        paper = next(line[2:] for line in prompt[-1]["content"].splitlines() if line.startswith("# Paper"))
        stage = "review" if sampling.max_tokens == CHOSEN.reviewer.max_tokens else "questions"
        answer = f"1. (soundness) Is {paper} right about number {sampling.seed}?"
        if stage == "review":
            answer = f"{SECTION}\n- The measure of {paper} is stable over seeds, says draw {sampling.seed}. [Q1]"
        time.sleep(self.seconds * (1 + int(paper.split()[-1]) % 4))
        with self.trace.open("a") as file:
            file.write(f"{os.getpid()} {stage} {paper}\n")
        return Completion(answer, "stop", prompt_tokens, len(answer.split()), seed=sampling.seed)


@dataclass(frozen=True)
class Start:
    """Makes a replica's engine."""

    trace: Path
    seconds: float = 0.0

    def __call__(self) -> Engine:
        return Answering(self.trace, self.seconds)


def papers(folder: Path, count: int) -> list[Task]:
    folder.mkdir()
    body = "The measure is stable over seeds and the baseline was tuned on the same data. " * 12
    for number in range(count):
        text = f"# Paper {number}\n\n## Abstract\n\nWe measure {number}.\n\n## Method\n\n{body}"
        (folder / f"p{number:02}.md").write_text(text)
    return listed(folder)


def listed(folder: Path) -> list[Task]:
    return [Task(path.name, path, path.stem) for path in sorted(folder.glob("*.md"))]


def terms(out: Path) -> Terms:
    out.mkdir(exist_ok=True)
    config = replace(
        CHOSEN, questioner=replace(CHOSEN.questioner, seed=SEED), reviewer=replace(CHOSEN.reviewer, seed=SEED)
    )
    gauge = Gauge("scripted", "scripted", CONTEXT, {}, count_words)
    return Terms(CHOSEN, config, Base("scripted", "", {}), gauge, Reading(force=True), out)
