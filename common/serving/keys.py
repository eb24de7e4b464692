"""Who may use the service: keys from a file or the environment, compared in constant time.

A key is at least 20 characters of one's own choice (`openssl rand -hex 32`). The file holds one `NAME KEY` a line, the
key itself or `sha256:` and the hex digest of it; a name may have several. Lines that begin with # are remarks.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from pathlib import Path

from common.errors import BadConfig

FILE, KEY = "REVIEW_KEYS_FILE", "REVIEW_API_KEY"
SHORTEST = 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


class Keys:
    """owners: name and SHA-256 of each key; the keys themselves are not kept. Empty: nobody needs one."""

    def __init__(self, owners: tuple[tuple[str, bytes], ...] = ()) -> None:
        self._owners = owners

    def __bool__(self) -> bool:
        return bool(self._owners)

    def owner(self, key: str) -> str | None:
        """Whose key it is. Every key is compared, in a time that does not tell how alike they are."""
        given, found = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest(), None
        for name, digest in self._owners:
            if hmac.compare_digest(given, digest):
                found = name
        return found


def load_keys(path: Path | None, environment: Mapping[str, str]) -> Keys:
    """path, else the file REVIEW_KEYS_FILE names, and the key in REVIEW_API_KEY (its owner is "api").

    Errors: BadConfig naming file and line, never the key.
    """
    owners: list[tuple[str, bytes]] = []
    if path is None and environment.get(FILE):
        path = Path(environment[FILE])
    if path is not None:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise BadConfig(
                f"The keys file {path} cannot be read: {getattr(error, 'strerror', 'not UTF-8')}."
            ) from error
        for number, line in enumerate(lines, start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                owners.append(_owner(line.split(), f"{path}, line {number}"))
        if not owners:
            raise BadConfig(f"The keys file {path} names nobody.", "Add a line: NAME KEY")
    if environment.get(KEY):
        owners.append(_owner(["api", environment[KEY]], f"The environment's {KEY}"))
    return Keys(tuple(owners))


def _owner(words: list[str], where: str) -> tuple[str, bytes]:
    if len(words) != 2 or not _NAME.fullmatch(words[0]):
        raise BadConfig(f"{where} is not a name and a key.", "A line is: NAME KEY, or NAME sha256:HEXDIGEST")
    name, key = words
    if digest := _DIGEST.fullmatch(key):
        return name, bytes.fromhex(digest[1])
    if key.startswith("sha256:"):
        raise BadConfig(f"{where}: sha256: is followed by 64 digits 0-9a-f.")
    if len(key) < SHORTEST:
        raise BadConfig(f"{where}: the key is shorter than {SHORTEST} characters.", "Make one: openssl rand -hex 32")
    return name, hashlib.sha256(key.encode()).digest()
