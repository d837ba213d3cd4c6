"""A stack of training machines, a rule and its function, a package group and a feature group."""

from __future__ import annotations

import json
from typing import Any

from tests.local.emulator_alone import attribute, function, role

TRAINING_IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/assets:train"
TRAINING = """
import json, os, pathlib, sys
root = pathlib.Path(os.environ["SM_ROOT"])
hyperparameters = json.loads((root / "input/config/hyperparameters.json").read_text())
if hyperparameters.get("fail"):
    (root / "output" / "failure").write_text("asked to fail")
    sys.exit(1)
lines = sum(len(p.read_text().splitlines()) for p in root.glob("input/data/*/*") if p.is_file())
(root / "model" / "lines").write_text(str(lines))
print(f"recall_at_10={lines / 10}")
"""
# Writes what it was told into a table, by the id of the event.
HEARS = """
import json, os
import boto3

def handler(event, context):
    boto3.client("dynamodb").put_item(
        TableName=os.environ["TABLE"],
        Item={"id": {"S": event["id"]}, "event": {"S": json.dumps(event)}},
    )
"""
GROUP = "mine-features"
FEATURES = {"app_id": "String", "ctr": "Fractional", "last_updated": "String"}
PACKAGES = "mine-packages"


def _training(**changes: Any) -> dict[str, Any]:
    """As CDK's SageMakerCreateTrainingJob writes it with RUN_JOB."""
    source = {"S3DataType": "S3Prefix", "S3Uri.$": "$.input"}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": {
            "TrainingJobName.$": "$.name",
            "RoleArn": "${Execution}",
            "AlgorithmSpecification": {
                "TrainingImage": TRAINING_IMAGE,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "recall", "Regex": "recall_at_10=([0-9.]+)"}],
            },
            "HyperParameters.$": "$.hyperparameters",
            "InputDataConfig": [
                {"ChannelName": "interactions", "DataSource": {"S3DataSource": source}}
            ],
            "OutputDataConfig": {"S3OutputPath": "s3://${Files}/output"},
            "ResourceConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        },
        "ResultSelector": {
            "metrics.$": "$.FinalMetricDataList",
            "artefact.$": "$.ModelArtifacts.S3ModelArtifacts",
        },
        "End": True,
        **changes,
    }


def _machine(role_id: str) -> dict[str, Any]:
    text = json.dumps({"StartAt": "Train", "States": {"Train": _training()}})
    known = {"Execution": attribute("Execution", "Arn"), "Files": {"Ref": "Files"}}
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "RoleArn": attribute(role_id, "Arn"),
            "DefinitionString": {"Fn::Sub": [text, known]},
        },
    }


def _rule(kind: str, target: str, **more: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": {"source": ["aws.sagemaker"], "detail-type": [kind]},
            "Targets": [{"Id": "t", "Arn": attribute(target, "Arn"), **more}],
        },
    }


RULES = "arn:aws:events:us-east-1:000000000000:rule/StepFunctionsGetEventsForSageMaker*"
JOBS = "arn:aws:sagemaker:us-east-1:000000000000:training-job/mine-*"
TRAINING_RIGHTS: list[tuple[str | list[str], Any]] = [
    (["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob"], JOBS),
    ("iam:PassRole", attribute("Execution", "Arn")),
]
CATALOG = "arn:aws:glue:us-east-1:000000000000"


def job_resources() -> dict[str, Any]:
    hears = function("HearingRole", HEARS)
    hears["Properties"]["Environment"] = {"Variables": {"TABLE": {"Ref": "Heard"}}}
    files = [attribute("Files", "Arn"), {"Fn::Sub": "${Files.Arn}/*"}]
    rule = "SageMaker Model Package State Change"
    return {
        "Files": {"Type": "AWS::S3::Bucket"},
        "Execution": role("sagemaker.amazonaws.com", ("s3:*", files), ("logs:*", "*")),
        "Machine": _machine("MachineRole"),
        "MachineRole": role(
            "states.amazonaws.com",
            *TRAINING_RIGHTS,
            (["events:PutTargets", "events:PutRule", "events:DescribeRule"], RULES),
        ),
        "Unheard": _machine("UnheardRole"),
        "UnheardRole": role("states.amazonaws.com", *TRAINING_RIGHTS),
        "Heard": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
        },
        "HearingRole": role("lambda.amazonaws.com", ("dynamodb:PutItem", "*")),
        "Hears": hears,
        "MayHear": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": attribute("Hears", "Arn"),
                "Principal": "events.amazonaws.com",
                "SourceArn": attribute("Approvals", "Arn"),
            },
        },
        "Approvals": _rule(rule, "Hears"),
        # The function's policy does not let this one in.
        "Trainings": _rule("SageMaker Training Job State Change", "Hears"),
        "Packages": {
            "Type": "AWS::SageMaker::ModelPackageGroup",
            "Properties": {"ModelPackageGroupName": PACKAGES},
        },
        "Database": {
            "Type": "AWS::Glue::Database",
            "Properties": {"CatalogId": "000000000000", "DatabaseInput": {"Name": "features"}},
        },
        "Features": {
            "Type": "AWS::SageMaker::FeatureGroup",
            "DependsOn": ["Database"],
            "Properties": {
                "FeatureGroupName": GROUP,
                "RecordIdentifierFeatureName": "app_id",
                "EventTimeFeatureName": "last_updated",
                "FeatureDefinitions": [
                    {"FeatureName": name, "FeatureType": kind} for name, kind in FEATURES.items()
                ],
                "OnlineStoreConfig": {"EnableOnlineStore": True},
                "OfflineStoreConfig": {
                    "S3StorageConfig": {"S3Uri": {"Fn::Sub": "s3://${Files}/features"}},
                    "DataCatalogConfig": {
                        "Catalog": "AwsDataCatalog",
                        "Database": "features",
                        "TableName": "app_features",
                    },
                },
                "RoleArn": attribute("Execution", "Arn"),
            },
        },
        "Feeder": role(
            "lambda.amazonaws.com",
            (
                ["sagemaker:PutRecord", "sagemaker:BatchGetRecord"],
                f"arn:aws:sagemaker:*:*:feature-group/{GROUP}",
            ),
        ),
    }
