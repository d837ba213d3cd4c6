"""Retraining, whole: its job, its machine, what starts it, and what watches for drift."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from constructs import Construct

from kindred_constructs.announcement_topic import AnnouncementTopic
from kindred_constructs.dead_letters import DeadLetters
from kindred_constructs.drift_alarms import DriftAlarms
from kindred_constructs.function_asset import FunctionAsset
from kindred_constructs.function_schedule import FunctionSchedule, daily
from kindred_constructs.machine_alarms import MachineAlarms
from kindred_constructs.python_function import PythonFunction
from kindred_constructs.retraining_functions import (
    RetrainingFunctions,
    RetrainingParts,
    RetrainingRules,
)
from kindred_constructs.retraining_machine import RetrainingMachine
from kindred_constructs.training_bucket import RETRAINING
from kindred_constructs.training_job import TrainingJob, TrainingShape


class Retraining(Construct):
    """Started by a schedule and by drift; what cannot be started waits among `unstarted`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        asset: FunctionAsset,
        parts: RetrainingParts,
        rules: RetrainingRules,
        shape: TrainingShape,
        weekly: str,
        cool_down_hours: int,
        key: kms.IKey,
        unstarted: DeadLetters,
        email: str | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._asset = asset
        self._parts = parts
        self._key = key
        self._unstarted = unstarted
        self._cool_down_hours = cool_down_hours
        self.topic = AnnouncementTopic(self, "Notices", key=key, email=email)
        self.functions = RetrainingFunctions(
            self, "Functions", asset=asset, parts=parts, rules=rules
        )
        self.machine = self._add_machine(shape, asset.rules.log_key, rules.retire_after_days)
        asset.alarms.hear(*MachineAlarms(self, "Runs", machine=self.machine.machine).alarms)
        self.start = self._add_start(weekly)
        self._add_daily()

    def _add_machine(
        self, shape: TrainingShape, log_key: kms.IKey, retire_after_days: float
    ) -> RetrainingMachine:
        parts = self._parts
        job = TrainingJob(
            self,
            "Job",
            endpoints=parts.endpoints,
            image=parts.images.training,
            shape=shape,
            training=parts.training,
            embeddings=parts.embeddings,
            key=self._key,
        )
        machine = RetrainingMachine(
            self,
            "Machine",
            functions=self.functions,
            job=job,
            topic=self.topic,
            workgroup=parts.archive.workgroup.ref,
            log_key=log_key,
            retire_after_days=retire_after_days,
        )
        # Athena answers as who asks, and writes where the answer is to go.
        parts.archive.grant_query(machine.role)
        parts.features.grant_query(machine.role)
        parts.training.grant_unload_below(machine.role, RETRAINING)
        return machine

    def _add_start(self, weekly: str) -> PythonFunction:
        function = self._asset.function(
            self,
            "StartRetraining",
            timeout_seconds=60,
            environment={
                "RETRAINING_MACHINE_ARN": self.machine.machine.state_machine_arn,
                "RETRAINING_TABLE": self._parts.runs.runs.table_name,
                "COOL_DOWN_HOURS": str(self._cool_down_hours),
            },
        )
        self.machine.grant_start(function.role)
        self._parts.runs.grant_record(function.role)
        self._schedule("StartWeekly", function, weekly)
        return function

    def _add_daily(self) -> None:
        """Features first: drift is measured against what they are."""
        self._schedule("FeedFeaturesDaily", self.functions.feed_features, daily("02:00"))
        self._schedule("DetectDriftDaily", self.functions.detect_drift, daily("04:00"))
        alarms = DriftAlarms(
            self,
            "Drift",
            namespace=self._asset.rules.metrics_namespace,
            service="detect_drift",
        )
        self._asset.alarms.hear(alarms.features, alarms.predictions)
        self._start_by(alarms.predictions)

    def _start_by(self, alarm: cloudwatch.Alarm) -> None:
        events.Rule(
            self,
            "PredictionDrift",
            event_pattern=events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=["CloudWatch Alarm State Change"],
                detail={"alarmName": [alarm.alarm_name], "state": {"value": ["ALARM"]}},
            ),
            targets=[targets.LambdaFunction(self.start.function)],
        )

    def _schedule(self, name: str, function: PythonFunction, expression: str) -> None:
        FunctionSchedule(
            self,
            name,
            function=function,
            expression=expression,
            key=self._key,
            dead_letters=self._unstarted,
        )
