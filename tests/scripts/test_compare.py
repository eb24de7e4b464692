"""`review compare` as a person runs it, with a scripted model on papers nobody wrote."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from common.config import ChainConfig
from common.corpora.store import open_corpus
from common.engines.base import adapter_for
from common.engines.scripted import ScriptedEngine
from common.errors import BadConfig, EngineFailure, ReviewError
from common.journal import Journal
from scripts import compare_engine, compare_run, opening
from scripts.compare import command
from scripts.compare_arms import GENERIC, parse_arms
from scripts.compare_engine import Bench, Dressed, bench_of
from scripts.compare_plan import Plan, header_of
from scripts.live import Display
from scripts.options import settings as settings_of
from stage_a_questioner import prompt as prompt_a
from tests.conftest import ROOT
from tests.scripts import comparing
from tests.scripts.comparing import DIGESTS, Made

ALL = ("single", "generic", "chain", "oracle", "human", "bare=chain,a=none,b=none", "one=chain,a=none,samples=1")
FIGURES = ("--metrics", "specificity,form", "--figure", "spe.rouge1")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return comparing.write(tmp_path_factory.mktemp("made"))


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[ScriptedEngine]:
    """Those that were started, with what they were asked."""
    started: list[ScriptedEngine] = []
    monkeypatch.setattr(opening, "start", comparing.starter(adapters=DIGESTS, engines=started))
    return started


def words(made: Made, out: Path, arms: tuple[str, ...], *more: str) -> list[str]:
    given = [str(made.corpus), "--split", str(made.split), "--out", str(out), "--server", "http://model", "--quiet"]
    sets = ["--question-sets", str(made.sets)] if any("oracle" in arm for arm in arms) else []
    return [*given, *sets, *FIGURES, *(word for arm in arms for word in ("--arm", arm)), *more]


def compare(made: Made, out: Path, arms: tuple[str, ...] = ("single", "chain"), *more: str) -> Result:
    return CliRunner().invoke(command, words(made, out, arms, *more), catch_exceptions=False)


def written(out: Path) -> dict[tuple[str, str], dict]:
    entries = [json.loads(line) for line in (out / "journal.jsonl").read_text().splitlines()]
    found = [entry for entry in entries if entry.get("did") == "done"]
    assert len(found) == len({(one["arm"], one["paper"]) for one in found}), "an arm reviewed a paper twice"
    return {(one["arm"], one["paper"]): one for one in found}


def test_every_arm_reviews_every_paper_it_has_questions_for(
    made: Made, tmp_path: Path, engines: list[ScriptedEngine]
) -> None:
    """An arm without a paper, or with another's questions, would be compared as if nothing had happened."""
    out = tmp_path / "out"
    done = compare(made, out, ALL)
    assert done.exit_code == 0, done.output
    found = written(out)
    assert len(found) == len(ALL) * 6
    replies = Counter({arm: 0 for arm, _ in found})
    for (arm, _), entry in found.items():
        replies[arm] += len(entry["replies"])
    # Five papers with two sets each; four papers on a form with questions, of which two reviewers of three ask one.
    assert replies == {"single": 6, "generic": 6, "chain": 6, "oracle": 10, "human-questions": 8, "bare": 6, "one": 6}
    assert {entry["missing"] for entry in found.values()} == {"", "no-questions"}
    assert {paper for (arm, paper), entry in found.items() if arm == "oracle" and entry["missing"]} == {"iclr_2017/p5"}
    oracle = found["oracle", "neurips_2024/p0"]["replies"]
    assert [reply["source"] for reply in oracle] == ["0", "1"]
    assert all(f"Review {reply['source']}?" in reply["questions"][0]["text"] for reply in oracle)
    assert [q["text"] for q in found["generic", "iclr_2017/p2"]["replies"][0]["questions"]] == [q.text for q in GENERIC]
    assert found["single", "iclr_2017/p2"]["replies"][0]["questions"] == []
    scores = json.loads((out / "scores.json").read_text())
    assert set(scores) == {"single", "generic", "chain", "oracle", "human-questions", "bare", "one"} | {
        "referee, left out", "another paper's", "one for all",
    }  # fmt: skip
    assert scores["oracle"]["spe.rouge1"]["unscored"] == {"iclr_2017/p5": "no-questions"}
    markdown = (out / "report.md").read_text()
    assert "not significant" in markdown and "control.steer.rouge1" in markdown and "chance would give" in markdown
    assert "review compare " + str(made.corpus) in markdown


