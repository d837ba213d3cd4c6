"""Draws the platform from its synthesized templates, as the Mermaid picture of the documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BEGIN = "<!-- the picture below is generated: kindred architecture -->"
_END = "<!-- end of the picture -->"

# What a reader wants to see; everything else is either glue between these or left out.
_SHOWN = {
    "AWS::CloudFront::Distribution": "CloudFront",
    "AWS::WAFv2::WebACL": "WAF",
    "AWS::ApiGateway::RestApi": "API Gateway",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "internal load balancer",
    "AWS::ECS::Service": "Fargate service",
    "AWS::S3::Bucket": "S3",
    "AWS::DynamoDB::GlobalTable": "DynamoDB",
    "AWS::ElastiCache::ReplicationGroup": "Valkey",
    "AWS::RDS::DBCluster": "Aurora PostgreSQL",
    "AWS::Cognito::UserPool": "Cognito",
    "AWS::Kinesis::Stream": "Kinesis",
    "AWS::KinesisFirehose::DeliveryStream": "Firehose",
    "AWS::OpenSearchService::Domain": "OpenSearch",
    "AWS::SQS::Queue": "dead letters",
    "AWS::Lambda::Function": "Lambda",
    "AWS::Scheduler::Schedule": "schedule",
    "AWS::SNS::Topic": "SNS",
    "AWS::Events::EventBus": "EventBridge",
    "AWS::StepFunctions::StateMachine": "Step Functions",
    "AWS::SageMaker::ModelPackageGroup": "model registry",
    "AWS::SageMaker::FeatureGroup": "feature store",
    "AWS::KMS::Key": "KMS",
    "AWS::EC2::VPC": "VPC",
    "AWS::EC2::NatGateway": "NAT gateway",
    "AWS::EC2::VPCEndpoint": "VPC endpoint",
}
# Followed from a resource to what it talks to. Roles, keys and subnets would join all with all.
_GLUE = {
    "AWS::ApiGateway::Method",
    "AWS::ECS::TaskDefinition",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::ElasticLoadBalancingV2::Listener",
}
_TALKS = {
    "AWS::CloudFront::Distribution",
    "AWS::ECS::Service",
    "AWS::ApiGateway::Method",
    "AWS::KinesisFirehose::DeliveryStream",
    "AWS::Lambda::Function",
    "AWS::Scheduler::Schedule",
    "AWS::StepFunctions::StateMachine",
}
# Of what a distribution names, its firewall and its log are before and behind it.
_DISTRIBUTION = "AWS::CloudFront::Distribution"
_ORIGINS = {"AWS::ApiGateway::RestApi", "AWS::S3::Bucket"}
# What reads it is the one that names it, and events go the other way.
_READ_FROM = {"AWS::Kinesis::Stream"}
_READERS = {"AWS::KinesisFirehose::DeliveryStream"}
_MAPPING = "AWS::Lambda::EventSourceMapping"
_MACHINE, _FUNCTION = "AWS::StepFunctions::StateMachine", "AWS::Lambda::Function"
_RULE, _BUS = "AWS::Events::Rule", "AWS::Events::EventBus"
_TALKED_TO = set(_SHOWN) - {"AWS::KMS::Key", "AWS::EC2::VPC"}
_LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"

_ONE_OF_A_KIND = {
    *("API Gateway", "Aurora PostgreSQL", "Cognito", "EventBridge", "Firehose", "Kinesis"),
    *(
        "NAT gateway",
        "feature store",
        "model registry",
        "OpenSearch",
        "VPC",
        "VPC endpoint",
        "Valkey",
    ),
}

Node = tuple[str, str]  # stack and logical id


class NoAssembly(Exception):
    def __init__(self, directory: Path) -> None:
        super().__init__(f"no templates in {directory}: run `make synth` first")


@dataclass(frozen=True, slots=True)
class Templates:
    """Templates of one environment by stack name, as its manifest names them."""

    by_stack: dict[str, dict[str, Any]]

    def resource(self, node: Node) -> dict[str, Any]:
        resource: dict[str, Any] = self.by_stack[node[0]]["Resources"].get(node[1], {})
        return resource

    def kind(self, node: Node) -> str:
        return str(self.resource(node).get("Type", ""))

    def nodes(self) -> Iterator[Node]:
        for stack, template in self.by_stack.items():
            for logical_id in template["Resources"]:
                yield stack, logical_id

    def references(self, node: Node) -> set[Node]:
        return set(self._found(node[0], self.resource(node).get("Properties", {})))

    def _found(self, stack: str, value: Any) -> Iterator[Node]:
        match value:
            case {"Ref": str(name)}:
                yield stack, name
            case {"Fn::GetAtt": [str(name), *_]}:
                yield stack, name
            case {"Fn::GetStackOutput": {"StackName": str(other), "OutputName": output}}:
                yield from self._found(other, self.by_stack[other]["Outputs"][output]["Value"])
            case dict():
                for part in value.values():
                    yield from self._found(stack, part)
            case list():
                for part in value:
                    yield from self._found(stack, part)


def read_templates(assembly: Path) -> Templates:
    """Raises NoAssembly."""
    found = {}
    for manifest in sorted(assembly.rglob("manifest.json")):
        for artifact in json.loads(manifest.read_text())["artifacts"].values():
            if artifact["type"] == "aws:cloudformation:stack":
                properties = artifact["properties"]
                template = manifest.parent / properties["templateFile"]
                found[properties["stackName"]] = json.loads(template.read_text())
    if not found:
        raise NoAssembly(assembly)
    return Templates(found)


def picture(templates: Templates) -> str:
    """Mermaid: a box a stack, what it holds, and who talks to whom."""
    lines = ["```mermaid", "flowchart LR", '  client(["client"])']
    for stack in templates.by_stack:
        title = stack.rpartition("-")[2]
        lines += [f'  subgraph {title}["{title}"]', *_boxes(templates, stack), "  end"]
    arrows = {
        f"  client --> {_id(node)}"
        for kind in ("AWS::ApiGateway::RestApi", _DISTRIBUTION)
        for node in _of_kind(templates, kind)
    }
    arrows |= {f"  {_id(one)} --> {_id(other)}" for one, other in _conversations(templates)}
    return "\n".join([*lines, *sorted(arrows), "```"])


def _boxes(templates: Templates, stack: str) -> Iterator[str]:
    """Resources without a name worth showing are counted into one box."""
    counted: dict[str, list[Node]] = {}
    parts = _parts_of_machines(templates)
    for node in templates.nodes():
        if node[0] == stack and templates.kind(node) in _SHOWN and node not in parts:
            counted.setdefault(_label(templates, node), []).append(node)
    for label, nodes in sorted(counted.items()):
        times = f" x {len(nodes)}" if len(nodes) > 1 else ""
        yield f'    {_id(nodes[0])}["{label}{times}"]'


def _label(templates: Templates, node: Node) -> str:
    kind = _SHOWN[templates.kind(node)]
    if kind in _ONE_OF_A_KIND or "load" in kind:
        return kind
    path = templates.resource(node).get("Metadata", {}).get("aws:cdk:path", node[1]).split("/")
    named = [part for part in path[2:] if part not in ("Resource", "Service")] or [node[1]]
    # "Bucket" says as little as the type does: whose it is, is the part before.
    name = "".join(named[-2:]) if named[-1] == "Bucket" else named[-1]
    return f"{re.sub(r'(?<=[a-z])(?=[A-Z])', ' ', name)}<br/>{kind}"


def _conversations(templates: Templates) -> Iterator[tuple[Node, Node]]:
    parts = _parts_of_machines(templates)
    for node in templates.nodes():
        if templates.kind(node) == _MAPPING:
            yield from _mapped(templates, node)
        if templates.kind(node) == _RULE:
            yield from _routed(templates, node)
        if templates.kind(node) not in _TALKS or node in parts:
            continue
        reached = _reached(templates, node, parts)
        if templates.kind(node) == _DISTRIBUTION:
            yield from ((node, other) for other in reached if templates.kind(other) in _ORIGINS)
            continue
        apis = [other for other in reached if templates.kind(other) == "AWS::ApiGateway::RestApi"]
        for other in reached - set(apis):
            if apis:
                yield apis[0], other
            elif templates.kind(other) == _LOAD_BALANCER or (
                templates.kind(node) in _READERS and templates.kind(other) in _READ_FROM
            ):
                yield other, node
            else:
                yield node, other


def _mapped(templates: Templates, mapping: Node) -> Iterator[tuple[Node, Node]]:
    """From the stream to the function; the queue for failures is the function's own."""
    named = templates.references(mapping)
    for stream in named:
        if templates.kind(stream) in _READ_FROM:
            functions = (each for each in named if templates.kind(each) == _FUNCTION)
            yield from ((stream, function) for function in functions)


