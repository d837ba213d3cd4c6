"""Measures how far queries and predictions are from what the model that serves was made for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric

from kindred.drift.detection import LEAST_SAMPLES, FeatureDrift, drifts, growth
from kindred.drift.distributions import Distributions
from kindred.drift.reference import Reference
from kindred.moments import moment
from retraining_functions.collaborators import lake, training_data
from retraining_functions.drift_reference import load_reference, save_reference

logger = Logger()
metrics = Metrics()
_WINDOW = timedelta(days=7)


@metrics.log_metrics
def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Before the first training the first window that is large enough becomes the reference."""
    metrics.add_metric("DailyRuns", MetricUnit.Count, 1)
    until = moment("scheduled_at", event.get("scheduled_at"))
    since = until - _WINDOW
    current, error = lake().distributions(since, until), lake().prediction_error(since, until)
    reference = load_reference(training_data())
    if reference is None and _is_enough(current):
        reference = Reference(
            source=f"the first window, to {until:%Y-%m-%d}", distributions=current
        )
        save_reference(training_data(), reference)
    if reference and error and error.is_enough and not _has_error(reference):
        reference = replace(reference, error=error)
        save_reference(training_data(), reference)
    found = list(drifts(reference.distributions, current)) if reference else []
    grown = growth(reference.error if reference else None, error)
    _publish(found)
    if error:
        metrics.add_metric("PredictionMae", MetricUnit.NoUnit, error.mae)
    if grown is not None:
        metrics.add_metric("PredictionMaeGrowth", MetricUnit.NoUnit, grown)
    said = {
        "reference": reference.source if reference else None,
        "features": [asdict(each) for each in found],
        "shifted": [each.feature for each in found if each.is_alarming],
        "prediction_mae": error.mae if error else None,
        "prediction_mae_growth": grown,
    }
    logger.info("drift measured", drift=said)
    return said


def _is_enough(current: Distributions) -> bool:
    return any(sum(counts.values()) >= LEAST_SAMPLES for counts in current.categories.values())


def _has_error(reference: Reference) -> bool:
    """One of a few outcomes would never be compared with, and stay until the next model."""
    return reference.error is not None and reference.error.is_enough


def _publish(found: Sequence[FeatureDrift]) -> None:
    """A feature that was not judged has no value: its alarm must not take that for no shift."""
    for each in found:
        for name, value in (
            ("FeatureDriftShift", each.shift),
            ("FeatureDriftPsi", each.stability_index),
        ):
            with single_metric(name, MetricUnit.NoUnit, value) as metric:
                metric.add_dimension("feature", each.feature)
    if found:
        largest = max(each.shift for each in found)
        metrics.add_metric("FeatureDriftShift", MetricUnit.NoUnit, largest)
