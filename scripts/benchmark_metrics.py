"""Our text metrics against the packages that define them: `python -m scripts.benchmark_metrics [--corpus FOLDER]`.

Printed in one run: ROUGE-1, -2, -L and -Lsum here and by rouge-score, with the largest difference of any precision,
recall or F1; the seconds of each metric on whole systems with four references a paper, and of ROUGE's SPE with its
shuffles; the peak of memory; and, with a corpus, BERTScore against bert-score. Without one the reviews are invented; a
corpus is as `review data build --from peer-reviews` reads it.
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path
from typing import TypeVar

import click

from common.corpora.readers import open_reader
from common.corpora.schema import CorpusPaper
from common.machine import usable_cores
from common.metrics import meteor, overlap, specificity
from common.metrics.material import Item, System, Text, Trial
from common.metrics.rouge import KINDS, count, rouge
from common.metrics.similarity import Rouge
from scripts import benchmark_bertscore

T = TypeVar("T")
Pair = tuple[str, str]
REFERENCES = 4


def real(folder: Path) -> list[list[str]]:
    """Each paper's reviews, of papers with at least two."""
    papers = (one for one in open_reader("peer-reviews", str(folder)) if isinstance(one, CorpusPaper))
    texts = ([review.text for review in paper.reviews if review.text.strip()] for paper in papers)
    return [reviews for reviews in texts if len(reviews) > 1]


def invented(papers: int, seed: int = 0) -> list[list[str]]:
    """Five reviews a paper of 20 lines of 20 words, common words as common as in English (Zipf)."""
    draw = random.Random(seed)
    words = [f"{stem}{end}" for end in ("", "s", "ed", "ing", "ation") for stem in map("word{}x".format, range(400))]
    weights = [1 / (rank + 1) for rank in range(len(words))]

    def review() -> str:
        return "\n".join(" ".join(draw.choices(words, weights, k=20)) for _ in range(20))

    return [[review() for _ in range(1 + REFERENCES)] for _ in range(papers)]


def as_system(papers: Sequence[Sequence[str]]) -> System:
    """A paper's first review held against up to four others."""
    items = {}
    for number, (first, *others) in enumerate(papers):
        references = tuple(Text(str(place), {"": text}) for place, text in enumerate(others[:REFERENCES]))
        items[str(number)] = Item(str(number), "", (Trial(Text("first", {"": first}), references),))
    return System("first", items)


def seconds(action: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    found = action()
    return time.perf_counter() - start, found


def against_rouge_score(pairs: Sequence[Pair], stemmed: bool) -> None:
    """Equality and speed. Every pair is new to rouge-score; to ours a text is new once."""
    from rouge_score.rouge_scorer import RougeScorer

    package = RougeScorer(list(KINDS), use_stemmer=stemmed)
    count.cache_clear()
    rouge("stems of words", "are loaded", stemmed)
    ours_took, ours = seconds(lambda: [rouge(*pair, stemmed) for pair in pairs])
    theirs_took, theirs = seconds(lambda: [package.score(second, first) for first, second in pairs])
    apart = max(
        abs(mine - its)
        for one, other in zip(ours, theirs, strict=True)
        for k in KINDS
        for mine, its in zip(one[k], other[k], strict=True)
    )
    ours_each, theirs_each = (1e3 * took / len(pairs) for took in (ours_took, theirs_took))
    click.echo(
        f"ROUGE of {len(pairs)} pairs, {'stems' if stemmed else 'words'}: here {ours_each:.2f} ms a pair, "
        f"rouge-score {theirs_each:.1f} ms, {theirs_each / ours_each:.0f} times; largest difference {apart:.1e}"
    )


def whole_runs(papers: Sequence[Sequence[str]]) -> None:
    """What `overlap.scores` takes on one core and on all, and ROUGE's SPE."""
    system = as_system(papers)
    pairs = sum(len(trial.references) for item in system for trial in item.trials)
    click.echo(f"{len(system.items)} papers, {pairs} pairs of a review and a reference")
    metrics = [name for name in overlap.METRICS if name != "meteor" or meteor.available()]
    for group in (overlap.ROUGE, *((name,) for name in metrics if name not in overlap.ROUGE)):
        took = {n: seconds(lambda n=n, g=group: overlap.scores(system, g, workers=n))[0] for n in {1, usable_cores()}}
        told = ", ".join(f"{took[n]:.1f} s in {n} process{'es' * (n > 1)}" for n in sorted(took))
        click.echo(f"  {'ROUGE' if group == overlap.ROUGE else group[0]:8} {told}")
    took, _ = seconds(lambda: specificity.scores(system, Rouge("rougeL")))
    click.echo(f"  SPE by ROUGE-L, {specificity.SHUFFLES} shuffles: {took:.1f} s")


@click.command(help=__doc__.split("\n")[0])
@click.option("--corpus", type=click.Path(path_type=Path, exists=True), help="Real reviews.")
@click.option("--papers", default=1000, show_default=True, help="Papers of the whole runs.")
@click.option("--pairs", default=2000, show_default=True, help="Pairs compared with rouge-score.")
@click.option("--bertscore/--no-bertscore", default=True, show_default=True, help="Also bert-score; needs a corpus.")
def main(corpus: Path | None, papers: int, pairs: int, bertscore: bool) -> None:
    texts = real(corpus) if corpus else invented(papers)
    found = [pair for reviews in texts for pair in permutations(reviews, 2)]
    chosen = random.Random(0).sample(found, min(pairs, len(found)))
    for stemmed in (True, False):
        against_rouge_score(chosen, stemmed)
    whole_runs(texts[:papers])
    click.echo(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    if corpus and bertscore:
        click.get_current_context().invoke(benchmark_bertscore.main, folder=corpus, papers=30, layer=None)


if __name__ == "__main__":
    main()
