"""Token vectors of texts from a local encoder: what BERTScore compares.

A text is encoded once, however many comparisons it is in. Vectors lie in a temporary file as float16 (0.4 MB for 512
tokens of the default encoder), so that memory does not grow with the number of texts; they are lost with the object.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.encoder import DEFAULT, bundled
from common.engines.quiet import quiet_stderr
from common.errors import BadConfig, EngineFailure
from common.store import hub, weights

if TYPE_CHECKING:
    import torch

BATCH = 16_384
"""Tokens encoded at once, padding included: 32 texts of 512."""
SLICE = 256
"""Texts encoded before their vectors are written away."""
OVERLAP = 128
"""Tokens two windows of a long text share, a quarter of a window at most; each answers for its half of them."""
_INSTALL = 'Install it with: pip install ".[eval]"'


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """ids: (tokens,) int64, the special ones included. rows: (tokens, dimensions) float32, each of length 1."""

    ids: torch.Tensor
    rows: torch.Tensor


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a text's rows stand in the file, in bytes; cut: whether tokens were left out."""

    ids: Any
    start: int
    size: int
    cut: bool


class TokenEncoder:
    """name: of the encoder, as it is printed. digest: of its weights. layer: of `depth` layers, the one whose output is
    taken. window: tokens it reads at once, special ones included. whole: a longer text is read in windows that overlap;
    otherwise its end is left out, as the package bert-score does. progress: told how many of the texts that are being
    encoded are done, and how many there are.
    """

    progress: Callable[[int, int], None] | None = None

    def __init__(
        self, name: str, folder: Path, layer: int | None = None, window: int | None = None, whole: bool = False
    ) -> None:
        """See `load`. Errors: EngineFailure for a folder without a usable encoder; BadConfig for a wrong layer."""
        self.name, self.whole = name, whole
        if not weights.weight_files(folder):
            raise EngineFailure(f"{folder} holds no safetensors weights, so it is no encoder that can be used here.")
        self.digest = weights.digest(folder)
        self._model, self._tokenizer, self.depth = _load(folder, layer)
        self.layer = layer or self.depth
        self.window = window or _window(self._tokenizer, self._model.config, folder)
        self._overlap = min(OVERLAP, self.window // 4) // 2 * 2
        self._file = tempfile.TemporaryFile(prefix="token-vectors-")  # noqa: SIM115, it lives as long as the vectors
        self._places: dict[str, _Place] = {}

    @classmethod
    def load(
        cls, name: str = DEFAULT, layer: int | None = None, window: int | None = None, whole: bool = False
    ) -> TokenEncoder:
        """The encoder that comes with the extra, a local folder, or a hub id that is in the cache already.

        layer: None takes the last one; the best differs between encoders (bert-score's table: 17 of 24 for
        roberta-large). window: None takes the tokenizer's.
        Errors: EngineFailure when the extra, the folder or the model is missing; BadConfig for a wrong layer.
        """
        if find_spec("transformers") is None:
            raise EngineFailure("transformers is not installed, so texts cannot be compared.", _INSTALL)
        if name == DEFAULT:
            return cls("all-MiniLM-L6-v2", bundled(), layer, window, whole)
        if Path(name).is_dir():
            return cls(Path(name).resolve().name, Path(name), layer, window, whole)
        return cls(name, hub.local(name), layer, window, whole)

    @property
    def special(self) -> list[int]:
        """Ids that frame every text and say nothing: they can be matched, but have no weight."""
        return [one for one in (self._tokenizer.cls_token_id, self._tokenizer.sep_token_id) if one is not None]

    @property
    def vocabulary(self) -> int:
        """Ids are below this."""
        return max(len(self._tokenizer), int(self._model.config.vocab_size))

    def encode(self, texts: Sequence[str]) -> None:
        """Encode what has not been encoded yet, texts of a length together. Errors: EngineFailure for a full disk."""
        new = sorted({text for text in texts if text not in self._places}, key=lambda text: (len(text), text))
        for start in range(0, len(new), SLICE):
            self._encode(new[start : start + SLICE])
            if self.progress:
                self.progress(min(start + SLICE, len(new)), len(new))

    def vectors(self, text: str) -> TokenVectors:
        """Of one text, encoding it if need be."""
        import numpy as np
        import torch

        self.encode([text])
        place = self._places[text]
        raw = np.frombuffer(os.pread(self._file.fileno(), place.size, place.start), dtype=np.float16)
        rows = torch.from_numpy(raw.astype(np.float32)).view(len(place.ids), -1).to(self._model.device)
        # float16 bends the length by up to 1e-3; restored, a text is exactly as like itself as can be.
        return TokenVectors(torch.from_numpy(place.ids).long(), torch.nn.functional.normalize(rows, dim=1))

    def cut(self, text: str) -> bool:
        """Whether the end of the text was left out."""
        self.encode([text])
        return self._places[text].cut

    def _encode(self, texts: Sequence[str]) -> None:
        import numpy as np

        chunks = self._tokenizer(
            [text.strip() for text in texts],
            truncation=True,
            max_length=self.window,
            stride=self._overlap if self.whole else 0,
            return_overflowing_tokens=True,
        )
        owned: list[list[int]] = [[] for _ in texts]
        for number, owner in enumerate(chunks["overflow_to_sample_mapping"]):
            if self.whole or not owned[owner]:
                owned[owner].append(number)
        ids = {number: chunks["input_ids"][number] for numbers in owned for number in numbers}
        rows = dict(self._run(ids))
        windows = np.bincount(chunks["overflow_to_sample_mapping"])
        for text, numbers, count in zip(texts, owned, windows, strict=True):
            parts = [(ids[number], rows[number]) for number in numbers]
            self._write(text, *_joined(parts, self._overlap // 2), cut=count > len(numbers))

    def _run(self, ids: dict[int, list[int]]) -> Iterator[tuple[int, Any]]:
        """Each chunk's rows as float16, encoded in batches of chunks of about one length."""
        import torch

        for batch in _batches(ids):
            longest = max(len(ids[number]) for number in batch)
            padded = torch.full((len(batch), longest), int(self._tokenizer.pad_token_id or 0))
            mask = torch.zeros_like(padded)
            for line, number in enumerate(batch):
                padded[line, : len(ids[number])] = torch.tensor(ids[number])
                mask[line, : len(ids[number])] = 1
            with torch.inference_mode():
                device = self._model.device
                out = self._model(input_ids=padded.to(device), attention_mask=mask.to(device)).last_hidden_state
                out = torch.nn.functional.normalize(out.float(), dim=-1).half().cpu().numpy()
            for line, number in enumerate(batch):
                yield number, out[line, : len(ids[number])]

    def _write(self, text: str, ids: Any, rows: Any, cut: bool) -> None:
        start = self._file.seek(0, os.SEEK_END)
        raw = rows.tobytes()
        try:
            self._file.write(raw)
            self._file.flush()
        except OSError as error:
            raise EngineFailure(
                f"Token vectors could not be kept in {tempfile.gettempdir()}: {error.strerror or error}.",
                "Set TMPDIR to a folder with more room: half a gigabyte holds 1,200 reviews.",
            ) from error
        self._places[text] = _Place(ids.astype("int32"), start, len(raw), bool(cut))


def _joined(parts: list[tuple[list[int], Any]], half: int) -> tuple[Any, Any]:
    """A text from its windows: a token that stands in two comes from the one with more text around it, and only the
    first window opens and the last one closes the text. half: of the overlap, in tokens."""
    import numpy as np

    ids, rows = [], []
    for place, (some, vectors) in enumerate(parts):
        low = 0 if place == 0 else 1 + half
        high = len(some) if place == len(parts) - 1 else len(some) - 1 - half
        ids.append(some[low:high])
        rows.append(vectors[low:high])
    return np.concatenate(ids), np.concatenate(rows)


def _batches(ids: dict[int, list[int]]) -> Iterator[list[int]]:
    batch: list[int] = []
    for number in sorted(ids, key=lambda number: len(ids[number])):
        if batch and len(ids[number]) * (len(batch) + 1) > BATCH:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _load(folder: Path, layer: int | None) -> tuple[Any, Any, int]:
    """Model up to `layer`, tokenizer, and how many layers the whole model has."""
    import torch
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        depth = int(config.num_hidden_layers)
        if config.is_encoder_decoder:
            raise EngineFailure(f"The model in {folder} also writes text: an encoder alone is needed.")
        if not 1 <= (layer or depth) <= depth:
            raise BadConfig(f"The encoder in {folder} has layers 1 to {depth}, not {layer}.")
        with quiet_stderr():
            # Layers above the one that is read are not built.
            model = AutoModel.from_pretrained(
                folder,
                num_hidden_layers=layer or depth,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                dtype=torch.float32,
            )
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise EngineFailure(f"The encoder in {folder} does not load: {error}") from error
    return model.eval().to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer, depth


def _window(tokenizer: Any, config: Any, folder: Path) -> int:
    known = [tokenizer.model_max_length, getattr(config, "max_position_embeddings", None) or 10**9]
    if min(known) > 1_000_000:
        raise EngineFailure(f"The encoder in {folder} does not say how many tokens it reads.", "Give its window.")
    return int(min(known))
