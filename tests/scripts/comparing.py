"""`review compare` on papers nobody wrote, with a scripted model, in a process of its own that can be killed.

python -m tests.scripts.comparing SECONDS ARGUMENT...
"""

from __future__ import annotations

import re
import sys
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common.corpora import question_sets, store
from common.corpora.question_sets import QuestionSet
from common.corpora.schema import CorpusPaper, HumanReview
from common.corpora.splits import Recipe, make_split, save_split
from common.engines.base import Messages
from common.engines.scripted import ScriptedEngine
from common.types import Question, Rating, ReviewSection
from scripts import opening
from scripts.pipeline import Base
from stage_a_questioner import prompt as prompt_a
from tests.common.corpora.examples import Given

TOPICS = ("caches", "parsers", "glaciers", "violins", "bridges", "orchids")
DIGESTS = {"questioner": "a" * 64, "reviewer": "b" * 64}


@dataclass(frozen=True, slots=True)
class Made:
    """Paths of a corpus, its split and its question sets."""

    corpus: Path
    split: Path
    sets: Path


def write(folder: Path, count: int = len(TOPICS)) -> Made:
    """Papers on two forms; the last one has one review and no question sets."""
    papers = [_paper(number, topic) for number, topic in enumerate(TOPICS[:count])]
    store.write(Given(papers), folder / "corpus")
    opened = store.open_corpus(folder / "corpus")
    save_split(folder / "split.json", make_split(opened, Recipe("suggested"), "toy", workers=1))
    sets = [
        QuestionSet(paper.venue, paper.id, review.id, _distilled(paper, review), 5)
        for paper in papers[:-1]
        for review in paper.reviews[:2]
    ]
    question_sets.save(folder / "sets.jsonl", sets)
    return Made(folder / "corpus", folder / "split.json", folder / "sets.jsonl")


def _paper(number: int, topic: str) -> CorpusPaper:
    sectioned = number % 3 < 2
    reviews = tuple(_review(place, topic, sectioned) for place in range(1 if number == len(TOPICS) - 1 else 3))
    own = " ".join(f"{topic}{place}" for place in range(60))  # so that no two papers belong together
    return CorpusPaper(
        id=f"p{number}",
        venue="neurips_2024" if sectioned else "iclr_2017",
        year=2024 if sectioned else 2017,
        title=f"Of {topic} and $costs",
        abstract=f"We measure {topic}.",
        text=f"# Of {topic}\n\n## Abstract\n\nWe measure {topic}.\n\n## 1 Method\n\nThe method sorts {topic}. {own}.\n",
        version="current",
        form="neurips2024" if sectioned else "iclr2017",
        reviews=reviews,
        suggested_split="val",
    )


def _review(place: int, topic: str, sectioned: bool) -> HumanReview:
    parts = {
        "Summary": f"The paper measures {topic} with a sorting method.",
        "Strengths": f"- The idea of sorting {topic} is new.\n- It is clearly written.",
        "Weaknesses": f"- The experiments with {topic} use {place + 1} seeds.\n- <b>No</b> baseline is tuned.",
        "Questions": f"1. How are the {topic} of the second experiment chosen by the authors?" if place < 2 else "",
        "Limitations": f"Costs of {topic} are not discussed.",
    }
    if not sectioned:
        whole = " ".join(text.lstrip("- ") for text in parts.values())
        return HumanReview(str(place), whole, (ReviewSection("Review", whole),), (Rating("Rating", 6.0, "6"),))
    sections = tuple(ReviewSection(name, text) for name, text in parts.items() if text)
    text = "\n\n".join(f"{name.upper()}:\n{body}" for name, body in parts.items() if body)
    return HumanReview(str(place), text, sections, (Rating("Rating", 4.0 + place, str(4 + place)),))


def _distilled(paper: CorpusPaper, review: HumanReview) -> tuple[Question, ...]:
    texts = {"experiments": f"How many seeds do the experiments of {paper.title} use?", "clarity": "Is it clear?"}
    return tuple(
        Question(f"Q{n}", f"{text} Review {review.id}?", aspect)
        for n, (aspect, text) in enumerate(texts.items(), start=1)
    )


def reply(messages: Messages) -> str:
    """What the model says: it depends on the prompt alone."""
    asked = messages[-1]["content"]
    topic = next((topic for topic in TOPICS if topic in asked), "nothing")
    if messages[0]["content"] == prompt_a.SYSTEM:
        return f"1. (soundness) Does the method really sort {topic}?\n2. (comparison) Which baselines sort {topic}?"
    numbers = re.findall(r"^(Q\d+)\. (.*)$", asked, re.MULTILINE)
    points = [f"- On {topic}: {text.rstrip('?')}, and the seeds are few. [{id}]" for id, text in numbers]
    points = points or [f"- The experiments with {topic} are small."]
    listed = "\n".join(points)
    if "## Weaknesses" not in asked:
        return f"## Review\n{listed}\n\n## Ratings\nRating: 5\nConfidence: 3"
    return (
        f"## Summary\nThe paper measures {topic} with a method of sorting.\n\n"
        f"## Strengths\n- Sorting {topic} is new.\n\n"
        f"## Weaknesses\n{listed}\n\n## Questions\n- Why {topic}?\n\n## Limitations\n- Costs of {topic} are open.\n\n"
        "## Ratings\nSoundness: 3\nPresentation: 3\nContribution: 2\nRating: 5\nConfidence: 4"
    )


class Words:
    """Stands for a sentence encoder: texts are near as far as they share words."""

    name = "words"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.zeros((len(texts), 512), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                row[zlib.crc32(word.encode()) % 512] += 1
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def starter(
    pause: float = 0.0,
    adapters: Mapping[str, str] | None = None,
    engines: list[ScriptedEngine] | None = None,
    say: Callable[[Messages], str] = reply,
) -> Callable[..., Any]:
    """Stands for `opening.start`. pause: seconds an answer takes. engines: receives those that were started."""

    def slow(messages: Messages) -> str:
        time.sleep(pause)
        return say(messages)

    def start(config: Any, notify: Any = None) -> tuple[ScriptedEngine, Base]:
        engine = ScriptedEngine([slow], context=6000, adapters=adapters or {}, loop=True)
        if engines is not None:
            engines.append(engine)
        return engine, Base("scripted", "", {})

    return start


if __name__ == "__main__":
    from scripts.compare import command

    opening.start = starter(float(sys.argv[1]), DIGESTS)
    command(sys.argv[2:], standalone_mode=False)
