"""A stated model of what people click on, which knows neither of the models that it compares.

Position-based (Craswell et al., "An experimental comparison of click position-bias models", 2008):
a person looks at place r with probability 1 / r ** 0.6, and clicks what they look at with the
probability that it attracts them. What attracts is read from metadata alone: the same category,
common features, common words; three in ten of those whom that would attract stay where an app is
paid for in another way, and half where it is made for another region. No embedding takes part, so
that none is favoured by construction; an attraction that people do not have in truth is not found
out here, but in the experiment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kindred.similarity.app import AppMetadata
from kindred.similarity.words import fold, words

EXAMINATION_DECAY = 0.6
_ANYTHING = 0.02
_SAME_CATEGORY = 0.10
_COMMON_FEATURES = 0.20
_COMMON_WORDS = 0.40
# Shares that remain.
_OTHER_PRICING = 0.3
_OTHER_REGION = 0.5


@dataclass(frozen=True, slots=True)
class Described:
    """What of an app the click model reads, taken apart once."""

    category: str | None
    region: str | None
    pricing: str | None
    features: frozenset[str]
    words: frozenset[str]


def describe(metadata: AppMetadata) -> Described:
    return Described(
        category=metadata.category,
        region=metadata.region,
        pricing=metadata.pricing,
        features=frozenset(map(fold, metadata.features)),
        words=frozenset(words(f"{metadata.name} {metadata.description}")),
    )


def examination(places: int) -> npt.NDArray[np.float64]:
    """float64[places]: the probability that each place, from the first, is looked at."""
    return np.power(np.arange(1, places + 1, dtype=np.float64), -EXAMINATION_DECAY)


def attraction(query: Described, shown: Described) -> float:
    """The probability of a click on what is looked at, in [0, 0.72]."""
    alike = (
        _ANYTHING
        + _SAME_CATEGORY * (query.category is not None and query.category == shown.category)
        + _COMMON_FEATURES * _overlap(query.features, shown.features)
        + _COMMON_WORDS * _overlap(query.words, shown.words)
    )
    if _differ(query.pricing, shown.pricing):
        alike *= _OTHER_PRICING
    if _differ(query.region, shown.region):
        alike *= _OTHER_REGION
    return alike


def click_probability(query: Described, shown: list[Described]) -> float:
    """The probability of at least one click on a list, nearest first."""
    attracts = np.array([attraction(query, each) for each in shown])
    return float(1 - np.prod(1 - examination(len(shown)) * attracts))


def _differ(one: str | None, other: str | None) -> bool:
    """What is not known puts nobody off."""
    return one is not None and other is not None and one != other


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of all that is common: Jaccard's index; nothing has nothing in common."""
    return len(one & other) / len(one | other) if one and other else 0.0
