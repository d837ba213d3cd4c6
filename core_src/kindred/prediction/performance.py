"""Empirical Bayes: an app's performance from that of its neighbours, shrunk to its group's."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Measure = Literal["ctr", "popularity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A neighbour's performance.

    `similarity` is a cosine. `value` is clicks per impression, or log10(1 + count).
    `weight` is how far the value can be trusted, 0 to 1: impressions / (impressions + noise).
    """

    app_id: str
    similarity: float
    value: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A group of the neighbours, as the catalogue's own values name it."""

    category: str | None
    pricing: str | None
    share: float  # of the neighbours' weight
    neighbors: int
    apps: int  # in the catalogue, with a known performance
    score: float  # the group's shrunk mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What is expected before any neighbour is seen, and how evidence moves it.

    `mean` is on the measure's own scale; the rest on the working one, where CTR is a logit.
    """

    measure: Measure
    mean: float
    strength: float  # neighbours' weight at which evidence and prior count alike
    similarity_floor: float  # a neighbour no nearer than this says nothing
    spread: float  # standard deviation of one app about its expected value, ample evidence
    prior_spread: float  # the same, about the prior alone
    low_quantile: float  # of standardised residuals of kept-aside apps; negative
    high_quantile: float
    sharpness: float = 1.0  # a neighbour weighs (similarity above the floor) ** sharpness


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """`low` to `high` holds the app's own performance nine times in ten."""

    score: float
    low: float
    high: float
    measure: Measure
    evidence_count: int
    thin: bool
    segments: tuple[Segment, ...] = ()


def predict(
    evidence: Sequence[Evidence], *, prior: Prior, segments: tuple[Segment, ...] = ()
) -> Prediction:
    """The neighbours' weighted mean m, drawn to the prior p: (W m + k p) / (W + k).

    W is the neighbours' total weight and k the prior's strength. The interval widens as
    k / (W + k), the part of the answer that is prior, goes to one. `thin` says that the prior
    is half of the answer or more; with no evidence the answer is the prior.
    """
    weights = [neighbour_weight(item, prior) for item in evidence]
    total = sum(weights)
    expected = to_working(prior.mean, prior.measure)
    if total > 0:
        values = (to_working(item.value, prior.measure) for item in evidence)
        mean = sum(w * value for w, value in zip(weights, values, strict=True)) / total
        expected = (total * mean + prior.strength * expected) / (total + prior.strength)
    prior_part = prior.strength / (total + prior.strength)
    variance = prior.spread**2 + prior_part * max(0.0, prior.prior_spread**2 - prior.spread**2)
    deviation = math.sqrt(variance)
    return Prediction(
        score=to_natural(expected, prior.measure),
        low=to_natural(expected + prior.low_quantile * deviation, prior.measure),
        high=to_natural(expected + prior.high_quantile * deviation, prior.measure),
        measure=prior.measure,
        evidence_count=sum(weight > 0 for weight in weights),
        thin=prior_part >= 0.5,
        segments=segments,
    )


def neighbour_weight(item: Evidence, prior: Prior) -> float:
    above = max(0.0, item.similarity - prior.similarity_floor) / (1 - prior.similarity_floor)
    return float(item.weight * above**prior.sharpness)


def to_working(value: float, measure: Measure) -> float:
    """The scale on which deviations add up: a CTR's logit, a popularity as it is."""
    if measure == "popularity":
        return value
    bounded = min(1 - 1e-6, max(1e-6, value))
    return math.log(bounded / (1 - bounded))


def to_natural(value: float, measure: Measure) -> float:
    if measure == "popularity":
        return max(0.0, value)
    return 1 / (1 + math.exp(-value))