@pytest.fixture
def words_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.encoder.Encoder.load", lambda name="default": comparing.Words())


def test_what_was_asked_has_a_table_of_its_own(
    made: Made, tmp_path: Path, engines: list[ScriptedEngine], words_encoder: None
) -> None:
    """What stage A is worth by itself, in the report of a journal that was written before anyone wanted to know."""
    out = tmp_path / "out"
    compare(made, out, ALL)
    journal = (out / "journal.jsonl").read_bytes()
    assert "## Questions" not in (out / "report.md").read_text()
    done = compare(made, out, ALL, "--metrics", "form,questions", "--figure", "form.words")
    assert done.exit_code == 0 and (out / "journal.jsonl").read_bytes() == journal
    assert not engines[1].prompts, "a report of a finished journal generated something"
    scores = json.loads((out / "scores.json").read_text())
    asking = {name for name, found in scores.items() if "questions.count" in found}
    # Arms that asked the same are one row; the oracle is the referees left out of what they are held against.
    assert asking == {"generic", "chain = bare = one", "oracle", "human-questions", "another paper's"}
    assert scores["generic"]["questions.specific"]["values"]["iclr_2017/p2"] == pytest.approx(0, abs=1e-6)
    assert scores["generic"]["questions.count"]["values"]["iclr_2017/p2"] == len(GENERIC)
    oracle = scores["oracle"]
    assert oracle["questions.distilled.f1"]["unscored"]["iclr_2017/p5"] == "no-questions"
    # "Is it clear? Review 0?" and "Is it clear? Review 1?" share enough words, and so do the others.
    assert oracle["questions.distilled.f1"]["values"]["neurips_2024/p0"] == 1.0
    assert "form.words" in scores["oracle"] and "form.words" in scores["single"]
    markdown, page = (out / "report.md").read_text(), (out / "report.html").read_text()
    assert "## Questions: differences to generic" in markdown and "questions.own.f1" in markdown
    assert '<h2 id="questions">' in page and "<h3>Differences to generic</h3>" in page
    assert "questions.distilled.f1, differences to generic:" in done.output


def test_arms_that_ask_nothing_have_no_table_of_questions(
    made: Made, tmp_path: Path, engines: list[ScriptedEngine], words_encoder: None
) -> None:
    """A table of stand-ins alone says nothing of what was compared."""
    compare(made, tmp_path / "out", ("single",), "--metrics", "form,questions", "--figure", "form.words")
    assert "## Questions" not in (tmp_path / "out" / "report.md").read_text()


def test_arms_differ_in_what_they_name_and_in_nothing_else(
    made: Made, tmp_path: Path, engines: list[ScriptedEngine]
) -> None:
    """With other seeds, another text of the paper or the wrong adapter, a difference would be nobody's."""
    compare(made, tmp_path / "out", ("single", "chain", "tuned-a=chain,b=none", "tuned-b=chain,a=none"))
    asked = [one for one in engines[0].prompts if one[0][0]["content"] == prompt_a.SYSTEM]
    reviewed = [one for one in engines[0].prompts if one[0][0]["content"] != prompt_a.SYSTEM]
    # chain and tuned-a share a questioner, so six papers are asked four sets by two questioners.
    assert Counter(adapter for _, _, adapter in asked) == {"questioner": 24, None: 24}
    assert Counter(adapter for _, _, adapter in reviewed) == {"reviewer": 18, None: 6}
    seeds: dict[str, set[int | None]] = {}
    papers: dict[str, set[str]] = {}
    for messages, sampling, _ in reviewed:
        text = messages[-1]["content"].split("<paper>")[1].split("</paper>")[0]
        topic = text.split()[2]
        seeds.setdefault(topic, set()).add(sampling.seed)
        papers.setdefault(topic, set()).add(text)
    assert len(seeds) == 6 and all(len(found) == 1 for found in (*seeds.values(), *papers.values()))
    by_adapter = {
        adapter: {sampling.seed for _, sampling, name in asked if name == adapter} for adapter in ("questioner", None)
    }
    assert by_adapter["questioner"] == by_adapter[None] and len(by_adapter[None]) == 24


