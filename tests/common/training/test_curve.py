"""The picture of a run's losses: what people look at before they trust an adapter."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from common.errors import BadConfig
from common.training import curve
from common.training.watch import LOSSES


def journal(folder: Path, *lines: dict) -> None:
    (folder / LOSSES).write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_both_losses_are_drawn_and_the_same_twice(tmp_path: Path) -> None:
    """Validation must stand beside training, or over-fitting cannot be seen."""
    pytest.importorskip("matplotlib")
    journal(tmp_path, {"step": 1, "loss": 3.0}, {"step": 2, "loss": 2.5}, {"step": 2, "eval_loss": 2.75})
    first = curve.draw(tmp_path).read_text()
    ElementTree.fromstring(first)
    assert "<!-- validation -->" in first and "<!-- training, smoothed -->" in first and "<!-- 2.750 -->" in first
    assert curve.draw(tmp_path).read_text().count("<path") == first.count("<path")


def test_a_resumed_run_draws_a_step_once(tmp_path: Path) -> None:
    """The steps after the last checkpoint are run again; drawn twice, the line would go back in time."""
    journal(tmp_path, {"step": 1, "loss": 3.0}, {"step": 2, "loss": 9.0}, {"step": 2, "loss": 2.0})
    assert curve.losses(tmp_path, "loss") == {1: 3.0, 2: 2.0}


def test_the_smoothed_line_begins_as_a_mean() -> None:
    """By hand: 4, (4 + 2) / 2, then a fifth of each new value once five have been seen."""
    assert curve.smoothed([4.0, 2.0]) == [4.0, 3.0]
    assert curve.smoothed([1.0] * 10 + [2.0])[-1] == pytest.approx(0.8 * 1 + 0.2 * 2)


def test_without_matplotlib_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training needs no plot, and a run must not end in an import error."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(BadConfig, match="needs matplotlib"):
        curve.draw(tmp_path)
