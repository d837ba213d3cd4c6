"""Sessions in an environment's account, as a role that `cdk bootstrap` made there."""

from __future__ import annotations

from typing import Literal

import boto3

from stacks.environment import Environment

QUALIFIER = "hnb659fds"
Kind = Literal["image-publishing", "lookup"]


def bootstrap_session(environment: Environment, *, region: str, kind: Kind) -> boto3.Session:
    """Of an hour at most, which is as long as AWS gives to a role that became another."""
    sts = boto3.client("sts", region_name=region)
    caller = sts.get_caller_identity()
    partition = caller["Arn"].split(":")[1]
    account = environment.account or caller["Account"]
    role = f"role/cdk-{QUALIFIER}-{kind}-role-{account}-{region}"
    given = sts.assume_role(
        RoleArn=f"arn:{partition}:iam::{account}:{role}", RoleSessionName="kindred-delivery"
    )["Credentials"]
    return boto3.Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name=region,
    )


def assets_repository(account: str, region: str) -> str:
    """Where the bootstrap keeps images, and a release's stacks look for them."""
    return f"cdk-{QUALIFIER}-container-assets-{account}-{region}"
