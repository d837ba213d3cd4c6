"""Deploy a cloud assembly to the running emulator and find its addresses. Endpoints only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3

from ops.certificate import ensure_certificate
from ops.local.assets import upload_assets
from ops.local.bootstrap import bootstrap_account, certificate_parameters
from ops.local.deployment import Change, DeploymentFailed, deploy_stack, stack_outputs
from ops.local.settings import ACCOUNT, REGION

if TYPE_CHECKING:
    from ops.local.assembly import Stack


@dataclass(frozen=True, slots=True)
class Deployed:
    """What the stacks' outputs say, and what happened to each stack."""

    outputs: dict[str, str]
    changes: dict[str, Change]

    def output(self, name: str) -> str:
        """An output by the stable name that the templates give it."""
        if name not in self.outputs:
            raise DeploymentFailed(
                ", ".join(self.changes), f"output {name}", "no deployed stack has it"
            )
        return self.outputs[name]


def deploy_assembly(stacks: Sequence[Stack], *, say: Callable[[str], None]) -> Deployed:
    """Every stack in the order given. Raises DeploymentFailed at the first that fails."""
    s3, cloudformation = boto3.client("s3"), boto3.client("cloudformation")
    ssm = boto3.client("ssm")
    bootstrap_account(ssm, s3, stacks, account=ACCOUNT, region=REGION)
    for parameter in certificate_parameters(stacks):
        ensure_certificate(
            boto3.client("acm"),
            ssm,
            parameter=parameter,
            region=REGION,
            tags={"Environment": "local"},
            now=datetime.now(UTC),
        )
    outputs: dict[str, str] = {}
    changes: dict[str, Change] = {}
    for stack in stacks:
        say(f"deploying {stack.name}")
        template_url = upload_assets(s3, stack, account=ACCOUNT, region=REGION)
        changes[stack.name] = deploy_stack(cloudformation, stack, template_url=template_url)
        outputs |= stack_outputs(cloudformation, stack.name)
    return Deployed(outputs, changes)


def local_api_url(api_url: str, *, emulator_url: str) -> str:
    """The emulator's address of an API whose address on AWS is
    `https://<id>.execute-api.<region>.amazonaws.com/<stage>/`."""
    address = urlsplit(api_url)
    api_id = (address.hostname or "").partition(".")[0]
    return f"{emulator_url}/_aws/execute-api/{api_id}{address.path}"


def api_key_value(key_id: str) -> str:
    """The key itself, which the templates' outputs only name."""
    return boto3.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"]


def secret_value(arn: str) -> str:
    """A secret that is one value."""
    return boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]


def replace_tasks() -> None:
    """Have every service start new tasks, as an operator does who published new models."""
    ecs = boto3.client("ecs")
    for cluster in ecs.list_clusters()["clusterArns"]:
        for service in ecs.list_services(cluster=cluster)["serviceArns"]:
            ecs.update_service(cluster=cluster, service=service, forceNewDeployment=True)
