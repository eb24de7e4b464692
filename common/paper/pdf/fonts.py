"""What a PDF font's name says: bold, italic, typewriter, small capitals, mathematics.

PDF has no reliable flag for any of these, so this reads the names that TeX, Word and typst give their fonts. A font
without a telling name (a Type 3 bitmap font) is plain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

BOLD = re.compile(
    r"bold|black|heavy|demi|semibd|(?<![a-z])bd(?![a-z])|medi(?!um)|cmbx|cmb1|cmssbx|sfbx|sfsx|ecbx|ecsx|"
    r"ebx|libertinetb|libertinez|biolinumtb|ptmb|phvb|pplb|putb|[- ]b(?![a-z])|txb\d?$|cmbcsc|sfxc",
)
ITALIC = re.compile(
    r"ital|obli|slant|cmti|cmsl|cmbxti|cmbxsl|cmssi|sfti|sfsl|sfbi|sfbl|ecti|ecsl|libertineti|libertinezi|"
    r"biolinumti|ptmri|ptmbi|phvro|[- ](?:b|semibold)?it(?![a-z])|regularit",
)
MONO = re.compile(
    r"cmtt|cmsltt|sftt|ectt|courier|mono|typewriter|nimbusmon|inconsol|consol|txtt|t1xtt|menlo|vtt|lmtt|pcrr|"
    r"libertinem|zi4",
)
CAPS = re.compile(r"cmcsc|sfcc|sfxc|eccc|caps|-sc(?![a-z])|smallcap|[a-z]sc\d*$")
MATH = re.compile(
    r"cmmi|cmsy|cmex|cmbsy|msam|msbm|eufm|eusm|eurm|rsfs|lasy|txsy|txmi|txex|txmia|newtxmi|rtxmi|math|bbm|dsrom|"
    r"symbol|mtmi|mtsy|wasy|stmary|esint|lmsy|lmmi|cmmib|pxsy|pxmi|fourier-m|mathtime|zapfding|bbold|yhmath|mnsym",
)


@dataclass(frozen=True, slots=True)
class Face:
    """A font's name without its subset prefix, and what the name says."""

    name: str
    bold: bool = False
    italic: bool = False
    mono: bool = False
    caps: bool = False
    math: bool = False


@lru_cache(maxsize=4096)
def face(raw: str) -> Face:
    """Read a BaseFont name such as "ABCDEF+NimbusRomNo9L-Medi"."""
    name = raw.split("+", 1)[1] if len(raw) > 7 and raw[6] == "+" else raw
    low = name.lower()
    return Face(
        name,
        bold=bool(BOLD.search(low)),
        italic=bool(ITALIC.search(low)),
        mono=bool(MONO.search(low)),
        caps=bool(CAPS.search(low)),
        math=bool(MATH.search(low)),
    )
