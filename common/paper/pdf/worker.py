"""The child's side: `python -m common.paper.pdf.worker FILE BACKEND LIMITS` prints the Paper as JSON.

Sets its own bounds before it touches the file: address space, processor time, no core dump. Exit codes are in
`process`; everything else is a traceback, which the parent passes on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from common.errors import ReviewError
from common.jsonio import to_json
from common.paper.pdf.limits import Limits
from common.paper.pdf.process import FAILED_EXIT, MEMORY_EXIT
from common.paper.pdf.reader import read_pdf_here
from common.types import Paper


def bound(limits: Limits) -> None:
    """Ask the system to stop this process at its limits. Windows has no such call: there the parent's clock holds."""
    try:
        import resource
    except ImportError:
        return
    seconds = max(1, round(limits.seconds))
    for kind, soft in (
        (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, limits.memory_mb * 2**20), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            soft = min(soft, hard)
        try:
            resource.setrlimit(kind, (soft, hard))
        except (ValueError, OSError):  # macOS refuses RLIMIT_AS
            continue


def main(arguments: list[str], read: Callable[[Path, str, Limits], Paper] = read_pdf_here) -> int:
    """read: what is done to the file within the bounds."""
    path, backend, limits = Path(arguments[0]), arguments[1], Limits(**json.loads(arguments[2]))
    bound(limits)
    try:
        paper = read(path, backend, limits)
        sys.stdout.write(to_json(paper, indent=0))
    except ReviewError as error:
        said = {
            "kind": type(error).__name__,
            "message": error.message,
            "hint": error.hint,
            "exit_code": error.exit_code,
        }
        sys.stdout.write(json.dumps(said))
        return FAILED_EXIT
    except MemoryError:
        return MEMORY_EXIT
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
