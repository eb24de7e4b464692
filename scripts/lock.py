"""Write locks/*.txt anew from pyproject.toml: `python -m scripts.lock [KIND...] [uv options]` (needs uv, an index).

Each lock is complete and holds for every supported Python, so it is installed with --no-deps. vLLM's CPU build asks for
torchvision, torchaudio and torchcodec, which exist only as CUDA builds on PyPI and break transformers beside a CPU
torch; they are not needed and are left out.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = {
    "dev": ("cpu", "data", "train", "eval", "serve", "cluster", "dev"),
    "cpu": ("cpu",),
    "cuda": ("cuda", "data", "train", "eval", "serve", "cluster"),
}
"""Lock -> extras. `cpu` takes its versions from `dev`, so that what is tested is what is run."""
LEFT_OUT = ("torchvision", "torchaudio", "torchcodec")


def main() -> None:
    """Kinds to write, all by default, and options that uv is given (indexes, links); those never reach the files."""
    chosen = [argument for argument in sys.argv[1:] if argument in KINDS]
    options = [argument for argument in sys.argv[1:] if argument not in KINDS]
    for kind in chosen or KINDS:
        extras = KINDS[kind]
        target = ROOT / "locks" / f"{kind}.txt"
        target.write_text(_head(kind) + _compile(kind, extras, options))
        print(f"{target.relative_to(ROOT)}: {sum('==' in line for line in target.read_text().splitlines())} packages")


def _compile(kind: str, extras: tuple[str, ...], options: list[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        out, overrides = Path(folder, "out.txt"), Path(folder, "overrides.txt")
        left_out = LEFT_OUT if kind != "cuda" else ()
        overrides.write_text("".join(f"{name}; sys_platform == 'never'\n" for name in left_out))
        command = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11", "--quiet"]
        command += [
            "--no-header",
            "--no-annotate",
            "--no-emit-index-url",
            "--no-emit-find-links",
            "--output-file",
            str(out),
        ]
        command += ["--override", str(overrides), *(f"--extra={extra}" for extra in extras), *options]
        if kind == "cpu":
            command += ["--constraint", str(ROOT / "locks" / "dev.txt")]
        subprocess.run(command, cwd=ROOT, check=True)
        lines = out.read_text().splitlines(keepends=True)
    return "".join(line for line in lines if not (left_out and line.startswith(left_out)))


def _head(kind: str) -> str:
    return f"# All packages of the extras {', '.join(KINDS[kind])}, pinned. Written by: python -m scripts.lock\n"


if __name__ == "__main__":
    main()
