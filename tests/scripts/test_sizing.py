"""`review sizing`: what is printed follows from what is printed above it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from common.cluster.work import Lengths
from common.jsonio import from_json
from common.store import ModelPath
from scripts.sizing import command
from scripts.sizing_tokens import main as measure
from tests.conftest import ROOT


def sizing(*arguments: str) -> str:
    done = CliRunner().invoke(command, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def figure(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    assert found, pattern
    return float(found[1].replace(",", ""))


def test_each_step_follows_from_the_one_above() -> None:
    """A table nobody can check is an advertisement."""
    text = sizing("--model", "llama2-70b", "--gpus", "8", "--gpu", "h100", "--papers", "30000", "--replicas", "8")
    reading = figure(r"for attention\) / \(4 x 989e12 x 0.5 x 0.902\) = ([\d.]+) s", text)
    step, papers = figure(r"bytes/s = ([\d.]+) ms", text), figure(r"with (\d+) in flight", text)
    steps = figure(r"writing   ([\d,]+) steps", text)
    paper = figure(r"a paper   ([\d.]+) s of", text)
    assert paper == pytest.approx(reading + steps * step / 1000 / papers, abs=0.02)
    hour = figure(r"= ([\d,]+) papers x 2 replicas", text)
    assert hour == pytest.approx(3600 / paper, rel=0.01)
    assert figure(r"30,000 papers / [\d,]+ = ([\d.]+) hours", text) == pytest.approx(30_000 / (2 * hour), abs=0.06)
    assert "128.5 GiB, 32.1 on each" in text and "NVIDIA H100 data sheet" in text
    assert "an upper bound" in text


def test_assumptions_can_be_changed() -> None:
    """Whoever has measured better shares than ours must be able to say so."""

    def hours(*more: str) -> float:
        text = sizing("--model", "llama3.1-8b", "--papers", "200", "--replicas", "1", *more)
        return figure(r"replicas = ([\d,]+)", text)

    assert hours("--compute-share", "0.25") < hours() < hours("--answers", "0.5")
    assert hours("--set", "samples=1") > hours()


def test_losses_and_stragglers_show_in_the_simulation() -> None:
    """Eight machines of which one is always down are seven."""

    def rate(*more: str) -> float:
        text = sizing("--papers", "2000", "--replicas", "8", *more)
        return figure(r"\| 8 \| \d+ \| ([\d,]+) \|", text)

    assert rate("--lost-every", "0.2", "--back-after", "600") < rate("--lost-every", "0", "--straggling", "0")


def test_every_model_has_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    """The table is where one looks for what a machine can do."""
    text = sizing("--all-models", "--gpu", "l4")
    row = next(line for line in text.splitlines() if line.startswith("| llama2-70b"))
    assert row.count(" - ") == 3 and re.search(r"\| [\d,]+ \(8\) \|", row)  # 8 x 24 GiB is the least that holds it
    assert sum(line.startswith("| ") for line in text.splitlines()) == 11


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gpu", "h10"], "There is no GPU called 'h10'"),
        (["--model", "llama2-70b", "--gpus", "1"], "llama2-70b needs 129.7 GiB"),
        (["--model", "llama2-70b", "--gpus", "8", "--tensor-parallel", "3"], "does not run over 3 x NVIDIA H100"),
        (["--tokens", "nothing.json"], "nothing.json does not exist"),
    ],
)
def test_what_cannot_be_sized_is_a_sentence(arguments: list[str], message: str) -> None:
    done = CliRunner().invoke(command, arguments)
    assert message in str(done.exception)


@pytest.mark.slow
def test_lengths_are_measured_on_papers(base_model: ModelPath, tmp_path: Path) -> None:
    """The figures of another field's papers need a command of their own."""
    text = ROOT.joinpath("docs", "METHOD.md").read_text()
    for number in range(3):
        (tmp_path / f"{number}.md").write_text(f"# A paper\n\n## Method\n\n{text * (number + 1)}")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    out = tmp_path / "lengths.json"
    done = CliRunner().invoke(measure, [str(tmp_path), "--out", str(out)], catch_exceptions=False)
    lengths = from_json(out.read_bytes(), Lengths)
    assert "1 of 4 could not be read" in done.output and lengths.papers == 3
    low, middle, high = lengths.quantiles[0], lengths.at(0.5), lengths.quantiles[-1]
    assert 0 < low < middle < high and high == pytest.approx(3 * low, rel=0.1)
    assert "lengths   3 papers" in sizing("--papers", "10", "--replicas", "1", "--tokens", str(out))
