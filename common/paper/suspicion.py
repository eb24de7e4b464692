"""Text in a paper that reads like an instruction to its reviewer or to a language model.

Known wordings, found through the usual disguises (invisible and tag characters, look-alike letters, l e t t e r s set
apart). Finding none proves nothing, and a hit may be a quotation: papers about such attacks are full of them. So this
only reports; the prompt fences the whole paper in any case. What a PDF hides by colour or size is found by its reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from common.paper.cleaning import DIRECTIONS, TAGS, ZERO_WIDTH, folded
from common.paper.wordings import COMPACT, Wording, first_match, possible
from common.types import Notice, Paper, Passage

MAX_NOTICES = 20
_EXCERPT = 160  # characters
_SPACED = re.compile(r"(?<!\w)(?:\w[ \t._*|-]{1,3}){7,}\w(?!\w)")
_HIDDEN_RUN = re.compile(f"[{ZERO_WIDTH}]{{6,}}|[{TAGS}]{{4,}}|[{DIRECTIONS}](?=[^\\n]{{0,40}}[A-Za-z])")
_ATTACK_PAPER = re.compile(r"prompt[- ]injection|jailbreak|adversarial prompt|red[- ]team", re.IGNORECASE)


def suspicious_passages(paper: Paper) -> tuple[Notice, ...]:
    """One notice, code "instruction", for each passage with such text: what it says and where it stands.

    Give the paper as read, before `cleaned`. At most MAX_NOTICES, the last of them saying how many more there are.
    """
    passages = list(_everything(paper))
    plain = [folded(passage.text) for passage in passages]
    wordings = possible("\n".join(plain))
    notices = [
        Notice("instruction", _message(how, excerpt, passage.section), passage.page_at(offset))
        for passage, text in zip(passages, plain, strict=True)
        if (found := _first(passage.text, text, wordings)) is not None
        for how, excerpt, offset in [found]
    ]
    if notices and len(_ATTACK_PAPER.findall(paper.title + paper.abstract + _body(paper))) >= 5:
        note = "The paper writes about attacks on language models, so such passages may be its examples."
        notices.insert(0, Notice("instruction", note))
    if len(notices) > MAX_NOTICES:
        more = len(notices) - MAX_NOTICES + 1
        notices[MAX_NOTICES - 1 :] = [Notice("instruction", f"{more} more passages read like instructions.")]
    return tuple(notices)


def _everything(paper: Paper) -> Iterator[Passage]:
    first = 1 if paper.pages else 0
    yield Passage(paper.title, first, "title")
    yield from (Passage(section.heading, section.page, section.heading) for section in paper.sections)
    yield from paper.passages
    yield from (Passage(entry.text, entry.page, "References") for entry in paper.references)


def _body(paper: Paper) -> str:
    return " ".join(section.text for section in paper.sections)


def _first(text: str, plain: str, wordings: tuple[Wording, ...]) -> tuple[str, str, int] | None:
    """(disguise, excerpt, offset) of the first suspicious text of a passage. plain: the passage, folded."""
    if not text.isascii() and (match := _HIDDEN_RUN.search(text)):
        shown = folded(text[max(0, match.start() - 40) : match.end() + 60])
        return "characters that cannot be seen", shown, match.start()
    if match := first_match(plain, wordings):
        disguise = "" if plain == text or first_match(text) else "letters in disguise"
        return disguise, _around(plain, match), min(match.start(), max(0, len(text) - 1))
    for run in _SPACED.finditer(plain):
        if match := COMPACT.search(re.sub(r"\W|_", "", run[0])):
            return "letters set apart", match[0], run.start()
    return None


def _around(text: str, match: re.Match[str]) -> str:
    """The match with the words around it."""
    room = max(0, _EXCERPT - len(match[0])) // 2
    start, end = max(0, match.start() - room // 2), min(len(text), match.end() + room)
    return ("…" if start else "") + " ".join(text[start:end][: 2 * _EXCERPT].split()) + ("…" if end < len(text) else "")


def _message(how: str, excerpt: str, section: str) -> str:
    where = f" under “{section[:60]}”" if section else ""
    disguise = f" ({how})" if how else ""
    return f"Text that reads like an instruction to the reviewer{disguise}{where}: “{excerpt.strip()}”"
