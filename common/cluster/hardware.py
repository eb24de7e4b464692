"""GPUs by their vendors' public peak figures. Nothing here is measured; what is reached of a peak is `rates.Shares`."""

from __future__ import annotations

from dataclasses import dataclass

from common.errors import BadConfig
from common.strict_yaml import closest


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU. memory_gib: as advertised (a vendor's GB counted as GiB). tflops: dense bf16 with tensor cores, 1e12
    operations a second; bandwidth: of its memory, 1e12 bytes a second. source: the sheet the figures stand in."""

    name: str
    title: str
    memory_gib: float
    tflops: float
    bandwidth: float
    source: str


_SPARSE = "bf16 is printed with sparsity; half of it is dense"
GPUS = {
    gpu.name: gpu
    for gpu in (
        Gpu("l4", "NVIDIA L4", 24, 121, 0.300, f"NVIDIA L4 data sheet ({_SPARSE})"),
        Gpu("a10", "NVIDIA A10", 24, 125, 0.600, "NVIDIA A10 data sheet"),
        Gpu("l40s", "NVIDIA L40S", 48, 362, 0.864, "NVIDIA L40S data sheet"),
        Gpu("a100", "NVIDIA A100 SXM 80GB", 80, 312, 2.039, "NVIDIA A100 data sheet"),
        Gpu("h100", "NVIDIA H100 SXM", 80, 989, 3.35, f"NVIDIA H100 data sheet ({_SPARSE})"),
        Gpu("h200", "NVIDIA H200 SXM", 141, 989, 4.8, f"NVIDIA H200 data sheet ({_SPARSE})"),
        Gpu("mi300x", "AMD Instinct MI300X", 192, 1307, 5.3, "AMD Instinct MI300X data sheet"),
    )
}
"""Name on the command line -> GPU."""


def find_gpu(name: str) -> Gpu:
    """Errors: BadConfig naming the closest of those known."""
    if name not in GPUS:
        raise BadConfig(f"There is no GPU called '{name}'.", closest(name, tuple(GPUS)))
    return GPUS[name]
