"""What a comparison says: its systems scored beside the baselines, and the files that it leaves.

report.html, report.md   the page, and its tables as Markdown
scores.json              every figure of every paper, with what was not scored and why
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from common.jsonio import to_json, write_text
from common.metrics import control, tables
from common.metrics.figures import Scores
from common.metrics.material import System
from common.metrics.questions.questioners import questioner_of
from common.metrics.similarity import Rouge
from common.types import ReviewForm
from common.views.comparison.cells import chance_note, gain_cell, mean_cell
from common.views.comparison.content import Comparison, Row
from common.views.comparison.markdown import to_markdown
from scripts import opening
from scripts.compare_arms import Arm, from_reviews, note
from scripts.compare_engine import Bench
from scripts.compare_examples import examples
from scripts.compare_plan import VENUE, Plan
from scripts.compare_records import Known
from scripts.compare_scoring import LENGTH, beside, score, table_figures
from scripts.compare_systems import aspects, cost, sources, system_of, wall
from scripts.evaluate_figures import QUESTIONS, Tools, of_reviews
from scripts.evaluate_papers import Humans, form_named, read_panels
from scripts.evaluate_questions import ROWS as STAND_INS
from scripts.evaluate_questions import SHOWN, question_table, referees_of
from scripts.live import Display

PAGE, MARKDOWN, SCORES = "report.html", "report.md", "scores.json"
PACKAGES = ("rouge-score", "sacrebleu", "numpy", "matplotlib")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the report is to hold. against: name of the arm that differences are to. texts: examples are in it.
    metrics: groups of figures. figure: the one that is plotted. commands: exact, for the reader."""

    against: str
    texts: bool
    metrics: tuple[str, ...]
    figure: str
    encoder: str
    commands: tuple[str, ...]


def compared(plan: Plan, bench: Bench, known: Known, wish: Wish, display: Display) -> Comparison:
    """Everything the page shows. Errors: ReviewError."""
    humans, listed = read_panels(plan.corpus, plan.keys), read_panels(plan.corpus, plan.listed)
    shown, others = list(humans.panels.values()), list(listed.panels.values())
    tools = Tools(
        humans.forms | {form.name: form for form in _forms(plan)},
        {panel.key: panel.load_paper for panel in others if panel.load_paper},
        wish.encoder,
        seed=plan.seed,
    )
    groups = of_reviews(wish.metrics)
    arms = {arm.name: arm for arm in plan.arms}
    systems = {arm.name: system_of(arm, plan, known, shown) for arm in plan.arms}
    scored = score(
        [*systems.values(), *beside(shown, others, groups, tools)],
        groups,
        wish.figure,
        tools,
        display,
    )
    content = Comparison(
        title=f"{len(plan.arms)} ways to review {len(plan.keys)} papers",
        rows=tuple(_row(row, arms.get(row.name), plan, known, bench) for row in scored.whole.rows),
        against=wish.against,
        figures=table_figures(scored.whole.rows, wish.figure),
        venues=scored.venues,
        sections=scored.sections,
        length=LENGTH,
        controls=_controls(plan, known, systems),
        commands=wish.commands,
        facts=_facts(plan, bench),
        settings=_settings(plan, bench, known),
        notes=(*_notes(plan, known), *_odd(humans)),
        questions=_questions(plan, known, wish, systems, tools, display) if QUESTIONS in wish.metrics else None,
    )
    return replace(content, examples=examples(content, plan.arms, systems, humans) if wish.texts else None)


def _questions(
    plan: Plan, known: Known, wish: Wish, systems: Mapping[str, System], tools: Tools, display: Display
) -> Comparison | None:
    asking = [questioner_of(systems[arm.name], sources(arm, plan, known)) for arm in plan.arms]
    referees = referees_of(plan.corpus, plan.keys, plan.sets)
    table = question_table(asking, plan.keys, referees, wish.against, tools, display)
    if table is None:
        return None
    return Comparison(
        title="Questions",
        rows=tuple(Row(row.name, row.note, row.name not in STAND_INS, row.scores, row.missing) for row in table.rows),
        against=table.against,
        figures=tuple(name for name in SHOWN if name in table.figures),
    )


def _row(row: tables.Row, arm: Arm | None, plan: Plan, known: Known, bench: Bench) -> Row:
    if arm is None:
        return Row(row.name, row.note, False, row.scores, row.missing)
    paid, asked = cost(arm, plan, known, bench), aspects(arm, plan, known)
    return Row(row.name, row.note, True, row.scores, row.missing, paid, asked)


def _forms(plan: Plan) -> tuple[ReviewForm, ...]:
    return () if plan.config.form == VENUE else (form_named(plan.config.form),)


def save(out: Path, content: Comparison) -> None:
    """Errors: ReviewError."""
    from common.views.comparison.page import to_page

    found: dict[str, dict[str, Scores]] = {}
    for row in (*content.rows, *(content.questions.rows if content.questions else ())):
        found.setdefault(row.name, {}).update(row.scores)
    write_text(out / SCORES, to_json(found) + "\n")
    write_text(out / MARKDOWN, to_markdown(content))
    write_text(out / PAGE, to_page(content))


