"""Models of the Hugging Face hub: found in its local cache, or fetched when the user asks for it.

`local` never touches the network, so nothing waits for a hub that cannot be reached. `fetch` takes safetensors and
the tokenizer's files and nothing else: no pickles, no code.
"""

from __future__ import annotations

from pathlib import Path

from common.errors import EngineFailure, ReviewError

MISSING = 'Install them with `pip install "question-then-review[cpu]"`, or [cuda] on a GPU machine.'
FILES = ["*.safetensors", "*.json", "*.jinja", "*.model", "tokenizer*", "LICENSE*"]
SKIPPED = ["original/*", "consolidated*", "onnx/*", "*.bin", "*.py"]


def local(repository: str, revision: str = "") -> Path:
    """The snapshot of a repository in the local cache. Errors: EngineFailure with the command that fetches it."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    except ImportError as error:
        raise EngineFailure("The libraries that find and run models are not installed.", MISSING) from error
    try:
        return Path(snapshot_download(repository, revision=revision or None, local_files_only=True))
    except LocalEntryNotFoundError as error:
        raise EngineFailure(
            f"The model {repository} is not on this machine.", f"Fetch it once with `review models fetch {repository}`."
        ) from error
    except HFValidationError as error:
        raise EngineFailure(f"{repository} is not the name of a hub repository.") from error


def fetch(repository: str, revision: str = "") -> Path:
    """Download a repository's safetensors and tokenizer. Errors: ReviewError when it is gated, absent or offline."""
    import httpx

    try:
        from huggingface_hub import HfApi, snapshot_download
        from huggingface_hub import errors as hub
    except ImportError as error:
        raise EngineFailure("The libraries that fetch and run models are not installed.", MISSING) from error
    try:
        files = HfApi().list_repo_files(repository, revision=revision or None)
        if not any(name.endswith(".safetensors") for name in files):
            raise EngineFailure(
                f"{repository} has no safetensors, only formats that can run code when they are loaded.",
                "Choose a repository that has them.",
            )
        folder = snapshot_download(repository, revision=revision or None, allow_patterns=FILES, ignore_patterns=SKIPPED)
    except hub.GatedRepoError as error:
        raise ReviewError(
            f"{repository} is gated: its owner wants its terms accepted first.",
            f"Accept them on https://huggingface.co/{repository}, then run `hf auth login` and try again.",
        ) from error
    except (hub.RepositoryNotFoundError, hub.RevisionNotFoundError, hub.HFValidationError) as error:
        where = f" at revision {revision}" if revision else ""
        raise ReviewError(f"The hub has no repository {repository}{where} that you may read.") from error
    except hub.OfflineModeIsEnabled as error:
        raise ReviewError("The hub is switched off here.", "Unset HF_HUB_OFFLINE to fetch a model.") from error
    except (hub.HfHubHTTPError, hub.LocalEntryNotFoundError, httpx.HTTPError, ConnectionError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ReviewError(
            f"{repository} could not be fetched: {reason}",
            "What has arrived is kept; try again, or copy the folder here and give its path.",
        ) from error
    except OSError as error:
        raise ReviewError(f"{repository} could not be stored: {error.strerror or error}.") from error
    return Path(folder)
