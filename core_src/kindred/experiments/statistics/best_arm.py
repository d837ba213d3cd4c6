"""Which arm is probably best, and what choosing each one would cost if it is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from kindred.experiments.statistics.posteriors import Beta, Column, Posterior

# Beyond this many terms the quadrature is both quicker and more exact.
_CLOSED_FORM_TERMS = 5_000
_REACH_DEVIATIONS = 12.0
_PANELS_PER_ARM = 12
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(20)


def probabilities_best(arms: Sequence[Posterior]) -> tuple[float, ...]:
    """For each arm the chance that it is the highest; they sum to 1."""
    if len(arms) == 2 and _in_closed_form(arms):
        second = _second_is_higher(*_betas(arms))
        return 1 - second, second
    x, weights = _grid(arms)
    below = np.array([arm.below(x) for arm in arms])
    chances = []
    for index, arm in enumerate(arms):
        density = arm.density(x) * weights
        others = np.delete(below, index, axis=0).prod(axis=0)
        chances.append(float(density @ others / density.sum()))
    total = sum(chances)
    return tuple(chance / total for chance in chances)


def expected_losses(arms: Sequence[Posterior]) -> tuple[float, ...]:
    """For each arm by how much it falls short of the highest, on average, in the metric's unit."""
    if len(arms) == 2 and _in_closed_form(arms):
        first, second = _betas(arms)
        return _loss_of_second(second, first), _loss_of_second(first, second)
    x, weights = _grid(arms)
    below = np.array([arm.below(x) for arm in arms])
    all_below = below.prod(axis=0)
    # E[max] - E[arm] is the integral of the difference of their distribution functions.
    return tuple(max(0.0, float(weights @ (own - all_below))) for own in below)


def _second_is_higher(first: Beta, second: Beta) -> float:
    """P(second > first). Source: Evan Miller, "Formulas for Bayesian A/B testing" (2015)."""
    i = np.arange(int(second.alpha))
    terms = (
        special.betaln(first.alpha + i, first.beta + second.beta)
        - np.log(second.beta + i)
        - special.betaln(1 + i, second.beta)
        - special.betaln(first.alpha, first.beta)
    )
    return float(min(1.0, np.exp(terms).sum()))


def _loss_of_second(first: Beta, second: Beta) -> float:
    """E[max(first - second, 0)]. Source: Chris Stucchio, "Bayesian A/B testing at VWO" (2015)."""
    first_more, second_more = Beta(first.alpha + 1, first.beta), Beta(second.alpha + 1, second.beta)
    gain = first.mean * (1 - _second_is_higher(first_more, second))
    return max(0.0, gain - second.mean * (1 - _second_is_higher(first, second_more)))


def _in_closed_form(arms: Sequence[Posterior]) -> bool:
    return all(
        isinstance(arm, Beta) and arm.alpha < _CLOSED_FORM_TERMS and float(arm.alpha).is_integer()
        for arm in arms
    )


def _betas(arms: Sequence[Posterior]) -> tuple[Beta, Beta]:
    first, second = arms
    assert isinstance(first, Beta)
    assert isinstance(second, Beta)
    return first, second


def _grid(arms: Sequence[Posterior]) -> tuple[Column, Column]:
    """Gauss-Legendre panels over all that any arm may be, fine wherever some arm is narrow."""
    reaches = np.linspace(-_REACH_DEVIATIONS, _REACH_DEVIATIONS, _PANELS_PER_ARM + 1)
    edges = [np.clip(arm.mean + reaches * arm.deviation, *arm.support) for arm in arms]
    cuts = np.unique(np.concatenate(edges))
    half = np.diff(cuts) / 2
    centre = cuts[:-1] + half
    x = (centre[:, None] + half[:, None] * _NODES).ravel()
    weights = (half[:, None] * _NODE_WEIGHTS).ravel()
    return x, weights
