"""The file between the two stages: questions a person can read, edit, delete and add to.

YAML with a `questions` list; below it stands how they were asked, which `review write` copies into its record. A
Markdown or text file with one question a line is read too. What was changed by hand is marked as human.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import yaml

from common.errors import BadConfig
from common.jsonio import write_text
from common.types import Origin, Paper, Question, StageRecord
from stage_a_questioner.prompt import ASPECTS, parse


@dataclass(frozen=True, slots=True)
class QuestionsFile:
    """form: the one they were asked for, "" when unknown. paper_sha256: the paper they belong to, "" when unknown.
    settings: digest of the settings they were asked with, "" when a person wrote the file."""

    questions: tuple[Question, ...]
    form: str = ""
    paper_sha256: str = ""
    settings: str = ""
    record: StageRecord | None = None


def save(path: Path, paper: Paper, content: QuestionsFile) -> None:
    """Write the file, whole or not at all."""
    title = " ".join(paper.title.split()) or paper.source.name
    head = (
        f"# Questions for: {title}\n# Edit, delete or add entries, then:\n"
        f"#   review write {paper.source.name} --questions {path.name}\n"
    )
    questions = [{"text": q.text, "aspect": q.aspect, "origin": q.origin} for q in content.questions]
    asked = {
        "paper_sha256": paper.source.sha256,
        "settings": content.settings,
        "stage": msgspec.to_builtins(content.record) if content.record else None,
    }
    body = _yaml({"form": content.form, "questions": questions})
    write_text(
        path,
        f"{head}{body}\n# How they were asked. `review write` copies this into its record.\n{_yaml({'asked': asked})}",
    )


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110)


def load(path: Path) -> QuestionsFile:
    """Errors: BadConfig naming the file and what is wrong in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadConfig(f"Cannot read the questions file {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise BadConfig(f"The questions file {path} is not UTF-8 text.") from error
    content = _from_yaml(text, path) if path.suffix in (".yaml", ".yml", ".json") else _from_lines(text)
    if not content.questions:
        raise BadConfig(f"The questions file {path} holds no question.", "One question a line, ending with '?'.")
    return content


def _from_lines(text: str) -> QuestionsFile:
    return QuestionsFile(tuple(replace(question, origin="user") for question in parse(text).questions))


def _from_yaml(text: str, path: Path) -> QuestionsFile:
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadConfig(f"The questions file {path} is not valid YAML: {error}") from error
    if isinstance(data, list):
        data = {"questions": data}
    if not isinstance(data, dict) or not isinstance(data.get("questions"), list):
        raise BadConfig(f"The questions file {path} has no list called 'questions'.")
    asked = data.get("asked") or {}
    try:
        record = msgspec.convert(asked["stage"], StageRecord) if asked.get("stage") else None
    except (msgspec.ValidationError, TypeError, AttributeError) as error:
        raise BadConfig(
            f"The part 'asked' of {path} was damaged: {error}", "Delete that part; the rest is enough."
        ) from error
    known = _texts(record)
    questions = [_question(entry, number, path, known) for number, entry in enumerate(data["questions"], start=1)]
    return QuestionsFile(
        questions=tuple(questions),
        form=str(data.get("form") or ""),
        paper_sha256=str(asked.get("paper_sha256") or ""),
        settings=str(asked.get("settings") or ""),
        record=record,
    )


def _texts(record: StageRecord | None) -> set[str]:
    """What the model really asked, to tell what a person has changed since."""
    completions = record.completions if record else ()
    return {question.text for one in completions for question in parse(one.text, one.finish).questions}


def _question(entry: Any, number: int, path: Path, known: set[str]) -> Question:
    if isinstance(entry, str):
        entry = {"text": entry}
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), str) or not entry["text"].strip():
        raise BadConfig(f"Question {number} of {path} has no text.")
    unknown = set(entry) - {"text", "aspect", "origin"}
    if unknown:
        raise BadConfig(f"Question {number} of {path} has an unknown key: {', '.join(sorted(map(str, unknown)))}.")
    aspect = str(entry.get("aspect") or "")
    if aspect and aspect not in ASPECTS:
        raise BadConfig(
            f"Question {number} of {path} has an unknown aspect '{aspect}'.", f"Aspects: {', '.join(ASPECTS)}."
        )
    text = " ".join(entry["text"].split())
    return Question(
        f"Q{number}", text, aspect, _origin(entry.get("origin"), text, known, f"Question {number} of {path}")
    )


def _origin(written: Any, text: str, known: set[str], where: str) -> Origin:
    origin = written or "user"
    if origin not in ("model", "human", "user", "teacher"):
        raise BadConfig(f"{where} has an unknown origin '{origin}'.", "It is model, human, user or teacher.")
    return "user" if origin == "model" and text not in known else origin


def user_questions(texts: Sequence[str]) -> tuple[Question, ...]:
    """What was given with --ask. Errors: BadConfig for an empty one."""
    cleaned = [" ".join(text.split()) for text in texts]
    if not all(cleaned):
        raise BadConfig("--ask was given an empty question.")
    return tuple(Question(f"Q{number}", text, origin="user") for number, text in enumerate(cleaned, start=1))
