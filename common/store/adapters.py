"""LoRA adapters: is this folder one that vLLM can load onto that base?

Answered from its JSON files and safetensors headers, before an engine is started. An adapter for another base, of too
high a rank, with trained embeddings, or damaged is an error in one sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from common.errors import EngineFailure
from common.rows.design import DEFAULT, RowDesign
from common.store import weights
from common.store.resolve import ModelPath
from common.store.weights import Tensor

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
RUN = "run.json"
BASE_KEY = "base_sha256"
"""Key of run.json that holds the digest of the base the adapter was trained on."""

_ROOT = Path(__file__).resolve().parents[2]
_SHIPPED = (_ROOT / "stage_a_questioner" / "adapter", _ROOT / "stage_b_reviewer" / "adapter")
_FLOATS = {"F32", "F16", "BF16"}
_FACTOR = re.compile(r"(?:base_model\.model\.)?(?P<module>.+)\.lora_(?P<side>[AB])(?:\.\w+)?\.weight")
_MERGE = "Merge it into the base first (peft: merge_and_unload) and give the merged folder as --base."


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter that fits a base. rank: the largest of its modules'; sha256: of its weights file;
    and, as its run.json names them, base_sha256: digest of the base; stage: "a", "b" or "joint"; prompt_version,
    design: what it was trained to be asked. Without a run.json "" and the default design."""

    path: Path
    rank: int
    targets: tuple[str, ...]
    sha256: str
    base_sha256: str
    stage: str = ""
    prompt_version: str = ""
    design: RowDesign = DEFAULT


def inspect_adapter(folder: Path, base: ModelPath) -> Adapter:
    """Look an adapter through against the base it is to run on. Errors: EngineFailure with what is wrong."""
    folder = Path(folder).expanduser().absolute()
    settings = _settings(folder)
    ranks = _check_tensors(folder, settings, base)
    rank = max(ranks.values())
    if rank > base.preset.max_lora_rank:
        raise EngineFailure(
            f"The adapter {folder} has rank {rank}; {base.id} is run with at most {base.preset.max_lora_rank}.",
            "Raise max_lora_rank in the model's preset, or train with a lower rank.",
        )
    trained_on = trained_base(folder)
    if trained_on and trained_on != base.digest:
        raise EngineFailure(
            f"The adapter {folder} was trained on other weights than {base.id}: its {RUN} names {trained_on[:12]}, "
            f"the base is {base.digest[:12]}.",
            "Give the base it was trained on with --base, or train it again.",
        )
    targets = tuple(sorted({module.rpartition(".")[2] for module in ranks}))
    run = _run(folder)
    taught = (str(run.get("stage", "")), str(run.get("prompt_version", "")), _design(run, folder))
    return Adapter(folder, rank, targets, weights.sha256(folder / WEIGHTS), trained_on, *taught)


def trained_base(folder: Path) -> str:
    """The digest of the base that an adapter's run.json names, "" when there is none."""
    return str(_run(folder).get(BASE_KEY, ""))


def _run(folder: Path) -> dict[str, Any]:
    return weights.read_json(folder / RUN) if (folder / RUN).is_file() else {}


def _design(run: dict[str, Any], folder: Path) -> RowDesign:
    """Of the rows it was trained on. Errors: EngineFailure for a design this version does not know."""
    node: Any = run
    for key in ("inputs", "card", "origin", "design"):
        node = node.get(key) if isinstance(node, dict) else None
    try:
        return DEFAULT if node is None else msgspec.convert(node, RowDesign)
    except msgspec.ValidationError as error:
        raise EngineFailure(
            f"The adapter {folder} was trained on rows of a design that this version does not know: {error}."
        ) from error


def default_adapters(base: ModelPath) -> tuple[Path | None, Path | None]:
    """The shipped adapters of questioner and reviewer, each None unless it was trained on this very base."""
    first, second = (folder if folder.is_dir() and trained_base(folder) == base.digest else None for folder in _SHIPPED)
    return first, second