def test_a_second_run_writes_nothing_and_further_arms_may_join(
    made: Made, tmp_path: Path, engines: list[ScriptedEngine]
) -> None:
    """A report must be drawn again, or an arm added, without paying for what is there."""
    out = tmp_path / "out"
    compare(made, out)
    before = (out / "journal.jsonl").read_bytes()
    report = (out / "report.html").read_bytes()
    compare(made, out)
    assert (out / "journal.jsonl").read_bytes() == before and (out / "report.html").read_bytes() == report
    assert not engines[1].prompts
    compare(made, out, ("single", "chain", "generic"))
    assert len(engines[2].prompts) == 6
    assert (out / "journal.jsonl").read_bytes().startswith(before)


@pytest.mark.parametrize(
    "arms, more, message",
    [
        (("single", "chain"), ("--seed", "9"), "differs in settings"),
        (("single", "chain"), ("--set", "reviewer.temperature=0.1"), "differs in settings"),
        (("single", "chain"), ("--form", "stanford4"), "differs in settings"),
        (("single", "chain,samples=2"), (), "arm chain .* another samples"),
        (("single", "chain,a=none"), (), "arm chain .* another questioner"),
        (("single,b=none", "chain"), (), "arm single .* another reviewer"),
    ],
)
def test_a_run_with_other_settings_or_adapters_is_not_continued(
    made: Made,
    tmp_path: Path,
    engines: list[ScriptedEngine],
    arms: tuple[str, ...],
    more: tuple[str, ...],
    message: str,
) -> None:
    """Half of one setting and half of another would be called one result."""
    compare(made, tmp_path / "out")
    with pytest.raises(ReviewError, match=message):
        compare(made, tmp_path / "out", arms, *more)


def test_another_corpus_is_not_continued(tmp_path: Path, engines: list[ScriptedEngine]) -> None:
    """Reviews of other papers under the same keys would be scored as reviews of these."""
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    compare(comparing.write(tmp_path / "first"), tmp_path / "out")
    with pytest.raises(ReviewError, match="differs in corpus"):
        compare(comparing.write(tmp_path / "second", 4), tmp_path / "out")


@pytest.mark.slow
def test_kill_9_at_any_moment_changes_nothing(made: Made, tmp_path: Path, engines: list[ScriptedEngine]) -> None:
    """The process is killed whenever its journal has grown by a few lines, until a run gets through."""
    arms = ("single", "chain", "oracle", "bare=chain,a=none,b=none")
    compare(made, tmp_path / "whole", arms)
    out = tmp_path / "torn"
    journal, kills = out / "journal.jsonl", 0
    while True:
        seen = journal.read_bytes().count(b"\n") if journal.exists() else 0
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.scripts.comparing", "0.02", *words(made, out, arms)],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        while process.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < seen + 11):
            time.sleep(0.003)
        if process.poll() is not None:
            assert process.returncode == 0
            break
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
    assert kills >= 2
    assert written(out) == written(tmp_path / "whole")
    assert (out / "scores.json").read_bytes() == (tmp_path / "whole" / "scores.json").read_bytes()


def test_a_torn_last_line_costs_one_review(made: Made, tmp_path: Path, engines: list[ScriptedEngine]) -> None:
    """What a full disk or a kill leaves behind must not stop the next run, nor be counted."""
    out = tmp_path / "out"
    compare(made, out)
    whole = written(out)
    journal = out / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    last = max(place for place, line in enumerate(lines) if b'"did":"done"' in line)
    journal.write_bytes(b"".join(lines[:last]) + lines[last][:40])
    compare(made, out)
    assert len(engines[1].prompts) == 1 and written(out) == whole


@settings(max_examples=6)
@given(st.floats(0, 1))
@pytest.mark.slow
def test_a_journal_cut_anywhere_is_completed_to_the_same(made: Made, cut: float) -> None:
    """A kill comes between any two bytes: what was finished stays, the rest becomes what it would have been."""
    opened = open_corpus(made.corpus)
    config = replace(settings_of({"source": None, "overrides": (), "seed": 0})[0], form="venue", server="http://model")
    arms = parse_arms(("single", "chain", "human"), config)
    plan = Plan(opened, "val", opened.keys, opened.keys, arms, config, {})
    engine, base = comparing.starter(adapters=DIGESTS)(config)
    names = {arm.name: {stage: stage for stage in DIGESTS} for arm in arms}
    bench = Bench(base, engine.context, names, dict.fromkeys(names, config), DIGESTS, lambda: engine)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)

        def run() -> dict[tuple[str, str], dict]:
            with Journal(out / "journal.jsonl", header_of(plan, bench)) as journal:
                compare_run.run(plan, bench, journal, Display(quiet=True))
            return written(out)

        whole = run()
        content = (out / "journal.jsonl").read_bytes()
        (out / "journal.jsonl").write_bytes(content[: int(cut * len(content))])
        assert run() == whole


