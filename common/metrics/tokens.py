"""The tokens that ROUGE counts, as the package rouge-score makes them (its `tokenize.py`, after Lin's ROUGE-1.5.5).

Lower case, runs of a-z and 0-9; with the stemmer, words of more than three letters lose their endings (Porter 1980 with
nltk's extensions; Snowball's `porter` differs from it in some words, so it cannot stand in). Letters beyond a-z part
words and are lost: a text in another script has no tokens.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from common.errors import ReviewError

if TYPE_CHECKING:
    from nltk.stem.porter import PorterStemmer

_WORD = re.compile("[a-z0-9]+")
_UNSTEMMED = 3


def tokens(text: str, stemmed: bool = True) -> list[str]:
    """The tokens in their order. Errors: ReviewError when stems are asked for and nltk is missing."""
    words = _WORD.findall(text.lower())
    return [word if len(word) <= _UNSTEMMED else stem(word) for word in words] if stemmed else words


# A corpus repeats its words: the stemmer, 15 microseconds a word, is asked once for each.
@lru_cache(maxsize=1 << 17)
def stem(word: str) -> str:
    """nltk's Porter stem of a word in lower case."""
    return _stemmer().stem(word)


@lru_cache(maxsize=1)
def _stemmer() -> PorterStemmer:
    if find_spec("nltk") is None:
        raise ReviewError(
            "nltk is not installed, so words cannot be stemmed.", 'Install it with: pip install ".[eval]"'
        )
    from nltk.stem.porter import PorterStemmer

    return PorterStemmer()