def _settings(folder: Path) -> dict:
    """adapter_config.json of a LoRA adapter vLLM can load. Errors: EngineFailure."""
    if not folder.is_dir():
        raise EngineFailure(f"There is no adapter folder {folder}.")
    if not (folder / CONFIG).is_file():
        raise EngineFailure(f"{folder} is not a PEFT adapter: it has no {CONFIG}.")
    if not (folder / WEIGHTS).is_file():
        pickled = (folder / "adapter_model.bin").is_file()
        only = " (only a pickle, which can run code when it is loaded)" if pickled else ""
        raise EngineFailure(f"The adapter {folder} has no {WEIGHTS}{only}.", "Save it again with safetensors.")
    settings = weights.read_json(folder / CONFIG)
    if settings.get("peft_type") != "LORA":
        raise EngineFailure(f"The adapter {folder} is of type {settings.get('peft_type')}; only LORA can be used.")
    for key, what in (
        ("modules_to_save", "whole trained modules"),
        ("trainable_token_indices", "trained token embeddings"),
        ("use_dora", "DoRA weights"),
    ):
        if settings.get(key):
            raise EngineFailure(f"The adapter {folder} has {what} ({key}), which vLLM cannot load.", _MERGE)
    if settings.get("bias", "none") != "none":
        raise EngineFailure(f"The adapter {folder} trains biases, which vLLM cannot load.", _MERGE)
    return settings


def _check_tensors(folder: Path, settings: dict, base: ModelPath) -> dict[str, int]:
    """Rank by module, after comparing every tensor with the base."""
    factors: dict[str, dict[str, Tensor]] = {}
    for name, tensor in weights.header(folder / WEIGHTS).items():
        match = _FACTOR.fullmatch(name)
        if match is None:
            raise EngineFailure(
                f"The adapter {folder} trains more than low-rank factors ({name}), which vLLM cannot load.", _MERGE
            )
        if tensor.dtype not in _FLOATS:
            raise EngineFailure(f"The adapter {folder} holds {tensor.dtype} numbers in {name}; floats are needed.")
        factors.setdefault(match["module"], {})[match["side"]] = tensor
    if not factors:
        raise EngineFailure(f"The adapter {folder} holds no LoRA weights.")
    shapes = {
        name: tensor.shape for file in weights.weight_files(base.path) for name, tensor in weights.header(file).items()
    }
    ranks = {module: _rank(folder, module, pair, shapes, base) for module, pair in factors.items()}
    declared = {settings.get("r"), *(settings.get("rank_pattern") or {}).values()}
    if stray := set(ranks.values()) - declared:
        raise EngineFailure(
            f"The adapter {folder} has weights of rank {min(stray)} that its {CONFIG} does not declare."
        )
    return ranks


def _rank(folder: Path, module: str, pair: dict[str, Tensor], shapes: dict[str, tuple], base: ModelPath) -> int:
    """The rank of one module: A is (rank, inputs), B is (outputs, rank), the base's weight (outputs, inputs)."""
    whole = shapes.get(f"{module}.weight")
    if whole is None:
        raise EngineFailure(
            f"The adapter {folder} is for another base: {base.id} has no {module}.", "Give its own base with --base."
        )
    if set(pair) != {"A", "B"} or any(len(tensor.shape) != 2 for tensor in pair.values()):
        raise EngineFailure(f"The adapter {folder} lacks half of the weights of {module}.", "Save or fetch it again.")
    a, b = pair["A"].shape, pair["B"].shape
    if (b[0], a[1]) != tuple(whole):
        raise EngineFailure(
            f"The adapter {folder} is for another base: {module} is {b[0]} x {a[1]} in it and "
            f"{' x '.join(map(str, whole))} in {base.id}.",
            "Give its own base with --base.",
        )
    if a[0] != b[1]:
        raise EngineFailure(f"The adapter {folder} has factors of ranks {a[0]} and {b[1]} for {module}.")
    return a[0]
