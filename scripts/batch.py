"""`review batch`: a folder or a list of papers through the chain, however many, however often it is interrupted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from common.forms import load_form
from scripts import results
from scripts.batching.journal import Shard
from scripts.batching.plan import plan
from scripts.batching.session import IN_FLIGHT, Order, run
from scripts.live import Display
from scripts.options import settings, shared
from stage_a_questioner.questions_file import user_questions


def _shard(context: click.Context, option: click.Parameter, value: str | None) -> Shard:
    number, slash, of = (value or "1/1").partition("/")
    if not (slash and number.isascii() and number.isdigit() and of.isascii() and of.isdigit()):
        raise click.BadParameter(f"{value!r} is not of the form I/N, as 2/8.")
    if not 1 <= int(number) <= int(of):
        raise click.BadParameter(f"there is no part {number} of {of}.")
    return Shard(int(number), int(of))


def _cluster(address: str | None, replicas: int, readers: int) -> Any:
    if address is None:
        return None
    from scripts.batch_cluster import Cluster

    return Cluster(address, replicas, readers)


@click.command()
@click.argument("papers", type=click.Path(path_type=Path, exists=True), metavar="DIR|MANIFEST")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="DIR", help="Results.")
@click.option("--format", "form_of_output", type=click.Choice(results.FORMATS), default="json", help="md or html too.")
@click.option("--samples", type=click.IntRange(1, 64), metavar="K", help="Question sets drawn and pooled. [4]")
@click.option("--reviews", type=click.IntRange(1, 64), metavar="N", help="Reviews of each paper. [1]")
@click.option("--ask", "asks", multiple=True, metavar="TEXT", help="A question of your own; may be repeated.")
@click.option("--max-points", type=click.IntRange(1), metavar="N", help="At most N points in a review, the strongest.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N papers.")
@click.option("--shard", callback=_shard, metavar="I/N", help="Only the I-th of N parts, for several machines.")
@click.option("--retry", type=click.IntRange(0, 100), default=2, metavar="N", help="Tries after a passing failure. [2]")
@click.option("--retry-failed", is_flag=True, help="Try papers again that failed for good in an earlier run.")
@click.option(
    "--in-flight", type=click.IntRange(1, 1024), default=IN_FLIGHT, metavar="N", help="Requests at most. [64]"
)
@click.option(
    "--readers", type=click.IntRange(1, 64), metavar="N", help="Worker processes. [half of the cores, 2 to 8]"
)
@click.option("--ray", "address", metavar="ADDRESS", help="On a Ray cluster: HOST:PORT of its head, auto, or local.")
@click.option("--replicas", type=click.IntRange(1), default=1, metavar="N", help="Engines on the cluster. [1]")
@shared
def command(**values: Any) -> int:
    """Review thousands of papers; a killed run continues where it stopped.

    \b
    review batch papers/ --out reviews/
    review batch papers.csv --out reviews/ --format html     columns: path, id, form, questions
    review batch papers/ --out reviews/ --shard 2/8          on the second of eight machines
    review batch papers/ --out reviews/ --server http://127.0.0.1:8000
    review batch papers/ --out /shared/reviews --ray head:6379 --replicas 8
    """
    config, reading = settings(values)
    load_form(config.form)
    readers = values["readers"] or min(8, max(2, (os.cpu_count() or 2) // 2))
    order = Order(
        config=config,
        reading=reading,
        extra=user_questions(values["asks"]),
        out=values["out"],
        format=values["form_of_output"],
        shard=values["shard"],
        retry=values["retry"],
        retry_failed=values["retry_failed"],
        places=values["in_flight"],
        readers=readers,
        cluster=_cluster(values["address"], values["replicas"], readers),
    )
    papers = plan(values["papers"], order.out, order.shard, values["limit"])
    with Display(quiet=values["quiet"]) as display:
        return run(order, papers, display)
