"""Review forms, and reading a rating against its declared scale.

A form is a file under configs/forms (or any path) that both stages are given. A rating is read only where the text
says plainly which value it means; everything else is unscored (`None`): never a default, never the first digit found.
"""

from __future__ import annotations

import re
from pathlib import Path

from common import config
from common.errors import BadConfig
from common.types import Rating, RatingScale, ReviewForm

FOLDER = "forms"


def form_names() -> tuple[str, ...]:
    """The forms that ship."""
    return config.names(FOLDER)


def load_form(name_or_path: str | Path) -> ReviewForm:
    """A form by name or path. Errors: BadConfig; an unknown name lists them all, the closest first."""
    form = config.load(ReviewForm, name_or_path, (), FOLDER)
    for kind, parts in (("sections", form.sections), ("ratings", form.ratings)):
        titles = [part.name.casefold() for part in parts]
        if len(set(titles)) < len(titles):
            raise BadConfig(f"The form {form.name} names two of its {kind} alike.")
    if not form.sections:
        raise BadConfig(f"The form {form.name} has no sections.", "A review is written into them: add at least one.")
    for scale in form.ratings:
        _check_scale(form.name, scale)
    return form


def _check_scale(form: str, scale: RatingScale) -> None:
    if not scale.labels:
        raise BadConfig(f"The rating '{scale.name}' of the form {form} declares no values.")
    for value in scale.labels:
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
            raise BadConfig(f"The rating '{scale.name}' of the form {form} has a value that is no number: '{value}'.")


def render_rating(scale: RatingScale, value: float) -> str:
    """The rating as a form prints it: "6: Weak Accept", or "3.5" where the scale has no label for it."""
    key = next(key for key in scale.labels if float(key) == value)
    return f"{key}: {scale.labels[key]}" if scale.labels[key] else key


def parse_rating(scale: RatingScale, text: str) -> Rating:
    """Read a rating as people and models write it: "Rating: 10: strong accept", "6", "6/10", "Weak Accept (6)",
    "3 good", a label alone. The inverse of `render_rating`.

    value is None when the text names no value of the scale, names more than one, puts a number beside the label of
    another, or only mentions numbers in passing.
    """
    line = _strip_name(scale, text)
    value = _by_number(scale, line)
    if value is None:
        value = _by_label(scale, line)
    return Rating(scale.name, value, text.strip())


_NUMBER = r"[-+]?[0-9]+(?:\.[0-9]+)?(?![\w%]|\.[0-9])"
_OUT_OF = rf"(?:\s*(?:/|out\s+of)\s*(?P<top>{_NUMBER}))?"
_LEADING = re.compile(rf"[\[(]?\s*(?P<number>{_NUMBER}){_OUT_OF}\s*[\])]?(?P<rest>.*)", re.DOTALL)
_SPOKEN = re.compile(
    rf"(?:.*\b)?(?:rating|rated?|score|recommendation|grade)\b[^0-9:;.!?]*?(?:\b(?:is|of|as|at|an?|with)\b|[:=])\s*"
    rf"(?P<number>{_NUMBER}){_OUT_OF}(?P<rest>\s*[.!]?\s*)",
    re.IGNORECASE | re.DOTALL,
)
_DELIMITED = re.compile(r"\s*(?::|=|[-–—](?=\s)|[-–—](?=[A-Za-z]))\s*(?![-+0-9])")


def _strip_name(scale: RatingScale, text: str) -> str:
    """The first line that says something, without Markdown, the rating's own name, and a restated scale."""
    name = rf"(?:(?:overall|final|my)\s+)*(?:{re.escape(scale.name)}|rating|score|recommendation)"
    values = sorted(scale.labels, key=float)
    span = rf"(?:on\s+)?(?:a\s+|the\s+)?(?:scale\s*(?:of|from|:)?\s*)?{values[0]}\s*(?:-|–|to)\s*{values[-1]}"
    for line in text.splitlines():
        line = re.sub(r"[*_`#>]+", " ", line).strip()
        line = re.sub(rf"^{name}\s*(?:\({span}\)\s*)?(?:[:=]|[-–—](?=\s)|$)", "", line, flags=re.IGNORECASE).strip()
        line = re.sub(rf"\s*(?:\({span}\)|,?\s+on\s+a\s+scale\s+(?:of|from)\s+{span})", "", line, flags=re.IGNORECASE)
        if line.strip():
            return line.strip()
    return ""


def _by_number(scale: RatingScale, line: str) -> float | None:
    """The number the line opens with, or the one a sentence says it rates with."""
    spoken = _SPOKEN.fullmatch(line)
    match = _LEADING.fullmatch(line) or spoken
    if not match:
        return None
    top = match["top"]
    if top is not None and float(top) != max(map(float, scale.labels)):
        return None
    value = _on_scale(scale, match["number"])
    rest = match["rest"]
    if value is None or not rest.strip(" .!"):
        return value
    after = rest.lstrip(" .:;=([-–—")
    said = _leading_label(scale, after)
    if said is not None:
        return value if value in said[0] else None
    return value if _DELIMITED.match(rest) else None


def _by_label(scale: RatingScale, line: str) -> float | None:
    """The value whose label opens the line, when a number beside it does not say otherwise."""
    said = _leading_label(scale, line)
    if said is None or len(said[0]) != 1:
        return None
    value, rest = said[0][0], said[1].strip()
    number = re.match(rf"[\s:=(\[,–—-]*?(?P<number>{_NUMBER}){_OUT_OF}\s*[\])]?[\s.!]*$", rest)
    if number:
        top = number["top"]
        agrees = top is None or float(top) == max(map(float, scale.labels))
        return value if agrees and _on_scale(scale, number["number"]) == value else None
    return value if not rest or re.match(r"[.!]*$|[:;,.(]\s*(?![-+0-9])|[-–—]\s+(?![-+0-9])", rest) else None


def _on_scale(scale: RatingScale, number: str) -> float | None:
    return next((float(key) for key in scale.labels if float(key) == float(number)), None)


def _leading_label(scale: RatingScale, text: str) -> tuple[list[float], str] | None:
    """Values whose label the text opens with, the longest label winning, and what follows it.

    A label may be written whole or up to its first punctuation mark ("strong accept" of "strong accept, should be
    highlighted"); labels that share that opening share the answer.
    """
    folded = " ".join(text.casefold().split())
    found: dict[str, list[float]] = {}
    for key, label in scale.labels.items():
        whole = " ".join(label.casefold().split())
        for opening in {whole, re.split(r"[:;,.(]", whole)[0].strip()}:
            if opening and re.match(rf"{re.escape(opening)}(?!\w)", folded):
                found.setdefault(opening, []).append(float(key))
    if not found:
        return None
    best = max(found, key=len)
    return found[best], folded[len(best) :]
