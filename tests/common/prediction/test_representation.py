"""A paper as a vector: computed once, kept, and the model's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from common.errors import ReviewError
from common.prediction.representation import Representation, language_model, sentence_encoder, vectors
from common.store import ModelPath
from tests.common.corpora.examples import paper


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("common.prediction.representation.cache_dir", lambda: tmp_path)
    return tmp_path


class Counting:
    """Turns a text into its length, and remembers what it read."""

    def __init__(self, recipe: str) -> None:
        self.read: list[str] = []
        self.how = Representation("length", recipe, lambda: self.encode, lambda paper: paper.text)

    def encode(self, text: str) -> np.ndarray:
        self.read.append(text)
        return np.array([len(text), 1.0])


def test_a_vector_is_made_once_for_a_text_and_a_recipe() -> None:
    """Hours of a language model's reading are kept when the run is stopped, and not taken for another model's."""
    papers = [paper("a", text="one"), paper("b", text="three")]
    first, again, other = Counting("x"), Counting("x"), Counting("y")
    found = vectors(papers, first.how)
    assert {key: vector.tolist() for key, vector in found.items()} == {papers[0].key: [3, 1], papers[1].key: [5, 1]}
    told: list[str] = []
    assert vectors([*papers, paper("c", text="new")], again.how, told.append)[papers[1].key].tolist() == [5, 1]
    assert again.read == ["new"] and told == [papers[0].key, papers[1].key, "neurips_2024/c"]
    vectors(papers, other.how)
    assert other.read == ["one", "three"]


def test_a_damaged_file_is_named(cache: Path) -> None:
    """A half-written vector must not become a feature."""
    counting = Counting("x")
    vectors([paper("a")], counting.how)
    (file,) = cache.rglob("*.npy")
    file.write_bytes(b"\x93NUMPY")
    with pytest.raises(ReviewError, match=file.name):
        vectors([paper("a")], counting.how)


@pytest.mark.slow
def test_the_language_model_reads_the_first_tokens_alone(base_model: ModelPath) -> None:
    """The mean of 576 hidden dimensions; what stands after the last token read changes nothing."""
    how = language_model("smollm2-135m", tokens=16)
    long = "We sort lists of numbers with a network of comparators that never looks back, and measure it."
    found = vectors([paper("a", text=long), paper("b", text=f"{long} More."), paper("c", text="Other words.")], how)
    one, same, other = (found[f"neurips_2024/{id}"] for id in "abc")
    assert one.shape == (576,) and np.isfinite(one).all() and base_model.digest in how.recipe
    assert np.array_equal(one, same) and not np.allclose(one, other)


@pytest.mark.slow
def test_the_sentence_encoder_reads_title_and_abstract() -> None:
    """Two papers of one abstract are one vector, whatever their texts."""
    how = sentence_encoder()
    found = vectors([paper("a", title="T", text="x"), paper("b", title="T", text="y"), paper("c")], how)
    one, same, other = (found[f"neurips_2024/{id}"] for id in "abc")
    assert np.array_equal(one, same) and not np.allclose(one, other)
