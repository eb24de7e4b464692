"""How much one paper is: the tokens two stages read and write for it, from the measured lengths of real papers.

Nothing here knows prompts: the lengths of the instructions were counted beside those of the papers
(`python -m scripts.sizing_tokens`). How fast it goes is `rates`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from common.config import ChainConfig
from common.errors import ReviewError

QUESTION = 25
"""Tokens of a question in stage B's prompt, its number and aspect included: mean of 485 distilled from human reviews,
by the default model's tokenizer; the longest tenth has 32 and more."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """Tokens of real papers, by one tokenizer.

    tokenizer: the model whose it is. source: which papers, in words. papers: how many. quantiles: of the tokens of a
    whole paper as rendered, at evenly spaced ranks from the shortest to the longest. instruction_a, instruction_b: of
    the stages' prompts without paper and questions, the form's part included.
    """

    tokenizer: str
    source: str
    papers: int
    quantiles: tuple[float, ...]
    instruction_a: int
    instruction_b: int

    def at(self, share: float) -> float:
        """Tokens of the paper at this rank, 0 to 1, straight between the quantiles."""
        place = share * (len(self.quantiles) - 1)
        low = min(int(place), len(self.quantiles) - 2)
        return self.quantiles[low] + (place - low) * (self.quantiles[low + 1] - self.quantiles[low])


@dataclass(frozen=True, slots=True)
class Work:
    """One paper. read_a, read_b: prompt tokens, each read once whatever the number of answers. sets, reviews: answers
    of each stage, written side by side; set_tokens, review_tokens: of one answer."""

    read_a: float
    read_b: float
    sets: int
    set_tokens: float
    reviews: int
    review_tokens: float

    @property
    def read(self) -> float:
        return self.read_a + self.read_b

    @property
    def written(self) -> float:
        return self.sets * self.set_tokens + self.reviews * self.review_tokens

    @property
    def steps(self) -> float:
        """Decoding steps from the first token of the questions to the last one of the review."""
        return self.set_tokens + self.review_tokens

    @property
    def together(self) -> float:
        """Answers written side by side, in the mean over the steps of both stages."""
        return self.written / self.steps


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked for each paper. context: tokens of prompt and completion together. answers: how full an answer
    is of the tokens it may have; 1 makes every figure that follows an upper bound of the work."""

    config: ChainConfig
    context: int
    lengths: Lengths
    answers: float = 1.0

    @property
    def budget(self) -> float:
        """Tokens a paper may fill, as `review chain` cuts it. Errors: ReviewError when there is no room for one."""
        questions = QUESTION * self.config.max_questions
        room_a = self.context - self.lengths.instruction_a - self.config.questioner.max_tokens
        room_b = self.context - self.lengths.instruction_b - self.config.reviewer.max_tokens - questions
        room = min(room_a, room_b) * self.config.paper_share
        if room <= 0:
            raise ReviewError(
                f"A context of {self.context} tokens leaves no room for a paper beside instructions and answers.",
                "Choose a chain with shorter answers (--config, --set reviewer.max_tokens=512).",
            )
        return room

    def of(self, tokens: float) -> Work:
        """The work of a paper of so many tokens."""
        paper = min(tokens, self.budget)
        return Work(
            read_a=self.lengths.instruction_a + paper,
            read_b=self.lengths.instruction_b + paper + QUESTION * self.config.max_questions,
            sets=self.config.samples,
            set_tokens=self.config.questioner.max_tokens * self.answers,
            reviews=self.config.reviews,
            review_tokens=self.config.reviewer.max_tokens * self.answers,
        )

    def mean(self) -> Work:
        """The mean paper's, over the lengths' distribution. Cut papers make it another one than that of the mean
        length."""
        ranks = [(number + 0.5) / 1000 for number in range(1000)]
        papers = [min(self.lengths.at(rank), self.budget) for rank in ranks]
        return self.of(sum(papers) / len(papers))

    def draw(self, count: int, seed: int) -> Sequence[Work]:
        """That many papers, drawn from the lengths."""
        chance = random.Random(seed)
        return [self.of(self.lengths.at(chance.random())) for _ in range(count)]


MEASURED = Lengths(
    tokenizer="smollm2-135m",
    source="drawn from 1,296 of ICLR 2017, NeurIPS 2023 and 2024",
    papers=400,
    quantiles=(
        2097, 7530, 8138, 9007, 9640, 10311, 10970, 11678, 12626, 13479, 14644,
        15510, 16959, 19140, 20663, 23507, 25771, 29601, 32474, 43634, 73681,
    ),
    instruction_a=187,
    instruction_b=383,
)  # fmt: skip
"""What `review sizing` calculates with where nobody measured other papers."""
