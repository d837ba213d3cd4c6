"""Contextual bandits: the weights of an experiment depend on who is asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kindred.experiments.engine.conditions import Conditions, Predicate
from kindred.experiments.engine.context import Context
from kindred.experiments.engine.ranges import Range, bucket_ranges, usable_weights
from kindred.experiments.engine.results import BanditLeaf

FALLBACK_LEAF = -1


@dataclass(frozen=True, slots=True)
class Weighting:
    """What one leaf makes of the experiment. `described` is the experiment's definition with the
    leaf's weights; `described_with_leaf` names the leaf too, for units that a hash assigned."""

    leaf: BanditLeaf | None
    ranges: tuple[Range, ...]
    described: Mapping[str, Any]
    described_with_leaf: Mapping[str, Any]


class Bandit:
    """The leaves of one bandit, in order; the first whose condition holds sets the weights."""

    def __init__(
        self,
        definition: Mapping[str, Any],
        experiment: Mapping[str, Any],
        *,
        count: int,
        conditions: Conditions,
    ) -> None:
        self._count = count
        self._experiment = experiment
        version = definition.get("banditVersion")
        self._version = version if _is_identifier(version) else None
        weights = experiment.get("weights")
        self._fallback = self._weighting(FALLBACK_LEAF, usable_weights(count, weights), weights)
        leaves = definition.get("contexts") or []
        self._leaves: list[tuple[Predicate, Weighting]] = [
            (conditions.compile(leaf.get("condition") or {}), self._leaf(leaf))
            for leaf in leaves
            if isinstance(leaf, Mapping)
        ]

    def weighting(self, context: Context) -> Weighting:
        for holds, weighting in self._leaves:
            if holds(context.attributes):
                return weighting
        return self._fallback

    def _leaf(self, leaf: Mapping[str, Any]) -> Weighting:
        """A leaf without usable weights or number counts as none."""
        weights = leaf.get("weights")
        if not _is_identifier(leaf.get("leafId")) or weights is None:
            return self._fallback
        if usable_weights(self._count, weights) is not weights:
            return self._fallback
        return self._weighting(leaf["leafId"], weights, weights)

    def _weighting(self, leaf_id: int, weights: Sequence[float], shown: Any) -> Weighting:
        described = {**self._experiment}
        if shown is not None:
            described["weights"] = shown
        if self._experiment.get("ranges"):
            # Ranges go before weights: no leaf had a say in them.
            ranges = tuple((start, end) for start, end in self._experiment["ranges"])
            return Weighting(None, ranges, described, described)
        leaf: dict[str, Any] = {"leafId": leaf_id, "variationWeights": weights}
        if self._version is not None:
            leaf["banditVersion"] = self._version
        coverage = self._experiment.get("coverage")
        return Weighting(
            BanditLeaf(leaf_id, weights, self._version),
            bucket_ranges(self._count, 1.0 if coverage is None else coverage, weights),
            described,
            {**described, "contextualBandit": leaf},
        )


def _is_identifier(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
