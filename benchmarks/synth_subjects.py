"""What the synthesis benchmark starts: `bare`, `nag`, or `plain` and a number of resources."""

from __future__ import annotations

import sys

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from stacks.acknowledgements import load_acknowledgements
from stacks.application import apply_policy, create_app, synthesize
from stacks.environment_file import load_environment
from stacks.platform import Platform

ENVIRONMENT = "prod"
STACKS = 3


def ours(*, nag: bool) -> cdk.App:
    environment = load_environment(ENVIRONMENT)
    app = create_app()
    platform = Platform(app, environment=environment, region=environment.regions[0])
    if nag:
        apply_policy(app, [platform], load_acknowledgements())
    return app


def plain(resources: int) -> cdk.App:
    """What the guides show: L2s with their defaults, one resource each, and no more."""
    app = cdk.App(analytics_reporting=False)
    stage = cdk.Stage(app, "Plain", env=cdk.Environment(region="us-east-1"))
    stacks = [cdk.Stack(stage, f"Stack{number}") for number in range(STACKS)]
    for number in range(resources):
        stack, name = stacks[number % STACKS], f"Resource{number}"
        match number % 5:
            case 0:
                s3.Bucket(stack, name)
            case 1:
                sqs.Queue(stack, name)
            case 2:
                sns.Topic(stack, name)
            case 3:
                logs.LogGroup(stack, name)
            case _:
                key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
                dynamodb.TableV2(stack, name, partition_key=key)
    return app


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["plain", resources]:
            subject = plain(int(resources))
        case ["bare" | "nag" as name]:
            subject = ours(nag=name == "nag")
    synthesize(subject)
