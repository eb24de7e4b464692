"""`python -m common.paper.worker FILE BACKEND LIMITS`: as `common.paper.pdf.worker`, for a file of any format.

For a service: every format is read and judged within the bounds, because a regular expression over 20 MB of hostile
Markdown takes a process down as well as a hostile PDF does. Text too poor to be reviewed is refused here.
"""

from __future__ import annotations

import sys
from pathlib import Path

from common.errors import UnreadablePaper
from common.paper.pdf.limits import Limits
from common.paper.pdf.worker import main
from common.paper.quality import assess
from common.paper.reader import read_paper_here
from common.types import Paper


def read(path: Path, backend: str, limits: Limits) -> Paper:
    """A paper that is fit to be reviewed. Errors: UnreadablePaper."""
    paper = read_paper_here(path, backend, limits)
    quality = assess(paper)
    if quality.verdict == "poor":
        raise UnreadablePaper(
            f"The text of {path.name} is too poor to review: {'; '.join(quality.reasons)}.",
            "Give the paper's own PDF, made with text, not a scan or an export of one.",
        )
    return paper


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], read))
