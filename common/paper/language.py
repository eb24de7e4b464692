"""Which language a text is in, as far as a reader of English papers must know: English, another one named, or unclear.

By the share of words that are a language's commonest ones, or by script. Enough for whole papers; not for sentences.
"""

from __future__ import annotations

import re
from collections import Counter

STOP_WORDS = {
    "English": "the of and to in a is that for we with as on this are by be it from an at which can our or not",
    "German": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus",
    "French": "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec",
    "Spanish": "de la que el en y a los se del las un por con no una su para es al lo como más o este entre",
    "Portuguese": "de a o que e do da em um para com não uma os no se na por mais as dos como mas ao das à são",
    "Italian": "di e il la che in a per un è del della con non una i le da si dei sono al nel come gli anche",
    "Dutch": "de van het een en in is dat op te zijn voor met die niet aan er om ook als dan bij wordt door",
    "Polish": "w i z na do się że jest nie to o jak przez od po dla za oraz są lub być tym który tego ma",
    "Turkish": "ve bir bu için ile da de olarak daha olan en çok gibi kadar sonra ise veya göre her hem ancak",
    "Indonesian": "yang dan di dengan untuk pada dari dalam ini adalah ke tidak oleh atau sebagai dapat akan itu",
    "Vietnamese": "và của các là trong được có cho với những một không này để từ trên đến như khi về theo",
    "Russian": "и в не на с что по как для из к от это при то или но так же мы его все их было",
}
_SETS = {name: frozenset(words.split()) for name, words in STOP_WORDS.items()}
_SCRIPTS = (
    ("Chinese", re.compile(r"[\u4e00-\u9fff]")),
    ("Japanese", re.compile(r"[\u3040-\u30ff]")),
    ("Korean", re.compile(r"[\uac00-\ud7af]")),
    ("Arabic", re.compile(r"[\u0600-\u06ff]")),
    ("Hebrew", re.compile(r"[\u0590-\u05ff]")),
    ("Hindi", re.compile(r"[\u0900-\u097f]")),
    ("Thai", re.compile(r"[\u0e00-\u0e7f]")),
)
_WORD = re.compile(r"[^\W\d_]{2,}")  # single letters are mathematics, or words falling apart


def language(text: str) -> tuple[str, float]:
    """(language, share of its commonest words among all words); ("", share of English) when no language stands out.

    For scripts without word spaces the share is that of their characters among the letters.
    """
    words = _WORD.findall(text.lower())
    if not words:
        return "", 0.0
    letters = sum(map(len, words))
    scripts = {name: len(pattern.findall(text)) / letters for name, pattern in _SCRIPTS}
    if scripts["Japanese"] > 0.1:  # kana stand among Chinese characters
        return "Japanese", scripts["Japanese"] + scripts["Chinese"]
    script = max(scripts, key=scripts.__getitem__)
    if scripts[script] > 0.3:
        return script, scripts[script]
    counts = Counter(words)
    shares = {name: sum(counts[word] for word in known) / len(words) for name, known in _SETS.items()}
    best = max(shares, key=shares.__getitem__)
    if shares[best] < 0.08:
        return "", shares["English"]
    return best, shares[best]
