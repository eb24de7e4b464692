"""`review write`: stage B alone, from a questions file. `ask` and `write` with one seed equal `chain`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from common.forms import load_form
from scripts import results
from scripts.chain import Batch
from scripts.live import Display
from scripts.options import paper_argument, settings, shared
from stage_a_questioner import questions_file
from stage_a_questioner.questions_file import user_questions


@click.command()
@paper_argument
@click.option("--questions", required=True, type=click.Path(path_type=Path), metavar="FILE", help="From `review ask`.")
@click.option("--reviews", type=click.IntRange(1, 64), metavar="N", help="Reviews of the paper. [1]")
@click.option("--ask", "asks", multiple=True, metavar="TEXT", help="A question of your own; may be repeated.")
@click.option("--max-points", type=click.IntRange(1), metavar="N", help="At most N points in a review, the strongest.")
@click.option("--format", "form_of_output", type=click.Choice(results.FORMATS), help="md, json or html.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PATH", help="A file, or a folder.")
@shared
def command(paper: Path, **values: Any) -> int:
    """Stage B alone: review a paper through the questions in a file.

    \b
    review write paper.pdf --questions paper.questions.yaml --out review.html
    """
    given = questions_file.load(values["questions"])
    if values["form"] is None and given.form:
        # Both stages are given the same form: the one the questions were asked for, unless another is named.
        values["form"] = given.form
    config, reading = settings(values)
    places = results.places([paper], values["out"], values["form_of_output"])
    output = results.format_of(values["form_of_output"], values["out"])
    batch = Batch(config, load_form(config.form), reading, user_questions(values["asks"]), given, places, output)
    with Display(quiet=values["quiet"]) as display:
        return batch.run([paper], display)
