"""A base made ready to learn: its weights, its attention, and what of it is trainable.

Which folder the base is in is `common.store`'s business; what it learns, `loop`'s.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from common.errors import BadConfig, EngineFailure
from common.training import shifted
from common.training.settings import TrainSettings

_ALSO = ("embed_tokens", "input_layernorm", "post_attention_layernorm", "norm")
"""Trained whole by "lora+", by the names Llama-like models use (LongLoRA, arXiv 2309.12307, section 3.3)."""


def load(folder: Path, settings: TrainSettings, start: Path | None = None) -> Any:
    """The trainable model. start: the adapter to go on from, None for a fresh one.

    Errors: EngineFailure when the base does not load or lacks what the method trains; BadConfig when the settings ask
    for another update than start holds."""
    import torch
    from transformers import AutoModelForCausalLM

    arguments: dict[str, Any] = {"dtype": getattr(torch, settings.dtype)}
    if settings.attention == "shifted":
        shifted.register(settings.group_share)
        arguments["attn_implementation"] = shifted.NAME
    if settings.method == "qlora":
        arguments["quantization_config"] = _four_bits(settings)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            **_rope(folder, settings),
            **arguments,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineFailure(f"The base {folder} does not load for training: {str(error).splitlines()[0]}") from error
    if settings.attention == "shifted" and getattr(model.config, "sliding_window", None):
        raise BadConfig(
            f"{folder} attends to a sliding window of its own, which shifted attention would replace.",
            "Set attention=dense.",
        )
    model.config.use_cache = False
    if settings.method == "full":
        if start:
            raise BadConfig("method: full trains the base itself and cannot go on from an adapter.")
        return model
    return _with_adapter(model, settings, start)


def _with_adapter(model: Any, settings: TrainSettings, start: Path | None) -> Any:
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    if settings.method == "qlora":
        model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=settings.checkpointing)
    lora = settings.lora
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.targets) or "all-linear",
        modules_to_save=list(_present(model)) if settings.method == "lora+" else None,
        task_type="CAUSAL_LM",
    )
    try:
        adapted = get_peft_model(model, config) if start is None else _gone_on(model, config, start)
    except ValueError as error:
        raise BadConfig(f"lora.targets does not fit this base: {error}") from error
    if settings.checkpointing:
        adapted.enable_input_require_grads()
    return adapted


def _gone_on(model: Any, wanted: Any, start: Path) -> Any:
    """start's weights, made trainable again."""
    from peft import LoraConfig, PeftModel

    held = LoraConfig.from_pretrained(str(start))
    for name in ("r", "lora_alpha", "modules_to_save"):
        found, asked = getattr(held, name), getattr(wanted, name)
        if found != asked:
            raise BadConfig(
                f"{start} was trained with {name} {found}; these settings ask for {asked}.",
                "Give the settings of its run.json, or begin without it.",
            )
    return PeftModel.from_pretrained(model, str(start), is_trainable=True, local_files_only=True)


def _present(model: Any) -> tuple[str, ...]:
    names = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    found = tuple(name for name in _ALSO if name in names)
    if "embed_tokens" not in found:
        raise EngineFailure("This base's embeddings have another name than embed_tokens, so lora+ cannot train them.")
    return found


def _four_bits(settings: TrainSettings) -> Any:
    import torch

    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        raise EngineFailure("qlora needs bitsandbytes.", "pip install bitsandbytes, or use method=lora.") from error
    if not torch.cuda.is_available():
        raise EngineFailure("qlora needs a GPU.", "Use method=lora on this machine.")
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=getattr(torch, settings.dtype),
    )


def _rope(folder: Path, settings: TrainSettings) -> dict[str, Any]:
    """The base's configuration with its positions stretched, where the settings ask for it.

    linear: Chen et al. 2023, arXiv 2306.15595; yarn: Peng et al. 2023, arXiv 2309.00071."""
    if not settings.rope:
        return {}
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    trained = config.max_position_embeddings
    parameters = {**(getattr(config, "rope_parameters", None) or {}), "rope_type": settings.rope}
    parameters["factor"] = settings.rope_factor
    if settings.rope == "yarn":
        parameters["original_max_position_embeddings"] = trained
    config.rope_parameters = parameters
    config.max_position_embeddings = int(trained * settings.rope_factor)
    return {"config": config}
