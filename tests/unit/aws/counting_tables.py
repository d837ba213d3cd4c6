"""Experiment events, and the tables that count them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kindred.experiments.events import Conversion, Exposure
from kindred_aws.experiment_counters import ExperimentCounters
from kindred_aws.experiment_ledger import ExperimentLedger

NOW = 1_767_225_600


def ledger(client, slept=None):
    return ExperimentLedger(
        client,
        counters_table="counters",
        ledger_table="ledger",
        remember_events_days=90,
        clock=lambda: NOW,
        sleep=(slept if slept is not None else []).append,
        jitter=lambda: 1.0,
    )


def counts(client):
    return ExperimentCounters(client, table_name="counters").read("e")


def exposure(number, unit=None, variation="a", **fields):
    return Exposure(
        event_id=f"exposure-{number:012d}",
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        unit_id=unit or f"unit-{number}",
        experiment_id="e",
        variation=variation,
        **fields,
    )


def conversion(number, unit=None, metric="revenue", value=1.0, **fields):
    return Conversion(
        event_id=f"conversion-{metric}-{number:012d}",
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=1),
        unit_id=unit or f"unit-{number}",
        experiment_id="e",
        metric=metric,
        value=value,
        **fields,
    )
