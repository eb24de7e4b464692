"""The metrics of word overlap as `evaluate` loads them, without a network."""

from __future__ import annotations

import pytest

from common.errors import ReviewError
from common.metrics import modules
from common.metrics.overlap import compute
from tests.conftest import ROOT

NAMES = {"review_rouge": "rouge1", "review_bleu": "bleu", "review_chrf": "chrf", "review_meteor": "meteor"}
REVIEWS = ["The paper is clear.", "No baselines.", ""]
HUMANS = [["The paper is clear.", "Weak proofs."], [], ["Fine."]]


@pytest.mark.parametrize("name", NAMES)
def test_a_module_loads_by_its_path_and_answers_as_our_functions_do(name: str) -> None:
    """Anyone who has `evaluate` can use the metric in a pipeline of theirs."""
    import evaluate

    metric = evaluate.load(str(ROOT / "common" / "metrics" / "modules" / name))
    assert metric.citation and "human reviews" in metric.inputs_description
    found = metric.compute(predictions=REVIEWS, references=HUMANS)
    expected = compute(REVIEWS, HUMANS, [NAMES[name]])
    assert found["settings"] and expected.items() <= found.items()
    assert f"{NAMES[name]}.max" in found


def test_modules_load_by_name_from_any_folder(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package may be installed, with no checkout at hand."""
    monkeypatch.chdir(tmp_path)
    assert set(NAMES) <= set(modules.names())
    assert modules.load("review_chrf").compute(predictions=["a b"], references=[["a b"]])["chrf.max"] == 100
    with pytest.raises(ReviewError, match="no metric 'review_rogue'"):
        modules.load("review_rogue")
