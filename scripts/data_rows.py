"""`review data rows`: papers, questions and reviews become the rows a stage learns from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from common.corpora import question_sets
from common.corpora.question_sets import QuestionSet
from common.corpora.schema import CorpusPaper, Rejection
from common.corpora.store import open_corpus
from common.errors import BadConfig
from common.rows.card import Origin, RowsCard, tokenizer_digest
from common.rows.design import RowDesign
from common.rows.folder import Folder, Format
from common.rows.record import Source
from common.store import ModelPath, resolve
from scripts import conversation
from scripts.live import Display
from scripts.question_inputs import files_of, question_set_options
from scripts.row_inputs import SOURCES, Inputs, load_inputs, weights
from scripts.row_jobs import VENUE, Job, Outcome, Plan, outcomes
from stage_a_questioner.prompt import PROMPT_VERSION as VERSION_A
from stage_b_reviewer.merging.records import MergedReview
from stage_b_reviewer.prompt import PROMPT_VERSION as VERSION_B


@click.command()
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option(
    "--stage",
    type=click.Choice(["a", "b", "joint"]),
    required=True,
    help="a: questions. b: reviews. joint: both, in one chat.",
)
@click.option("--split", type=click.Path(path_type=Path), required=True, metavar="FILE", help="From `data split`.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="A new folder.")
@click.option(
    "--questions",
    "source",
    type=click.Choice([*SOURCES, "mixed"]),
    default="distilled",
    show_default=True,
    help="Distilled from reviews, the reviewers' own, asked by stage A, or drawn from several of these.",
)
@question_set_options
@click.option(
    "--asked-sets",
    "asked",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Question sets asked by stage A; may be repeated.",
)
@click.option("--mix", default="distilled=1,human=1,model-a=1", show_default=True, help="Weights for mixed.")
@click.option("--pool", is_flag=True, help="Stage a: one row a paper, of all its sets.")
@click.option("--target", type=click.Choice(["review", "merged"]), default="review", show_default=True)
@click.option("--merged", type=click.Path(path_type=Path), metavar="FILE", help="From `review merge`.")
@click.option(
    "--form", default=VENUE, show_default=True, metavar="NAME", help="Review form; 'venue': each paper's own."
)
@click.option("--base", default="smollm2-135m", show_default=True, metavar="ID|PATH", help="Whose tokenizer counts.")
@click.option("--context", type=click.IntRange(512), help="Tokens of prompt and answer together. [the model's]")
@click.option("--instruction", type=click.Choice(["first", "last"]), default="first", show_default=True)
@click.option("--layout", type=click.Choice(["lines", "paragraph"]), default="lines", show_default=True)
@click.option("--absent", type=click.Choice(["omit", "placeholder"]), default="omit", show_default=True)
@click.option("--ratings", type=click.Choice(["number", "text"]), default="number", show_default=True)
@click.option("--rationale/--no-rationale", default=False, help="A line of reasons before questions or ratings.")
@click.option("--format", "kind", type=click.Choice(["parquet", "jsonl"]), default="parquet", show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), help="Processes. [one a core, at most 4]")
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def command(corpus: Path, split: Path, out: Path, kind: Format, quiet: bool, **values: Any) -> None:
    """Write the rows that a stage is trained on.

    Chats with their answers, the paper cut to fit the context and the answer never.

    \b
    review data rows corpus --stage a --question-sets questions.jsonl --split split.json --out rows-a
    review data rows corpus --stage b --question-sets questions.jsonl --split split.json --out rows-b
    """
    if values["source"] == "distilled":
        values["files"] = files_of(corpus, values["files"])
    design = RowDesign(*(values[key] for key in ("instruction", "layout", "absent", "ratings", "rationale")))
    _check(values)
    with Display(quiet=quiet) as display:
        model = resolve(values["base"], display.say)
        plan = Plan(
            stage=values["stage"],
            source=values["source"],
            target=values["target"],
            form=values["form"],
            design=design,
            tokenizer=str(model.path),
            arguments=dict(model.preset.template_arguments),
            context=values["context"] or model.context,
            min_score=values["min_score"],
            pool=values["pool"],
            mix=weights(values["mix"]) if values["source"] == "mixed" else {},
        )
        inputs = load_inputs(values["files"], values["asked"], values["merged"])
        card = write_rows(corpus, split, out, plan, model, inputs, kind, values["workers"] or default_workers())
    click.echo(_table(card, out))


def write_rows(
    corpus: Path, split: Path, out: Path, plan: Plan, model: ModelPath, inputs: Inputs, kind: Format, workers: int
) -> RowsCard:
    """The folder of rows. Errors: ReviewError for inputs that do not belong together, or when there is no row."""
    from common.corpora.splits import load_split

    opened = open_corpus(corpus)
    chosen = load_split(split, opened)
    parts = chosen.part_of
    checked = question_sets.check([one for sets in inputs.sets.values() for _, one in sets], opened.review_ids())
    known = {id(one) for one in checked.sets}
    sets = {key: [pair for pair in pairs if id(pair[1]) in known] for key, pairs in inputs.sets.items()}
    keys = set(opened.keys) if plan.source in ("human", "mixed") else {key for key, pairs in sets.items() if pairs}
    with Folder(out, kind) as folder:
        for rejection in (*inputs.rejections, *checked.rejections, *_unsplit(sets, parts)):
            folder.reject(rejection)
        sets_in = sum(folder.tally.rejections.values())
        budgets: dict[str, int] = {}
        jobs = _jobs(opened.papers(keys & parts.keys()), parts, sets, inputs.merged)
        for outcome in outcomes(jobs, plan, workers):
            _take(folder, outcome, budgets)
            sets_in += outcome.sets_in
        return folder.finish(_origin(plan, model, inputs, opened.digest, chosen.sha256, budgets), sets_in)


def _take(folder: Folder, outcome: Outcome, budgets: dict[str, int]) -> None:
    budgets[outcome.form] = outcome.budget
    for row in outcome.rows:
        folder.add(row)
    for rejection in outcome.rejections:
        folder.reject(rejection)


def _jobs(
    papers: Iterable[CorpusPaper],
    parts: dict[str, str],
    sets: dict[str, list[tuple[Source, QuestionSet]]],
    merged: dict[str, MergedReview],
) -> Iterator[Job]:
    for paper in papers:
        yield Job(paper, parts[paper.key], tuple(sets.get(paper.key, ())), merged.get(paper.key))


def _unsplit(sets: dict[str, list[tuple[Source, QuestionSet]]], parts: dict[str, str]) -> Iterator[Rejection]:
    for key, pairs in sets.items():
        if key not in parts:
            for _, one in pairs:
                reason = f"The paper {key} is in no part of the split."
                yield Rejection("question set", f"{key}#{one.review}", "not-in-split", reason)


def _check(values: dict[str, Any]) -> None:
    """Options that need or exclude one another. Errors: BadConfig."""
    source, stage, merged = values["source"], values["stage"], values["target"] == "merged"
    if source == "distilled" and not values["files"]:
        raise BadConfig("There are no distilled questions.", "Give them with --question-sets FILE.")
    if source == "model-a" and not values["asked"]:
        raise BadConfig("There are no questions asked by stage A.", "Give them with --asked-sets FILE.")
    unused = values["files"] if source in ("human", "model-a") else values["asked"] if source != "mixed" else ()
    if unused:
        raise BadConfig(f"--questions {source} does not use one of the files given.", "Use --questions mixed.")
    if values["pool"] and stage != "a":
        raise BadConfig("--pool is stage a's.", "For stage b, --target merged pools a paper's questions.")
    if merged and (stage == "a" or not values["merged"] or values["form"] == VENUE):
        raise BadConfig("--target merged is for reviews, and needs --merged FILE and the --form it was merged on.")
    if values["merged"] and not merged:
        raise BadConfig("--merged is used with --target merged alone.")


def default_workers() -> int:
    return max(1, min(4, len(os.sched_getaffinity(0))))


def _origin(plan: Plan, model: ModelPath, inputs: Inputs, corpus: str, split: str, budgets: dict[str, int]) -> Origin:
    return Origin(
        stage=plan.stage,
        source=plan.source,
        target="questions" if plan.stage == "a" else plan.target,
        form=plan.form,
        prompt_version={"a": VERSION_A, "b": VERSION_B, "joint": conversation.PROMPT_VERSION}[plan.stage],
        design=plan.design,
        corpus=corpus,
        split=split,
        questions=inputs.digests,
        merged=inputs.merged_sha256,
        base=model.id,
        tokenizer=tokenizer_digest(model.path),
        context=plan.context,
        paper_budget=dict(sorted(budgets.items())),
        min_score=plan.min_score,
        pooled=plan.pool,
        mix=plan.mix,
    )


def _table(card: RowsCard, out: Path) -> str:
    rows = ", ".join(f"{part} {count} rows of {card.papers[part]} papers" for part, count in card.rows.items())
    total = card.tokens["total"]
    lines = [
        f"Wrote {out}: {rows}.",
        f"Tokens a row: median {total.median}, most {total.most} of {card.origin.context}. "
        f"{card.cut} rows show a paper cut to fit.",
        f"Question sets: {card.sets_in} in, {card.sets_used} used.",
        *(f"  {count:6} {code}" for code, count in card.rejections.items()),
    ]
    return "\n".join(lines)
