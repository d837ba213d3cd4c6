"""From text to terms: one tokenisation for fitting and for every later query."""

import re
import unicodedata

# Scripts written without spaces: a run of these is cut into pairs of characters.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana, Han
)
_WORD = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+")
_ADDRESS = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
# Not every combining mark: a kana's voicing or a Hebrew vowel is no mere accent.
_ACCENTS = re.compile("[\u0300-\u036f]+")
_UNSPACED_START = re.compile(rf"[{_UNSPACED}]")


def fold(text: str) -> str:
    """Text as people compare it: no case, no accents, no doubled spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    # Twice: some characters only have a case once they are taken apart.
    folded = unicodedata.normalize("NFKD", text).casefold()
    decomposed = unicodedata.normalize("NFKD", folded)
    return " ".join(unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed)).split())


def words(text: str) -> list[str]:
    """Terms in reading order: words of two characters or more, and pairs in unspaced scripts.

    Web addresses are left out: they say who publishes, not what an app is.
    """
    found: list[str] = []
    for match in _WORD.findall(fold(_ADDRESS.sub(" ", text))):
        if _UNSPACED_START.match(match):
            pairs = [match[at : at + 2] for at in range(len(match) - 1)]
            found.extend(pairs or [match])
        elif len(match) > 1:
            found.append(match)
    return found
