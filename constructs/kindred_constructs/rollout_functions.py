"""The functions that roll a model out, and what each may do to whose endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from kindred_constructs.function_asset import FunctionAsset
from kindred_constructs.grants import allow
from kindred_constructs.inference_alarms import InferenceAlarms, Watch
from kindred_constructs.model_endpoints import ModelEndpoints
from kindred_constructs.model_packages import ModelPackages
from kindred_constructs.pseudonym_secret import PseudonymSecret
from kindred_constructs.python_function import NAMESPACE, PythonFunction
from kindred_constructs.rollout_events import RolloutEvents
from kindred_constructs.rollout_tables import RolloutTables
from kindred_constructs.training_bucket import (
    BATCH_INPUT,
    BATCH_OUTPUT,
    DATA_CAPTURE,
    TrainingBucket,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutParts:
    """What the functions work on."""

    endpoints: ModelEndpoints
    tables: RolloutTables
    packages: ModelPackages
    training: TrainingBucket
    events: RolloutEvents
    pseudonyms: PseudonymSecret


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutPace:
    """`minute_seconds` is how long a minute of a rollout lasts; slower answers raise an alarm."""

    minute_seconds: int
    p99_latency_ms: float
    instance_type: str
    initial_instances: int


class RolloutFunctions(Construct):
    """The first of the endpoints is the one that programs ask."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        asset: FunctionAsset,
        parts: RolloutParts,
        pace: RolloutPace,
    ) -> None:
        super().__init__(scope, construct_id)
        self._asset = asset
        self._parts = parts
        self._pace = pace
        self.serving_endpoint = f"{parts.endpoints.prefix}{parts.endpoints.names[0]}"
        self.inference = self._add_inference()
        self.reconcile = self._add_reconcile(self._add_inference_alarms())
        self.deployments = self._add_deployments()
        self.admit_package = self._add_admit_package()
        self.batch_predictions = self._add_batch_predictions()

    def _add_inference(self) -> PythonFunction:
        function = self._asset.function(
            self,
            "Inference",
            timeout_seconds=28,
            environment={
                "ENDPOINT_NAME": self.serving_endpoint,
                "METRICS_NAMESPACE": NAMESPACE,
                **self._parts.pseudonyms.setting,
            },
        )
        self._parts.pseudonyms.grant_use(function.role)
        self._parts.endpoints.grant_invoke(function.role, self._parts.endpoints.names[0])
        return function

    def _add_inference_alarms(self) -> Sequence[cloudwatch.Alarm]:
        watch = Watch(
            namespace=NAMESPACE,
            endpoint=self.serving_endpoint,
            minute_seconds=self._pace.minute_seconds,
            p99_latency_ms=self._pace.p99_latency_ms,
        )
        alarms = InferenceAlarms(self, "InferenceAlarms", watch=watch).alarms
        self._asset.alarms.hear(*alarms)
        # SageMaker looks at those that guard an update in the name of the endpoint's role.
        allow(
            self._parts.endpoints.role,
            [each.alarm_arn for each in alarms],
            "cloudwatch:DescribeAlarms",
        )
        return alarms

    def _add_reconcile(self, preflight: Sequence[cloudwatch.Alarm]) -> PythonFunction:
        parts, pace = self._parts, self._pace
        function = self._asset.function(
            self,
            "Reconcile",
            timeout_seconds=60,
            environment={
                **self._known(),
                **parts.endpoints.placement(),
                "INSTANCE_TYPE": pace.instance_type,
                "DATA_CAPTURE_URI": parts.training.s3_url_for_object(DATA_CAPTURE),
                "EVENT_BUS_NAME": parts.events.bus.event_bus_name,
                "INITIAL_INSTANCES": str(pace.initial_instances),
                "PREFLIGHT_ALARMS": cdk.Fn.join(",", [each.alarm_name for each in preflight]),
                "METRICS_NAMESPACE": NAMESPACE,
            },
        )
        role, names = function.role, parts.endpoints.names
        parts.tables.grant_reconcile(role)
        parts.endpoints.grant_create(role, *names)
        parts.endpoints.grant_shift(role, *names)
        parts.endpoints.grant_delete(role, *names)
        parts.endpoints.grant_scale(role, *names)
        parts.packages.grant_read(role)
        # Metrics take no resource; of composite alarms nothing is told to who may ask about some.
        allow(role, ["*"], "cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms")
        parts.events.grant_put(role)
        return function

    def _add_deployments(self) -> PythonFunction:
        function = self._asset.function(
            self,
            "Deployments",
            environment={**self._known(), "RECONCILE_FUNCTION": self._reconcile_name()},
        )
        self._grant_create(function)
        return function

    def _add_admit_package(self) -> PythonFunction:
        function = self._asset.function(
            self,
            "AdmitPackage",
            timeout_seconds=30,
            environment={**self._known(), "RECONCILE_FUNCTION": self._reconcile_name()},
        )
        self._grant_create(function)
        self._parts.endpoints.grant_describe(function.role, *self._parts.endpoints.names)
        return function

    def _grant_create(self, function: PythonFunction) -> None:
        self._parts.tables.grant_ask(function.role)
        self._parts.packages.grant_read(function.role)
        self.reconcile.grant_invoke(function.role)

    def _add_batch_predictions(self) -> PythonFunction:
        parts = self._parts
        function = self._asset.function(
            self,
            "BatchPredictions",
            timeout_seconds=28,
            environment={
                **self._known(),
                "TRAINING_BUCKET": parts.training.bucket_name,
                "DATA_KEY_ARN": parts.endpoints.key.key_arn,
                "INSTANCE_TYPE": self._pace.instance_type,
            },
        )
        parts.endpoints.grant_transform(function.role, *parts.endpoints.names)
        parts.training.grant_read_below(function.role, BATCH_INPUT, BATCH_OUTPUT)
        return function

    def _known(self) -> dict[str, str]:
        parts = self._parts
        return {
            "DEPLOYMENTS_TABLE": parts.tables.deployments.table_name,
            "ENDPOINTS_TABLE": parts.tables.endpoints.table_name,
            "ENDPOINT_PREFIX": parts.endpoints.prefix,
            "ENDPOINTS": ",".join(parts.endpoints.names),
            "MODEL_PACKAGE_GROUP": parts.packages.name,
            "ROLLOUT_MINUTE_SECONDS": str(self._pace.minute_seconds),
        }

    def _reconcile_name(self) -> str:
        return self.reconcile.function.function_name
