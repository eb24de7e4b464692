"""The published JSON Schema of a record: `python -m common.views.schema > docs/chain-record.schema.json`.

It describes what this version writes, so every field is required and no other is allowed; `common.jsonio.from_json` is
more lenient and fills in the defaults of records written before a field was added.
"""

from __future__ import annotations

import inspect
import json
import re
from itertools import zip_longest
from typing import Any, get_args, get_origin, get_type_hints

from common.jsonio import schema_of
from common.types import ChainRecord

SCHEMA_VERSION = "1.0"
"""Of the record's JSON. A field gone or of another meaning raises the first number, a new one the second."""


def record_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a ChainRecord, with descriptions from the docstrings of `common.types`."""
    schema = schema_of(ChainRecord)
    kinds = {kind.__name__: kind for kind in _reachable(ChainRecord)}
    definitions = {}
    for name, definition in schema["$defs"].items():
        general, fields = described(kinds[name])
        properties = definition["properties"]
        for field, text in fields.items():
            properties[field] = {**properties[field], "description": text}
        definition.pop("description", None)
        definitions[name] = {
            **definition,
            **({"description": general} if general else {}),
            "properties": {field: _without_default(value) for field, value in properties.items()},
            "required": list(properties),
            "additionalProperties": False,
        }
    definitions["ChainRecord"]["properties"]["schema"]["const"] = SCHEMA_VERSION
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:question-then-review:chain-record:{SCHEMA_VERSION}",
        "title": "Record of one review of a paper",
        **schema,
        "$defs": definitions,
    }


def described(kind: type) -> tuple[str, dict[str, str]]:
    """A dataclass's docstring, taken apart: what it is, and what its fields are ("name: text; other, third: text")."""
    doc = " ".join(inspect.cleandoc(kind.__doc__ or "").split())
    if doc.startswith(f"{kind.__name__}("):  # dataclasses writes the signature where there is no docstring
        return "", {}
    names = "|".join(map(re.escape, kind.__dataclass_fields__))
    marks = list(re.finditer(rf"(?:(?<=[.;:)] )|^)((?:{names})(?:, (?:{names}))*): ", doc))
    general = doc[: marks[0].start()] if marks else doc
    fields = {}
    for mark, following in zip_longest(marks, marks[1:]):
        text = doc[mark.end() : following.start() if following else None].strip().removesuffix(";")
        fields |= dict.fromkeys(mark[1].split(", "), text)
    return general.strip(), fields


def _without_default(value: dict[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key != "default"}


def _reachable(kind: type) -> set[type]:
    """The dataclass and all those its fields hold."""
    found, waiting = set(), [kind]
    while waiting:
        one = waiting.pop()
        if get_origin(one) is not None:
            waiting += [argument for argument in get_args(one) if isinstance(argument, type) or get_origin(argument)]
        elif hasattr(one, "__dataclass_fields__") and one not in found:
            found.add(one)
            waiting += get_type_hints(one).values()
    return found


def schema_text() -> str:
    """What docs/chain-record.schema.json holds."""
    return json.dumps(record_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(schema_text(), end="")