def test_a_joint_adapter_goes_on_with_its_own_conversation(made: Made, tmp_path: Path) -> None:
    """Asked for a review without the questions it has just written, it would answer none of them."""
    opened = open_corpus(made.corpus)
    config = replace(settings_of({"source": None, "overrides": (), "seed": 0})[0], form="venue", server="http://model")
    arms = parse_arms(("chain,joint=x", "single,joint=x"), config)
    engine, base = comparing.starter(adapters={"joint-x": "c" * 64})(config)
    names = {arm.name: {"joint": "joint-x"} for arm in arms}
    bench = Bench(base, engine.context, names, dict.fromkeys(names, config), {"joint-x": "c" * 64}, lambda: engine)
    plan = Plan(opened, "val", opened.keys, opened.keys[:1], arms, config, {})
    with Journal(tmp_path / "journal.jsonl", header_of(plan, bench)) as journal:
        compare_run.run(plan, bench, journal, Display(quiet=True))
    assert {adapter for _, _, adapter in engine.prompts} == {"joint-x"}
    turns = [[message["role"] for message in messages] for messages, _, _ in engine.prompts]
    assert turns.count(["system", "user", "assistant", "user"]) == 1 and len(turns) == 6
    talk = next(messages for messages, _, _ in engine.prompts if len(messages) == 4)
    assert "Does the method really sort caches?" in talk[2]["content"] and "## Weaknesses" in talk[3]["content"]


def test_papers_without_questions_may_be_left_out_for_all_arms(
    made: Made, tmp_path: Path, engines: list[ScriptedEngine]
) -> None:
    """An arm that skips the hard papers would look better than it is."""
    compare(made, tmp_path / "out", ("single", "oracle", "human"), "--answerable")
    assert {paper for _, paper in written(tmp_path / "out")} == {f"neurips_2024/p{n}" for n in (0, 1, 3, 4)}


