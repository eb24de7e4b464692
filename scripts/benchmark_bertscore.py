"""BERTScore's speed, and how far it is from the package bert-score: `python -m scripts.benchmark_bertscore FOLDER`.

FOLDER is a corpus as `review data build --from peer-reviews` reads it. Of each paper the first review is scored
against up to four others. Printed are the seconds of encoding and of matching, with those of SPE's shuffles, the
largest difference from bert-score on the same pairs with the same encoder and layer and its seconds, and, from these
rates, what 1,000 papers with four references and ten shuffles take.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TypeVar

import click

from common.corpora.readers import open_reader
from common.corpora.schema import CorpusPaper
from common.encoder import bundled
from common.metrics.bertscore import BertScore, Match
from common.metrics.material import Item, System, Text, Trial
from common.metrics.similarity import Pair
from common.metrics.specificity import SHUFFLES, scores
from common.metrics.token_vectors import TokenEncoder

T = TypeVar("T")
PAPERS, REFERENCES = 1000, 4


def sample(folder: Path, papers: int) -> System:
    """The first papers with at least two reviews."""
    items = {}
    found = (one for one in open_reader("peer-reviews", str(folder)) if isinstance(one, CorpusPaper))
    for paper in islice((one for one in found if len(one.reviews) > 1), papers):
        first, *others = [Text(review.id, {"": review.text}) for review in paper.reviews]
        items[paper.key] = Item(paper.key, paper.venue, (Trial(first, tuple(others[:REFERENCES])),))
    return System("human", items)


def package(pairs: list[Pair], layer: int) -> list[tuple[float, float, float]]:
    """Precision, recall and F1 of each pair by bert-score, 0 to 1."""
    from bert_score import BERTScorer

    scorer = BERTScorer(model_type=str(bundled()), num_layers=layer, nthreads=0)
    first, second = zip(*pairs, strict=True)
    return list(zip(*(one.tolist() for one in scorer.score(list(first), list(second))), strict=True))


def apart(ours: list[Match], theirs: list[tuple[float, float, float]]) -> float:
    """The largest difference of a figure, 0 to 1."""
    return max(
        abs(mine / 100 - their)
        for match, other in zip(ours, theirs, strict=True)
        for mine, their in zip((match.precision, match.recall, match.f1), other, strict=True)
    )


def seconds(action: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    found = action()
    return time.perf_counter() - start, found


@click.command(help=__doc__.split("\n")[0])
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option("--papers", default=30, show_default=True)
@click.option("--layer", type=int, help="Of the encoder; by default the last one.")
def main(folder: Path, papers: int, layer: int | None) -> None:
    system = sample(folder, papers)
    pairs = [(t.review.text, other.text) for item in system for t in item.trials for other in t.references]
    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    encoder = TokenEncoder.load(layer=layer)
    scorer = BertScore(encoder)

    encoding, _ = seconds(lambda: encoder.encode(texts))
    matching, ours = seconds(lambda: scorer.match(pairs))
    shuffled, _ = seconds(lambda: scores(system, scorer, SHUFFLES))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    theirs, other = seconds(lambda: package(pairs, encoder.layer))
    tokens = sum(len(encoder.vectors(text).ids) for text in texts)
    click.echo(
        f"{scorer.settings}\n{len(system.items)} papers, {len(pairs)} pairs, {len(texts)} texts, {tokens} tokens"
    )
    click.echo(f"cut: {sum(map(encoder.cut, texts)) / len(texts):.0%} of the texts")
    click.echo(f"encoding   {encoding:8.1f} s   {tokens / encoding:.0f} tokens/s")
    click.echo(f"matching   {matching:8.1f} s   {len(pairs) / matching:.0f} pairs/s")
    click.echo(f"SPE        {shuffled:8.1f} s   {SHUFFLES} shuffles, texts encoded before")
    click.echo(f"bert-score {theirs:8.1f} s   loading, encoding and matching of the same pairs")
    click.echo(f"largest difference {apart(ours, other):.1e} of 1")
    compared = PAPERS * REFERENCES * (1 + SHUFFLES)
    whole = encoding / len(texts) * PAPERS * (1 + REFERENCES) + matching / len(pairs) * compared
    click.echo(f"1,000 papers, four references, {SHUFFLES} shuffles: {whole / 60:.0f} minutes at these rates")
    click.echo(f"peak memory {memory:.0f} MB before bert-score ran")


if __name__ == "__main__":
    main()
