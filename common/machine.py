"""What this machine is: cores, vector units, memory, GPUs. Read from the system; no engine library is imported."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Gpu:
    """memory_gib: all of it, not what is free."""

    name: str
    memory_gib: float


@dataclass(frozen=True, slots=True)
class Cpu:
    """cores: those this process may use. flags: instruction sets by the kernel's names; empty where it tells none."""

    name: str
    cores: int
    flags: frozenset[str]


def cpu() -> Cpu:
    name, flags = platform.processor() or platform.machine(), frozenset()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        pairs = [line.partition(":") for line in info.read_text(errors="replace").splitlines() if ":" in line]
        fields = {key.strip().lower(): value.strip() for key, _, value in pairs}
        name = fields.get("model name", name)
        flags = frozenset((fields.get("flags") or fields.get("features") or "").split())
    return Cpu(name, usable_cores(), flags)


def usable_cores() -> int:
    """Cores this process may run on, a container's quota included; at least 1."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _words("/sys/fs/cgroup/cpu.max")
    if len(quota) == 2 and quota[0].isdigit():
        allowed = min(allowed, max(1, int(quota[0]) // int(quota[1])))
    return allowed


def memory() -> tuple[float, float]:
    """Total and available GiB, a container's limit included."""
    found = psutil.virtual_memory()
    total, available = found.total, found.available
    limit, used = _words("/sys/fs/cgroup/memory.max"), _words("/sys/fs/cgroup/memory.current")
    if limit and limit[0].isdigit() and int(limit[0]) < total:
        total = int(limit[0])
        available = min(available, total - int(used[0])) if used else min(available, total)
    return total / 2**30, available / 2**30


def gpus() -> list[Gpu]:
    """NVIDIA GPUs, by the driver's own tool; none when it is absent or does not answer within ten seconds."""
    command = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return []
    found = []
    for line in done.stdout.splitlines() if done.returncode == 0 else []:
        name, _, size = line.rpartition(",")
        if size.strip().isdigit():
            found.append(Gpu(name.strip(), int(size) * _MIB / 2**30))
    return found


def _words(path: str) -> list[str]:
    """Words of a small system file; none when it cannot be read."""
    try:
        return Path(path).read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        return []
