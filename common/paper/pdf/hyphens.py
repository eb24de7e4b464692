"""Joining the end of one line to the start of the next, with the document's own words to decide about hyphens."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# First parts of compounds: their hyphen at a line's end was more likely typed than made.
FIRST_PARTS = """
self non multi well state cross semi pre post co high low long short open closed end two three one four five large
small fine coarse zero few real time data model task domain human machine deep all meta inter intra sub super pseudo
quasi near best worst right left top bottom first second third single double full half
"""
KEEP = frozenset(FIRST_PARTS.split())


class Vocabulary:
    """Words that the document prints within a line, hyphenated compounds among them."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.counts: Counter[str] = Counter()
        for line in lines:
            words = WORD.findall(line)
            self.counts.update(word.lower() for word in words[:-1])
            if words and not line.endswith("-"):
                self.counts[words[-1].lower()] += 1
            for word in words:
                if "-" in word:
                    self.counts.update(part.lower() for part in word.split("-"))

    def joined(self, left: str, right: str) -> str:
        """`left` and `right` as one text, where a line ended between them."""
        if not left or not right:
            return left + right
        if left[-1] in "—–" or right[0] in "—":
            return left + right
        if left[-1] == "/" and not left.endswith(" /"):
            return left + right
        if left[-1] != "-" or left.endswith((" -", "--")):
            return f"{left} {right}"
        if not right[0].islower():
            return left + right
        head = re.search(r"[^\W\d_]+(?:-[^\W\d_]+)*-$", left)
        tail = re.match(r"[^\W\d_]+(?:-[^\W\d_]+)*", right)
        if not head or not tail:
            return left + right
        return left + right if self._keeps(head.group()[:-1].lower(), tail.group().lower()) else left[:-1] + right

    def _keeps(self, head: str, tail: str) -> bool:
        """The hyphen was typed, not made by breaking the word."""
        whole, compound = self.counts[head + tail], self.counts[f"{head}-{tail}"]
        if whole or compound:
            return compound > whole
        last, first = head.split("-")[-1], tail.split("-")[0]
        if self.counts[last + first]:
            return False
        if "-" in head and self.counts[first]:
            return True
        known = self.counts[first] > 0 and len(first) > 2
        return known and (last in KEEP or (self.counts[last] > 0 and len(last) > 3))
