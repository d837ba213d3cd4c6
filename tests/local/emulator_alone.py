"""The emulator without the rest of a platform: up in a second, for what only it does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import httpx

from ops.local.emulator_environment import emulator_python
from ops.local.emulator_process import HEALTH_PATH, start_emulator
from ops.local.log_files import LogFile
from ops.local.operator_credentials import create_operator, operator_environment
from ops.local.ports import free_port
from ops.local.settings import PORT_PURPOSES, REGION, LocalSettings
from tests.local.local_platform import ROOT, wait_until


class EmulatorAlone:
    """Deploys templates and answers clients, as its operator."""

    def __init__(self, state: Path) -> None:
        ports = {name: free_port() for name in PORT_PURPOSES}
        self.settings = LocalSettings(root=ROOT, state=state, **ports)
        self.settings.scratch.mkdir(parents=True)
        create_operator(self.settings)
        log = LogFile(self.settings.logs / "emulator.log")
        self._process = start_emulator(self.settings, emulator_python(ROOT), log)
        try:
            wait_until(self._answers)
        except AssertionError:
            self.close()
            raise

    def aws(self, service: str) -> Any:
        """A client of the operator's."""
        given = operator_environment(self.settings)
        return boto3.client(
            service,  # type: ignore[call-overload]
            region_name=REGION,
            endpoint_url=given["AWS_ENDPOINT_URL"],
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        )

    def deploy(
        self, name: str, resources: dict[str, Any], outputs: dict[str, Any]
    ) -> dict[str, str]:
        """A stack of these resources; its outputs by name."""
        template = {
            "Resources": resources,
            "Outputs": {key: {"Value": value} for key, value in outputs.items()},
        }
        cloudformation = self.aws("cloudformation")
        cloudformation.create_stack(
            StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
        )

        def stack() -> dict[str, Any]:
            found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
            return found

        wait_until(lambda: not stack()["StackStatus"].endswith("_IN_PROGRESS"))
        assert stack()["StackStatus"] == "CREATE_COMPLETE", stack()
        return {held["OutputKey"]: held["OutputValue"] for held in stack().get("Outputs", [])}

    def close(self) -> None:
        self._process.stop(grace_seconds=5)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.settings.emulator_url}{HEALTH_PATH}").is_success
        except httpx.TransportError:
            return False


def role(service: str, *statements: tuple[str | list[str], Any]) -> dict[str, Any]:
    """A role of this service, which may do each action on its resource."""
    trusted = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    allowed = [
        {"Effect": "Allow", "Action": action, "Resource": resource}
        for action, resource in statements
    ]
    policy = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": allowed}}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trusted]},
            "Policies": [policy] if statements else [],
        },
    }


def function(role_id: str, handler: str) -> dict[str, Any]:
    """A function of a few lines, `def handler(event, context)`."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": attribute(role_id, "Arn"),
            "Timeout": 20,
            "Code": {"ZipFile": handler},
        },
    }


def attribute(resource: str, name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [resource, name]}
