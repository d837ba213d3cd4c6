"""What an account needs before its first deployment: bucket, version, internal certificate."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ops.local.assembly import file_assets

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client
    from types_boto3_ssm.client import SSMClient

    from ops.local.assembly import Stack

BOOTSTRAP_VERSION_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
BOOTSTRAP_VERSION = "30"
CERTIFICATE_PARAMETER = "/internal-certificate-arn"


def bootstrap_account(
    ssm: SSMClient, s3: S3Client, stacks: Iterable[Stack], *, account: str, region: str
) -> None:
    """The part of `cdk bootstrap` that a deployment relies on."""
    ssm.put_parameter(
        Name=BOOTSTRAP_VERSION_PARAMETER, Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )
    buckets = {
        asset.bucket
        for stack in stacks
        for asset in file_assets(stack, account=account, region=region)
    }
    present = {bucket.get("Name") for bucket in s3.list_buckets()["Buckets"]}
    for bucket in sorted(buckets - present):
        s3.create_bucket(Bucket=bucket)


def certificate_parameters(stacks: Iterable[Stack]) -> set[str]:
    """Names of the parameters in which templates expect a load balancer's certificate."""
    return {
        parameter["Default"]
        for stack in stacks
        for parameter in stack.template.get("Parameters", {}).values()
        if str(parameter.get("Default", "")).endswith(CERTIFICATE_PARAMETER)
    }
