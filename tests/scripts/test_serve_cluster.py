"""What is asked of Ray Serve LLM, and that the versions installed here understand it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from common.config import ChainConfig
from common.errors import EngineFailure
from common.store import resolve
from scripts.serve_cluster import Deployment, deployed, llm_config, wanted
from stage_a_questioner import prompt as prompt_a
from tests.common.store.conftest import write_model
from tests.conftest import ROOT
from tests.scripts.test_serving import adapter


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A model of our own with an adapter for the questioner alone."""
    monkeypatch.setenv("REVIEW_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    base = resolve(str(write_model(tmp_path / "model")))
    given = adapter(tmp_path / "a", "a", prompt_a.PROMPT_VERSION)
    return wanted(ChainConfig(model=str(base.path), adapter_a=given, context=64), replicas=3)


def test_both_adapters_are_in_every_replica_from_the_start(deployment: Deployment, tmp_path: Path) -> None:
    """An adapter that is fetched when it is first asked for needs a cloud bucket that nobody has."""
    config = llm_config(deployment, on_cpu=False)
    assert config["engine_kwargs"]["lora_modules"] == [{"name": "questioner", "path": str(tmp_path / "a")}]
    assert config["engine_kwargs"]["enable_lora"] and config["engine_kwargs"]["max_loras"] == 1
    assert config["model_loading_config"]["model_source"] == str(tmp_path / "model")
    assert config["deployment_config"]["num_replicas"] == 3
    assert "accelerator_config" not in config  # Ray's own choice is a GPU for each of tensor_parallel_size
    assert config["engine_kwargs"]["max_model_len"] == 64
    assert not {"model", "served_model_name"} & config["engine_kwargs"].keys()  # Ray refuses them


def test_a_replica_asks_nobody_for_anything(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers are confidential: no usage statistics and no model hub from a replica either."""
    monkeypatch.setenv("VLLM_CPU_KVCACHE_SPACE", "7")
    variables = llm_config(deployment, on_cpu=True)["runtime_env"]["env_vars"]
    assert variables["VLLM_NO_USAGE_STATS"] == variables["HF_HUB_OFFLINE"] == "1"
    assert variables["VLLM_CPU_KVCACHE_SPACE"] == "7"  # what the user has set stays
    assert "VLLM_ENABLE_V1_MULTIPROCESSING" not in variables


def test_a_cluster_without_gpus_is_asked_for_none(deployment: Deployment) -> None:
    """A deployment that waits for a GPU that will never come looks like one that is starting."""
    config = llm_config(deployment, on_cpu=True)
    assert config["accelerator_config"] == {"kind": "cpu"}
    assert config["placement_group_config"] == {"bundles": [{"CPU": 1}]}


def test_no_cluster_is_a_sentence(deployment: Deployment) -> None:
    said: list[str] = []
    with (
        pytest.raises(EngineFailure, match="No Ray cluster answers"),
        deployed(deployment, "127.0.0.1:1", 8000, said.append),
    ):
        pass
    assert not said


CHECK = """
import json, sys
from ray.llm._internal.serve.core.ingress.builder import LLMServingArgs
from vllm.entrypoints.launchers.cli_args import FrontendArgs
[config] = LLMServingArgs.model_validate({"llm_configs": [json.load(sys.stdin)]}).llm_configs
engine = config.get_engine_config()
kept = FrontendArgs(**engine.frontend_kwargs).lora_modules
print(json.dumps([engine.placement_bundles, engine.get_initialization_kwargs()["model"], [kept[0].name, kept[0].path]]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not (find_spec("ray") and find_spec("vllm")), reason="needs Ray and vLLM")
def test_the_installed_ray_and_vllm_understand_it(deployment: Deployment, tmp_path: Path) -> None:
    """Ray passes on what vLLM has arguments for and refuses the rest, but only when a replica starts, on a cluster."""
    done = subprocess.run(
        [sys.executable, "-c", CHECK],
        input=json.dumps(llm_config(deployment, on_cpu=True)),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"RAY_USAGE_STATS_ENABLED": "0"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [
        [{"CPU": 1}], str(tmp_path / "model"), ["questioner", str(tmp_path / "a")],
    ]  # fmt: skip
