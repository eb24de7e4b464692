"""What `review predict` prints: the leak first, and its warning above every figure that it touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from common.metrics.intervals import Interval
from common.prediction import calibration, leak, study
from common.prediction.assessment import Figure


@dataclass(frozen=True, slots=True)
class Report:
    """What one run found. protocol: how papers were parted, in words. skipped: what could not be predicted, and why."""

    corpus_digest: str
    split: str
    protocol: str
    features: str
    seed: int
    leaks: tuple[leak.Leak, ...]
    acceptance: tuple[study.Acceptance, ...]
    aspects: tuple[study.Aspect, ...]
    skipped: tuple[str, ...]


def show(report: Report, console: Console) -> None:
    """For people: the leak, then each task's tables with the warning above them."""
    console.print(Text(f"Features: {report.features}. {report.protocol}, seed {report.seed}."))
    console.print(_leaks(report.leaks))
    for one in report.acceptance:
        _warn(console, one.warning)
        title = f"Acceptance, {one.venue}: {one.papers} papers, {one.accepted} accepted"
        console.print(_rows(title + (f", {one.undecided} undecided left out" if one.undecided else ""), one.rows))
        console.print(_said(one), soft_wrap=True)
    for one in report.aspects:
        _warn(console, one.warning)
        rest = f", {one.unscored} without" if one.unscored else ""
        title = f"{one.rating}, {one.venue}: {one.papers} papers{rest}, mean {one.mean:.2f}"
        console.print(_rows(f"{title}; the mean of a paper's reviewers", one.means))
        console.print(_rows(f"{one.rating}, {one.venue}: one reviewer's own", one.singles))
        console.print(f"Chosen in training: {'; '.join(one.chosen)}.", soft_wrap=True)
    if report.acceptance or report.aspects:
        console.print("+ better, - worse than the first row: the 95% interval of the paired difference leaves 0 out.")
    for sentence in report.skipped:
        console.print(Text(f"Not predicted: {sentence}", style="yellow"), soft_wrap=True)


def _warn(console: Console, warning: str) -> None:
    console.print()
    if warning:
        console.print(Text(f"Warning: {warning}", style="bold yellow"), soft_wrap=True)


def _leaks(leaks: Sequence[leak.Leak]) -> Table:
    table = Table(title="Do the texts give the decision away? AUC of cues alone", box=box.SIMPLE_HEAD)
    for name in ("venue", "papers", "marks of the version", "sizes of the text", ""):
        table.add_column(name)
    for one in leaks:
        verdict = one.why_not or ("yes" if one.found else "not by these cues")
        table.add_row(one.venue, str(one.papers), _figure(one.marks), _figure(one.sizes), verdict)
    return table


def _rows(title: str, rows: Sequence[study.Row]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("")
    for name in rows[0].figures:
        table.add_column(name)
    for row in rows:
        marks = {True: " +", False: " -", None: ""}
        table.add_row(row.name, *(_figure(one) + marks[row.better(name)] for name, one in row.figures.items()))
    return table


def _figure(one: Figure | None) -> str:
    if one is None or one.value is None:
        return "undefined"
    return f"{one.value:.3f}" + (_interval(one.interval) if one.interval else "")


def _interval(interval: Interval) -> str:
    return f" \\[{interval.low:.3f}, {interval.high:.3f}]"


def _said(one: study.Acceptance) -> str:
    found = one.calibration
    lines = [
        f"Chosen in training: {'; '.join(one.chosen)}.",
        f"Expected calibration error {found.error:.3f} ({calibration.BINS} bins of equal width); a perfect "
        f"forecaster's would be {found.by_chance:.3f}, and above {found.limit:.3f} once in twenty.",
    ]
    if one.held is None:
        lines.append("Abstention cannot be tried with one fold: a threshold needs other folds to be found on.")
    elif not one.held.papers:
        lines.append(f"Accuracy {one.wanted:g} wanted: no paper is answered.")
    else:
        lines.append(
            f"Accuracy {one.wanted:g} wanted: {one.held.coverage:.0%} of the papers are answered, "
            f"with accuracy {one.held.accuracy:.3f}{_interval(one.held.interval)}."
        )
    return "\n".join(lines)
