"""Rollouts: what wakes the reconciler, what it is told, who asks, and who hears of it."""

import importlib
import inspect
import json
import re

import pytest

from rollout_functions import inference_metrics
from tests.infrastructure.models import ENDPOINT_ROLE, RETRAINING, ROLLOUT, TRAINING_ROLE, rollout

STACK = "SageMakerStack"
RECONCILER = rollout("Reconcile")


def settings(platform, name):
    variables = platform.at(f"{STACK}/Rollout/{name}").properties["Environment"]["Variables"]
    return {key: platform.named(value, stack=STACK) for key, value in variables.items()}


def rule(platform, path):
    properties = platform.at(f"{STACK}/{path}").properties
    [target] = properties["Targets"]
    return properties, target


def test_what_endpoints_are_asked_and_answer_is_captured_under_our_key(platform):
    told = settings(platform, "Reconcile")

    assert told["DATA_CAPTURE_URI"] == "s3://DataStack/TrainingBucket/data-capture/"
    assert told["DATA_KEY_ARN"] == "DataStack/DataKey"
    writers = platform.who_may("s3:PutObject", "DataStack/TrainingBucket/data-capture/*")
    # Who forgets a unit writes the other lines again.
    assert writers == {ENDPOINT_ROLE, "PrivacyStack/Forgetting/ForgetRecords/Role"}


def test_models_run_in_private_subnets_behind_a_group_that_nobody_enters(platform):
    told = settings(platform, "Reconcile")
    group = platform.at(f"{STACK}/Endpoints/SecurityGroup").properties

    assert "/PrivateSubnet" in told["SUBNET_IDS"]
    assert told["SECURITY_GROUP_IDS"] == f"{STACK}/Endpoints/SecurityGroup"
    assert "SecurityGroupIngress" not in group
    assert {(each["FromPort"], each["ToPort"]) for each in group["SecurityGroupEgress"]} == {
        (443, 443)
    }


def test_the_reconciler_runs_each_minute_and_a_missed_one_is_not_made_up_for(platform):
    schedule = platform.at(f"{STACK}/ReconcileEachMinute").properties
    target = schedule["Target"]

    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert platform.named(target["Arn"], stack=STACK) == f"{STACK}/Rollout/Reconcile"
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 0


def test_the_reconciler_is_woken_by_its_endpoints_and_no_others(environment, platform):
    properties, target = rule(platform, "EndpointChanges")

    assert properties["EventPattern"] == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Endpoint State Change"],
        "detail": {"EndpointName": [f"kindred-{environment.slug}-embeddings"]},
    }
    assert platform.named(target["Arn"], stack=STACK) == f"{STACK}/Rollout/Reconcile"


def test_a_model_that_is_approved_is_admitted_and_a_failure_is_kept(environment, platform):
    properties, target = rule(platform, "Approvals")
    failures = platform.at(f"{STACK}/Approvals/Failures").properties
    kept = failures["DestinationConfig"]["OnFailure"]["Destination"]

    assert properties["EventPattern"]["detail"] == {
        "ModelPackageGroupName": [f"kindred-{environment.slug}-embeddings"],
        "ModelApprovalStatus": ["Approved"],
    }
    assert platform.named(target["Arn"], stack=STACK) == f"{STACK}/Rollout/AdmitPackage"
    assert platform.named(kept, stack=STACK) == "StreamingStack/Unscheduled"


@pytest.mark.parametrize(
    ("name", "metric", "statistic", "threshold"),
    [
        pytest.param("Failures", inference_metrics.FAILURES, "Average", 0.01, id="failures"),
        pytest.param("Latency", inference_metrics.LATENCY, "p99", 100, id="latency"),
    ],
)
def test_a_model_that_fails_or_is_slow_stops_rollouts_by_the_metric_it_moves(
    environment, platform, name, metric, statistic, threshold
):
    inference = settings(platform, "Inference")
    alarm = platform.at(f"{STACK}/Rollout/InferenceAlarms/{name}").properties
    laptop = environment.name == "local"

    assert alarm["Namespace"] == inference["METRICS_NAMESPACE"]
    assert alarm["MetricName"] == metric
    assert alarm["Dimensions"] == [
        {"Name": inference_metrics.ENDPOINT, "Value": inference["ENDPOINT_NAME"]}
    ]
    assert alarm.get("Statistic", alarm.get("ExtendedStatistic")) == statistic
    assert alarm["Threshold"] == (500 if laptop and name == "Latency" else threshold)
    assert alarm["Period"] == (10 if laptop else 60)
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (3, 5)
    assert alarm["TreatMissingData"] == "notBreaching"
    [told] = alarm["AlarmActions"]
    assert platform.named(told, stack=STACK) == "NetworkStack/Alarms/Critical"


def test_guardrails_and_the_check_before_a_rollout_look_at_those_two_alarms(platform):
    alarms = settings(platform, "Reconcile")["PREFLIGHT_ALARMS"]

    assert alarms == ",".join(
        f"{STACK}/Rollout/InferenceAlarms/{name}" for name in ("Failures", "Latency")
    )
    assert platform.who_may("cloudwatch:DescribeAlarms", "*") == RECONCILER
    for alarm in alarms.split(","):
        readers = platform.who_may("cloudwatch:DescribeAlarms", alarm)
        assert readers == {ENDPOINT_ROLE}


