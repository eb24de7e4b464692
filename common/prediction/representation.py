"""A paper as one vector: a language model's hidden states, or a sentence encoder's.

lm: the mean over tokens of the last hidden state (after the final norm) of the paper's first tokens; a causal model's
base, without adapter. minilm: the sentence encoder on title and abstract, which fill its window. Vectors are kept on
disk under what they depend on (weights, settings, text), a file each, so that a run that was stopped goes on where it
was. Nothing is fine-tuned here; the head is `common.prediction.models`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.corpora.schema import CorpusPaper
from common.encoder import Encoder
from common.errors import EngineFailure, ReviewError
from common.store import resolve
from common.store.cache import cache_dir, make_dir

if TYPE_CHECKING:
    import numpy as np

TOKENS = 1024
"""Of a paper, for "lm": title, abstract and introduction."""


@dataclass(frozen=True)
class Representation:
    """name: for people. recipe: all that decides a vector beside the text. load: makes what turns one text into a
    vector, called only when a vector is missing. text: what of a paper is read."""

    name: str
    recipe: str
    load: Callable[[], Callable[[str], np.ndarray]]
    text: Callable[[CorpusPaper], str]


def language_model(base: str = "smollm2-135m", tokens: int = TOKENS) -> Representation:
    """Errors: those of `common.store.resolve`."""
    model = resolve(base)
    recipe = f"{model.digest} mean of the last hidden state, first {tokens} tokens"
    name = f"{model.id}, mean of the last hidden state over the first {tokens} tokens"
    return Representation(name, recipe, lambda: _reader(model.path, tokens), lambda paper: paper.text)


def sentence_encoder() -> Representation:
    """Errors: EngineFailure when the encoder is not installed."""
    encoder = Encoder.load()
    recipe = f"{encoder.digest} {encoder.layer} {encoder.window}"
    name = f"{encoder.name} on title and abstract, first {encoder.window} tokens"
    return Representation(
        name, recipe, lambda: lambda text: encoder.encode([text])[0], lambda paper: f"{paper.title}\n\n{paper.abstract}"
    )


def vectors(
    papers: Iterable[CorpusPaper], how: Representation, tell: Callable[[str], None] | None = None
) -> dict[str, np.ndarray]:
    """Paper key -> float32 vector. tell: given each paper's key when its vector is there.

    Errors: EngineFailure when the model does not load; ReviewError when the cache cannot be written or is damaged.
    """
    folder = make_dir(cache_dir() / "representations" / hashlib.sha256(how.recipe.encode()).hexdigest()[:32])
    encode: Callable[[str], np.ndarray] | None = None
    found = {}
    for paper in papers:
        text = how.text(paper)
        path = folder / f"{hashlib.sha256(text.encode()).hexdigest()}.npy"
        if not path.is_file():
            encode = encode or how.load()
            _keep(path, encode(text))
        found[paper.key] = _read(path)
        if tell:
            tell(paper.key)
    return found


def _reader(folder: Path, tokens: int) -> Callable[[str], np.ndarray]:
    try:
        import torch
        from transformers import AutoModel, AutoTokenizer
    except ImportError as error:
        raise EngineFailure(
            "--features lm needs transformers and torch.", 'pip install ".[cpu]" or ".[cuda]"'
        ) from error
    known: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **known)
        model = AutoModel.from_pretrained(folder, dtype="auto", use_safetensors=True, **known)
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineFailure(f"The model in {folder} does not load: {str(error).splitlines()[0]}") from error
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = model.to(device).eval()

    def encode(text: str) -> np.ndarray:
        # One paper at a time: without padding no vector depends on its neighbours.
        ids = tokenizer(text, truncation=True, max_length=tokens, return_tensors="pt")["input_ids"].to(device)
        with torch.inference_mode():
            states = model(input_ids=ids, use_cache=False).last_hidden_state[0]
        return states.float().mean(dim=0).cpu().numpy()

    return encode


def _keep(path: Path, vector: np.ndarray) -> None:
    """Written whole or not at all."""
    import numpy as np

    try:
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.save(file, vector.astype(np.float32), allow_pickle=False)
            os.replace(name, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
    except OSError as error:
        raise ReviewError(f"Cannot write {path}: {error.strerror or error}.") from error


def _read(path: Path) -> np.ndarray:
    import numpy as np

    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ReviewError(f"{path} is damaged: {error}.", "Delete it; it is made again.") from error
