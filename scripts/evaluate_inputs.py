"""The other side of `review evaluate`: reviews from records of `review chain` or from JSON Lines, one paper a line:

    {"paper": "neurips_2024/01qa1ZJs65", "review": {"Weaknesses": "- Two seeds."}, "ratings": {"Rating": 4}}

Also on a line: `title` (where the key is not known), `id` of the review, `questions`, and `form`: by default the
paper's. A review that is one text is read as stage B's answer on the named form, and as free text where none is named.
Other keys are errors. Whatever cannot be used is a note; nothing is dropped in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec

from common.corpora.schema import HumanReview
from common.errors import BadConfig, ReviewError
from common.forms import parse_rating
from common.jsonio import from_json
from common.metrics.baselines import CONSTANT, HUMAN, RATED, SHUFFLED, Panel
from common.metrics.material import Text
from common.types import ChainRecord, Question, Rating, ReviewForm, ReviewSection
from scripts.evaluate_papers import Finder, Humans, Note, form_named, normal
from stage_b_reviewer import prompt
from stage_b_reviewer.material import of_generated, of_human

LONG = 10_000
"""Words from which a review is noted as long: human ones have about 500."""
RECORD = ".review.json"
RESERVED = (HUMAN, SHUFFLED, CONSTANT, RATED)


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    paper: str
    review: str | dict[str, str]
    ratings: dict[str, int | float | str | None] = {}
    id: str = ""
    title: str = ""
    form: str = ""
    questions: list[str] = []


@dataclass(frozen=True, slots=True)
class Found:
    """A review that was read. paper, title: what it says of its paper. make: from the paper's form to the text. form:
    its own, where it brings or names one."""

    where: str
    paper: str
    title: str
    make: Callable[[ReviewForm], Text]
    form: ReviewForm | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """texts: paper key -> its reviews, in order. notes: what is to be said of them. forms: theirs, by name."""

    texts: dict[str, list[Text]]
    notes: list[Note]
    forms: dict[str, ReviewForm]


def read_reviews(path: Path, side: str) -> Iterator[Found | Note]:
    """Of a folder of records, one record, or JSON Lines. Errors: ReviewError when there is nothing of that kind."""
    if path.is_dir():
        files = sorted(file for file in path.glob("*.json") if not file.name.startswith("."))
        if not files:
            raise ReviewError(f"{path} holds no records (NAME{RECORD}).", "Make them: review chain ... --out FOLDER/")
        for file in files:
            try:
                yield from _record(file)
            except ReviewError as error:
                yield Note(side, "unreadable", file.name, error.message)
    elif path.suffix == ".jsonl":
        yield from _lines(path, side)
    else:
        yield from _record(path)


def _record(path: Path) -> Iterator[Found]:
    record = from_json(_bytes(path), ChainRecord, str(path))
    name = path.name.removesuffix(RECORD).removesuffix(".json")
    for number, review in enumerate(record.reviews):
        text = of_generated(review, f"{name}#{number}", record.questions)
        yield Found(path.name, name, record.paper.title, lambda form, text=text: text, record.form)


def _lines(path: Path, side: str) -> Iterator[Found | Note]:
    for number, raw in enumerate(_bytes(path).split(b"\n"), start=1):
        if not raw.strip():
            continue
        where = f"{path.name}:{number}"
        try:
            line = msgspec.json.decode(raw, type=_Line)
            form = form_named(line.form) if line.form else None
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            yield Note(side, "unreadable", where, str(error))
        except BadConfig as error:
            yield Note(side, "unknown-form", where, error.message)
        else:
            yield Found(where, line.paper, line.title, partial(_text, line, line.id or f"line {number}", form), form)


def _text(line: _Line, id: str, named: ReviewForm | None, own: ReviewForm) -> Text:
    """named: the form that the line names; own: the paper's."""
    form = named or own
    questions = tuple(Question(f"Q{number}", text) for number, text in enumerate(line.questions, start=1))
    ratings = tuple(_rating(form, name, value) for name, value in line.ratings.items())
    if isinstance(line.review, str) and named:
        read = prompt.parse(line.review, named, questions)
        given = {rating.name for rating in ratings}
        ratings += tuple(rating for rating in read.ratings if rating.name not in given)
        return of_generated(replace(read, ratings=ratings), id, questions)
    text, sections = (line.review, ()) if isinstance(line.review, str) else ("", _sections(line.review))
    found = of_human(HumanReview(id, text, sections, ratings), form)
    return replace(found, questions=questions)


