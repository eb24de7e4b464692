"""Headers that hold a browser to what a reply is for. Every reply gets `EVERYWHERE` and one Content-Security-Policy."""

from __future__ import annotations

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""For data: even if a browser took it for a page, it could do nothing."""
PAPER = f"{NOTHING}; sandbox"
"""For what a user uploaded."""
PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""For the page: its own scripts and styles, and no address but this one."""
EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


def record_policy(style_hash: str) -> str:
    """For a record as HTML: its own style sheet, by hash, and nothing else."""
    return f"{NOTHING}; style-src 'sha256-{style_hash}'; sandbox"
