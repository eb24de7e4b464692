"""A list of papers as a file: JSON lines, CSV with a header, or one path a line.

Each row has a path, from the manifest's own folder unless absolute, and may have an id, a form and a questions file.
Whether the papers exist is not looked at here.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.errors import BadConfig

KEYS = ("path", "id", "form", "questions")


@dataclass(frozen=True, slots=True)
class Row:
    """One paper as listed. id: "" where the manifest has none."""

    path: Path
    id: str = ""
    form: str | None = None
    questions: Path | None = None


def load(path: Path) -> list[Row]:
    """The suffix says what it is: .jsonl or .ndjson, .csv, anything else a plain list. Errors: BadConfig naming the
    line, for unknown keys, values that are no text, and ids that cannot be file names or come twice."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadConfig(f"Cannot read the manifest {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise BadConfig(f"The manifest {path} is not UTF-8 text.", "A PDF is reviewed with `review chain`.") from error
    parse = {".jsonl": _json_lines, ".ndjson": _json_lines, ".csv": _csv}.get(path.suffix.lower(), _plain)
    rows, seen = [], dict[str, int]()
    for number, values in parse(text, path):
        row = _row(values, path, number)
        if row.id and seen.setdefault(row.id, number) != number:
            raise BadConfig(f"{path}, line {number}: the id '{row.id}' is that of line {seen[row.id]} already.")
        rows.append(row)
    if not rows:
        raise BadConfig(f"The manifest {path} lists no paper.")
    return rows


def _json_lines(text: str, path: Path) -> list[tuple[int, dict[str, Any]]]:
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BadConfig(f"{path}, line {number} is not JSON: {error}") from error
        if not isinstance(value, dict):
            raise BadConfig(f"{path}, line {number} is no JSON object.", 'A line looks like {"path": "a.pdf"}.')
        rows.append((number, value))
    return rows


def _csv(text: str, path: Path) -> list[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        if "path" not in (reader.fieldnames or ()):
            raise BadConfig(f"The first line of {path} names no column 'path'.", f"Columns: {', '.join(KEYS)}.")
        rows = []
        for row in reader:
            if None in row or None in row.values():
                raise BadConfig(f"{path}, line {reader.line_num} has not as many values as the header has columns.")
            rows.append((reader.line_num, {key: value for key, value in row.items() if value}))
        return rows
    except csv.Error as error:
        raise BadConfig(f"{path}, line {reader.line_num} is not CSV: {error}") from error


def _plain(text: str, path: Path) -> list[tuple[int, dict[str, Any]]]:
    return [(number, {"path": line.strip()}) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _row(values: dict[str, Any], path: Path, number: int) -> Row:
    where = f"{path}, line {number}"
    unknown = sorted(set(values) - set(KEYS))
    if unknown:
        raise BadConfig(f"{where} has an unknown key: {', '.join(unknown)}.", f"Known ones: {', '.join(KEYS)}.")
    values = {key: value for key, value in values.items() if value is not None}
    for key, value in values.items():
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise BadConfig(f"{where}: '{key}' must be a text that is not empty.")
    if "path" not in values:
        raise BadConfig(f"{where} has no path.")
    questions = path.parent / values["questions"] if "questions" in values else None
    identity = values.get("id", "")
    if identity and not usable(identity):
        raise BadConfig(
            f"{where}: the id '{identity}' cannot be a file's name.",
            "Use letters, digits, '-', '_', '.', and '/' for folders; at most 150 bytes.",
        )
    return Row(path.parent / values["path"], identity, values.get("form"), questions)


def usable(identity: str) -> bool:
    """Whether results can be called so, below the output folder and not outside of it."""
    parts = identity.split("/")
    plain = all(part and not part.startswith((".", " ")) and not part.endswith(" ") for part in parts)
    return plain and identity.isprintable() and "\\" not in identity and max(len(p.encode()) for p in parts) <= 150
