"""The days that an experiment in production takes, in seconds.

People are made up: each asks once, and clicks as the stated click model does on the lists that the
two published models really give. Their days are counted and decided by the platform's own daily
functions, on the mornings after.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import numpy as np

from kindred.experiments.bucketing import Arm
from kindred.experiments.decision_words import percent
from kindred.experiments.winner_selection import ShiftRecord
from kindred.retraining.simulation import chances_of_clicks
from kindred.similarity.artefact import load_artefact
from kindred_aws.artefact_store import ArtefactStore
from kindred_aws.shift_table import ShiftTable
from ops.experiment_record import EXPERIMENT_ID
from ops.local.running_platform import RunningPlatform

WRITER = "made-up"


class NothingToPass(RuntimeError):
    """No experiment of a retrained model is under way; the message says what is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmDay:
    """How many of an arm's people asked, and how many of them clicked."""

    asked: int
    clicked: int


def pass_days(
    platform: RunningPlatform, *, days: int, people: int, seed: int, say: Callable[[str], None]
) -> str:
    """The stage after the last day, or after the one that ended the experiment.

    `people` ask on each day. Raises NothingToPass, and ArtefactNotFound.
    """
    shifts = ShiftTable(
        boto3.client("dynamodb"),
        table_name=platform.output("ExperimentsTableName"),
        experiment_id=EXPERIMENT_ID,
    )
    rates: Mapping[Arm, float] = {}
    stage = ""
    for _ in range(days):
        record = shifts.load()
        if record is None or record.plan.ladder != "halves" or record.experiment.status != "active":
            if stage:
                break
            raise NothingToPass(_nothing(record))
        rates = rates or _click_rates(platform, record.experiment.arms)
        day = _next_day(record)
        seen = _draw(record, rates, people=people, seed=[seed, day.toordinal()])
        for arm, counted in seen.items():
            _put(platform, record.experiment.experiment_id, day, arm, counted)
        stage, reason = _decide(platform, day)
        asked = ", ".join(
            f"{arm} {each.asked:,} asked and {percent(each.clicked / max(1, each.asked))} clicked"
            for arm, each in seen.items()
        )
        say(f"{day}  {asked}: {reason}")
    return stage


def _nothing(record: ShiftRecord | None) -> str:
    if record is None:
        return "there is no experiment"
    experiment = record.experiment
    between = f"{experiment.control} against {experiment.treatment}"
    return (
        f"the experiment {experiment.experiment_id}, {between}, is {experiment.status}: "
        "`kindred retraining start` makes a model, and begins one of its own"
    )


def _click_rates(platform: RunningPlatform, arms: tuple[Arm, Arm]) -> Mapping[Arm, float]:
    """Of lists that each model gives for apps drawn from the catalogue."""
    store = ArtefactStore(boto3.client("s3"), platform.output("EmbeddingsBucketName"))
    with tempfile.TemporaryDirectory(prefix="models-") as scratch:
        control, treatment = (
            load_artefact(store.download(arm, Path(scratch) / arm), version=arm) for arm in arms
        )
        means = chances_of_clicks(control, treatment, seed="days").mean(axis=0)
    return dict(zip(arms, means.tolist(), strict=True))


def _next_day(record: ShiftRecord) -> date:
    """The one that the next decision is of: the last was made on the morning after its day."""
    if record.shift and record.shift.day:
        return record.shift.day
    return record.plan.since or datetime.now(UTC).date()


def _draw(
    record: ShiftRecord, rates: Mapping[Arm, float], *, people: int, seed: list[int]
) -> dict[Arm, ArmDay]:
    random = np.random.default_rng(seed)
    first = int(random.binomial(people, record.experiment.control_weight))
    asked = dict(zip(record.experiment.arms, (first, people - first), strict=True))
    return {
        arm: ArmDay(asked=count, clicked=int(random.binomial(count, rates[arm])))
        for arm, count in asked.items()
    }


def _put(platform: RunningPlatform, experiment_id: str, day: date, arm: Arm, seen: ArmDay) -> None:
    """As a service writes what it counted; of latencies nothing is made up."""
    start = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
    values = {
        "window_start": start,
        # Everybody asks once.
        "units_count": seen.asked,
        "requests_count": seen.asked,
        "impressions_count": seen.asked,
        "clicks_count": seen.clicked,
        "errors_count": 0,
    }
    boto3.client("dynamodb").put_item(
        TableName=platform.output("MetricsTableName"),
        Item={
            "experiment_id": {"S": experiment_id},
            "timestamp": {"S": f"{start}#{arm}#{WRITER}"},
            "arm": {"S": arm},
            **{name: {"N": str(value)} for name, value in values.items()},
        },
    )


def _decide(platform: RunningPlatform, day: date) -> tuple[str, str]:
    """What the morning after makes of it: the stage, and why."""
    morning = day + timedelta(days=1)
    _run(platform, "AggregateMetricsFunctionName", f"{morning}T00:15:00Z")
    said = _run(platform, "SelectWinnerFunctionName", f"{morning}T01:00:00Z")
    return str(said["stage"]), str(said["reason"])


def _run(platform: RunningPlatform, output: str, scheduled_at: str) -> dict[str, Any]:
    answer = boto3.client("lambda").invoke(
        FunctionName=platform.output(output),
        Payload=json.dumps({"scheduled_at": scheduled_at}).encode(),
    )
    said: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise NothingToPass(f"the day was not decided: {said.get('errorMessage')}")
    return said
