"""YAML nodes to dataclasses, strictly: no key that does not exist, none given twice, no value of another type.

It works on the parsed nodes instead of on plain dicts because nodes remember where they stand, so every error names
file, line and key path. Scalars are read against the declared type and not against YAML 1.1's guesses: `1e-5` is a
float where a float is wanted, and `no`, `010` and `1:30` never turn into something else in silence.

Not done here: finding files, defaults (the dataclasses hold them), and anything beyond plain values, tuples, lists,
string-keyed dicts, unions, literals and dataclasses.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import types
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from common.errors import BadConfig

T = TypeVar("T")

OVERRIDE = "override"
"""Style of a scalar typed on the command line: text needs no quotes there."""

_INT = re.compile(r"[-+]?[0-9][0-9_]*")
_FLOAT = re.compile(r"[-+]?([0-9][0-9_]*\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_FOUND = {"int": "a number", "float": "a number", "bool": "true or false", "null": "nothing", "str": "text"}


def parse(text: str, where: str) -> yaml.MappingNode:
    """The document's top mapping; an empty document is an empty mapping. Errors: BadConfig with the line."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise BadConfig(f"{where}{line} is not valid YAML: {getattr(error, 'problem', None) or error}.") from error
    if node is None:
        return yaml.MappingNode("tag:yaml.org,2002:map", [])
    if not isinstance(node, yaml.MappingNode):
        raise BadConfig(f"{where} must hold keys and values at its top, not {_kind(node)}.")
    return node


def build(kind: type[T], node: yaml.Node, where: str, path: str = "", base: T | None = None) -> T:
    """A dataclass from a mapping node. Errors: BadConfig naming `where`, the line and the key path.

    base: what keys that are not given keep; without it, the defaults of `kind`. A nested dataclass starts from the
    value its parent would have given it, so setting one of its keys leaves the others as they were.
    """
    if not isinstance(node, yaml.MappingNode):
        raise _wrong(node, where, path, "keys and values")
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind) if field.init}
    values = {}
    for name, value in _items(node, where, path):
        if name not in fields:
            raise BadConfig(f"{_at(where, node, value)}: unknown key '{_join(path, name)}'.", closest(name, fields))
        start = getattr(base, name) if base is not None else _default(fields[name])
        values[name] = _value(hints[name], value, where, _join(path, name), start)
    missing = [name for name, field in fields.items() if name not in values and base is None and _required(field)]
    if missing:
        raise BadConfig(f"{_at(where, node)}: the key '{_join(path, missing[0])}' is missing.")
    try:
        return kind(**values) if base is None else dataclasses.replace(base, **values)
    except BadConfig as error:
        place = f"{where}, key '{path}'" if path else where
        raise BadConfig(f"{place}: {error.message}", error.hint) from error


def closest(word: str, known: Iterable[str]) -> str:
    """A hint: the nearest known name first, then all of them."""
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    others = ", ".join(near + [name for name in names if name not in near])
    return f"Did you mean '{near[0]}'? There are: {others}." if near else f"There are: {others}."


def _value(kind: Any, node: yaml.Node, where: str, path: str, start: Any = None) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _union(arguments, node, where, path)
    if dataclasses.is_dataclass(kind):
        return build(kind, node, where, path, start if isinstance(start, kind) else None)
    if origin in (tuple, list):
        return _sequence(origin, arguments, node, where, path)
    if origin is dict:
        if not isinstance(node, yaml.MappingNode):
            raise _wrong(node, where, path, "keys and values")
        pairs = _items(node, where, path)
        return {name: _value(arguments[1], value, where, _join(path, name)) for name, value in pairs}
    if origin is typing.Literal:
        if isinstance(node, yaml.ScalarNode) and node.value in arguments:
            return node.value
        raise _wrong(node, where, path, " or ".join(f"'{choice}'" for choice in arguments))
    return _scalar(kind, node, where, path)


def _scalar(kind: Any, node: yaml.Node, where: str, path: str) -> Any:
    if not isinstance(node, yaml.ScalarNode):
        raise _wrong(node, where, path, _EXPECTED[kind])
    plain = node.style is None or node.style == OVERRIDE
    text, tag = node.value, node.tag.rpartition(":")[2]
    if kind in (str, Path) and (tag == "str" or not plain or node.style == OVERRIDE):
        return kind(text)
    if kind is bool and plain and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind is int and plain and _INT.fullmatch(text):
        return int(text)
    if kind is float and plain and _FLOAT.fullmatch(text):
        return float(text)
    if kind is type(None) and plain and tag == "null":
        return None
    raise _wrong(node, where, path, _EXPECTED[kind])


_EXPECTED = {
    str: "text",
    Path: "a path",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    type(None): "null",
}


def _sequence(origin: type, arguments: tuple, node: yaml.Node, where: str, path: str) -> Any:
    if not isinstance(node, yaml.SequenceNode):
        raise _wrong(node, where, path, "a list")
    return origin(_value(arguments[0], item, where, f"{path}[{i}]") for i, item in enumerate(node.value))


def _union(kinds: tuple, node: yaml.Node, where: str, path: str) -> Any:
    if type(None) in kinds and isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"):
        return None
    rest = [kind for kind in kinds if kind is not type(None)]
    for kind in rest[:-1]:
        try:
            return _value(kind, node, where, path)
        except BadConfig:
            continue
    return _value(rest[-1], node, where, path)


def _items(node: yaml.MappingNode, where: str, path: str) -> list[tuple[str, yaml.Node]]:
    """Keys as written (`3.5` stays "3.5") with their values. Errors: BadConfig for a key given twice."""
    pairs: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise BadConfig(f"{_at(where, key)}: a key under '{path or 'the top'}' must be a plain word.")
        if key.value in pairs:
            raise BadConfig(f"{_at(where, key)}: the key '{_join(path, key.value)}' is given twice.")
        pairs[key.value] = value
    return list(pairs.items())


def _required(field: dataclasses.Field) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _default(field: dataclasses.Field) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return None if field.default is dataclasses.MISSING else field.default


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "keys and values"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    found = _FOUND.get(node.tag.rpartition(":")[2] if node.style is None else "str", "text")
    return f"{found} ({node.value})" if node.value and found != "true or false" else node.value or found


def _at(where: str, *nodes: yaml.Node) -> str:
    """The place, with the line of the last node that has one; overrides carry their own text instead."""
    for node in reversed(nodes):
        mark = node.start_mark
        if mark is not None:
            return f"{where}, line {mark.line + 1}" if mark.name != OVERRIDE else f"override '{mark.buffer}'"
    return where


def _wrong(node: yaml.Node, where: str, path: str, expected: str) -> BadConfig:
    hint = "Put it in quotes." if expected == "text" and isinstance(node, yaml.ScalarNode) else ""
    return BadConfig(f"{_at(where, node)}: '{path}' must be {expected}, not {_kind(node)}.", hint)
