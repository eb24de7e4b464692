"""A corpus on disk, opened: its papers one by one, or all of them as a memory-mapped `datasets.Dataset`.

Papers stream from the Parquet files, a row group in memory at a time. Parquet is compressed, so mapping it into memory
maps nothing one could use: `dataset` unpacks it once into an Arrow file inside the folder and maps that. Nothing is
written elsewhere and no network is used. Building is `common.corpora.building`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from common.corpora import tables
from common.corpora.building import BuildReport, write
from common.corpora.card import ARROW, CorpusCard, load_card
from common.corpora.schema import CorpusPaper
from common.errors import ReviewError
from common.jsonio import file_sha256

if TYPE_CHECKING:
    import datasets
    import pyarrow.parquet

__all__ = ["BuildReport", "Corpus", "open_corpus", "write"]


def open_corpus(folder: Path) -> Corpus:
    """Errors: ReviewError when it is missing, no corpus, damaged, or written by a newer version."""
    tables.need("pyarrow")
    card = load_card(folder)
    for shard in card.shards:
        if not (folder / shard.name).is_file():
            raise ReviewError(f"The corpus {folder} is damaged: {shard.name} is missing.", "Build it again.")
    return Corpus(folder, card)


class Corpus:
    """Opened by `open_corpus`. Errors of everything that reads: ReviewError when a shard is damaged."""

    def __init__(self, folder: Path, card: CorpusCard) -> None:
        self.folder = folder
        self.card = card

    @property
    def digest(self) -> str:
        """What a resumed run compares: the same for the same papers, in whatever order."""
        return self.card.digest

    def __len__(self) -> int:
        return self.card.papers

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Of all papers, in the corpus's order."""
        return tuple(self._places)

    def papers(self, keys: Collection[str] | None = None) -> Iterator[CorpusPaper]:
        """All papers, or those of `keys`, in the corpus's order. Errors: ReviewError for a key that is not there."""
        if keys is not None:
            self._check(keys)
        wanted = None if keys is None else set(keys)
        groups = {
            (shard, group): None for key, (shard, group, _) in self._places.items() if wanted is None or key in wanted
        }
        for shard, group in groups:
            for paper in self._group(shard, group):
                if wanted is None or paper.key in wanted:
                    yield paper

    def paper(self, key: str) -> CorpusPaper:
        """One paper. Unpacks a row group: use `papers` for many. Errors: ReviewError."""
        self._check([key])
        shard, group, row = self._places[key]
        return next(paper for at, paper in enumerate(self._group(shard, group)) if at == row)

    def review_ids(self) -> dict[str, tuple[str, ...]]:
        """Paper key -> ids of its reviews, without reading any text."""
        found = {}
        for _, _, table in self._groups(["venue", "id", "reviews.list.element.id"]):
            for row in table.to_pylist():
                found[f"{row['venue']}/{row['id']}"] = tuple(one["id"] for one in row["reviews"])
        return found

    @cached_property
    def dataset(self) -> datasets.Dataset:
        """All rows, mapped into memory. The first call writes an Arrow file of the texts' size into the folder."""
        tables.need("datasets")
        import datasets

        path = self.folder / ARROW / f"{self.digest}.arrow"
        if not path.is_file():
            self._unpack(path)
        return datasets.Dataset.from_file(str(path))

    def verify(self) -> None:
        """Errors: ReviewError naming a shard whose content is not what was built."""
        for shard in self.card.shards:
            found = file_sha256(self.folder / shard.name)
            if found != shard.sha256:
                raise ReviewError(
                    f"The corpus {self.folder} was changed or damaged: {shard.name} has SHA-256 {found}, "
                    f"its card says {shard.sha256}.",
                    "Build it again, or restore the file.",
                )

    @cached_property
    def _places(self) -> dict[str, tuple[int, int, int]]:
        """Key -> shard, row group, row in it."""
        places = {}
        for number, group, table in self._groups(["venue", "id"]):
            keys = (f"{row['venue']}/{row['id']}" for row in table.to_pylist())
            places |= {key: (number, group, at) for at, key in enumerate(keys)}
        if len(places) != self.card.papers:
            raise ReviewError(
                f"The corpus {self.folder} is damaged: its card says {self.card.papers} papers, it has {len(places)}.",
                "Build it again.",
            )
        return places

    def _check(self, keys: Collection[str]) -> None:
        unknown = [key for key in keys if key not in self._places]
        if unknown:
            raise ReviewError(
                f"The corpus {self.folder} has no paper {unknown[0]}"
                + (f", and {len(unknown) - 1} more of those asked for." if unknown[1:] else "."),
                "A key is VENUE/ID, as 'review data export' prints it.",
            )

    def _group(self, shard: int, group: int) -> Iterator[CorpusPaper]:
        with self._open(shard) as file:
            table = file.read_row_group(group)
        try:
            yield from tables.papers(table)
        except msgspec.ValidationError as error:
            raise self._damaged(shard, error) from error

    def _groups(self, columns: list[str] | None = None) -> Iterator[tuple[int, int, pyarrow.Table]]:
        """Shard, row group, and its rows."""
        for number in range(len(self.card.shards)):
            with self._open(number) as file:
                for group in range(file.num_row_groups):
                    yield number, group, file.read_row_group(group, columns=columns)

    @contextmanager
    def _open(self, number: int) -> Iterator[pyarrow.parquet.ParquetFile]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(self.folder / self.card.shards[number].name) as file:
                if not file.schema_arrow.equals(tables.schema()):
                    raise self._damaged(number, "it has other columns than a corpus.")
                yield file
        except (OSError, pa.ArrowException) as error:
            raise self._damaged(number, error) from error

    def _damaged(self, shard: int, error: object) -> ReviewError:
        name = self.card.shards[shard].name
        return ReviewError(f"The corpus {self.folder} is damaged: {name}: {error}", "Build it again.")

    def _unpack(self, path: Path) -> None:
        import pyarrow as pa

        part = None
        try:
            path.parent.mkdir(exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
            part = Path(name)
            with os.fdopen(handle, "wb") as file, pa.ipc.new_stream(file, tables.schema()) as stream:
                for _, _, table in self._groups():
                    stream.write_table(table)
            part.rename(path)
        except OSError as error:
            raise ReviewError(
                f"Cannot write {path}: {error.strerror or error}.",
                "A memory-mapped corpus needs room in its folder; `papers` reads it without.",
            ) from error
        finally:
            if part:
                part.unlink(missing_ok=True)
