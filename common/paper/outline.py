"""What a heading line says: its number, its name, and whether abstract, references or appendix begin there.

Shared by the readers of marked-up formats, where a heading is given as such; finding headings on a PDF page is
`common.paper.pdf`'s work.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = re.compile(
    r"(?:(?P<lead>appendix|appendices|annex|supplement(?:ary material)?|section|chapter)\s+)?"
    r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,4}|[A-Z](?:\.\d{1,2}){0,4}|[A-Z]\d{1,2}|[IVX]{1,5})(?P<dot>[.:)]?)(?:\s+|$|(?<=[:.)]))",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"^[*_`]+|[*_`]+$|\s+#+$|\\?\{#[^}]*\}$")
_REFERENCES = re.compile(
    r"(?:references?|bibliography|literature cited|works cited|cited literature|references and notes|literature|"
    r"reference list|list of references)[.:]?"
)
_APPENDIX = re.compile(r"(?:appendix|appendices|annex|supplement(?:al|ary|s)?(?:\s+\w+)?|\w+ paper checklist)\b")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading taken apart. number: "3.1", "A.2" or "". depth: of the number, 0 without one; "B." in the body is
    the second level of a paper whose sections have Roman numbers."""

    name: str
    number: str = ""
    appendix: bool = False

    @property
    def depth(self) -> int:
        lettered = self.number.isalpha() and len(self.number) == 1 and not self.appendix
        return self.number.count(".") + 1 + lettered if self.number else 0

    @property
    def is_abstract(self) -> bool:
        return self.name.lower().strip(" .:—-") == "abstract"

    @property
    def is_references(self) -> bool:
        return bool(_REFERENCES.fullmatch(self.name.lower()))


def parse(line: str, after_references: bool = False) -> Heading:
    """Take a heading line apart: "3.1 Set-up", "III. METHOD", "Appendix B: Proofs", "A.2 Lemmas".

    A single letter is a number only after "Appendix", with a full stop, or after the references: "A Simple Method"
    is a heading that begins with an article.
    """
    text = clean(line)
    bare = bool(_APPENDIX.match(text.lower()))
    match = _NUMBER.match(text)
    if match is None or not _is_number(match, after_references):
        return Heading(text, "", bare)
    number, lead = match["number"], (match["lead"] or "").lower()
    dotted_letter = number[0].isalpha() and "." in number
    appendix = bare or dotted_letter or (number[0].isalpha() and (bool(lead) or after_references))
    name = text[match.end() :].lstrip(" .:—–-")
    return Heading(name, number.upper(), appendix) if name else Heading(text, "", appendix)


def clean(line: str) -> str:
    """A heading line without Markdown emphasis and closing marks."""
    text = " ".join(line.split())
    while (shorter := _EMPHASIS.sub("", text).strip()) != text:
        text = shorter
    return text.replace("**", "")


def _is_number(match: re.Match[str], after_references: bool) -> bool:
    number = match["number"]
    if number[0].isdigit():
        return True
    if match["lead"]:
        return number.isupper()
    if not number[0].isupper():
        return False
    return "." in number or bool(match["dot"]) or (len(number) == 1 and after_references and number.isupper())
