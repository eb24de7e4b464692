"""`review export`: what is served from the merged folder must be what was trained."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from common.store import resolve
from common.training.run_record import RUN
from scripts.review import cli
from scripts.ship_adapter import PLACES

SHIPPED = PLACES["b"]


@pytest.mark.slow
@pytest.mark.parametrize("given", ["its base on the command line", "its base in run.json"])
def test_the_merged_model_says_what_base_and_adapter_say(
    given: str, embedded_model: Path, adapter_folders: dict[str, Path], tmp_path: Path
) -> None:
    """Rounding a small update away, or losing the chat template, would ship an untrained model. The second is the
    adapter that comes with the project, whose record names its base."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    out = tmp_path / "merged"
    named = given == "its base on the command line"
    adapter = adapter_folders["reviewer"] if named else SHIPPED
    base_option = ["--base", str(embedded_model)] if named else []
    result = CliRunner().invoke(cli, ["export", str(adapter), *base_option, "--out", str(out)])
    assert result.exit_code == 0, result.exception
    assert (out / RUN).is_file() is not named
    assert resolve(str(out)).context == resolve(str(embedded_model)).context
    ids = torch.randint(100, 40_000, (1, 24), generator=torch.Generator().manual_seed(0))
    load = {"dtype": torch.float32, "local_files_only": True}
    with torch.no_grad():
        base = AutoModelForCausalLM.from_pretrained(embedded_model, **load)
        plain = base(ids).logits
        adapted = PeftModel.from_pretrained(base, str(adapter))(ids).logits
        merged = AutoModelForCausalLM.from_pretrained(out, **load)(ids).logits
    distance = (merged - adapted).norm() / (plain - adapted).norm()
    assert distance < 0.2  # bf16 weights; without the update it would be 1


def test_another_base_is_refused(embedded_model: Path, adapter_folders: dict[str, Path], tmp_path: Path) -> None:
    """Merged into other weights, an update is noise."""
    folder = adapter_folders["questioner"]
    out = tmp_path / "merged"
    unnamed = CliRunner().invoke(cli, ["export", str(folder), "--out", str(out)])
    assert "names its base" in str(unnamed.exception) and not out.exists()
    (tmp_path / "there").mkdir()
    again = CliRunner().invoke(cli, ["export", str(folder), "--base", "smollm2-135m", "--out", str(tmp_path / "there")])
    assert "is there already" in str(again.exception)