def summary(content: Comparison) -> str:
    """For a terminal: the plotted figure of every row, and its difference; of the questions their first figure."""
    lines = [f"{content.chosen}, differences to {content.against}:"]
    width = max(len(row.name) for row in content.rows)
    for row in content.rows:
        scores = row.scores.get(content.chosen)
        gain = content.gains.get((row.name, content.chosen))
        said = f"  {gain_cell(gain, scores)}" if scores and gain else ""
        lines.append(f"  {row.name:<{width}}  {mean_cell(scores)}{said}")
    lines.append(chance_note(content))
    return "\n".join([*lines, *([summary(content.questions)] if content.questions else [])])


def preview(plan: Plan) -> str:
    """--dry-run: what would be written, but for what stage A has yet to ask."""
    reviews: Counter[str] = Counter()
    papers: Counter[str] = Counter()
    for paper in plan.corpus.papers(plan.keys):
        for arm in plan.arms:
            given = arm.kind in ("oracle", "human")
            count = len(from_reviews(arm.kind, paper, plan.sets.get(paper.key, ()))) if given else 1
            reviews[arm.name] += count * plan.config.reviews
            papers[arm.name] += bool(count)
    lines = [f"{len(plan.keys)} papers of the part {plan.part}"]
    lines += [
        f"  {arm.name}: {reviews[arm.name]} reviews of {papers[arm.name]} papers. {note(arm)}." for arm in plan.arms
    ]
    return "\n".join(lines)


def _controls(plan: Plan, known: Known, systems: dict[str, System]) -> tuple[Row, ...]:
    """Of the arms whose questions come from a review: how near their reviews are to that one and to the others."""
    rows = []
    for arm in plan.arms:
        if arm.kind in ("oracle", "human") and systems[arm.name].items:
            found = control.scores(systems[arm.name], Rouge(), sources(arm, plan, known))
            rows.append(
                Row(
                    arm.name,
                    "max: the nearest human review; avg: the mean over them; steer: how much nearer the review that "
                    "the questions came from is than the others, 0 where questions steer nothing",
                    True,
                    {one.name: one for one in found},
                )
            )
    return tuple(rows)


def _facts(plan: Plan, bench: Bench) -> dict[str, str]:
    return {
        "Papers": f"{len(plan.keys)} of the part {plan.part}",
        "Base": bench.base.name,
        "Context": f"{bench.context:,} tokens",
        "Form": "each paper's own" if plan.config.form == VENUE else plan.config.form,
    }


def _settings(plan: Plan, bench: Bench, known: Known) -> dict[str, str]:
    """What a repetition must have alike, and what this one took."""
    config = plan.config
    sampling = {"Questions": config.questioner, "Reviews": config.reviewer}
    found = {f"Arm {arm.name}": _adapters(arm, bench) for arm in plan.arms}
    found |= {
        name: f"temperature {one.temperature:g}, top-p {one.top_p:g}, top-k {one.top_k}, repetition penalty "
        f"{one.repetition_penalty:g}, at most {one.max_tokens} tokens, seed {one.seed}"
        for name, one in sampling.items()
    }
    found |= {
        "Form kept by": "a grammar" if config.guided else "the model alone",
        "Corpus SHA-256": plan.corpus.digest,
        "Base SHA-256": bench.base.sha256 or "unknown: a server does not tell",
    }
    found |= {f"Time {stage}": f"{seconds:,.0f} s of the wall" for stage, seconds in wall(known).items()}
    versions = opening.versions(PACKAGES)
    return found | {"Versions": ", ".join(f"{name} {version}" for name, version in versions.items())}


def _adapters(arm: Arm, bench: Bench) -> str:
    used = {stage: bench.digests[name][:12] for stage, name in bench.names[arm.name].items()}
    said = [f"{stage} {digest}" for stage, digest in used.items()]
    return f"{note(arm)}; " + (f"adapters: {', '.join(said)}" if said else "the base alone")


def _notes(plan: Plan, known: Known) -> tuple[str, ...]:
    """What a reader must know of the reviews that are not there."""
    names, keys = {arm.name for arm in plan.arms}, set(plan.keys)
    missing = Counter(
        (one.arm, one.missing) for one in known.done if one.missing and one.arm in names and one.paper in keys
    )
    found = [f"{arm}, papers without a review: {count} ({why})." for (arm, why), count in sorted(missing.items())]
    unused = Counter(one.code for one in plan.unused)
    return (*found, *(f"Question sets not used: {count} ({code})." for code, count in sorted(unused.items())))


def _odd(humans: Humans) -> tuple[str, ...]:
    found = Counter(note.code for note in humans.notes)
    return tuple(f"On the human side: {code}, {count}." for code, count in sorted(found.items()))
