"""From the embedded GGUF file to a bf16 safetensors folder that vLLM, transformers and peft all load.

Run as a process of its own (`python -m common.store.dequantise FILE.gguf FOLDER`), so that the half gigabyte and the
threads it takes are gone when the engine starts. transformers reads the GGUF (its 4-bit blocks unpacked, the rotary
permutation undone); what it leaves out of the tokenizer is put back here.
"""

from __future__ import annotations

import sys
from pathlib import Path

CONTEXT = 8192


def main(arguments: list[str]) -> None:
    source, target = Path(arguments[0]), Path(arguments[1])
    _save_model(source, target)
    _save_tokenizer(source, target)


def _save_model(source: Path, target: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, GgufConfig

    model = AutoModelForCausalLM.from_pretrained(
        source.parent,
        gguf_file=source.name,
        dtype=torch.bfloat16,
        local_files_only=True,
        quantization_config=GgufConfig(dequantize=True),
    )
    # Plain weights now: a quantisation config in config.json would send every loader looking for GGUF blocks.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    if hasattr(model.config, "_model_name_or_path"):  # the GGUF's general.name, which is no path
        del model.config._model_name_or_path
    model.generation_config.eos_token_id = [2, 0]  # <|im_end|> ends a turn; <|endoftext|> ends a text
    model.save_pretrained(target)


def _save_tokenizer(source: Path, target: Path) -> None:
    from tokenizers import pre_tokenizers
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name, local_files_only=True)
    # GGUF names its pre-tokenizer "smollm" (digits one by one, then GPT-2's splitting); the loader knows GPT-2's alone.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True),
        ]
    )
    tokenizer.model_max_length = CONTEXT
    for key in ("is_local", "local_files_only"):
        tokenizer.init_kwargs.pop(key, None)
    tokenizer.save_pretrained(target)


if __name__ == "__main__":
    main(sys.argv[1:])
