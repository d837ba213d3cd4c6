"""A synthesized assembly, read from its files: templates, manifests, and who may do what."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from stacks.recovery import STANDBY

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ("local", "dev", "staging", "prod")
SYNTHESIZED = (*ENVIRONMENTS, "extreme")
STACKS = (
    *("NetworkStack", "DataStack", "StreamingStack", "TelemetryStack"),
    *("LambdaStack", "RoutingStack", "ApiStack", "SageMakerStack"),
    *("EdgeStack", "FirewallStack", "MonitoringStack", "OperationsStack"),
    "PrivacyStack",
)
# Where an environment's file asks for them.
OPTIONAL_STACKS = {
    *("AccountStack", "BackupStack", "FailoverStack", "FaultStack"),
    *("GitHubStack", "PipelineStack"),
}
STATEFUL_STACKS = {
    *("AccountStack", "BackupStack", "DataStack", "EdgeStack"),
    *("PipelineStack", "RecoveryStack", "StreamingStack"),
    "TelemetryStack",
}
CDK = ROOT / "node_modules" / ".bin" / "cdk"
# As `cdk.json` has it.
SYNTHESIS_NODE = "JSII_NODE=${JSII_NODE:-ops/synthesis-node}"
UNBUNDLED = (
    "--app",
    f"{SYNTHESIS_NODE} .venv/bin/python -m tests.infrastructure.unbundled_app",
)


def run_cdk(
    output: Path, *arguments: str, prefix: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """The command line as `make synth` calls it, without anything of AWS in its environment."""
    command = [*prefix, CDK, "synth", "--quiet", "--no-lookups", *arguments, "--output", output]
    return subprocess.run(
        [str(part) for part in command], cwd=ROOT, env=bare_environment(), capture_output=True,
        text=True, check=False,
    )  # fmt: skip


@contextmanager
def every_environment() -> Iterator[dict[str, Synthesized]]:
    """By name, for a record of them; ends the process where they cannot be synthesized."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "cdk.out"
        result = run_cdk(output, "--context", f"environment={','.join(ENVIRONMENTS)}", *UNBUNDLED)
        if result.returncode:
            sys.exit(result.stderr)
        yield {name: Synthesized(output, f"Kindred-{name}") for name in ENVIRONMENTS}


def without_network() -> tuple[str, ...]:
    """Before a command, takes the network from it; nothing, where this machine cannot do that."""
    prefix = ("unshare", "--map-root-user", "--net")
    if not shutil.which("unshare"):
        return ()
    tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return prefix if tried.returncode == 0 else ()


def bare_environment() -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    }


@dataclass(frozen=True)
class Permission:
    role: str
    action: str
    resource: str
    principal: str = ""
    conditions: str = ""


@dataclass(frozen=True)
class Resource:
    stack: str
    logical_id: str
    body: dict[str, Any]

    @property
    def type(self) -> str:
        return str(self.body["Type"])

    @property
    def properties(self) -> dict[str, Any]:
        return dict(self.body.get("Properties", {}))

    @cached_property
    def path(self) -> str:
        """Below the stage, as in `ApiStack/Similarity/Task/Resource`."""
        parts = str(self.body.get("Metadata", {}).get("aws:cdk:path", "")).split("/")[1:]
        while parts and parts[-1] == "Resource":
            parts.pop()
        return "/".join(parts)


@dataclass(frozen=True)
class Synthesized:
    """The stacks of a stage that are in its first region, or those in its second."""

    assembly: Path
    stage: str
    second_region: bool = False

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self._folder / "manifest.json").read_text())

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        return {name: json.loads(path.read_text()) for name, path in self.template_files.items()}

    @cached_property
    def template_files(self) -> dict[str, Path]:
        return {
            name: self._folder / artifact["properties"]["templateFile"]
            for name, artifact in self.stack_artifacts.items()
        }

    @cached_property
    def stack_artifacts(self) -> dict[str, dict[str, Any]]:
        return {
            artifact["displayName"].split("/")[1].split(" ")[0]: artifact
            for artifact in self.manifest["artifacts"].values()
            if artifact["type"] == "aws:cloudformation:stack"
            and _in_second_region(artifact["displayName"]) == self.second_region
        }

    @cached_property
    def resources(self) -> list[Resource]:
        return [
            Resource(stack=stack, logical_id=logical_id, body=body)
            for stack, template in self.templates.items()
            for logical_id, body in template["Resources"].items()
        ]

    def of_type(self, kind: str, *, stack: str | None = None) -> list[Resource]:
        """Of every stack, or of one."""
        return [
            resource
            for resource in self.resources
            if resource.type == kind and stack in (None, resource.stack)
        ]

    def at(self, path: str) -> Resource:
        [found] = self._by_path.get(path, ())
        return found

    @cached_property
    def _by_path(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources:
            found.setdefault(resource.path, []).append(resource)
        return found

    def named(self, value: Any, *, stack: str) -> str:
        """A reference as a readable path: `DataStack/EmbeddingsBucket/embeddings/*`."""
        if isinstance(value, str):
            return value
        [(function, argument)] = value.items()
        match function:
            case "Ref" if str(argument).startswith("AWS::"):
                return f"<{argument}>"
            case "Ref":
                return self._path(stack, str(argument))
            case "Fn::GetAtt":
                return self._path(stack, str(argument[0]))
            case "Fn::GetStackOutput":
                producer = str(argument["StackName"]).removeprefix(f"{self.stage}-")
                known = self if producer in self.templates else self.elsewhere
                output = known.templates[producer]["Outputs"][argument["OutputName"]]["Value"]
                return known.named(output, stack=producer)
            case "Fn::Sub" if isinstance(argument, str):
                return argument
            case "Fn::Join":
                return str(argument[0]).join(self.named(part, stack=stack) for part in argument[1])
            case _:
                return json.dumps(value, sort_keys=True)

    @cached_property
    def permissions(self) -> list[Permission]:
        """Of roles' policies, one for each action on each resource."""
        return [
            Permission(role=self.named(role, stack=policy.stack), action=action, resource=resource)
            for policy in self.of_type("AWS::IAM::Policy")
            for role in policy.properties["Roles"]
            for statement in policy.properties["PolicyDocument"]["Statement"]
            for action in as_list(statement["Action"])
            for resource in (
                self.named(each, stack=policy.stack) for each in as_list(statement["Resource"])
            )
        ]

    def who_may(self, action: str, resource: str) -> set[str]:
        return {
            permission.role
            for permission in self.permissions
            if permission.action == action and permission.resource == resource
        }

    @cached_property
    def elsewhere(self) -> Synthesized:
        """The same stage in its other region."""
        return Synthesized(self.assembly, self.stage, second_region=not self.second_region)

    @property
    def _folder(self) -> Path:
        return self.assembly / f"assembly-{self.stage}"

    def _path(self, stack: str, logical_id: str) -> str:
        resources = self.templates[stack]["Resources"]
        if logical_id not in resources:
            return f"{stack}/{logical_id}"
        return Resource(stack=stack, logical_id=logical_id, body=resources[logical_id]).path


def _in_second_region(display_name: str) -> bool:
    stack = display_name.split("/")[1]
    return stack.startswith(("RecoveryStack", STANDBY))


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def every_string(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from every_string(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from every_string(inner)


def container(platform: Synthesized, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A service's task definition, and the container without which it is none."""
    definition = platform.at(f"ApiStack/{name}/Task").properties
    [only] = [each for each in definition["ContainerDefinitions"] if each["Essential"]]
    return definition, only
