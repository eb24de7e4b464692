"""Build samples/paper.pdf from samples/paper.typ, offline and reproducibly: `python samples/build.py [OUT]`.

Only the fonts inside the `typst` package are used, no timestamp is written, and no typst package is fetched.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "paper.typ"
PDF = HERE / "paper.pdf"


def build(target: Path = PDF) -> Path:
    """Typeset the sample paper into `target` and return it."""
    import typst

    typst.compile(SOURCE, output=target, root=HERE, ignore_system_fonts=True)
    return target


if __name__ == "__main__":
    print(build(*map(Path, sys.argv[1:2])))
