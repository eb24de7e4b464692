"""Made-up papers whose every sentence, heading and entry is known: the truth that reading is scored against.

A `Specimen` is content alone; `typeset` turns it into a PDF. The words are common ones, long enough to be hyphenated,
with compounds whose hyphen must survive a line's end.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

WORDS = """
analysis approximation architecture assumption attention baseline behaviour benchmark calibration classification
coefficient comparison computation configuration consequence constraint contribution convergence correlation corpus
criterion dataset demonstration dependency description deviation dimension distribution efficiency embedding
environment estimation evaluation evidence experiment explanation expression framework function generalisation
gradient hypothesis implementation improvement inference information initialisation instance interpretation
knowledge language learning likelihood limitation measurement mechanism methodology model network objective
observation operation optimisation parameter perception performance perspective perturbation precision prediction
probability procedure proposition question reasoning recommendation recognition reconstruction regularisation
relationship representation requirement resolution robustness sampling sensitivity sequence significance similarity
simulation specification statistics strategy structure supervision system technique temperature theorem threshold
transformation translation uncertainty understanding validation variance
"""
COMPOUNDS = """
state-of-the-art well-known end-to-end self-attention fine-grained long-term cross-validation
"""
GLUE = """
the a of in for with under over this each our any every its that between without across into
"""
VERBS = """
improves shows requires changes predicts describes limits explains bounds yields supports measures
"""
NAMES = """
Keller Moreau Tanaka Okafor Lindqvist Petrov Alvarez Novak Haddad Brandt Sørensen Müller Costa Ivers
"""


@dataclass
class Block:
    """kind: "paragraph", "equation", "figure", "table", "list", "algorithm". sentences: (id, text) in order."""

    kind: str
    sentences: list[tuple[str, str]] = field(default_factory=list)
    footnote: tuple[str, str] | None = None
    wide: bool = False


@dataclass
class Part:
    level: int
    heading: str
    blocks: list[Block] = field(default_factory=list)
    appendix: bool = False


@dataclass
class Specimen:
    title: str
    authors: list[str]
    abstract: list[tuple[str, str]]
    parts: list[Part]
    references: list[tuple[str, str]]

    @property
    def sentences(self) -> dict[str, str]:
        """Body sentences by id; those of captions and footnotes are not among them."""
        return {
            key: text
            for part in self.parts
            for block in part.blocks
            if block.kind in ("paragraph", "list")
            for key, text in block.sentences
        }

    @property
    def headings(self) -> list[str]:
        return [part.heading for part in self.parts if part.level == 1]


class _Writer:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0

    def phrase(self) -> str:
        pick = self.random
        word = pick.choice(COMPOUNDS.split()) if pick.random() < 0.08 else pick.choice(WORDS.split())
        return f"{pick.choice(GLUE.split())} {word}"

    def sentence(self, citations: bool = True) -> tuple[str, str]:
        pick = self.random
        self.count += 1
        text = " ".join(self.phrase() for _ in range(pick.randint(1, 4)))
        text += f" {pick.choice(VERBS.split())} " + " ".join(self.phrase() for _ in range(pick.randint(2, 6)))
        if citations and pick.random() < 0.2:
            text += pick.choice(
                [f" [{pick.randint(1, 30)}]", f" ({pick.choice(NAMES.split())} et al., 20{pick.randint(10, 24)})"]
            )
        if pick.random() < 0.1:
            text += f", which gains {pick.randint(1, 99)}.{pick.randint(1, 9)}% at step {pick.randint(100, 999)}"
        return f"s{self.count}", text[0].upper() + text[1:] + "."

    def title(self, low: int, high: int) -> str:
        return " ".join(word.capitalize() for word in self.random.sample(WORDS.split(), self.random.randint(low, high)))

    def paragraph(self, low: int = 3, high: int = 8) -> Block:
        return Block("paragraph", [self.sentence() for _ in range(self.random.randint(low, high))])

    def blocks(self, count: int) -> list[Block]:
        made: list[Block] = []
        for _ in range(count):
            block = self.paragraph()
            if self.random.random() < 0.25:
                block.footnote = self.sentence(citations=False)
            made.append(block)
            extra = self.random.random()
            if extra < 0.12:
                made.append(
                    Block("figure", [self.sentence(False), self.sentence(False)], wide=self.random.random() < 0.4)
                )
            elif extra < 0.22:
                made.append(Block("table", [self.sentence(False)], wide=self.random.random() < 0.3))
            elif extra < 0.32:
                made.append(Block("equation"))
            elif extra < 0.38:
                made.append(Block("list", [self.sentence(False) for _ in range(3)]))
            elif extra < 0.42:
                made.append(Block("algorithm", [self.sentence(False)]))
        return made

    def reference(self, index: int) -> tuple[str, str]:
        pick = self.random
        people = [f"{pick.choice('ABCDEFGH')}. {pick.choice(NAMES.split())}" for _ in range(pick.randint(1, 3))]
        names = " and ".join(people)
        title = self.title(4, 9).capitalize()
        volume, first, year = pick.randint(2, 40), pick.randint(1, 999), pick.randint(10, 24)
        return f"r{index}", f"{names}. {title}. Journal of {self.title(1, 3)}, {volume}:{first}, 20{year}."


def write(seed: int, references: int = 40, parts: int = 6) -> Specimen:
    """A paper of about eight single-column pages, the same for the same seed."""
    writer = _Writer(seed)
    names = ["Introduction", "Related Work", *(writer.title(1, 5) for _ in range(parts)), "Experiments", "Conclusion"]
    made: list[Part] = []
    for name in names:
        made.append(Part(1, name, writer.blocks(writer.random.randint(2, 6))))
        if name not in ("Introduction", "Conclusion"):
            made += [
                Part(2, writer.title(1, 5), writer.blocks(writer.random.randint(1, 3)))
                for _ in range(writer.random.randint(0, 3))
            ]
    made += [Part(1, writer.title(2, 4), writer.blocks(3), appendix=True) for _ in range(2)]
    abstract = [writer.sentence(False) for _ in range(6)]
    authors = [f"{writer.random.choice('ABCDEFGH')}. {name}" for name in writer.random.sample(NAMES.split(), 3)]
    return Specimen(writer.title(5, 11), authors, abstract, made, [writer.reference(i) for i in range(references)])
