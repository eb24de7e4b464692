"""The wordings of instructions hidden in papers, as seen in 2023 to 2025, and near variants of them.

Each has the plain words it cannot do without, so that a passage without them costs no regular expression. Measured
on 1,294 NeurIPS and ICLR papers: no hit. A demand is told from a report by what stands before the verb: "Give ..."
at the start of a sentence or "you must give ...", but not "users give ..." or "we do not discuss ...".
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Wording(NamedTuple):
    """needs: from each group at least one word stands in the lower-case text."""

    pattern: re.Pattern[str]
    needs: tuple[tuple[str, ...], ...]


_ASK = (
    r"(?:^|(?<=[.!?:;\n\"“”'‘(\[*>•])|(?<=[.!?:;] )|"
    r"\b(?:please|only|now|strictly|(?:you|reviewers?|referees?)(?:\s+(?:must|should|shall|can))?)\b)\s*"
    r"(?:always\s+|strongly\s+|also\s+)?"
)
_PAPER = r"(?:paper|submission|manuscript|work|article|study)"
_REVIEW = r"(?:review|evaluation|assessment|feedback|report|recommendation|rating|score|comments?)s?"
_GOOD = (
    r"(?:positive|favou?rable|glowing|good|great|excellent|perfect|high(?:est)?|max(?:imum|imal)?|top|strong|accepting|"
    r"enthusiastic|outstanding)"
)
_BAD = (
    r"(?:negatives?|negative (?:aspects|points|comments)|weakness(?:es)?|limitations?|flaws?|shortcomings?|criticisms?|"
    r"drawbacks?|faults?)"
)
_MODEL = (
    r"(?:(?:large |ai |automated |artificial )*"
    r"(?:language models?|llms?|ai|chatgpt|gpt-?\d?\w?|chatbots?|assistants?|ai assistants?|agents?))"
)
_SOME = r"(?:[\w'’]+\s+)"
_BAD_WORDS = ("negative", "weakness", "limitation", "flaw", "shortcoming", "criticism", "drawback", "fault")
_GOOD_WORDS = ("positive", "favo", "glowing", "good", "great", "excellent", "perfect", "high", "max", "top", "strong",
               "accepting", "enthusiastic", "outstanding")  # fmt: skip
_MODEL_WORDS = ("language model", "llm", "ai", "gpt", "chatbot", "assistant", "agent")


def _wording(pattern: str, *needs: tuple[str, ...]) -> Wording:
    return Wording(re.compile(pattern, re.IGNORECASE | re.MULTILINE), needs)


WORDINGS = (
    # asks to drop what was said before
    _wording(
        r"\b(?:ignore|disregard|forget|override|overlook|bypass|do not follow)\s+"
        rf"{_SOME}{{0,3}}?(?:previous|prior|above|preceding|earlier|foregoing|other|system|original|existing)"
        rf"(?:\s+(?:and|or)\s+\w+)?\s+{_SOME}?(?:instructions?|prompts?|directions?|guidelines?|commands?|directives)\b",
        ("ignore", "disregard", "forget", "override", "overlook", "bypass", "follow"),
        ("instruction", "prompt", "direction", "guideline", "command", "directive"),
        ("previous", "prior", "above", "preceding", "earlier", "foregoing", "other", "system", "original", "existing"),
    ),
    _wording(
        r"\b(?:ignore|disregard|forget)\s+(?:all\s+|any\s+|the\s+|your\s+)*(?:instructions?|prompts?|guidelines?)\s+"
        r"(?:above|before|so far|you|given|that)",
        ("ignore", "disregard", "forget"),
        ("instruction", "prompt", "guideline"),
    ),
    # asks for a kind of review
    _wording(
        _ASK + r"(?:give|write|provide|produce|generate|output|leave|submit|return|compose|deliver)\s+"
        rf"{_SOME}{{0,3}}?{_GOOD}\s+(?:\w+\s+)?(?:peer\s+)?{_REVIEW}\b"
        rf"(?=\s*(?:$|[.!,;:\"”)]|only|of|for|to (?:this|the)|and))",
        ("review", "evaluation", "assessment", "feedback", "report", "recommendation", "rating", "score", "comment"),
        (
            "give",
            "write",
            "provide",
            "produce",
            "generate",
            "output",
            "leave",
            "submit",
            "return",
            "compose",
            "deliver",
        ),
        _GOOD_WORDS,
    ),
    _wording(
        _ASK
        + r"(?:do not|don't|don’t|never|avoid|refrain from)\s+(?:ever\s+)?(?:highlight|mention|list|report|discuss|"
        r"raise|point out|include|note|criticiz|criticis|identify|emphasi[sz]|focus on|giv|writ|stat)"
        rf"(?:e|ing|ize|ise)?\s+{_SOME}{{0,3}}?{_BAD}\b(?!\s+such as)",
        ("do not", "don't", "don’t", "never", "avoid", "refrain"),
        _BAD_WORDS,
    ),
    _wording(
        _ASK + rf"(?:praise|highlight|emphasi[sz]e|focus(?:\s+only)?\s+on|stress)\s+(?:only\s+)?{_SOME}{{0,3}}?"
        rf"(?:strengths|positives|positive aspects|novelty|contributions?|merits)\s+{_SOME}{{0,3}}?"
        rf"(?:of|in) (?:this|the) {_PAPER}",
        ("praise", "highlight", "emphasi", "focus", "stress"),
        ("of this", "of the", "in this", "in the"),
        ("strengths", "positive", "novelty", "contribution", "merit"),
    ),
    _wording(
        r"\b(?:you|reviewers?) (?:should|must|shall|will|are (?:required|instructed|told|asked) to)\s+"
        rf"{_SOME}{{0,2}}?(?:recommend|suggest|vote for|accept|give|assign)\s+{_SOME}{{0,4}}?"
        rf"(?:accept\w*|this {_PAPER}|{_GOOD} {_REVIEW})",
        ("you ", "reviewer"),
        ("recommend", "suggest", "vote for", "accept", "give", "assign"),
    ),
    _wording(
        _ASK
        + r"recommend\s+(?:(?:a|an|the|its|for|strong|clear|full|unconditional|immediate)\s+)*accept(?:ance|ing)?\b"
        rf"(?=\s*(?:[.!,;:\"”]|$|of (?:this|the|our) |for (?:this|the|our) |this |the {_PAPER}))",
        ("recommend",),
        ("accept",),
    ),
    _wording(_ASK + rf"accept (?:this|our) {_PAPER}\b", ("accept this", "accept our")),
    _wording(
        _ASK + rf"(?:rate|score|grade|assign|award|give)\s+(?:this|the|our) {_PAPER}\s+{_SOME}{{0,3}}?"
        rf"(?:{_GOOD}|10\b|accept)",
        ("rate ", "score ", "grade ", "assign ", "award ", "give "),
        ("paper", "submission", "manuscript", "work", "article", "study"),
    ),
    # addresses the model or the reviewer
    _wording(
        rf"\bas an? {_MODEL}(?: (?:reviewer|model))?\s*,?\s*(?:you|please|do not|ensure|make sure)\b",
        ("as a ", "as an "),
        _MODEL_WORDS,
    ),
    _wording(
        rf"(?:^|[.!?\n\"“(\[*]\s*){_SOME}{{0,3}}?(?:for|to|attention|note to|instructions? (?:for|to))\s+"
        rf"(?:all |any |the )?{_MODEL}[- ](?:based )?(?:reviewers?|referees?)\b\s*[:,.;!—-]",
        ("reviewer", "referee"),
        _MODEL_WORDS,
    ),
    _wording(
        rf"\bif you are (?:an? |the )?{_MODEL}\b(?=[^.]{{0,120}}\b(?:review|paper|accept|instruction|please))",
        ("if you are",),
        _MODEL_WORDS,
    ),
    _wording(
        _ASK
        + r"(?:include|mention|write|use|add|say|output|begin|start|conclude|end|insert|emphasi[sz]e)\b[^.\n]{0,90}?"
        r"\b(?:in|of|with|to) your (?:peer |final |own )?(?:review|evaluation|assessment|recommendation)\b",
        ("your review", "your peer", "your final", "your own", "your evaluation", "your assessment", "your recommend"),
    ),
    # the same in the other languages it was seen in
    _wording(r"(?:忽略|无视|忽视)[^。]{0,8}(?:指令|指示|提示)", ("忽略", "无视", "忽视")),
    _wording(r"(?:给出|给予|仅给)[^。]{0,8}(?:正面|积极|好评)", ("正面", "积极", "好评")),
    _wording(r"(?:以前|上記|前|これまで)の[^。]{0,6}指示[^。]{0,6}無視", ("無視",)),
    _wording(r"(?:肯定的|高)な?評価(?:のみ|だけ|を与え)", ("評価",)),
)

COMPACT = re.compile(
    r"(?:ignore|disregard|forget)(?:all|any|the|your|every)*(?:previous|prior|above)\w{0,12}?(?:instruction|prompt)s?|"
    r"(?:give|write|provide)(?:only)?an?(?:positive|favou?rable|good)review|recommend(?:strong)?accept|"
    r"donot(?:highlight|mention)(?:any)?(?:negative|weakness|limitation)|accept(?:this|the)paper",
    re.IGNORECASE,
)
"""The commonest of them without spaces, for text whose letters were set apart."""


def possible(text: str) -> tuple[Wording, ...]:
    """The wordings whose words stand somewhere in `text`, asking for those words alone: a whole paper is looked
    through once, so that its thousand passages need not be asked for words it does not have."""
    low = text.lower()
    vocabulary = "\n".join(set(low.split()))  # a tenth of the text, and enough for what is one word
    reduced = (
        Wording(pattern, tuple(tuple(w for w in group if w in (low if " " in w else vocabulary)) for group in needs))
        for pattern, needs in WORDINGS
    )
    return tuple(wording for wording in reduced if all(wording.needs))


def first_match(text: str, wordings: tuple[Wording, ...] = WORDINGS) -> re.Match[str] | None:
    """The first passage of `text` that reads like such an instruction."""
    low = text.lower()
    for pattern, needs in wordings:
        for group in needs:
            for word in group:
                if word in low:
                    break
            else:
                break
        else:
            if match := pattern.search(text):
                return match
    return None
