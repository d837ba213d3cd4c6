"""Deployments and endpoints at every stage, for tables of decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kindred.rollout.deployment import Intent, ModelSource
from kindred.rollout.endpoint_calls import Make, Record, Wait, named
from kindred.rollout.endpoint_configuration import RolloutSettings
from kindred.rollout.endpoint_state import ObservedEndpoint
from kindred.rollout.judge import Judgement
from kindred.rollout.lifecycle import create_deployment
from kindred.rollout.next_step import next_step
from kindred.rollout.rollout_plan import RolloutPlan

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SETTINGS = RolloutSettings(
    prefix="kindred-test-",
    minute=MINUTE,
    execution_role_arn="arn:aws:iam::000000000000:role/models",
    instance_type="ml.m6g.large",
    initial_instances=1,
    data_capture_uri="s3://training/capture",
    data_key_arn="arn:aws:kms:us-east-1:000000000000:key/one",
    alarms=("errors",),
)
OLD, CANARY = "kindred-test-old", "canary-ffee1234"
DESCRIBED = {
    "EndpointConfigName": OLD,
    "EndpointConfigArn": "arn:aws:sagemaker:us-east-1:000000000000:endpoint-config/old",
    "CreationTime": NOW,
    "ProductionVariants": [
        {
            "VariantName": "production",
            "ModelName": "kindred-test-model",
            "InstanceType": "ml.c7g.large",
            "InitialInstanceCount": 2,
            "InitialVariantWeight": 1.0,
            "ModelDataDownloadTimeoutInSeconds": 600,
        }
    ],
    "DataCaptureConfig": {
        "EnableCapture": True,
        "InitialSamplingPercentage": 50,
        "DestinationS3Uri": "s3://training/capture",
        "KmsKeyId": "one",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    },
    "KmsKeyId": "one",
}
BOTH = frozenset({"production", CANARY})


def pending(**changes):
    plan = changes.pop("plan", RolloutPlan())
    created = create_deployment(
        endpoint="embeddings",
        engine=changes.pop("engine", "weights"),
        source=ModelSource(image="image:1", model_data_url="s3://models/2.tar.gz"),
        plan=plan,
        created_by="ada",
        now=NOW,
        deployment_id="0199b1c2-0000-7000-8000-00c0ffee1234",
    )
    return replace(created, **changes)


def begun(**changes):
    """Admitted, with nothing called yet."""
    action = step(pending(plan=changes.pop("plan", RolloutPlan())), endpoint())
    return replace(action.deployment, **changes)


def baking(**changes):
    """The first step's weights were confirmed just now."""
    return begun(**{"stage": "bake", "shift_confirmed_at": NOW, **changes})


def promoting(**changes):
    return begun(**{"stage": "promote", "step": 100, **changes})


def unwinding(**changes):
    return begun(
        **{
            "stage": "unwind",
            "state": "ROLLING_BACK",
            "step": 0,
            "outcome": "ROLLED_BACK",
            "unwound_at": NOW,
            **changes,
        }
    )


def endpoint(status="InService", configuration=OLD, weights=None, **changes):
    given = {
        "status": status,
        "configuration": configuration,
        "weights": weights or {"production": 1.0},
        "scalable": BOTH,
        "scaled": BOTH,
        "described": DESCRIBED,
        **changes,
    }
    return ObservedEndpoint(**given)


def shared(canary, **changes):
    """Both variants, with this share of traffic on the canary, on the configuration with it."""
    deployment = begun()
    given = {
        "configuration": deployment.canary_configuration,
        "weights": {"production": 1 - canary, CANARY: canary},
        **changes,
    }
    return endpoint(**given)


def answered(deployment, call, *, minutes_ago=5.0, attempts=1):
    at = NOW - timedelta(minutes=minutes_ago)
    return replace(
        deployment,
        intent=Intent(call=call, requested_at=at, acknowledged_at=at, attempts=attempts),
    )


def judgement(verdict, *reasons):
    return Judgement(verdict=verdict, reasons=reasons or (f"it is {verdict}",))


def step(deployment, observed, judged=None, *, after=timedelta(0)):
    return next_step(deployment, observed, judged, settings=SETTINGS, now=NOW + after)


def said(action):
    """An action in a few words: what is called, where a record goes, or that it waits."""
    if isinstance(action, Make):
        return f"call {named(action.call)}"
    if isinstance(action, Record):
        return f"{action.deployment.state} {action.deployment.stage}"
    assert isinstance(action, Wait)
    return "wait"
