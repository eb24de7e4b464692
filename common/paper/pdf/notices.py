"""What a reader must know of how a PDF was read: pages lost, text hidden, layers of recognised text."""

from __future__ import annotations

from collections import Counter

from common.paper.pdf.document import Document
from common.types import Notice

WORDS = {
    "white": "in white on white", "tiny": "in type too small to read", "invisible": "drawn invisibly",
    "off the page": "outside the page",
}  # fmt: skip
EXCERPT = 200


def notices_of(document: Document) -> list[Notice]:
    notices: list[Notice] = []
    texts = Counter(len(page.runs) > 10 for page in document.pages)
    for page in document.pages:
        if page.problem:
            code = "missing-page" if not page.runs else "truncated"
            notices.append(Notice(code, f"Page {page.number}: {page.problem}.", page.number))
        elif not page.runs and texts[True]:
            what = "an image without text" if page.images else "without text"
            notices.append(
                Notice("missing-page", f"Page {page.number} is {what}; nothing was read there.", page.number)
            )
        hidden: dict[str, list[str]] = {}
        for item in page.hidden:
            hidden.setdefault(item.why, []).append(item.text)
        for why, parts in hidden.items():
            text = " ".join(parts)
            if sum(char.isalpha() for char in text) < 12:
                continue
            excerpt = text if len(text) <= EXCERPT else text[:EXCERPT].rsplit(" ", 1)[0] + " …"
            message = f"Page {page.number} holds {len(text.split())} words {WORDS[why]}, left out: “{excerpt}”"
            notices.append(Notice("hidden-text", message, page.number))
    scanned = [page.number for page in document.pages if page.scanned]
    if scanned:
        notices.append(
            Notice(
                "ocr",
                f"{len(scanned)} of {len(document.pages)} pages are scans; their text is a machine's reading of them.",
            )
        )
    for page, count in document.turned.items():
        notices.append(Notice("turned-text", f"Page {page}: {count} characters set sideways were left out.", page))
    return notices
