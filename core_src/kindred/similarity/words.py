"""From text to terms: one tokenisation for fitting and for every later query."""

import re
import unicodedata

# Scripts written without spaces: a run of these is cut into pairs of characters.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana, Han
)
_WORD = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:['\u2019][^\W_{_UNSPACED}]+)?")
_UNSPACED_START = re.compile(rf"[{_UNSPACED}]")


def fold(text: str) -> str:
    """Text as people compare it: no case, no accents, no doubled spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(ch for ch in decomposed if not unicodedata.combining(ch))
    return " ".join(unicodedata.normalize("NFC", kept).split())


def words(text: str) -> list[str]:
    """Terms in reading order: words of two characters or more, and pairs in unspaced scripts."""
    found: list[str] = []
    for match in _WORD.findall(fold(text)):
        if _UNSPACED_START.match(match):
            pairs = [match[at : at + 2] for at in range(len(match) - 1)]
            found.extend(pairs or [match])
        elif len(match) > 1:
            found.append(match)
    return found
