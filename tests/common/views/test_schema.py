"""The published JSON Schema: up to date, true of what is written, and strict."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest

from common.jsonio import from_json, to_json
from common.types import ChainRecord
from common.views.schema import SCHEMA_VERSION, described, record_schema, schema_text
from tests.common.views import records
from tests.conftest import ROOT

EXAMPLES = {"good": records.good, "several": records.several, "bare": records.bare}


def valid(value: Any) -> bool:
    return jsonschema.Draft202012Validator(record_schema()).is_valid(value)


def objects(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all objects with fixed fields, so not of the free dictionaries `labels` and `versions`."""
    if isinstance(value, dict):
        here = [] if path and path[-1] in {"labels", "versions"} else [path]
        return here + [found for key, item in value.items() for found in objects(item, (*path, key))]
    if isinstance(value, list):
        return [found for place, item in enumerate(value[:1]) for found in objects(item, (*path, place))]
    return []


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def test_the_published_file_is_up_to_date() -> None:
    """Programs that read our JSON check it against this file."""
    text = (ROOT / "docs" / "chain-record.schema.json").read_text(encoding="utf-8")
    assert text == schema_text(), "run: python -m common.views.schema > docs/chain-record.schema.json"


def test_it_is_a_schema_with_a_version() -> None:
    """A validator refuses a broken schema, and a reader must know which version it has."""
    schema = record_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"].endswith(SCHEMA_VERSION)
    assert schema["$defs"]["ChainRecord"]["properties"]["schema"]["const"] == SCHEMA_VERSION


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_we_write_is_valid_and_reads_back(name: str) -> None:
    """The schema would otherwise describe another file than ours."""
    record = EXAMPLES[name]()
    text = to_json(record)
    jsonschema.Draft202012Validator(record_schema()).validate(json.loads(text))
    assert from_json(text, ChainRecord) == record


def test_extra_and_missing_fields_fail_everywhere() -> None:
    """A misspelt field would pass unnoticed at any depth."""
    whole = json.loads(to_json(records.good()))
    paths = objects(whole)
    assert len(paths) > 12 and valid(whole)
    for path in paths:
        extra = copy.deepcopy(whole)
        at(extra, path)["unknown_field"] = 1
        assert not valid(extra), path
        for key in at(whole, path):
            missing = copy.deepcopy(whole)
            del at(missing, path)[key]
            assert not valid(missing), (*path, key)


def test_wrong_values_fail() -> None:
    """A rating as text, or a made-up finish reason, would break whoever counts them."""
    for path, value in (
        (("reviews", 0, "ratings", 0, "value"), "2"),
        (("stages", 0, "completions", 0, "finish"), "done"),
        (("schema",), "0.9"),
        (("reviews", 0, "points", 0, "linked_by"), None),
    ):
        broken = json.loads(to_json(records.good()))
        at(broken, path[:-1])[path[-1]] = value
        assert not valid(broken), path


def test_descriptions_come_from_the_docstrings() -> None:
    """Two places to describe a field soon disagree."""

    class Thing:
        """A thing. first: what comes first; second, third: the rest.

        fourth: "a" is one: not a field.
        """

        __dataclass_fields__ = dict.fromkeys(("first", "second", "third", "fourth"))

    assert described(Thing) == (
        "A thing.",
        {
            "first": "what comes first",
            "second": "the rest.",
            "third": "the rest.",
            "fourth": '"a" is one: not a field.',
        },
    )
    assert "SHA" not in described(ChainRecord)[0]
    assert described(ChainRecord)[1]["base"] == "model id or path"
