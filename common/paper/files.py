"""Bytes of a paper's file and, for text formats, their characters. Every refusal is a sentence a person can act on."""

from __future__ import annotations

import codecs
from pathlib import Path

from common.errors import UnreadablePaper
from common.types import Notice

MAX_BYTES = 100 * 2**20
MAX_TEXT_BYTES = 20 * 2**20

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with the same bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FORMATS = (
    (b"%PDF-", "a PDF file", "Give it a name that ends in .pdf."),
    (b"PK\x03\x04", "a ZIP archive (Word and EPUB files are such)", "Export the paper as PDF and read that."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and read the paper inside."),
    (b"\x89PNG", "a PNG image", "Read the PDF of the paper, not a picture of it."),
    (b"\xff\xd8\xff", "a JPEG image", "Read the PDF of the paper, not a picture of it."),
    (b"\xd0\xcf\x11\xe0", "an old Word file", "Export the paper as PDF and read that."),
    (b"{\\rtf", "a Rich Text file", "Export the paper as PDF and read that."),
    (b"%!PS", "a PostScript file", "Convert it with ps2pdf and read the PDF."),
)


def load(path: Path) -> bytes:
    """All bytes of a file. Errors: UnreadablePaper for a missing, empty, oversized or forbidden file or a folder."""
    try:
        if path.is_dir():
            raise UnreadablePaper(f"{path} is a folder.", "Name one paper, or several: each a file.")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UnreadablePaper(f"{path} has {size / 2**20:,.0f} MB; the limit is {MAX_BYTES / 2**20:.0f} MB.")
        # Not `read()`: a device or a growing file has no honest size.
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise UnreadablePaper(f"{path} does not exist.", "Check the name and the folder.") from error
    except PermissionError as error:
        raise UnreadablePaper(f"{path} may not be read.", "Check its permissions.") from error
    except (OSError, ValueError) as error:
        raise UnreadablePaper(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if len(data) > MAX_BYTES:
        raise UnreadablePaper(f"{path} holds more than {MAX_BYTES / 2**20:.0f} MB, the limit.")
    if not data.strip(b"\0 \t\r\n"):
        raise UnreadablePaper(f"{path} is empty.")
    return data


def decode(data: bytes, path: Path) -> tuple[str, tuple[Notice, ...]]:
    """Characters of a text file with Unix line ends, and a notice where the encoding was not UTF-8.

    UTF-8, UTF-16 and UTF-32 are told by their marks, UTF-16 without one by its zero bytes; the rest is read as
    Windows-1252, or as UTF-8 with a few damaged characters when most of it is that. Errors: UnreadablePaper for
    binary files and texts above MAX_TEXT_BYTES.
    """
    if len(data) > MAX_TEXT_BYTES:
        size, limit = len(data) / 2**20, MAX_TEXT_BYTES / 2**20
        raise UnreadablePaper(f"{path} has {size:,.0f} MB of text; the limit is {limit:.0f} MB.")
    for magic, kind, hint in _FORMATS:
        if data.startswith(magic):
            raise UnreadablePaper(f"{path} is {kind}, not text.", hint)
    text, notices = _characters(data, path)
    if _binary(text):
        raise UnreadablePaper(f"{path} is a binary file, not text.", "Read the paper's PDF, Markdown or JSON.")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise UnreadablePaper(f"{path} is empty.")
    return text, notices


def _characters(data: bytes, path: Path) -> tuple[str, tuple[Notice, ...]]:
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "") or _unmarked_utf16(data)
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding:
            raise UnreadablePaper(
                f"{path} begins like {encoding.upper()} but is not.", "Save it as UTF-8 and try again."
            ) from error
        return _damaged(data)
    if encoding in ("", "utf-8-sig"):
        return text, ()
    return text, (Notice("encoding", f"The file is {encoding.upper()}, not UTF-8; it was read as such."),)


def _damaged(data: bytes) -> tuple[str, tuple[Notice, ...]]:
    """Text that is not UTF-8: a few bad bytes among good UTF-8, or an older one-byte encoding."""
    text = data.decode("utf-8", errors="replace")
    lost = text.count("\ufffd")
    good = sum(character > "\x7f" for character in text) - lost
    if good > 4 * lost:
        return text, (Notice("encoding", f"{lost} characters of the file are damaged and were replaced."),)
    text = data.decode("cp1252", errors="replace")
    return text, (Notice("encoding", "The file is not UTF-8; it was read as Windows-1252 (Latin-1)."),)


def _unmarked_utf16(data: bytes) -> str:
    """UTF-16 without its mark: English text then has a zero in every second byte."""
    head = data[:4096]
    odd, even = head[1::2].count(0), head[0::2].count(0)
    if odd + even < len(head) * 0.2:
        return ""
    return "utf-16-le" if odd > 20 * even else "utf-16-be" if even > 20 * odd else ""


def _binary(text: str) -> bool:
    """Whether more than one character in 50 of the beginning is a control character or unreadable."""
    head = text[:8192]
    odd = sum((character < " " and character not in "\t\n\r\f") or character == "\ufffd" for character in head)
    return odd * 50 > len(head) or "\0" in head
