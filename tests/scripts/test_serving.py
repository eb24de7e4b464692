"""An adapter is asked what it was trained to be asked: its stage, its prompt, its design, its conversation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from common.config import ChainConfig
from common.engines.base import JOINT
from common.engines.scripted import ScriptedEngine
from common.errors import BadConfig, EngineFailure, ReviewError
from common.forms import load_form
from common.paper.markdown import read_markdown
from common.rows.design import DEFAULT, RowDesign
from common.store import ModelPath, resolve
from common.types import ChainRecord, Question, Source
from scripts import conversation, opening
from scripts.options import seeded
from scripts.pipeline import Base, paper_budget, prepare
from scripts.serve import unusual
from scripts.windows import Listener, run
from stage_a_questioner import prompt as prompt_a
from stage_b_reviewer import prompt as prompt_b
from tests.common.store.conftest import write_adapter, write_model

FORM = load_form("stanford4")
LAST = RowDesign(instruction="last", absent="placeholder")
PAPER = read_markdown(
    "# Caching trees\n\n## Abstract\n\nWe cache trees.\n\n## Method\n\nThe policy counts its readers.",
    Source("p.md", "ab" * 32, "markdown"),
)
ASKED = [Question("Q1", "Does the policy count every reader?", "soundness"), Question("Q2", "Is the cache new?", "")]


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelPath:
    monkeypatch.setenv("REVIEW_CACHE", str(tmp_path / "cache"))
    return resolve(str(write_model(tmp_path / "model")))


def adapter(folder: Path, stage: str, version: str, design: RowDesign = DEFAULT) -> str:
    """As `review train` leaves one."""
    write_adapter(folder)
    switches = {name: getattr(design, name) for name in RowDesign.__dataclass_fields__}
    run = {"stage": stage, "prompt_version": version, "inputs": {"card": {"origin": {"design": switches}}}}
    (folder / "run.json").write_text(json.dumps(run))
    return str(folder)


def test_an_adapter_brings_its_design(base: ModelPath, tmp_path: Path) -> None:
    """Nobody has to remember how an adapter was trained."""
    given = adapter(tmp_path / "a", "a", prompt_a.PROMPT_VERSION, LAST)
    model = opening.find_model(ChainConfig(model=str(base.path), adapter_a=given))
    config = model.base.served(ChainConfig())
    assert (config.design_a, config.design_b) == (LAST, DEFAULT)
    assert unusual(model) == [
        "Clients need: --set design_a.instruction=last", "Clients need: --set design_a.absent=placeholder",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "version", "setting", "message"),
    [
        ("b", "b1", "adapter_a", "trained on rows of stage b; the questioner takes stage a"),
        ("joint", conversation.PROMPT_VERSION, "adapter_b", "trained on rows of stage joint; the reviewer"),
        ("a", "a0", "adapter_a", "trained on prompt a0; this version asks with"),
        ("a", "a1", "adapter_joint", "the joint takes stage joint"),
    ],
)
def test_an_adapter_in_the_wrong_place_is_refused(
    base: ModelPath, tmp_path: Path, stage: str, version: str, setting: str, message: str
) -> None:
    """It would write something, and the something would be reviewed as if it were the tuned model's."""
    given = adapter(tmp_path / "x", stage, version)
    with pytest.raises(EngineFailure, match=message):
        opening.find_model(replace(ChainConfig(model=str(base.path)), **{setting: given}))


def test_another_design_than_the_adapters_is_refused(base: ModelPath, tmp_path: Path) -> None:
    """A setting must not silently lose against a file."""
    given = adapter(tmp_path / "a", "a", prompt_a.PROMPT_VERSION, LAST)
    config = ChainConfig(model=str(base.path), adapter_a=given, design_a=RowDesign(layout="paragraph"))
    with pytest.raises(BadConfig, match="'design_a' is not the design"):
        opening.find_model(config)
    assert opening.find_model(replace(config, design_a=LAST)).adapters["questioner"].design == LAST


def chain(engine: ScriptedEngine, config: ChainConfig) -> ChainRecord:
    records: list[ChainRecord] = []
    errors: list[ReviewError] = []
    listener = Listener(
        on_record=lambda _, record: records.append(record), on_error=lambda _, error: errors.append(error)
    )
    job = prepare(PAPER, engine, FORM, config, paper_budget(engine, FORM, config))
    run(engine, [job], FORM, seeded(config), Base("scripted", "", {}), listener=listener)
    assert not errors
    return records[0]


def review(design: RowDesign) -> str:
    from common.types import ReviewSection

    text = "- The policy does not count readers that crash. [Q1]"
    return prompt_b.render([ReviewSection(FORM.sections[1].name, text)], (), FORM, design)


def test_a_design_is_asked_for_read_and_recorded() -> None:
    """The prompt that the rows were made with, the parser that reads its placeholders, and a record that says so."""
    engine = ScriptedEngine([prompt_a.render(ASKED, LAST), review(LAST)])
    record = chain(engine, ChainConfig(samples=1, design_a=LAST, design_b=LAST))
    (first, sampling, _), (second, writing, _) = engine.prompts
    text = prepare(PAPER, engine, FORM, ChainConfig(), 4000).fitted.text
    assert first == prompt_a.messages(text, FORM, LAST)
    assert second == prompt_b.messages(text, FORM, record.questions, LAST)
    assert sampling.grammar == prompt_a.grammar(design=LAST)
    ids = [one.id for one in record.questions]
    assert writing.grammar == prompt_b.grammar(FORM, design=LAST, asked=ids) == record.stages[1].sampling.grammar
    engine = ScriptedEngine([prompt_a.render(ASKED, LAST), review(LAST)])
    chain(engine, ChainConfig(samples=1, design_a=LAST, design_b=LAST, guided=False))
    assert [one.grammar for _, one, _ in engine.prompts] == ["", ""]
    assert [one.text for one in record.questions] == [one.text for one in ASKED]
    assert record.reviews[0].problems == () and record.reviews[0].points[0].question_ids == ("Q1",)
    assert [stage.prompt_version for stage in record.stages] == [f"a1/{LAST.digest}", f"b1/{LAST.digest}"]


def test_a_joint_adapter_holds_one_conversation() -> None:
    """The review's prompt must begin with the very prompt of the questions, or the paper is read twice."""
    engine = ScriptedEngine([prompt_a.render(ASKED), review(DEFAULT)], adapters={JOINT: "sha"})
    record = chain(engine, ChainConfig(samples=1))
    (first, _, asking), (second, _, reviewing) = engine.prompts
    assert asking == reviewing == JOINT
    assert list(second[: len(first)]) == list(first)
    assert second[len(first)] == {"role": "assistant", "content": prompt_a.render(ASKED)}
    assert second[len(first) + 1 :] == [prompt_b.follow_up(FORM)]
    assert {stage.adapter for stage in record.stages} == {JOINT}
    assert record.reviews[0].points[0].question_ids == ("Q1",)
