"""Accents that TeX draws as glyphs of their own, put on the letters they stand over."""

from __future__ import annotations

from common.paper.pdf.characters import COMBINING, accented
from common.paper.pdf.layout import Run


def join_accents(runs: list[Run]) -> list[Run]:
    """Put accents that are drawn as glyphs of their own on their letters.

    TeX's older fonts draw "ü" as two glyphs, and PDFium may hand the accent over only after the whole rest of its
    word, so the letter is looked for by place: the one under the accent's middle.
    """
    accents = [run for run in runs if run.text in COMBINING]
    if not accents:
        return runs
    rows: dict[int, list[Run]] = {}
    for run in runs:
        if run.text not in COMBINING:
            rows.setdefault(round(run.base / 4), []).append(run)
    used = {id(accent) for accent in accents if _set_accent(accent, rows)}
    return [run for run in runs if id(run) not in used]


def _set_accent(accent: Run, rows: dict[int, list[Run]]) -> bool:
    middle = (accent.x0 + accent.x1) / 2
    for row in range(-1, 2):
        for run in rows.get(round(accent.base / 4) + row, ()):
            if not run.x0 - 0.5 <= middle <= run.x1 + 0.5 or abs(run.base - accent.base) > 0.4 * run.style.size:
                continue
            at = max((i for i, start in enumerate(run.starts) if start <= middle), default=0)
            if whole := accented(accent.text, run.text[at]):
                run.text = run.text[:at] + whole + run.text[at + 1 :]
                return True
    return False
