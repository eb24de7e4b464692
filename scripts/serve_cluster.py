"""`review serve --ray ADDRESS`: the base and both adapters as replicas of Ray Serve LLM, behind one address.

Ray Serve LLM is Ray's own deployment of vLLM's server: `llm_config` says what each replica runs, `deployed` hands it to
the cluster and waits. Requests go through HAProxy straight to vLLM's own application in a replica ("direct streaming"),
so that clients find what one `review serve` has: the same models, /tokenize, grammars. The review service with its jobs
and page is not deployed here: it is one process before the cluster, `review serve --server URL` (docs/CLUSTER.md).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any

from common.cluster.connection import LOCAL, connected
from common.config import ChainConfig
from common.engines.vllm_options import VllmOptions, engine_arguments, environment, rank_slot
from common.errors import EngineFailure
from scripts import opening
from scripts.opening import Model
from scripts.serve import unusual

APP = "review"
HOST = "127.0.0.1"
INSTALL = 'Install what a cluster needs on every node: pip install "ray[serve,llm]" beside vLLM.'
SWITCHES = {
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_SERVE_LLM_ENABLE_DIRECT_STREAMING": "1",
    # Importing everything in every process of Ray, also where no model runs, costs half a minute a process.
    "RAYLLM_ENABLE_WORKER_PROCESS_SETUP_HOOK": "0",
    # A proxy that needs longer than 5 s to be there, as on a busy machine, is killed and begun again for ever.
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
    # Papers are confidential.
    "RAYLLM_ENABLE_REQUEST_PROMPT_LOGS": "0",
}
"""Ray reads these when it is imported, in the driver and in every process of the deployment."""
ON_CPU = {"accelerator_config": {"kind": "cpu"}, "placement_group_config": {"bundles": [{"CPU": 1}]}}


@dataclass(frozen=True, slots=True)
class Deployment:
    """What to run. replicas: copies of the model, each over options.tensor_parallel GPUs."""

    model: Model
    options: VllmOptions
    replicas: int = 1


def wanted(config: ChainConfig, replicas: int, notify: Callable[[str], None] | None = None) -> Deployment:
    """The deployment of a chain's model and adapters. Errors: BadConfig, EngineFailure about either."""
    model = opening.find_model(config, notify)
    preset = model.path.preset
    options = VllmOptions(
        context=min(config.context or model.path.context, model.path.context),
        dtype=preset.dtype,
        tensor_parallel=preset.tensor_parallel,
        template_arguments=preset.template_arguments,
    )
    return Deployment(model, options, replicas)


def serve(deployment: Deployment, address: str, port: int, notify: Callable[[str], None]) -> None:
    """Until Ctrl-C. Errors: as of `deployed`."""
    with deployed(deployment, address, port, notify) as url:
        notify(f"Serving on {url}. Reviews: review chain paper.pdf --server {url}")
        for line in unusual(deployment.model):
            notify(line)
        Event().wait()


def llm_config(wanted: Deployment, on_cpu: bool) -> dict[str, Any]:
    """Ray's LLMConfig. Weights and adapters are read from their paths, which every node must see. on_cpu: for clusters
    without GPUs, to try it.

    A stage without an adapter has no model of its own: clients ask the base then, as they do of any server.
    """
    model, options = wanted.model, wanted.options
    arguments = engine_arguments(options, on_cpu)
    if model.adapters:
        arguments |= {
            "enable_lora": True,
            "max_loras": len(model.adapters),
            "max_lora_rank": rank_slot(adapter.rank for adapter in model.adapters.values()),
            # Ray's own lora_config fetches adapters from a cloud bucket, one by one as they are asked for; vLLM's list
            # has both in every replica from the start.
            "lora_modules": [{"name": name, "path": str(one.path)} for name, one in model.adapters.items()],
        }
    if options.template_arguments:
        arguments["default_chat_template_kwargs"] = dict(options.template_arguments)
    return {
        "model_loading_config": {"model_id": model.path.id, "model_source": str(model.path.path)},
        "engine_kwargs": arguments,
        "deployment_config": {"num_replicas": wanted.replicas, "name": APP},
        "runtime_env": {"env_vars": _replica_environment(options)},
        **(ON_CPU if on_cpu else {}),
    }


def _replica_environment(options: VllmOptions) -> dict[str, str]:
    """As of vLLM in one process, but that its engine is a process of its own here; what the user has set stays."""
    ours = {**environment(options), "VLLM_LOGGING_LEVEL": "INFO"}
    del ours["VLLM_ENABLE_V1_MULTIPROCESSING"]
    return {name: os.environ.get(name, value) for name, value in ours.items()}


@contextmanager
def deployed(deployment: Deployment, address: str, port: int, notify: Callable[[str], None]) -> Iterator[str]:
    """Deploy, give the address when all replicas answer, and take the deployment away again.

    It listens on loopback, on every node, without a key: people are let in by the service in front.
    Errors: EngineFailure when Ray Serve LLM is missing, the cluster does not answer or no replica starts.
    """
    with connected(address, SWITCHES):
        serving, build = _imported()
        config = llm_config(deployment, on_cpu=not _gpus())
        notify(f"Deploying {deployment.model.path.id} on {deployment.replicas} replicas ...")
        serving.start(http_options={"host": HOST, "port": port})
        try:
            try:
                serving.run(build({"llm_configs": [config]}), name=APP, route_prefix="/")
            except RuntimeError as error:
                raise EngineFailure(
                    f"The cluster could not start {deployment.model.path.id}: {str(error).strip().splitlines()[0]}",
                    "`ray status` shows whether it has the GPUs; each replica's log is under /tmp/ray/session_latest.",
                ) from error
            yield f"http://{HOST}:{port}"
        finally:
            serving.delete(APP)
            if address == LOCAL:
                serving.shutdown()


def _gpus() -> float:
    import ray

    return ray.cluster_resources().get("GPU", 0)


def _imported() -> tuple[Any, Callable[[dict[str, Any]], Any]]:
    """Ray's Serve and the builder of its LLM application. Errors: EngineFailure."""
    try:
        from ray import serve
        from ray.serve.llm import build_openai_app
    except ImportError as error:
        raise EngineFailure(f"Ray Serve LLM cannot be loaded: {error}", INSTALL) from error
    return serve, build_openai_app
