"""Settings: dataclasses hold the defaults, a strict YAML file may change them, dotted overrides stand on top.

A preset is a file configs/FOLDER/NAME.yaml that is installed with the package; `source` may name one or be a path.
Everything works with no YAML at all: `load(ChainConfig, None, [])` is the dataclass as it is.

    load(ChainConfig, "laptop", ["questioner.temperature=0", "samples=2"])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import ClassVar, TypeVar

import yaml

from common import strict_yaml
from common.errors import BadConfig
from common.rows.design import DEFAULT, RowDesign
from common.types import Sampling

T = TypeVar("T")


_WIDE = Sampling(temperature=1.0, top_p=0.95, repetition_penalty=1.0)


@dataclass(frozen=True, slots=True)
class ChainConfig:
    """One run of the chain.

    form: name or path of a review form. model: name of a model preset, hub id, or path of a model folder.
    samples: question sets drawn and pooled. reviews: reviews written from the pooled questions.
    dedupe: two questions with a ROUGE-L above this count as one (Self-Instruct, arXiv 2212.10560, section 2.2).
    max_questions: kept after pooling. max_points: in a review, 0 for no limit.
    paper_share: the paper may fill this share of the tokens that instruction, questions and answer leave it.
    context: tokens of prompt and completion together, 0 for all that the model preset has.
    adapter_a, adapter_b: adapter folders of questioner and reviewer; null takes the shipped one if it fits the
    model, "none" takes the base alone.
    adapter_joint: folder of an adapter for both stages' turns of one conversation, instead of the two.
    design_a, design_b: how a stage is asked and answers. An adapter is always served with the design it was trained
    on, which its run.json names; these are for a base alone and for a server's adapters.
    guided: completions are held to the form by a grammar, so that even a small model's answer can be read.
    server: address of an OpenAI-compatible server to use instead of a model in process.
    questioner, reviewer: how each stage draws: nearly from the model's own distribution, because Reviewer2's penalty
    on words that stand in the prompt is one on the paper's own words, and narrow sampling without it runs a small model
    into loops and into questions that fit every paper (docs/ADAPTERS.md has the figures).
    """

    FOLDER: ClassVar[str] = "chains"

    form: str = "neurips2024"
    model: str = "smollm2-135m"
    samples: int = 4
    reviews: int = 1
    dedupe: float = 0.7
    max_questions: int = 12
    max_points: int = 0
    paper_share: float = 1.0
    context: int = 0
    guided: bool = True
    adapter_a: str | None = None
    adapter_b: str | None = None
    adapter_joint: str | None = None
    design_a: RowDesign = DEFAULT
    design_b: RowDesign = DEFAULT
    server: str | None = None
    questioner: Sampling = field(default_factory=lambda: replace(_WIDE, max_tokens=384))
    reviewer: Sampling = field(default_factory=lambda: _WIDE)

    def __post_init__(self) -> None:
        check_range("samples", self.samples, 1, 64)
        check_range("reviews", self.reviews, 1, 64)
        check_range("dedupe", self.dedupe, 0, 1)
        check_range("max_questions", self.max_questions, 1, 200)
        check_range("max_points", self.max_points, 0, 1000)
        check_range("paper_share", self.paper_share, 0.05, 1)
        check_range("context", self.context, 0, 10_000_000)
        for stage, sampling in (("questioner", self.questioner), ("reviewer", self.reviewer)):
            check_range(f"{stage}.temperature", sampling.temperature, 0, 10)
            check_range(f"{stage}.top_p", sampling.top_p, 1e-6, 1)
            check_range(f"{stage}.max_tokens", sampling.max_tokens, 1, 1_000_000)


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Errors: BadConfig when `value` is outside [low, high]."""
    if not low <= value <= high:
        raise BadConfig(f"'{name}' must be between {low} and {high}, not {value}.")


def load(kind: type[T], source: str | Path | None, overrides: Sequence[str] = (), folder: str = "") -> T:
    """A config of class `kind`: its defaults, then `source` (preset name or path), then `overrides` (key.sub=value).

    folder: where the presets of `kind` are, under configs/; by default the class's FOLDER.
    Errors: BadConfig naming file, line and key.
    """
    where, text = _read(source, folder or getattr(kind, "FOLDER", "")) if source is not None else ("defaults", "")
    node = strict_yaml.parse(text, where)
    for override in overrides:
        _override(node, override)
    return strict_yaml.build(kind, node, where)


def names(folder: str) -> tuple[str, ...]:
    """Names of the presets under configs/FOLDER, sorted."""
    files = [Path(item.name) for item in _folder(folder).iterdir()] if _folder(folder).is_dir() else []
    return tuple(sorted(path.stem for path in files if path.suffix == ".yaml"))


def _folder(folder: str) -> Traversable:
    return resources.files("configs").joinpath(folder)


def _read(source: str | Path, folder: str) -> tuple[str, str]:
    """What to call the source in messages, and its text."""
    if isinstance(source, str) and not _is_path(source):
        known = names(folder)
        if source not in known:
            singular = folder.removesuffix("s")
            raise BadConfig(f"There is no {singular} called '{source}'.", strict_yaml.closest(source, known))
        return f"{folder}/{source}.yaml", _folder(folder).joinpath(f"{source}.yaml").read_text(encoding="utf-8")
    path = Path(source)
    try:
        return str(path), path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadConfig(f"Cannot read {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise BadConfig(f"{path} is not UTF-8 text.") from error


def _is_path(source: str) -> bool:
    return source.endswith((".yaml", ".yml")) or "/" in source or "\\" in source


def _override(node: yaml.MappingNode, override: str) -> None:
    """Set one dotted key of the tree. The nodes it adds carry the override's text as their place."""
    path, equals, text = override.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise BadConfig(f"'{override}' is not an override.", "Write it as key=value or key.sub=value.")
    mark = yaml.Mark(strict_yaml.OVERRIDE, 0, 0, 0, override, 0)
    for key in keys[:-1]:
        child = _child(node, key)
        if not isinstance(child, yaml.MappingNode):
            child = yaml.MappingNode("tag:yaml.org,2002:map", [], mark)
            _set(node, key, child, mark)
        node = child
    try:
        value = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise BadConfig(f"override '{override}': the value is not valid YAML.", "Quote it as YAML wants it.") from error
    _set(node, keys[-1], _marked(value, text, mark), mark)


def _marked(value: yaml.Node | None, text: str, mark: yaml.Mark) -> yaml.Node:
    if value is None:
        value = yaml.ScalarNode("tag:yaml.org,2002:null", text.strip())
    if isinstance(value, yaml.ScalarNode) and value.style is None:
        value.style = strict_yaml.OVERRIDE
    value.start_mark = mark
    return value


def _child(node: yaml.MappingNode, name: str) -> yaml.Node | None:
    return next((value for key, value in node.value if key.value == name), None)


def _set(node: yaml.MappingNode, name: str, value: yaml.Node, mark: yaml.Mark) -> None:
    key = yaml.ScalarNode("tag:yaml.org,2002:str", name, mark)
    node.value = [(k, v) for k, v in node.value if k.value != name] + [(key, value)]
