"""How long real papers are, in tokens: `python -m scripts.sizing_tokens PAPER... [--base ID] [--out FILE]`.

Papers are read and rendered as `review chain` does, and counted whole, before anything is cut. The result is what
`review sizing --tokens FILE` calculates with; its own figures were measured by this command. No model runs.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import click

from common.cluster.work import Lengths
from common.config import ChainConfig
from common.errors import ReviewError
from common.forms import load_form
from common.jsonio import to_json, write_text
from common.paper import read_paper
from common.paper.render import render
from common.types import Question
from scripts.estimate import Counter, counting
from scripts.pipeline import Base, review_prompt
from stage_a_questioner import prompt as prompt_a

RANKS = 21
"""Quantiles kept: every five per cent."""
NAMES = (".pdf", ".md", ".json", ".xml", ".tei", ".txt", ".mmd")


@click.command(help=__doc__.split("\n")[0])
@click.argument("papers", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--base", default="smollm2-135m", show_default=True, help="Whose tokenizer and context.")
@click.option("--form", default="neurips2024", show_default=True)
@click.option("--count", default=0, help="Measure so many, drawn with seed 0. [all]")
@click.option("--source", default="", help="Which papers these are, in words, for the record.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write the lengths, as JSON.")
def main(papers: Sequence[Path], base: str, form: str, count: int, source: str, out: Path | None) -> None:
    files = found(papers)
    chosen = sorted(random.Random(0).sample(files, count)) if 0 < count < len(files) else files
    config = ChainConfig(model=base, form=form)
    engine, stands_for = counting(config)
    tokens, failed = counted(chosen, engine)
    lengths = summed(tokens, engine, stands_for, config, source or f"{len(tokens)} papers")
    click.echo(to_json(lengths))
    click.echo(f"mean {sum(tokens) / len(tokens):,.0f} tokens; {failed} of {len(chosen)} could not be read", err=True)
    if out:
        write_text(out, to_json(lengths) + "\n")


def found(paths: Sequence[Path]) -> list[Path]:
    """The files named, and in folders every file that may be a paper."""
    inside = [sorted(path.rglob("*")) if path.is_dir() else [path] for path in paths]
    return [path for group in inside for path in group if path.is_file() and path.suffix.lower() in NAMES]


def counted(paths: Sequence[Path], engine: Counter) -> tuple[list[int], int]:
    """Tokens of each paper that can be read, and how many cannot. Errors: ReviewError when none can."""
    tokens, failed = [], 0
    for path in paths:
        try:
            text = render(read_paper(path))
        except ReviewError:
            failed += 1
            continue
        tokens.append(engine.count([{"role": "user", "content": text}]))
    if not tokens:
        raise ReviewError("None of these files could be read as a paper.", "Name PDF, Markdown or JSON papers.")
    return tokens, failed


def summed(tokens: Sequence[int], engine: Counter, base: Base, config: ChainConfig, source: str) -> Lengths:
    form, config = load_form(config.form), base.served(config)
    ordered = sorted(tokens)
    places = [share / (RANKS - 1) * (len(ordered) - 1) for share in range(RANKS)]
    return Lengths(
        tokenizer=base.name,
        source=source,
        papers=len(ordered),
        quantiles=tuple(float(ordered[round(place)]) for place in places),
        instruction_a=engine.count(prompt_a.messages("", form, config.design_a)),
        instruction_b=engine.count(review_prompt(engine, "", form, (Question("Q1", "?"),), config)),
    )


if __name__ == "__main__":
    main()