def test_a_questioner_that_asks_nothing_leaves_papers_without_a_review(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure of stage A is a missing review with its reason, never a review of no questions."""

    def mute(messages: list[dict[str, str]]) -> str:
        return "I cannot." if messages[0]["content"] == prompt_a.SYSTEM else comparing.reply(messages)

    monkeypatch.setattr(opening, "start", comparing.starter(say=mute))
    compare(made, tmp_path / "out")
    missing = [entry["missing"] for (arm, _), entry in written(tmp_path / "out").items() if arm == "chain"]
    assert missing == ["nothing-asked"] * 6
    assert "chain, papers without a review: 6 (nothing-asked)" in (tmp_path / "out" / "report.md").read_text()


def test_a_report_to_be_published_holds_no_texts(made: Made, tmp_path: Path, engines: list[ScriptedEngine]) -> None:
    """What referees and authors wrote is not ours to publish."""
    compare(made, tmp_path / "out", ("single", "oracle"))
    assert "seeds are few" in (tmp_path / "out" / "report.html").read_text()
    compare(made, tmp_path / "out", ("single", "oracle"), "--no-texts")
    for name in ("report.html", "report.md", "scores.json"):
        shown = (tmp_path / "out" / name).read_text()
        assert "seeds are few" not in shown and not any(f"measures {topic}" in shown for topic in comparing.TOPICS)


def test_a_dry_run_counts_and_starts_nothing(made: Made, tmp_path: Path, engines: list[ScriptedEngine]) -> None:
    """What a run will take should be known before it is begun."""
    done = compare(made, tmp_path / "out", ("single", "oracle", "chain"), "--dry-run", "--reviews", "2")
    assert "6 papers of the part val" in done.output and "oracle: 20 reviews of 5 papers" in done.output
    assert not engines and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arms, more, message",
    [
        (("twofold",), (), "is no arm"),
        (("chain", "chain,a=none"), (), "2 arms are called 'chain'"),
        (("single,a=none",), (), "has no setting 'a=none'"),
        (("chain,samples=0",), (), "samples must be from 1 to 64"),
        (("chain,b=",), (), "has no setting 'b='"),
        (("a b=chain",), (), "is no arm"),
        (("single",), ("--against", "chain"), "no arm called 'chain'"),
        (("single",), ("--question-sets", "sets.jsonl"), "there is none"),
        (("chain", "same=chain"), (), "are the same"),
        (("chain,b=/folder",), (), "a server cannot be given"),
        (("chain,joint=/folder",), (), "a server cannot be given"),
        (("chain,joint=/folder,b=none",), (), "does both stages' work"),
        (("single",), ("--set", "adapter_joint=/folder"), "not for all arms"),
        (("single",), ("--figure", "rouge9"), "has the figure rouge9"),
        (("single",), ("--set", "form=stanford4"), "--form"),
    ],
)
def test_arms_that_make_no_sense_are_refused(
    made: Made,
    tmp_path: Path,
    engines: list[ScriptedEngine],
    arms: tuple[str, ...],
    more: tuple[str, ...],
    message: str,
) -> None:
    """Before an hour of computing, and in words."""
    with pytest.raises(BadConfig, match=message):
        compare(made, tmp_path / "out", arms, *more)


def test_an_oracle_needs_question_sets(made: Made, tmp_path: Path, engines: list[ScriptedEngine]) -> None:
    """Without them the arm would have no review at all."""
    given = [str(made.corpus), "--split", str(made.split), "--out", str(tmp_path / "out"), "--arm", "oracle"]
    with pytest.raises(BadConfig, match="needs distilled questions"):
        CliRunner().invoke(command, given, catch_exceptions=False)


def test_settings_reach_the_arms_that_leave_them_open() -> None:
    """--adapter-b for one arm only, or --samples for none, would compare something else than was asked for."""
    config = ChainConfig(samples=3, adapter_a="x", adapter_b="y")
    first, second, third = parse_arms(("chain", "own=chain,a=z,b=none,samples=1", "single"), config)
    assert (first.a, first.b, first.samples) == ("x", "y", 3)
    assert (second.name, second.a, second.b, second.samples) == ("own", "z", "none", 1)
    assert (third.a, third.b, third.samples) == ("none", "y", 0)


def test_one_engine_has_the_adapters_of_all_arms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two adapters of one stage under one name would be one; each arm must get its own."""
    from tests.common.store.conftest import write_adapter, write_model

    monkeypatch.setenv("REVIEW_CACHE", str(tmp_path / "cache"))
    model = write_model(tmp_path / "model")
    for number, name in enumerate(("one", "two"), start=2):
        write_adapter(tmp_path / name, rank=number)
    started = []

    def start(found: opening.Model, context: int) -> ScriptedEngine:
        started.append(found)
        return ScriptedEngine(["Fine."], adapters={name: one.sha256 for name, one in found.adapters.items()}, loop=True)

    monkeypatch.setattr(compare_engine.opening, "start_vllm", start)
    config = ChainConfig(model=str(model))
    specs = (f"first=chain,a={tmp_path}/one,b={tmp_path}/two", f"second=single,b={tmp_path}/one", "bare=single,b=none")
    arms = parse_arms(specs, config)
    bench = bench_of(config, arms, lambda text: None)
    assert not started and len(set(bench.digests.values())) == 2
    engine = bench.engine
    assert len(started) == 1 and set(started[0].adapters) == set(bench.digests)
    for arm, stage, used in ((arms[0], "reviewer", "two"), (arms[1], "reviewer", "one"), (arms[2], "reviewer", None)):
        view = Dressed(engine, bench.names[arm.name])
        view.generate([[{"role": "user", "content": "Go."}]], ChainConfig().reviewer, adapter_for(view, stage))
        adapter = engine.prompts[-1][2]
        assert (adapter and started[0].adapters[adapter].path.name) == used
    assert view.adapters == {}
    joint = parse_arms(
        (f"joint=chain,joint={tmp_path}/two", f"single,joint={tmp_path}/two", "chain,a=none,b=none"), config
    )
    shared = bench_of(config, joint, lambda text: None)
    assert [set(shared.names[arm.name]) for arm in joint] == [{"joint"}, {"joint"}, set()]
    assert shared.questioner(joint[0]) == shared.reviewer(joint[1]) == bench.reviewer(arms[0]) != ""
    view = Dressed(shared.engine, shared.names["joint"])
    view.generate([[{"role": "user", "content": "Go."}]], ChainConfig().reviewer, adapter_for(view, "questioner"))
    assert started[1].adapters[shared.engine.prompts[-1][2]].path.name == "two"
    with pytest.raises(EngineFailure, match="no adapter folder"):
        bench_of(config, parse_arms((f"chain,a={tmp_path}/three",), config), lambda text: None)