def _sections(parts: Mapping[str, str]) -> tuple[ReviewSection, ...]:
    return tuple(ReviewSection(name, text) for name, text in parts.items())


def _rating(form: ReviewForm, name: str, value: int | float | str | None) -> Rating:
    """A number as it is; words as the form's scale reads them."""
    if isinstance(value, str):
        scale = next((scale for scale in form.ratings if scale.name == name), None)
        return parse_rating(scale, value) if scale else Rating(name, None, value)
    return Rating(name, value if value is None else float(value), "" if value is None else f"{value:g}")


def place_reviews(side: str, path: Path, humans: Humans, finder: Finder) -> Placed:
    """Every review with its paper, or a note that says why not. Errors: ReviewError."""
    placed: dict[str, list[Text]] = defaultdict(list)
    notes: list[Note] = []
    forms: dict[str, ReviewForm] = {}
    for found in read_reviews(path, side):
        if isinstance(found, Note):
            notes.append(found)
            continue
        key, why = finder.find(found.paper, found.title)
        if not key:
            says = f"'{found.paper}'" + (f", titled '{found.title}'" if found.title else "")
            notes.append(Note(side, why, found.where, says))
            continue
        text = found.make(humans.form_of[key])
        if any(text.id == other.id for other in placed[key]):
            notes.append(Note(side, "duplicate-id", found.where, f"{key} has another review '{text.id}'; left out"))
            continue
        if found.title and normal(found.title) != normal(humans.titles[key]):
            notes.append(Note(side, "title-differs", found.where, f"{key} is '{humans.titles[key]}'"))
        notes += _oddities(side, key, text, placed[key], humans.panels[key])
        placed[key].append(text)
        if found.form:
            forms[found.form.name] = found.form
    notes += [Note(side, "no-review", key) for key in humans.panels if not placed.get(key)]
    return Placed({key: texts for key, texts in placed.items() if texts}, notes, forms)


def _oddities(side: str, key: str, text: Text, others: Sequence[Text], panel: Panel) -> Iterator[Note]:
    """What is scored all the same, but explains figures that surprise."""
    where, words = f"{key}#{text.id}", len(text.text.split())
    if not words:
        yield Note(side, "empty-review", where, "; ".join(text.problems[:3]))
    elif any(text.text == other.text for other in others):
        yield Note(side, "same-text", where, "word for word another review of the paper; scored as a trial of its own")
    if words >= LONG:
        yield Note(side, "long-review", where, f"{words:,} words")
    forms = sorted({one.form for one in panel.reviews if one.form != text.form})
    if forms:
        yield Note(side, "other-form", where, f"{text.form or 'no form'} against {', '.join(forms)}")


def named_paths(given: Sequence[str]) -> dict[str, Path]:
    """ "NAME=PATH" -> name -> path. Errors: BadConfig."""
    found: dict[str, Path] = {}
    for one in given:
        name, equals, path = one.partition("=")
        if not equals or not name.strip() or not path:
            raise BadConfig(f"'{one}' does not name its reviews.", "Write --reviews NAME=PATH.")
        if name in found or name in RESERVED:
            what = "is the name of a baseline row" if name in RESERVED else "is given twice"
            raise BadConfig(f"--reviews {name}=...: '{name}' {what}.", "Give every set of reviews a name of its own.")
        if not Path(path).exists():
            raise BadConfig(f"--reviews {name}: there is no {path}.")
        found[name] = Path(path)
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise ReviewError(f"Cannot read {path}: {error.strerror or error}.") from error
