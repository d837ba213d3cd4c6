"""The API of an environment as a partner reaches it: its address and a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ops.delivery.bootstrap_roles import bootstrap_session
from stacks.environment import Environment


class NoApi(Exception):
    """The environment has no API yet, or its outputs are not what they were."""


@dataclass(frozen=True, slots=True)
class ApiAccess:
    """`url` ends in a slash."""

    url: str
    key: str


def api_access(environment: Environment) -> ApiAccess:
    """Of its first region, read as the role that may only look. Raises NoApi, ClientError."""
    region = environment.regions[0]
    session = bootstrap_session(environment, region=region, kind="lookup")
    cloudformation = session.client("cloudformation")
    stack = f"{environment.stage_id(region)}-ApiStack"
    try:
        [described] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except cloudformation.exceptions.ClientError as error:
        if "does not exist" in str(error):
            raise NoApi(f"{stack} is not deployed") from error
        raise
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
    url, key_id = _output(outputs, "ApiUrl", stack), _output(outputs, "ApiKeyId", stack)
    key = session.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"]
    return ApiAccess(url=url, key=key)


def _output(outputs: Mapping[str, str], name: str, stack: str) -> str:
    if name not in outputs:
        raise NoApi(f"{stack} has no output {name}")
    return outputs[name]
