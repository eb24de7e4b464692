"""Characters as PDFs hold them, made into characters as people type them.

Ligatures are opened, mathematical alphabets become letters, control and private-use characters go, accents that TeX
sets as a separate glyph join their letter. Nothing here knows where a character stands. Zero-width
characters stay: they can hide an instruction, which `common.paper.reader.checked` looks for before it drops them.

Control codes that a font draws are TeX's: without a map to Unicode PDFium hands over the code itself, which is a
ligature at 11 to 15 in TeX's first encoding (OT1) and at 27 to 31 in its second (T1).
"""

from __future__ import annotations

import unicodedata

HYPHENS = "-\u2010\u2011\u00ad\u0002"
COMBINING = {
    "\u00b4": "\u0301", "\u02ca": "\u0301", "`": "\u0300", "\u02cb": "\u0300", "\u02c6": "\u0302", "^": "\u0302",
    "\u02dc": "\u0303", "~": "\u0303", "\u00a8": "\u0308", "\u00af": "\u0304", "\u02c9": "\u0304", "\u02d8": "\u0306",
    "\u02d9": "\u0307", "\u02da": "\u030a", "\u02c7": "\u030c", "\u00b8": "\u0327", "\u02db": "\u0328",
    "\u02dd": "\u030b",
}  # fmt: skip
DOTLESS = {"\u0131": "i", "\u0237": "j"}


def _table() -> dict[int, str]:
    table: dict[int, str] = {code: "" for code in range(32)}
    table |= {code: "" for code in range(0x7F, 0xA0)}
    table |= dict(enumerate(("ff", "fi", "fl", "ffi", "ffl"), 11)) | dict(
        enumerate(("ff", "fi", "fl", "ffi", "ffl"), 27)
    )
    table |= {0x10: "“", 0x11: "”", 0x15: "–", 0x16: "—"}
    table |= {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
    table |= {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x1D400, 0x1D800)}
    table |= {code: "" for code in range(0xE000, 0xF900)}
    table |= {0xA0: " ", 0x02: "-", 0x2010: "-", 0x2011: "-", 0xAD: "-", 0xFFFE: "", 0xFFFF: ""}
    table |= {code: "" for code in range(0xD800, 0xE000)}  # halves of a character: JSON cannot hold them
    table |= {0x2002: " ", 0x2003: " ", 0x2009: " ", 0x202F: " "}
    table |= {0x2212: "−", 0x2217: "∗", 0x2044: "/", 0xFFFD: "", 0x210E: "h"}
    return table


CLEAN = _table()


def accented(accent: str, letter: str) -> str:
    """The letter with the accent that was printed over it, as one character; "" when there is none such."""
    mark = COMBINING.get(accent)
    if not mark or not letter.isalpha():
        return ""
    whole = unicodedata.normalize("NFC", DOTLESS.get(letter, letter) + mark)
    return whole if len(whole) == 1 else ""
