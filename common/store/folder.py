"""What a folder must hold before an engine may load it: configuration, tokenizer, chat template, sound safetensors.

Nothing is executed and no tensor is read: JSON files and safetensors headers alone, so the check takes milliseconds
and a damaged or unsafe model is a sentence instead of a stack of engine errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from common.errors import EngineFailure
from common.store import weights

_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "tekken.json")
_PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")


@dataclass(frozen=True, slots=True)
class Checked:
    """context: tokens its config.json allows, 0 if it does not say."""

    architecture: str
    context: int


def check_folder(folder: Path, name: str) -> Checked:
    """Look a model folder through. name: how the user called it. Errors: EngineFailure with what is wrong."""
    if not (folder / "config.json").is_file():
        raise EngineFailure(f"{name} is not a model: {folder} has no config.json.")
    settings = weights.read_json(folder / "config.json")
    if not any((folder / file).is_file() for file in _TOKENIZERS):
        raise EngineFailure(f"{name} has no tokenizer in {folder}.", "Copy its tokenizer files there too.")
    if not _has_chat_template(folder):
        raise EngineFailure(
            f"{name} has no chat template, so it was probably never trained to follow instructions.",
            "Choose the model's instruct or chat version.",
        )
    _check_weights(folder, name)
    text = settings.get("text_config") if isinstance(settings.get("text_config"), dict) else settings
    architectures = settings.get("architectures") or [settings.get("model_type", "unknown")]
    return Checked(str(architectures[0]), int(text.get("max_position_embeddings") or 0))


def _has_chat_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").is_file() or (folder / "chat_template.json").is_file():
        return True
    settings = folder / "tokenizer_config.json"
    return settings.is_file() and bool(weights.read_json(settings).get("chat_template"))


def _check_weights(folder: Path, name: str) -> None:
    files = weights.weight_files(folder)
    if not files:
        pickled = [path.name for pattern in _PICKLED for path in folder.glob(pattern)]
        if pickled:
            raise EngineFailure(
                f"{name} has its weights only as pickles ({pickled[0]}), which can run code when they are loaded.",
                "Convert them to safetensors, or choose a model that has them.",
            )
        raise EngineFailure(f"{name} has no weights: there is no .safetensors file in {folder}.")
    for path in files:
        weights.header(path)
