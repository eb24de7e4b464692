"""Papers into Parquet files of bounded size, a group of rows in memory at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from common.corpora import tables
from common.corpora.card import Shard
from common.corpora.schema import CorpusPaper
from common.jsonio import file_sha256

GROUP_BYTES = 8 << 20
"""Characters of one row group: what reading one paper has to unpack."""
SHARD_BYTES = 128 << 20
"""Characters of one shard, before compression."""


class ParquetRows:
    """One Parquet file in the making. papers: added so far; size: their characters. `close` completes the file."""

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        self.path = path
        self.papers = self.size = 0
        self._rows: list[dict[str, Any]] = []
        self._group = 0
        self._writer = pq.ParquetWriter(path, tables.schema(), compression="zstd")

    def add(self, paper: CorpusPaper) -> None:
        size = len(paper.text) + sum(len(review.text) for review in paper.reviews)
        self._rows.append(tables.to_row(paper))
        self.papers += 1
        self.size += size
        self._group += size
        if self._group >= GROUP_BYTES:
            self._write()

    def _write(self) -> None:
        self._writer.write_table(tables.to_table(self._rows), row_group_size=len(self._rows))
        self._rows, self._group = [], 0

    def close(self) -> None:
        if self._rows:
            self._write()
        self._writer.close()


class Shards:
    """The Parquet files of a corpus: closed when they are full, named when their number is known."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[ParquetRows] = []

    def add(self, paper: CorpusPaper) -> None:
        if not self._files or self._files[-1].size >= SHARD_BYTES:
            if self._files:
                self._files[-1].close()
            self._files.append(ParquetRows(self._folder / f"{len(self._files)}.parquet"))
        self._files[-1].add(paper)

    def close(self) -> tuple[Shard, ...]:
        if self._files:
            self._files[-1].close()
        shards = []
        for number, file in enumerate(self._files):
            name = f"papers-{number:05}-of-{len(self._files):05}.parquet"
            path = file.path.rename(self._folder / name)
            shards.append(Shard(name, file_sha256(path), file.papers))
        return tuple(shards)