def _routed(templates: Templates, rule: Node) -> Iterator[tuple[Node, Node]]:
    """From a bus of ours to what a rule of it tells."""
    named = templates.references(rule)
    buses = {each for each in named if templates.kind(each) == _BUS}
    for bus in buses:
        yield from ((bus, told) for told in named - buses if templates.kind(told) in _TALKED_TO)


def _parts_of_machines(templates: Templates) -> set[Node]:
    """What a state is for is no box of its own: a machine has many, and talks as all of them."""
    return {
        node
        for machine in _of_kind(templates, _MACHINE)
        for node in templates.references(machine)
        if templates.kind(node) == _FUNCTION
    }


def _reached(templates: Templates, start: Node, parts: set[Node]) -> set[Node]:
    """The shown resources that a resource refers to, through glue only."""
    seen, ahead, shown = {start}, [start], set()
    while ahead:
        for node in templates.references(ahead.pop()) - seen:
            seen.add(node)
            if node in parts or templates.kind(node) in _GLUE:
                ahead.append(node)
            elif templates.kind(node) in _TALKED_TO:
                shown.add(node)
    return shown


def _of_kind(templates: Templates, kind: str) -> list[Node]:
    return [node for node in templates.nodes() if templates.kind(node) == kind]


def _id(node: Node) -> str:
    return f"{node[0].rpartition('-')[2]}_{node[1]}"


def replaced(document: str, drawn: str) -> str:
    """The document with its picture drawn anew. Raises ValueError where it has no place for it."""
    before, begin, rest = document.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"no place for the picture: the lines {_BEGIN!r} and {_END!r} are missing")
    return f"{before}{_BEGIN}\n{drawn}\n{_END}{after}"