@pytest.mark.parametrize(
    ("path", "topic", "states"),
    [
        pytest.param("Transitions", f"{STACK}/Rollouts", None, id="every transition"),
        pytest.param(
            "FailedRollbacks",
            "NetworkStack/Alarms/Critical",
            ["ROLLBACK_FAILED"],
            id="a rollback that failed pages",
        ),
    ],
)
def test_transitions_are_told_with_their_reason(platform, path, topic, states):
    properties, target = rule(platform, f"Events/{path}")
    words = target["InputTransformer"]

    assert properties["EventPattern"]["source"] == ["kindred.rollout"]
    assert properties["EventPattern"].get("detail", {}).get("to") == states
    assert platform.named(properties["EventBusName"], stack=STACK) == f"{STACK}/Events"
    assert platform.named(target["Arn"], stack=STACK) == topic
    role = platform.named(target["RoleArn"], stack=STACK)
    assert platform.who_may("sns:Publish", topic) - {"AccountStack/Notices/Role"} == {role}
    assert "$.detail.reason" in words["InputPathsMap"].values()


def test_events_are_put_on_the_environments_own_bus_by_the_reconciler(platform):
    assert platform.who_may("events:PutEvents", f"{STACK}/Events") == RECONCILER
    assert {each.action for each in platform.permissions if each.action == "events:PutEvents"}


@pytest.mark.parametrize(
    ("action", "resource", "roles"),
    [
        pytest.param(
            "dynamodb:PutItem",
            "DataStack/RolloutTables/Deployments",
            rollout("Reconcile", "Deployments", "AdmitPackage"),
            id="deployments are written: who decides and who asks",
        ),
        pytest.param(
            "dynamodb:ConditionCheckItem",
            "DataStack/RolloutTables/Endpoints",
            RECONCILER,
            id="an endpoint's lease is held: the reconciler",
        ),
        pytest.param(
            "lambda:InvokeFunction",
            f"{STACK}/Rollout/Reconcile",
            {f"{STACK}/ReconcileEachMinute/Role", *rollout("Deployments", "AdmitPackage")},
            id="the reconciler is started: its schedule, and after a change",
        ),
        pytest.param(
            "s3:PutObject",
            "DataStack/TrainingBucket/models/*",
            {TRAINING_ROLE},
            id="models are written: training jobs",
        ),
        pytest.param(
            "s3:PutObject",
            "DataStack/TrainingBucket/batch/output/*",
            {ENDPOINT_ROLE},
            id="batch predictions are written: by the model",
        ),
    ],
)
def test_only_these_roles_may(platform, action, resource, roles):
    assert platform.who_may(action, resource) == roles


def test_people_bring_a_token_and_programs_a_key(platform):
    asked = {}
    for method in platform.of_type("AWS::ApiGateway::Method", stack=STACK):
        properties = method.properties
        parts = method.path.removeprefix(f"{STACK}/Api/Resource/Default/")
        asked[parts] = (properties["AuthorizationType"], properties["ApiKeyRequired"])
        assert "RequestValidatorId" in properties
        assert properties["Integration"]["Type"] == "AWS_PROXY"
    verbs = ("complete", "cancel", "rollback", "pause", "resume")

    assert asked == {
        "inference/POST": ("NONE", True),
        **dict.fromkeys(
            (
                *("deployments/POST", "deployments/GET", "deployments/{deployment_id}/GET"),
                *(f"deployments/{{deployment_id}}/{verb}/POST" for verb in verbs),
                *("batch-predictions/POST", "batch-predictions/{job_id}/GET"),
            ),
            ("COGNITO_USER_POOLS", False),
        ),
    }


def test_a_body_that_is_no_object_is_refused_in_words_that_fit(platform):
    [response] = [
        each.properties["ResponseTemplates"]["application/json"]
        for each in platform.of_type("AWS::ApiGateway::GatewayResponse", stack=STACK)
        if each.properties["ResponseType"] == "BAD_REQUEST_BODY"
    ]

    document = json.loads(response.replace("$context.requestId", "id"))
    assert document["detail"] == "body: allowed is a JSON object"


def test_a_minute_lasts_a_minute_but_on_a_laptop(environment, platform):
    told = settings(platform, "Reconcile")["ROLLOUT_MINUTE_SECONDS"]

    assert told == ("5" if environment.name == "local" else "60")


def test_functions_of_models_are_named_as_their_handlers(platform):
    handlers = {
        each.path.rpartition("/")[2]: each.properties["Handler"]
        for each in platform.of_type("AWS::Lambda::Function", stack="SageMakerStack")
    }

    assert handlers.keys() == {*ROLLOUT, *RETRAINING, "StartRetraining"}
    for name, handler in handlers.items():
        module = handler.removesuffix(".handler")
        assert module.partition(".")[2] == re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        assert len(inspect.signature(importlib.import_module(module).handler).parameters) == 2


def test_what_finds_unfinished_deployments_holds_no_second_copy_of_them(platform):
    table = platform.at("DataStack/RolloutTables/Deployments").properties
    projected = {
        each["IndexName"]: each["Projection"]["ProjectionType"]
        for each in table["GlobalSecondaryIndexes"]
    }

    assert projected == {"by_endpoint": "ALL", "unfinished": "KEYS_ONLY"}
