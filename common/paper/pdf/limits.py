"""How much of this machine one PDF may take. A hostile file reaches these and stops; an honest one never does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """pages: longest paper read. seconds: wall clock and processor time of the reading process.

    memory_mb: address space of that process. page_points: longest side of a page (14,400 is PDF's own limit).
    characters: of one page; page_objects: drawing operations looked at on one page. file_mb: size of the file.
    """

    pages: int = 300
    seconds: float = 120.0
    memory_mb: int = 2048
    page_points: float = 14400.0
    characters: int = 60_000
    page_objects: int = 20_000
    file_mb: int = 200
