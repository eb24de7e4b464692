"""The fixed line under which every review is shown."""

from __future__ import annotations

NOTICE = (
    "Machine-generated feedback for authors. It is not a referee's report: no person has checked it, "
    "and it must not be submitted as a review."
)
