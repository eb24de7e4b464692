"""METEOR of one text against one reference, 0 to 100, as nltk computes it (Lavie and Agarwal 2007): alignments of equal
words, equal stems and WordNet's synonyms. That is not METEOR 1.5, which also has paraphrases and other weights; and
nltk looks synonyms up by a word's stem, so that it misses those whose stem is no word ("automobil").

Without WordNet there is no METEOR: equal words and stems alone would be another figure under its name. WordNet is data,
and no Python package holds it; it is taken where nltk or Debian put it and never fetched from here.
"""

from __future__ import annotations

import io
import warnings
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.metrics.tokens import stem

if TYPE_CHECKING:
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

DEBIAN = Path("/usr/share/wordnet")
INSTALL = "needs WordNet: apt-get install wordnet-base, or python -m nltk.downloader wordnet"
UNSCORED = "no-wordnet"


def available() -> bool:
    """Whether nltk and WordNet are here."""
    return find_spec("nltk") is not None and _folder() is not None


def meteor(prediction: str, reference: str) -> float:
    """Words are runs of letters and digits, or of other marks, in lower case. Errors: LookupError without WordNet."""
    from nltk.translate.meteor_score import single_meteor_score

    words = _wordnet()
    return 100 * single_meteor_score(_tokens(reference), _tokens(prediction), stemmer=_Stems, wordnet=words)


def settings() -> str:
    """What decides the figure beside the texts; without WordNet, what to install."""
    if not available():
        return INSTALL
    from nltk import __version__

    version = _wordnet().version
    return rf"nltk {__version__}, WordNet {version}, alpha 0.9, beta 3, gamma 0.5, tokens \w+|[^\w\s]+"


class _Stems:
    """nltk's stemmer, which remembers words."""

    stem = staticmethod(stem)


class _Synonyms:
    """The one question METEOR has for WordNet, with a memory: looking a word up takes half a millisecond."""

    def __init__(self, reader: WordNetCorpusReader) -> None:
        self.version = reader.get_version()
        self.synsets = lru_cache(maxsize=1 << 14)(reader.synsets)


@lru_cache(maxsize=256)
def _tokens(text: str) -> list[str]:
    from nltk.tokenize import wordpunct_tokenize

    return wordpunct_tokenize(text)


def _folder() -> Any:
    """Where WordNet's files are: a path, or nltk's pointer into a zip file; None if nowhere."""
    import nltk.data

    try:
        return nltk.data.find("corpora/wordnet/")
    except LookupError:
        return str(DEBIAN) if (DEBIAN / "data.noun").is_file() else None


@lru_cache(maxsize=1)
def _wordnet() -> _Synonyms:
    import nltk.data
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    class English(WordNetCorpusReader):
        """Without what only other languages need, and without the names of the lexicographers' 45 files, which
        Debian leaves out: METEOR asks for neither."""

        def map_wn(self, version: str = "wordnet") -> None:
            return None

        def open(self, file: str) -> Any:
            if file == "lexnames":
                return io.StringIO("".join(f"{number:02d}\tfile{number}\t0\n" for number in range(45)))
            return super().open(file)

    folder = _folder()
    if folder is None:
        raise LookupError(INSTALL)
    if folder == str(DEBIAN) and folder not in nltk.data.path:
        nltk.data.path.append(folder)  # nltk opens nothing that is not below one of these
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The multilingual functions are not available")
        return _Synonyms(English(folder, None))
