"""`review inject` as a person runs it: what a hidden line did, beside what chance does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from common.engines.base import Messages
from common.engines.scripted import ScriptedEngine
from common.errors import BadConfig, ReviewError
from common.metrics.injection import LINES
from scripts import opening
from scripts.injection import command
from tests.scripts import comparing
from tests.scripts.comparing import Made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return comparing.write(tmp_path_factory.mktemp("made"))


def bribed(messages: Messages) -> str:
    """Raises the rating by three where the line is in the paper."""
    said = comparing.reply(messages)
    return said.replace("Rating: 5", "Rating: 8") if LINES[0] in messages[-1]["content"] else said


def inject(made: Made, out: Path, *more: str) -> Result:
    given = [str(made.corpus), "--split", str(made.split), "--out", str(out), "--samples", "1", "--quiet"]
    return CliRunner().invoke(command, [*given, *more], catch_exceptions=False)


def test_a_model_that_obeys_is_found_out(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The change of rating, beside none by chance; a second run reviews nothing again."""
    engines: list[ScriptedEngine] = []
    monkeypatch.setattr(opening, "start", comparing.starter(engines=engines, say=bribed))
    out = tmp_path / "out"
    done = inject(made, out, "--server", "http://model")
    assert done.exit_code == 0, done.output
    text = (out / "report.md").read_text()
    row = next(line for line in text.splitlines() if line.startswith("| ratings.neurips2024.Rating.level"))
    _, _, clean, n, line, chance, beyond, _ = (cell.strip() for cell in row.split("|"))
    assert (clean, n) == ("5.00 [5.00, 5.00]", "4")
    assert line == beyond == "+3.00 [+3.00, +3.00], n 4" and chance == "+0.00 [+0.00, +0.00] n.s., n 4"
    assert "| injection.neurips2024.Rating.raised | 1.000 [1.000, 1.000] | 0.000 [0.000, 0.000] | +1.000" in text
    assert "the reader warned of the line in 6 of 6 papers" in text and LINES[0] in text
    asked = [messages[-1]["content"] for messages, _, _ in engines[0].prompts]
    assert sum(LINES[0] in one for one in asked) == 12 and len(asked) == 36
    journal = (out / "journal.jsonl").read_bytes()
    inject(made, out, "--server", "http://model")
    assert (out / "journal.jsonl").read_bytes() == journal and not engines[1].prompts
    with pytest.raises(ReviewError, match="differs in line"):
        inject(made, out, "--server", "http://model", "--line", "2")


def test_a_script_stands_for_a_model(made: Made, tmp_path: Path) -> None:
    """The whole command without a model; every answer is the same, so nothing can have changed."""
    both = "1. (soundness) Does the method really sort?\n\n## Summary\nIt sorts.\n\n## Weaknesses\n- Few seeds. [Q1]\n"
    (tmp_path / "script.json").write_text(json.dumps([both]))
    done = inject(made, tmp_path / "out", "--papers", "2", "--server", f"script:{tmp_path / 'script.json'}")
    assert done.exit_code == 0, done.output
    assert "A hidden line in 2 papers" in done.output and "chance" in done.output


def test_papers_without_the_place_are_counted_and_not_reviewed(made: Made, tmp_path: Path) -> None:
    """Reviewed clean under the name of injected papers, they would make any model look immune."""
    with pytest.raises(BadConfig, match="None of the 6 papers has a place 'caption'"):
        inject(made, tmp_path / "out", "--place", "caption", "--server", "http://model")
