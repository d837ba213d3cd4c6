"""One name for a category, whatever a store calls it."""

import re

from kindred.similarity.words import fold

# A store's own word, as `_key` gives it, to the name under which both stores' apps are found.
_CANONICAL = {
    "food and drink": "Food & Drink",
    "game": "Games",
    "games": "Games",
    "health and fitness": "Health & Fitness",
    "maps and navigation": "Navigation",
    "music and audio": "Music",
    "news and magazines": "News",
    "photo and video": "Photo & Video",
    "photography": "Photo & Video",
    "social": "Social Networking",
    "tools": "Utilities",
    "travel and local": "Travel",
    "video players": "Photo & Video",
    "video players and editors": "Photo & Video",
}
_SPACES = re.compile(r"[\s_]+")
_AND = re.compile(r"\band\b", re.IGNORECASE)


def canonical_name(category: str) -> str:
    """`HEALTH_AND_FITNESS` is Health & Fitness; a name in mixed case stays as it is written."""
    known = _CANONICAL.get(_key(category))
    if known is not None:
        return known
    spaced = _SPACES.sub(" ", category).strip()
    if spaced.isupper() or spaced.islower():
        spaced = " ".join(word[:1].upper() + word[1:].lower() for word in spaced.split(" "))
        spaced = _AND.sub("&", spaced)
    return spaced


def _key(category: str) -> str:
    return fold(_SPACES.sub(" ", category).replace("&", " and "))
