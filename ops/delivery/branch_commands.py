"""`kindred delivery branch`: environments of branches, which end by themselves."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
import yaml
from botocore.exceptions import BotoCoreError, ClientError

from ops.certificate import remove_certificate
from ops.delivery.branches import (
    EXPIRES_TAG,
    branch_instance,
    deletion_order,
    expired_stages,
    expiry,
)
from ops.terminal import RESULTS, failed
from stacks.environment import certificate_parameter

app = typer.Typer(
    help="Environments of branches: named after them, and taken down when their time is over.",
    no_args_is_help=True,
)
# As `stacks.platform` makes them; what is not among them needs them, and is deleted before.
ORDER = (
    *("NetworkStack", "DataStack", "FirewallStack", "StreamingStack"),
    *("LambdaStack", "PrivacyStack", "RoutingStack", "ApiStack", "SageMakerStack"),
)
_ALL_BUT_GONE = [
    *("CREATE_COMPLETE", "CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_COMPLETE"),
    *("ROLLBACK_FAILED", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"),
]


@app.command()
def prepare(
    branch: Annotated[str, typer.Argument(help="Its name in git.")],
    file: Annotated[Path, typer.Option(help="The environment's file, in this checkout alone.")],
) -> None:
    """Write the branch's instance into an environment's file; prints the instance."""
    instance = branch_instance(branch)
    document = yaml.safe_load(file.read_text("utf-8"))
    if document.get("production") or "instance" in document:
        raise failed(f"{file.name}: given production or with an instance, allowed neither")
    document["instance"] = instance
    # An account has one provider of GitHub's tokens, and its roles are not a branch's to change.
    document.pop("github", None)
    # What GitHub's machine has: models are trained on no other, and nothing is to be emulated.
    document["image"] = {**document.get("image", {}), "architecture": "x86_64"}
    # The account's role for logs belongs to the environment that is always there.
    document["api"] = {**document.get("api", {}), "owns_account_log_role": False}
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    typer.echo(instance)


@app.command()
def tag(days: Annotated[int, typer.Option(min=1, max=30)] = 3) -> None:
    """Print the tag by which the environment ends, for `cdk deploy --tags` of NetworkStack."""
    typer.echo(f"{EXPIRES_TAG}={expiry(dt.datetime.now(dt.UTC), days=days)}")


@app.command()
def expire(
    region: Annotated[str, typer.Option()],
    delete: Annotated[bool, typer.Option(help="Without it, they are only named.")] = False,
    stage: Annotated[
        str | None, typer.Option(help="This one, whatever its date, if it is a branch's.")
    ] = None,
) -> None:
    """Take down what has expired in this account: endpoints, buckets, stacks, certificates."""
    now = dt.datetime.max.replace(tzinfo=dt.UTC) if stage else dt.datetime.now(dt.UTC)
    try:
        session = boto3.Session(region_name=region)
        stacks = _stacks(session)
        for each in expired_stages(stacks, now=now):
            if stage in (None, each.stage):
                RESULTS.print(f"{each.stage}: until {each.expired_at:%Y-%m-%d %H:%M}", markup=False)
                if delete:
                    _take_down(session, each.stage, [stack["StackName"] for stack in stacks])
    except (BotoCoreError, ClientError) as error:
        raise failed(str(error)) from error


def _stacks(session: boto3.Session) -> list[Any]:
    pages = session.client("cloudformation").get_paginator("describe_stacks").paginate()
    return [
        stack for page in pages for stack in page["Stacks"] if stack["StackStatus"] in _ALL_BUT_GONE
    ]


def _take_down(session: boto3.Session, stage: str, names: list[str]) -> None:
    slug = stage.removeprefix("Kindred-")
    _delete_endpoints(session, slug=slug)
    *others, dated = deletion_order(names, stage, ORDER)
    for name in others:
        _delete_stack(session, name)
    # No stack's, and before the one with the date: what fails is tried again the next night.
    remove_certificate(
        session.client("acm"), session.client("ssm"), parameter=certificate_parameter(slug)
    )
    _delete_stack(session, dated)


def _delete_stack(session: boto3.Session, name: str) -> None:
    _empty_buckets(session, name)
    cloudformation = session.client("cloudformation")
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name)
    RESULTS.print(f"{name}: deleted", markup=False)


def _delete_endpoints(session: boto3.Session, *, slug: str) -> None:
    """They are the control plane's and of no stack, and hold the network."""
    sagemaker = session.client("sagemaker")
    prefix = f"kindred-{slug}-"
    for page in sagemaker.get_paginator("list_endpoints").paginate(NameContains=prefix):
        for endpoint in page["Endpoints"]:
            if endpoint["EndpointName"].startswith(prefix):
                sagemaker.delete_endpoint(EndpointName=endpoint["EndpointName"])
                sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=endpoint["EndpointName"])


def _empty_buckets(session: boto3.Session, stack: str) -> None:
    """CloudFormation deletes none that holds something."""
    cloudformation, s3 = session.client("cloudformation"), session.resource("s3")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    for page in pages:
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceType"] == "AWS::S3::Bucket" and "PhysicalResourceId" in resource:
                s3.Bucket(resource["PhysicalResourceId"]).object_versions.delete()
