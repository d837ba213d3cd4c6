"""Logical ids of what holds data never change unseen: CloudFormation would make it anew, empty.

`logical_ids/<environment>.json` is the record. A resource that is meant to go, or to be made anew,
gets a waiver (`logical_ids/waivers.yaml`: environment, stack, logical id, reason, who) for as long
as it is in the record. `python -m tests.infrastructure.test_logical_ids` records what is new, and
drops what is waived and gone.
"""

import json
from pathlib import Path

import yaml

from tests.infrastructure.synthesized import Synthesized, every_environment

RECORDS = Path(__file__).parent / "logical_ids"
HOLDS_DATA = {
    "AWS::APS::Workspace",
    "AWS::Backup::BackupVault",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::DynamoDB::GlobalTable",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Glue::Database",
    "AWS::Glue::Table",
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::Logs::LogGroup",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster",
    "AWS::RDS::GlobalCluster",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SageMaker::FeatureGroup",
    "AWS::SageMaker::ModelPackageGroup",
    "AWS::SecretsManager::Secret",
}
WAIVER_KEYS = {"environment", "stack", "logical_id", "reason", "who"}


def recorded(environment: str) -> dict[str, str]:
    """Type by `stack/logical id`."""
    path = RECORDS / f"{environment}.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def synthesized(platform: Synthesized) -> dict[str, str]:
    return {
        f"{resource.stack}/{resource.logical_id}": resource.type
        for resource in (*platform.resources, *platform.elsewhere.resources)
        if resource.type in HOLDS_DATA
    }


def waivers() -> list[dict[str, str]]:
    return list(yaml.safe_load((RECORDS / "waivers.yaml").read_text())["waivers"])


def waived(environment: str) -> set[str]:
    return {
        f"{each['stack']}/{each['logical_id']}"
        for each in waivers()
        if each["environment"] == environment
    }


def test_what_holds_data_keeps_its_logical_id(environment, platform):
    now = synthesized(platform)

    lost = {
        key
        for key, kind in recorded(environment.name).items()
        if now.get(key) != kind and key not in waived(environment.name)
    }
    assert lost == set(), "data would be lost: keep the id, or waive it with a reason"


def test_what_holds_data_is_in_the_record(environment, platform):
    missing = synthesized(platform).keys() - recorded(environment.name).keys()

    assert missing == set(), "record it: python -m tests.infrastructure.test_logical_ids"


def test_each_waiver_says_why_and_is_needed(platforms):
    for waiver in waivers():
        assert waiver.keys() == WAIVER_KEYS
        assert len(waiver["reason"]) >= 20
        key = f"{waiver['stack']}/{waiver['logical_id']}"
        assert key in recorded(waiver["environment"])
        assert key not in synthesized(platforms[waiver["environment"]])


def record(environment: str, platform: Synthesized) -> None:
    now, before = synthesized(platform), recorded(environment)
    kept = {key: kind for key, kind in before.items() if key not in waived(environment)}
    text = json.dumps({**now, **kept}, indent=2, sort_keys=True)
    (RECORDS / f"{environment}.json").write_text(f"{text}\n")


if __name__ == "__main__":
    with every_environment() as found:
        for name, platform in found.items():
            record(name, platform)
