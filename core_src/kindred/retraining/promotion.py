"""Whether a trained model is enough better than the one that serves to be worth an experiment."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

# The requirements': recall@10 improves by more than 3 %, relative to the old model's.
LEAST_IMPROVEMENT = 0.03
# What 0.103 / 0.1 is off by in binary: an improvement of exactly 3 % is not more than 3 %.
_ROUNDING = 1e-9
_NEEDED = ("recall_at_10", "baseline_recall_at_10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """`improvement` is relative, 0.03 for 3 %; None where it cannot be known."""

    promote: bool
    reason: str
    improvement: float | None = None


def judge_promotion(metrics: Mapping[str, float]) -> Promotion:
    """Both models' recall on the same held-out requests decide.

    A metric that is missing or no share is no improvement, and neither is anything beside an old
    model that found nothing: then the held-out requests say too little of either.
    """
    for name in _NEEDED:
        value = metrics.get(name)
        if value is None or not 0.0 <= value <= 1.0:
            given = "nothing" if value is None else f"{value:g}"
            return Promotion(
                promote=False, reason=f"{name}: given {given}, allowed a share from 0 to 1"
            )
    candidate, baseline = (metrics[name] for name in _NEEDED)
    if baseline == 0.0:
        return Promotion(
            promote=False,
            reason=f"recall@10 is {candidate:.4f} beside 0 of the old model: no relative "
            "improvement can be told",
        )
    improvement = candidate / baseline - 1
    promote = improvement > LEAST_IMPROVEMENT + _ROUNDING
    return Promotion(
        promote=promote,
        improvement=improvement,
        reason=f"recall@10 is {candidate:.4f} beside {baseline:.4f} of the old model, "
        f"{100 * improvement:+.2f} %: {'more' if promote else 'not more'} than "
        f"{100 * LEAST_IMPROVEMENT:g} %{_interval(metrics)}",
    )


def _interval(metrics: Mapping[str, float]) -> str:
    """How sure the improvement is, where the training says so; the rule is of the figure alone."""
    low, high = (metrics.get(f"recall_improvement_{end}") for end in ("low", "high"))
    if low is None or high is None:
        return ""
    return f" (with 95 % confidence {100 * low:+.2f} to {100 * high:+.2f} %)"


def parse_metrics(text: str | bytes) -> dict[str, float]:
    """The numbers of an `evaluation.json`, those of nested objects by names joined with `_`.

    Raises ValueError for anything but an object.
    """
    document = json.loads(text)
    if not isinstance(document, dict):
        raise ValueError(f"evaluation: given a {type(document).__name__}, allowed an object")
    return dict(_numbers("", document))


def _numbers(prefix: str, document: Mapping[str, object]) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for name, value in document.items():
        if isinstance(value, dict):
            found += _numbers(f"{prefix}{name}_", value)
        elif isinstance(value, float) or type(value) is int:
            found += [(f"{prefix}{name}", float(value))] if math.isfinite(value) else []
    return found
