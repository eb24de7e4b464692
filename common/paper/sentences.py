"""Where sentences end in scientific English.

Rules, not a model: a candidate is a full stop, question or exclamation mark (with its closing quotes and brackets)
before white space; what stands on either side decides. Papers need more care than prose: "et al.", "Fig. 3",
"Eq. (2)", initials, decimals, list numbers, citations set after the full stop. An empty line and the end of a table
row always end a sentence. When in doubt a sentence is left whole: a cut too few costs a few words of a budget, a cut
too many puts half a sentence before the model.

Does not repair text, and does not look inside formulas: `\\( ... \\)`, `\\[ ... \\]` and `$ ... $` are never cut.
"""

from __future__ import annotations

import re


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Never the last word of a sentence: what they introduce follows.
_OPENERS = _set(
    "fig figs eq eqs eqn eqns sec secs sect sects tab tabs tbl ref refs thm thms def defs prop props lem cor alg algs "
    "app ch chap chaps dr mr mrs ms prof st mt gen sen rep viz resp approx ca vol vols pp p e.g eg i.e ie cf vs v "
    "ex exp no nos art proc conf int symp dept univ ed eds trans adv assoc comput nat natl lett phys rev "
    "jan feb mar apr jun jul aug sep sept oct nov dec incl excl max min avg std dev const"
)
# These end a sentence or do not: the next word decides.
_EITHER = _set(
    "al etc i.i.d iid w.r.t wrt w.l.o.g wlog s.t a.k.a aka u.s u.k e.u a.m p.m inc ltd co corp jr sr ph.d n.b q.e.d "
    "acad sci math stat"
)
# Words that are English before they are names: they open sentences.
_STARTERS = _set(
    "the a an we our this that these those it its in on at for from to of with by as if when while where since because "
    "although though however moreover furthermore finally first second third next then thus hence therefore here there "
    "they their he she his her you i let note recall suppose assume given both all each every most many some several "
    "no not one two three four more also additionally similarly specifically consequently instead overall further "
    "unlike like such another other after before during under over between among until once despite due but and or so "
    "yet still even rather what which who why how is are was do does can following using based compared to "
    "intuitively empirically theoretically formally importantly interestingly notably observe consider see"
)
_NUMBERED = _set(
    "appendix section sections table tables figure figures theorem lemma algorithm equation part step case group type "
    "class model set matrix phase stage method option panel condition vitamin hepatitis experiment"
)

# Bounded, so that a thousand opening marks without a closing one stay cheap.
_MATH = r"\\\(.{0,1500}?\\\)|\\\[.{0,4000}?\\\]|\$\$.{0,4000}?\$\$|(?<![\\$])\$(?=\S)[^$\n]{0,200}?(?<=\S)\$(?!\d)"
_CANDIDATE = re.compile(
    rf"(?P<math>{_MATH})"
    r"|(?P<block>\n[ \t]*\n\s*|\n(?=[ \t]*\|))"
    r"|(?P<wide>[。！？][”’」』）]*+\s*)"
    # a stop, what closes after it, and a citation set after it: `work.[3,4] The`, `models.12 The`
    r"|(?P<stop>(?<![.?!])(?:[.]++|[?!]++|…)[\"'”’»)\]}*_]*+"
    r"(?:\[\d[\d,–\- ]*\]|(?<=[a-z)\]][.])\d{1,3}(?:[,–-]\d{1,3})*)?)(?P<gap>\s+)",
    re.DOTALL,
)
_NEW_BLOCK = re.compile(r"\n[ \t]*[\n|]")
_WORD_BEFORE = re.compile(r"[^\s(\[{\"'“‘*_~]*$")
_WORD_AFTER = re.compile(r"[\w][\w'’-]*")
_CAMEL = re.compile(r"[a-z]{1,3}(?:-[A-Za-z]|[A-Z])")
_LIST_NUMBER = re.compile(r"\s*[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})$")
_LOOK_BACK = 80


def sentences(text: str) -> list[tuple[int, int]]:
    """Offsets (start, end) of every sentence; they follow one another and cover the text, white space included.

    `"".join(text[a:b] for a, b in sentences(text)) == text`. White space belongs to the sentence before it. An empty
    text has none. Linear in the length of the text.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _CANDIDATE.finditer(text):
        kind = match.lastgroup
        if kind == "math" or match.end() >= len(text) or not text[start : match.end()].strip():
            continue
        if kind == "gap" and not _ends(text, start, match):
            continue
        spans.append((start, match.end()))
        start = match.end()
    if start < len(text):
        spans.append((start, len(text)))
    return spans


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether the stop of `match` ends the sentence that began at `start`."""
    stop, rest = match.group("stop"), match.end()
    if _NEW_BLOCK.search(match.group("gap") + text[rest : rest + 1]):
        return True
    if not _may_start(text, rest):
        return False
    if stop[0] != ".":
        return True
    before = text[max(start, match.start() - _LOOK_BACK) : match.start()]
    word = _WORD_BEFORE.search(before).group()
    return _ends_after(word, before, text, rest, whole=match.start() - start == len(before), plain=stop == ".")


def _ends_after(word: str, before: str, text: str, rest: int, whole: bool, plain: bool) -> bool:
    """Whether a full stop after `word` is one. whole: `before` is all of the sentence so far; plain: nothing closes."""
    key = word.lower().lstrip("(")
    following = _WORD_AFTER.match(text, rest)
    starter = bool(following) and following.group().lower() in _STARTERS
    if plain and whole and _LIST_NUMBER.match(before):
        return False  # "3. The method": a list number belongs to its item
    if plain and key in _OPENERS:
        # "No." and the like are also words: "We found no. The ..."
        return key in {"no", "p", "v", "app", "max", "min", "std", "const", "art", "dev"} and starter
    if key in _EITHER:
        return starter and text[rest].isupper()
    if plain and len(word) == 1 and word.isupper():
        return _ends_at_letter(before[:-1].split(), starter)
    if plain and re.fullmatch(r"(?:[A-Z]\.-?)+[A-Z]", word):
        return starter  # "J.-P. Serre", "the U.S. The"
    return True


def _ends_at_letter(words: list[str], starter: bool) -> bool:
    """Whether "X." ends a sentence: a symbol or an appendix may, the initial of a name does not."""
    if not words:
        return False
    last = words[-1].strip("(,").lower()
    if last in _NUMBERED:
        return True
    return starter and last not in {"by", "and", "&"}


def _may_start(text: str, at: int) -> bool:
    """Whether a sentence can begin at `at`: a capital, a digit, an opening mark; or "t-SNE", "vLLM", "k-means"."""
    first = text[at]
    if first.islower():
        return bool(_CAMEL.match(text, at))
    return first not in ",;:.)]}%&=<>+/?!"
