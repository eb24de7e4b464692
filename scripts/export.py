"""`review export`: a base and what was trained on it as one folder that any engine loads."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import click

from common.errors import EngineFailure, ReviewError
from common.store import ModelPath, resolve
from common.training import run_record
from common.training.run_record import RUN

_TOKENIZER = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json",
              "chat_template.jinja", "generation_config.json")  # fmt: skip


@click.command()
@click.argument("adapter", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="A new folder.")
@click.option("--base", metavar="ID|PATH", help="The base it was trained on. [the one its run.json names]")
def command(adapter: Path, out: Path, base: str | None) -> None:
    """Merge an adapter into its base: one folder for any engine.

    \b
    review export runs/b/adapter --out reviewer
    review chain paper.pdf --base ./reviewer

    For adapters that vLLM cannot load beside a base (trained embeddings or norms), and for other engines. The weights
    are safetensors in the base's own type.
    """
    if out.exists():
        raise ReviewError(f"{out} is there already.", "Give a new folder with --out.")
    record = run_record.load(adapter) if (adapter / RUN).is_file() else None
    if record is None and base is None:
        raise ReviewError(f"{adapter} has no {RUN} that names its base.", "Name it with --base.")
    model = resolve(base or record.base.removeprefix("embedded:"))
    if record and record.base_sha256 != model.digest:
        raise EngineFailure(
            f"{adapter} was trained on other weights than {model.id}: its {RUN} names {record.base_sha256[:12]}, the "
            f"base is {model.digest[:12]}.",
            "Give the base it was trained on with --base.",
        )
    _merge(adapter, model, out)
    click.echo(f"Wrote {out}.", err=True)


def _merge(adapter: Path, base: ModelPath, out: Path) -> None:
    """The folder appears whole or not at all. Errors: EngineFailure when adapter and base do not go together."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    network = AutoModelForCausalLM.from_pretrained(
        base.path, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype="auto"
    )
    kind = network.dtype
    try:
        # In float32: a small update added to a bf16 weight would be rounded away.
        merged = PeftModel.from_pretrained(network.float(), str(adapter), local_files_only=True).merge_and_unload(
            safe_merge=True
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise EngineFailure(f"{adapter} does not merge into {base.id}: {str(error).splitlines()[0]}") from error
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as name:
        part = Path(name) / "part"
        merged.to(kind if isinstance(kind, torch.dtype) else torch.bfloat16).save_pretrained(part)
        for file in _TOKENIZER:
            if (base.path / file).is_file():
                shutil.copy(base.path / file, part / file)
        if (adapter / RUN).is_file():
            shutil.copy(adapter / RUN, part / RUN)
        os.replace(part, out)
