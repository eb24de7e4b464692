"""`review ask`: stage A alone. Its file can be edited, and `review write` takes it from there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from common.errors import ReviewError
from common.forms import load_form
from common.jsonio import to_json
from scripts import opening
from scripts.live import Display
from scripts.options import paper_argument, seeded, settings, shared
from scripts.papers import read_one
from scripts.pipeline import paper_budget, prepare
from scripts.windows import Listener, ask_window
from stage_a_questioner import questions_file
from stage_a_questioner.questions_file import QuestionsFile, user_questions


@click.command()
@paper_argument
@click.option("--samples", type=click.IntRange(1, 64), metavar="K", help="Question sets drawn and pooled. [4]")
@click.option("--ask", "asks", multiple=True, metavar="TEXT", help="A question of your own; may be repeated.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Where to write. [PAPER.questions.yaml]")
@click.option("--json", "as_json", is_flag=True, help="Print the questions as JSON and write no file.")
@shared
def command(paper: Path, out: Path | None, as_json: bool, **values: Any) -> None:
    """Stage A alone: write the questions for a paper into a file.

    \b
    review ask paper.pdf                        writes paper.questions.yaml
    review write paper.pdf --questions paper.questions.yaml
    """
    config, reading = settings(values)
    form = load_form(config.form)
    extra = user_questions(values["asks"])
    out = out or Path(f"{paper.stem}.questions.yaml")
    with Display(quiet=values["quiet"]) as display:
        display.say(f"Reading {paper} ...")
        read = read_one(paper, reading)
        engine, base = opening.start(config, display.say)
        config = base.served(config)
        errors: list[ReviewError] = []
        try:
            job = prepare(read, engine, form, config, paper_budget(engine, form, config))
            listener = Listener(
                on_error=lambda _, error: errors.append(error),
                on_stage=display.stage,
                on_progress=display.progress,
            )
            ready = ask_window(engine, {0: job}, form, seeded(config), extra, listener)
        finally:
            engine.close()
        if errors:
            raise errors[0]
    questions = ready[0].questions or ()
    if as_json:
        click.echo(to_json(questions))
        return
    questions_file.save(out, read, QuestionsFile(questions, form.name, read.source.sha256, record=ready[0].asked))
    for question in questions:
        click.echo(f"{question.id}. {question.text}")
    click.echo(f"\nWrote {out}. Edit it, then: review write {paper} --questions {out}", err=True)
