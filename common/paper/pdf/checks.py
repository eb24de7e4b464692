"""What can be said about a file before it is opened as a PDF. Errors: UnreadablePaper."""

from __future__ import annotations

from pathlib import Path

from common.errors import UnreadablePaper
from common.paper.pdf.limits import Limits


def check_file(path: Path, limits: Limits) -> None:
    """The path is a file of sensible size whose first kilobyte says that it is a PDF."""
    try:
        if path.is_dir():
            raise UnreadablePaper(f"{path} is a folder.", "Give the PDF file itself.")
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(1024)
    except FileNotFoundError as error:
        raise UnreadablePaper(f"{path} does not exist.", "Check the spelling of the path.") from error
    except OSError as error:
        raise UnreadablePaper(f"{path} cannot be read: {error.strerror or error}.", "Check its permissions.") from error
    if not size:
        raise UnreadablePaper(f"{path.name} is empty.", "Download it again.")
    if size > limits.file_mb * 2**20:
        raise UnreadablePaper(
            f"{path.name} has {size // 2**20} MB; files of up to {limits.file_mb} MB are read.",
            "Give the paper without its supplement, or reduce its images.",
        )
    if b"%PDF-" not in head:
        raise UnreadablePaper(
            f"{path.name} is not a PDF, whatever its name says: {_kind(head)}.",
            "Give a PDF, or rename it to what it is.",
        )


def _kind(head: bytes) -> str:
    for start, name in (
        (b"\x89PNG", "it is a PNG image"), (b"\xff\xd8", "it is a JPEG image"),
        (b"PK\x03\x04", "it is a ZIP or Office file"), (b"%!PS", "it is PostScript"),
        (b"\x1f\x8b", "it is compressed with gzip"),
    ):  # fmt: skip
        if head.startswith(start):
            return name
    if head.lstrip()[:1] == b"<":
        return "it is a web page or XML"
    return "it is text" if b"\0" not in head else "its contents are of another kind"
