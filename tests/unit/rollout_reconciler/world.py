"""An account in which a reconciler can be run, killed at any call, and run again."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import boto3

from kindred.rollout.deployment import ModelSource
from kindred.rollout.endpoint_calls import CreateConfiguration, CreateEndpoint, CreateModel
from kindred.rollout.endpoint_configuration import RolloutSettings, first_configuration
from kindred.rollout.lifecycle import ask, create_deployment
from kindred.rollout.rollout_plan import RolloutPlan
from kindred.rollout.window import Latency, Window
from kindred_aws.deployment_table import DeploymentTable
from kindred_aws.endpoint_lock import EndpointLock
from kindred_aws.rollout_events import RolloutEvents
from kindred_aws.sagemaker_endpoints import SageMakerEndpoints
from kindred_aws.variant_scaling import VariantScaling
from ops.local.sagemaker.in_process import LocalSageMaker
from rollout_functions.reconciliation import Reconciliation
from rollout_functions.rollout_settings import LEASE
from tests.unit.rollout_reconciler.branches import Branches

REGION = "us-east-1"
NAME = "kindred-test-embeddings"
MINUTE = timedelta(seconds=60)
SETTINGS = RolloutSettings(
    prefix="kindred-test-",
    minute=MINUTE,
    execution_role_arn="arn:aws:iam::000000000000:role/kindred-test-models",
    instance_type="ml.m6g.large",
    initial_instances=1,
    data_capture_uri="s3://kindred-test-training/capture",
    data_key_arn="arn:aws:kms:us-east-1:000000000000:key/one",
    alarms=("errors",),
)
QUICK = RolloutPlan(canary_percent=50, step_percent=50, bake_minutes=4)
GUARDED = RolloutPlan(step_percent=50, bake_minutes=4, maximum_minutes=60)
GOOD = {"invocations": 400, "client_errors": 0, "server_errors": 0}
FAILING = {"invocations": 400, "client_errors": 0, "server_errors": 200}
IDLE = {"invocations": 0, "client_errors": 0, "server_errors": 0}


READS = ("Describe", "Get", "List", "Query")


class Killed(BaseException):
    """The process is gone: nothing catches it, and it makes no call any more."""


class World:
    def __init__(self):
        self.local = LocalSageMaker()
        self.calls = []
        self.changed = []
        self.kills = Branches([])
        self.dead = False
        self.windows = {}
        self.sagemaker = self.local.client("sagemaker")
        self.autoscaling = self.local.client("application-autoscaling")
        self.dynamodb = boto3.client("dynamodb", region_name=REGION)
        self.events = boto3.client("events", region_name=REGION)
        for client in (self.sagemaker, self.autoscaling, self.dynamodb, self.events):
            client.meta.events.register("before-call", self._before)
            client.meta.events.register("after-call", self._after)
        self.table = DeploymentTable(
            self.dynamodb, table_name="deployments", endpoints_table="endpoints"
        )

    @property
    def now(self):
        return datetime.fromtimestamp(self.local.now, UTC)

    def wait(self, minutes=1.0):
        self.local.now += minutes * MINUTE.total_seconds()
        self.local.control_plane.advance()

    def reconciliation(self):
        return Reconciliation(
            deployments=self.table,
            lock=EndpointLock(
                self.dynamodb, table_name="endpoints", owner=str(uuid.uuid4()), lasts=LEASE
            ),
            endpoints=SageMakerEndpoints(self.sagemaker, SETTINGS),
            scaling=VariantScaling(self.autoscaling),
            metrics=SimpleNamespace(windows=self._windows, in_alarm=self._in_alarm),
            events=RolloutEvents(self.events, bus_name="rollouts"),
            settings=SETTINGS,
            clock=lambda: self.now,
        )

    def run(self):
        """What the function does, once: killed or not."""
        try:
            reconciliation = self.reconciliation()
            return {each: reconciliation.drive(each) for each in self.table.unfinished()}
        except Killed:
            self.dead = False
            return "killed"

    def changes(self):
        """Numbers of the calls that change something: 1 is the first.

        To be killed after one that only reads is to be killed after the change before it.
        """
        return [n for n, (name, _) in enumerate(self.calls, 1) if not name.startswith(READS)]

    def until_over(self, deployment_id, *, minutes=5.0, most_runs=60):
        for _ in range(most_runs):
            self.run()
            deployment = self.table.load(deployment_id)
            if not deployment.is_unfinished:
                return deployment
            self.wait(minutes)
        raise AssertionError(f"not over: {deployment.state} {deployment.stage} {deployment.intent}")

    def deploy(self, *, plan=QUICK, version=2, key=None, **more):
        deployment = create_deployment(
            endpoint="embeddings",
            engine=more.pop("engine", "weights"),
            source=ModelSource(image="image:1", model_data_url=f"s3://models/{version}.tar.gz"),
            plan=plan,
            created_by="ada",
            now=self.now,
            deployment_id=more.pop("deployment_id", str(uuid.uuid4())),
        )
        return self.table.create(deployment, idempotency_key=key).deployment_id

    def ask(self, deployment_id, verb):
        asked = ask(self.table.load(deployment_id), verb, by="ada", now=self.now, reason="because")
        return self.table.save(asked)

    def serve(self):
        """An endpoint in service, with one variant that follows its load."""
        endpoints = SageMakerEndpoints(self.sagemaker, SETTINGS)
        source = ModelSource(image="image:1", model_data_url="s3://models/1.tar.gz")
        content = first_configuration(SETTINGS, model="kindred-test-first-model")
        for call in (
            CreateModel("kindred-test-first-model", source),
            CreateConfiguration("kindred-test-first", content),
            CreateEndpoint("kindred-test-first"),
        ):
            endpoints.make(call, "embeddings")
        self.wait(2)
        VariantScaling(self.autoscaling).register(NAME, "production")
        self.calls.clear()
        self.changed.clear()
        self.local.events.clear()

    def endpoint(self):
        return self.sagemaker.describe_endpoint(EndpointName=NAME)

    def weights(self):
        variants = self.endpoint()["ProductionVariants"]
        return {each["VariantName"]: each["CurrentWeight"] for each in variants}

    def configurations(self):
        listed = self.sagemaker.list_endpoint_configs()["EndpointConfigs"]
        return {each["EndpointConfigName"] for each in listed}

    def models(self):
        return {each["ModelName"] for each in self.sagemaker.list_models()["Models"]}

    def scaled(self):
        found = self.autoscaling.describe_scaling_policies(ServiceNamespace="sagemaker")
        return {each["ResourceId"].rsplit("/", 1)[1] for each in found["ScalingPolicies"]}

    def outcome(self, deployment_id):
        """All that is left in the account, and what was said."""
        deployment = self.table.load(deployment_id)
        lock = self.dynamodb.get_item(TableName="endpoints", Key={"endpoint": {"S": "embeddings"}})[
            "Item"
        ]
        return {
            "state": deployment.state,
            "told": [(each.before, each.after) for each in deployment.transitions],
            "announced": all(each.announced for each in deployment.transitions),
            "endpoint": self.described(),
            "configurations": self.configurations(),
            "models": self.models(),
            "scaled": self.scaled(),
            # The lease of a run that was killed at its very end runs out by itself.
            "held": "active_deployment" in lock,
            "refused": sorted(lock.get("refused", {}).get("M", {})),
        }

    def described(self):
        try:
            found = self.endpoint()
        except self.sagemaker.exceptions.ClientError:
            return None
        return found["EndpointStatus"], found["EndpointConfigName"], self.weights()

    def _windows(self, endpoint, variants, period):
        """Each variant does what `windows` says of it, or of any canary, or else is good."""
        assert endpoint == NAME
        count = (period.end - period.start) // period.minute
        starts = [period.start + n * period.minute for n in range(count)]

        def did(variant):
            return self.windows.get(variant, self.windows.get(variant.split("-")[0], GOOD))

        return {
            variant: [
                Window(
                    started_at=start,
                    latency=Latency(p50_ms=8.0, p90_ms=15.0, p99_ms=30.0)
                    if did(variant)["invocations"]
                    else None,
                    **did(variant),
                )
                for start in starts
            ]
            for variant in variants
        }

    def _in_alarm(self, names):
        return tuple(name for name in names if name in self.local.in_alarm)

    def _before(self, model, params, **_):
        if self.dead:
            raise Killed
        self.calls.append((model.name, _parameters(params)))
        service = model.service_model.service_name
        if service in ("sagemaker", "application-autoscaling") and not model.name.startswith(READS):
            self.changed.append(model.name)

    def _after(self, **_):
        if self.kills.branch(len(self.calls)):
            self.dead = True
            raise Killed


def _parameters(params):
    try:
        return json.loads(params["body"] or b"{}")
    except (ValueError, TypeError):
        return {}


def make_tables(dynamodb, events):
    dynamodb.create_table(
        TableName="deployments",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"}
            for name in ("deployment_id", "endpoint", "created_at", "unfinished")
        ],
        KeySchema=[{"AttributeName": "deployment_id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_endpoint",
                "KeySchema": [
                    {"AttributeName": "endpoint", "KeyType": "HASH"},
                    {"AttributeName": "created_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            },
            {
                "IndexName": "unfinished",
                "KeySchema": [{"AttributeName": "unfinished", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
    )
    dynamodb.create_table(
        TableName="endpoints",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "endpoint", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "endpoint", "KeyType": "HASH"}],
    )
    events.create_event_bus(Name="rollouts")
