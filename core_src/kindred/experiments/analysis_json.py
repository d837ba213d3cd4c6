"""Results and decisions as JSON: numbers, words and null, never NaN or infinity."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from kindred.experiments.comparisons import Comparison, LiftResult, MetricResult
from kindred.experiments.decisions import Decision


def decision_json(decision: Decision) -> dict[str, Any]:
    ratio = decision.sample_ratio
    return {
        "outcome": decision.outcome,
        "winner": decision.winner,
        "policy": decision.policy,
        "reasons": list(decision.reasons),
        "warnings": list(decision.warnings),
        "minimum_units_per_variation": decision.minimum_units,
        "sample_ratio": {
            "chi_square": _finite(ratio.chi_square),
            "p_value": ratio.p_value,
            "verdict": ratio.verdict,
        },
    }


def results_json(results: Iterable[MetricResult]) -> list[dict[str, Any]]:
    return [
        {
            "metric": result.metric.key,
            "kind": result.metric.kind,
            "role": result.metric.role,
            "direction": result.metric.direction,
            "variations": [_comparison_json(each) for each in result.comparisons],
        }
        for result in results
    ]


def _comparison_json(each: Comparison) -> dict[str, Any]:
    return {
        "variation": each.variation,
        "units": each.units,
        "mean": _finite(each.mean),
        "absolute": _lift_json(each.absolute),
        "relative": _lift_json(each.relative),
        "p_value": each.p_value,
        "always_valid_p_value": each.always_valid_p_value,
        "adjusted_p_value": each.adjusted_p_value,
        "chance_best": each.chance_best,
        "expected_loss": each.expected_loss,
        "uses_covariate": each.uses_covariate,
    }


def _lift_json(lift: LiftResult | None) -> dict[str, Any] | None:
    if lift is None:
        return None
    return {
        "value": _finite(lift.value),
        "interval": [_finite(end) for end in lift.interval],
        "sequence": [_finite(end) for end in lift.sequence],
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
