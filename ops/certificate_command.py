"""`kindred certificate`: the internal load balancer's certificate, where there is no domain."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from ops.certificate import accept_certificate, ensure_certificate
from stacks.environment import Environment
from stacks.environment_file import load_environment
from stacks.recovery import STANDBY
from stacks.yaml_file import InvalidFile

if TYPE_CHECKING:
    from types_boto3_cloudformation.client import CloudFormationClient

app = typer.Typer(
    help="Make the internal load balancer's certificate, for an environment without a domain.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Option("--environment", help="dev, staging, prod or another file's.")]


@app.command()
def create(environment: Name = "dev") -> None:
    """Make it, import it into ACM, keep its ARN for the templates; nothing while it holds."""
    chosen = _without_domain(environment)
    for region in api_stacks(chosen):
        session = boto3.Session(region_name=region)
        with _aws_errors():
            arn, made = ensure_certificate(
                session.client("acm"),
                session.client("ssm"),
                parameter=chosen.certificate_parameter,
                region=region,
                tags=chosen.resource_tags,
                now=dt.datetime.now(dt.UTC),
            )
        typer.echo(f"{region}: {'made' if made else 'holds'}: {arn}")


@app.command()
def accept(environment: Name = "dev") -> None:
    """Let API Gateway take it, after a deployment of the API. Changes nothing twice."""
    chosen = _without_domain(environment)
    for region, stack in api_stacks(chosen).items():
        session = boto3.Session(region_name=region)
        with _aws_errors():
            changed = accept_certificate(
                session.client("apigateway"),
                api_id=_api_id(session.client("cloudformation"), stack),
            )
        typer.echo(f"{region}: {changed} routes changed")


def api_stacks(environment: Environment) -> dict[str, str]:
    """By region, that of a standby included, the stack of the API in front of the services."""
    stacks = {region: f"{environment.stage_id(region)}-ApiStack" for region in environment.regions}
    recovery = environment.recovery
    if recovery.replicates and recovery.region:
        first = environment.stage_id(environment.regions[0])
        stacks[recovery.region] = f"{first}-{STANDBY}ApiStack"
    return stacks


def _without_domain(name: str) -> Environment:
    try:
        environment = load_environment(name)
    except InvalidFile as error:
        typer.echo(error, err=True)
        raise typer.Exit(2) from None
    if environment.domain:
        typer.echo(
            f"environments/{name}.yaml: domain: given {environment.domain.name}, allowed none: "
            "ACM issues and renews the certificate of a domain by itself",
            err=True,
        )
        raise typer.Exit(2)
    return environment


def _api_id(cloudformation: CloudFormationClient, stack: str) -> str:
    resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    [api_id] = (
        resource["PhysicalResourceId"]
        for resource in resources
        if resource["ResourceType"] == "AWS::ApiGateway::RestApi"
    )
    return api_id


@contextmanager
def _aws_errors() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        typer.echo(f"AWS refused: {error}", err=True)
        raise typer.Exit(1) from None
