"""`review serve --ray ADDRESS`: the base and both adapters as replicas of Ray Serve LLM, behind one address.

Ray Serve LLM is Ray's own deployment of vLLM's server: `llm_config` says what each replica runs, `deploy` hands it to
the cluster and waits. Requests go through HAProxy straight to vLLM's own application in a replica ("direct streaming"),
so that clients find what one `review serve` has: the same models, /tokenize, grammars. The review service with its jobs
and page is not deployed here: it is one process before the cluster, `review serve --server URL` (docs/CLUSTER.md).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from common.cluster.connection import connected
from common.engines.vllm_options import VllmOptions, engine_arguments, environment, rank_slot
from common.errors import EngineFailure
from scripts.opening import Model

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
}
"""Ray reads these when it is imported, in the driver and in every process of the deployment."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What to run. replicas: copies of the model, each over options.tensor_parallel GPUs; gpu: Ray's name of the kind
    to place them on ("H100"), "" for any."""

    model: Model
    options: VllmOptions
    replicas: int = 1
    gpu: str = ""
    on_cpu: bool = False


def llm_config(wanted: Deployment) -> dict[str, Any]:
    """Ray's LLMConfig. Weights and adapters are read from their paths, which every node must see.

    A stage without an adapter has no model of its own: clients ask the base then, as they do of any server.
    """
    model, options = wanted.model, wanted.options
    arguments = engine_arguments(options, wanted.on_cpu)
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
        **_hardware(wanted),
    }


def _hardware(wanted: Deployment) -> dict[str, Any]:
    if wanted.on_cpu:
        return {"accelerator_config": {"kind": "cpu"}, "placement_group_config": {"bundles": [{"CPU": 1}]}}
    return {"accelerator_type": wanted.gpu} if wanted.gpu else {}


def _replica_environment(options: VllmOptions) -> dict[str, str]:
    """As of vLLM in one process, but that its engine is a process of its own here; what the user has set stays."""
    ours = {**environment(options), "VLLM_LOGGING_LEVEL": "INFO"}
    del ours["VLLM_ENABLE_V1_MULTIPROCESSING"]
    return {name: os.environ.get(name, value) for name, value in ours.items()}


@contextmanager
def deploy(wanted: Deployment, address: str, port: int, notify: Callable[[str], None] | None = None) -> Iterator[str]:
    """Deploy, give the address when all replicas answer, and take the deployment away again.

    It listens on loopback, on every node, without a key: people are let in by the service in front.
    Errors: EngineFailure when Ray Serve LLM is missing, the cluster does not answer or no replica starts.
    """
    with connected(address, SWITCHES):
        serve, build = _imported()
        if notify:
            notify(f"Deploying {wanted.model.path.id} on {wanted.replicas} replicas ...")
        serve.start(http_options={"host": HOST, "port": port})
        try:
            try:
                serve.run(build({"llm_configs": [llm_config(wanted)]}), name=APP, route_prefix="/")
            except RuntimeError as error:
                raise EngineFailure(
                    f"The cluster could not start {wanted.model.path.id}: {str(error).strip().splitlines()[0]}",
                    "`ray status` shows whether it has the GPUs; each replica's log is under /tmp/ray/session_latest.",
                ) from error
            yield f"http://{HOST}:{port}"
        finally:
            serve.delete(APP)
            if address == "local":
                serve.shutdown()


def _imported() -> tuple[Any, Callable[[dict[str, Any]], Any]]:
    """Ray Serve and the builder of its LLM application. Errors: EngineFailure."""
    try:
        from ray import serve
        from ray.serve.llm import build_openai_app
    except ImportError as error:
        raise EngineFailure(f"Ray Serve LLM cannot be loaded: {error}", INSTALL) from error
    return serve, build_openai_app
