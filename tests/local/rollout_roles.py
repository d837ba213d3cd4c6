"""Functions of the models' stack as whoever runs as their roles, for what they may not do."""

from __future__ import annotations

import boto3

from ops.local.settings import REGION
from tests.local.local_platform import LocalPlatform

STACK = "Kindred-local-SageMakerStack"


def roles(platform: LocalPlatform) -> dict[str, str]:
    """The ARN of each role of the stack, by the beginning of its logical id: whose it is."""
    account = platform.aws("sts").get_caller_identity()["Account"]
    pages = platform.aws("cloudformation").get_paginator("list_stack_resources")
    names = {
        each["LogicalResourceId"].partition("Role")[0]: each["PhysicalResourceId"]
        for page in pages.paginate(StackName=STACK)
        for each in page["StackResourceSummaries"]
        if each["ResourceType"] == "AWS::IAM::Role"
    }
    return {owner: f"arn:aws:iam::{account}:role/{name}" for owner, name in names.items()}


def session_as(platform: LocalPlatform, role_arn: str) -> boto3.Session:
    answer = platform.aws("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")
    held = answer["Credentials"]
    return boto3.Session(
        held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"], region_name=REGION
    )
