"""Every file under configs/ is read against its dataclass, so that none ships broken or forgotten."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from common import config
from common.config import ChainConfig, load
from common.forms import form_names, load_form
from common.store import ModelPreset, find_preset, load_preset, preset_names
from common.store.presets import kv_bytes, memory_gib
from common.teacher import TeacherConfig
from common.training.settings import TrainSettings
from common.types import ReviewForm
from stage_a_questioner.pge.seeds import GradedFile, SeedFile

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
ALL = sorted(path for path in CONFIGS.rglob("*") if path.suffix in (".yaml", ".yml"))
FILES = [path for path in ALL if path.parent.name != "accelerate"]
"""Those that are ours to read; the others are accelerate's: tests/scripts/test_launch.py."""
KINDS = {"forms": ReviewForm, "models": ModelPreset, "chains": ChainConfig, "teachers": TeacherConfig,
         "training": TrainSettings}  # fmt: skip
PGE = {"seeds": SeedFile, "graded": GradedFile}
COUNTS = {"forms": 10, "models": 9, "chains": 6, "teachers": 4, "pge": 2, "training": 5}


def test_every_config_is_found_and_counted() -> None:
    """A preset in a folder nobody reads, or one that has gone missing, would only be noticed by a user."""
    found = {folder: sum(path.parent.name == folder for path in FILES) for folder in COUNTS}
    assert found == COUNTS
    assert len(FILES) == sum(COUNTS.values())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_config_loads_as_its_dataclass_by_path_and_by_name(path: Path) -> None:
    """A typo in a shipped preset must fail here and not on the machine of whoever picks it."""
    kind = PGE[path.stem] if path.parent.name == "pge" else KINDS[path.parent.name]
    by_path = load(kind, path, (), path.parent.name)
    assert by_path == load(kind, path.stem, (), path.parent.name)
    assert isinstance(by_path, kind)
    assert getattr(by_path, "name", path.stem) == path.stem


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_config_opens_with_the_command_that_runs_it(path: Path) -> None:
    """The first line is what people copy; it must name this very preset."""
    words = shlex.split(path.read_text(encoding="utf-8").splitlines()[0].removeprefix("#"))
    chain = ["review", "chain", "samples/paper.pdf"]
    command = {
        "forms": [*chain, "--form", path.stem],
        "models": [*chain, "--base", path.stem],
        "chains": [*chain, "--config", path.stem],
        "teachers": ["review", "distill", "CORPUS", "--teacher", path.stem, "--out", "DIR"],
        "pge": ["review", "distill", "CORPUS", "--teacher", "NAME", "--out", "DIR"],
        "training": ["review", "train", words[2], "--config", path.stem, "--rows", "DIR", "--out", "DIR"],
    }[path.parent.name]
    assert words == command
    assert path.parent.name != "training" or words[2] in ("a", "b")


def test_chain_default_preset_is_the_defaults() -> None:
    """`--config default` promises to change nothing."""
    assert load(ChainConfig, "default") == load(ChainConfig, None) == ChainConfig()


@pytest.mark.parametrize("name", config.names("chains"))
def test_chain_presets_name_a_form_and_a_model_that_exist(name: str) -> None:
    """A chain preset that points at a renamed model would stop after the user waited for the paper to be read."""
    chain = load(ChainConfig, name)
    assert load_form(chain.form).name in form_names()
    assert find_preset(chain.model).name in preset_names()
    assert chain.questioner.max_tokens + chain.reviewer.max_tokens < find_preset(chain.model).context


@pytest.mark.parametrize("name", preset_names())
def test_model_fits_the_hardware_its_preset_names(name: str) -> None:
    """Whoever rents the named GPUs must be able to start the model: weights and one full context in 0.9 of them."""
    preset = load_preset(name)
    assert preset.parameters and preset.layers and preset.kv_heads and preset.head_dim and preset.hardware
    assert preset.kv_heads % preset.tensor_parallel == 0
    if preset.gpu_gib:
        assert memory_gib(preset) / preset.tensor_parallel <= 0.9 * preset.gpu_gib
        assert f"{memory_gib(preset):.1f} GiB" in " ".join(_comment(name).split())
    assert f"{kv_bytes(preset) / 1024:.0f} KiB a token" in " ".join(_comment(name).split()) or name == "smollm2-135m"


def _comment(name: str) -> str:
    lines = (CONFIGS / "models" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    return "\n".join(line.lstrip("# ") for line in lines if line.startswith("#"))


def test_the_documentation_names_every_preset_and_form() -> None:
    """A preset that the tables leave out is one nobody finds; figures in them must be the presets' own."""
    models = (CONFIGS.parent / "docs" / "MODELS.md").read_text(encoding="utf-8")
    for preset in map(load_preset, preset_names()):
        row = next(line for line in models.splitlines() if line.startswith(f"| `{preset.name}` |"))
        assert f"| {preset.context:,} | {memory_gib(preset):.1f} GiB |" in row
        assert (preset.base in row or preset.base.startswith("embedded:")) and ("gated" in row) == preset.gated
    forms = (CONFIGS.parent / "docs" / "FORMS.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in forms for name in form_names())


@pytest.mark.parametrize(("page", "kind"), [("MODELS.md", ModelPreset), ("FORMS.md", ReviewForm)])
def test_the_examples_in_the_documentation_load(page: str, kind: type, tmp_path: Path) -> None:
    """What people copy from the page must be accepted as it stands."""
    text = (CONFIGS.parent / "docs" / page).read_text(encoding="utf-8")
    examples = [block.partition("```")[0] for block in text.split("```yaml\n")[1:]]
    assert len(examples) == 1
    path = tmp_path / "mine.yaml"
    path.write_text(examples[0], encoding="utf-8")
    assert load(kind, path).name == "mine"
