"""Rows on disk: one file a part, the rejections, the card. A folder is there whole or not at all.

Rows stream: a few are in memory at a time. Parquet and JSON lines both load with `datasets`, memory-mapped.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Literal

import msgspec

from common.corpora.schema import Rejection
from common.errors import ReviewError
from common.jsonio import file_sha256, from_json, to_json, write_text
from common.rows.card import CARD, Origin, RowsCard, Tally, load_card, readme
from common.rows.record import Row

if TYPE_CHECKING:
    import pyarrow as pa

Format = Literal["parquet", "jsonl"]
REJECTED = "rejected.jsonl"
_GROUP = 64
"""Rows of a Parquet row group: about 3 MB of text."""


class Folder:
    """Use as a context: what was written appears under `out` when `finish` is called, and not before.

    Errors: ReviewError when `out` is there already or cannot be written.
    """

    def __init__(self, out: Path, format: Format = "parquet") -> None:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise ReviewError(f"{out} is there already.", "Give a new folder with --out, or remove this one first.")
        self._out, self._format = out, format
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            self._part = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}.", suffix=".part"))
        except OSError as error:
            raise ReviewError(f"Cannot write {out}: {error.strerror or error}.") from error
        self._files: dict[str, _Lines | _Parquet] = {}
        self._rejected = _Lines(self._part / REJECTED)
        self.tally = Tally()

    def add(self, row: Row) -> None:
        name = f"{row.part}.{self._format}"
        if name not in self._files:
            kind = _Parquet if self._format == "parquet" else _Lines
            self._files[name] = kind(self._part / name)
        self._files[name].add(row)
        self.tally.add(row)

    def reject(self, rejection: Rejection) -> None:
        self._rejected.add(rejection)
        self.tally.reject(rejection)

    def finish(self, origin: Origin, sets_in: int) -> RowsCard:
        """Close, count, and put the folder in its place. Errors: ReviewError when not one row was written."""
        if not self._files:
            codes = ", ".join(f"{code} {count}" for code, count in sorted(self.tally.rejections.items()))
            raise ReviewError(f"There is no row: {codes or 'no question set was given'}.", "Look at the inputs.")
        for file in (*self._files.values(), self._rejected):
            file.close()
        files = {path.name: file_sha256(path) for path in sorted(self._part.iterdir())}
        card = self.tally.card(origin, sets_in, files)
        write_text(self._part / CARD, to_json(card) + "\n")
        write_text(self._part / "README.md", readme(card))
        self._part.chmod(0o755)
        try:
            os.replace(self._part, self._out)
        except OSError as error:
            raise ReviewError(f"Cannot write {self._out}: {error.strerror or error}.") from error
        return card

    def __enter__(self) -> Folder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (*self._files.values(), self._rejected):
            file.close()
        shutil.rmtree(self._part, ignore_errors=True)


def read_rows(folder: Path, part: str) -> Iterator[Row]:
    """The rows of a part, in order. Errors: ReviewError when the folder is none, or has no such part, or a file is not
    what the card says."""
    card = load_card(folder)
    name = next((name for name in card.files if name.startswith(f"{part}.")), None)
    if name is None:
        raise ReviewError(f"{folder} has no part '{part}'.", f"It has {', '.join(card.rows)}.")
    path = folder / name
    if not path.is_file() or file_sha256(path) != card.files[name]:
        raise ReviewError(f"{path} is not the file its card describes.", "Write the rows again.")
    if path.suffix == ".jsonl":
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                yield from_json(line, Row, f"{path}, line {number}")
        return
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(path).iter_batches(batch_size=_GROUP):
        for record in batch.to_pylist():
            yield msgspec.convert(record, Row)


class _Lines:
    """A file of JSON lines."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8")

    def add(self, value: Row | Rejection) -> None:
        self._file.write(to_json(value, indent=0) + "\n")

    def close(self) -> None:
        self._file.close()


class _Parquet:
    """A Parquet file of rows, a row group at a time."""

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        self._schema = _schema()
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._waiting: list[dict[str, Any]] = []

    def add(self, row: Row) -> None:
        self._waiting.append(msgspec.to_builtins(row))
        if len(self._waiting) == _GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_table(pa.Table.from_pylist(self._waiting, schema=self._schema))
            self._waiting = []

    def close(self) -> None:
        self._flush()
        self._writer.close()


def _schema() -> pa.Schema:
    """A Row's columns."""
    import pyarrow as pa

    text, number = pa.string(), pa.int32()
    texts = pa.list_(text)
    pairs: dict[str, pa.DataType] = {
        "reviews": texts,
        "messages": pa.list_(pa.struct([("role", text), ("content", text)])),
        "aspects": texts,
        "cuts": pa.list_(pa.struct([("section", text), ("words_kept", number), ("words_total", number)])),
        "left_out": pa.list_(pa.struct([("code", text), ("count", number)])),
        **dict.fromkeys(("paper_tokens", "prompt_tokens", "answer_tokens", "total_tokens", "sets"), number),
    }
    return pa.schema([(name, pairs.get(name, text)) for name in Row.__dataclass_fields__])
