"""Resources that the emulator makes without something their template asks for."""

from __future__ import annotations

from typing import Any

from ministack.services import dynamodb, ecs
from ministack.services.cloudformation import provisioners

from .resource_handlers import after_each_change

Properties = dict[str, Any]

CONTAINER_FIELDS = ("Secrets", "HealthCheck", "DependsOn", "LinuxParameters", "Ulimits")


def install() -> None:
    """Correct what templates of this project read or need."""
    after_each_change("AWS::EC2::VPC", _network_range)
    for table_type in ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
        after_each_change(table_type, _time_to_live)
    after_each_change("AWS::ECS::TaskDefinition", _container_fields)


def _network_range(_: str, properties: Properties) -> dict[str, Any]:
    return {"CidrBlock": properties.get("CidrBlock"), "CidrBlockAssociations": []}


def _time_to_live(table: str, properties: Properties) -> dict[str, Any]:
    wanted = properties.get("TimeToLiveSpecification")
    if wanted:
        enabled = str(wanted.get("Enabled")).lower() == "true"
        dynamodb._update_ttl(
            {
                "TableName": table,
                "TimeToLiveSpecification": {
                    "AttributeName": wanted["AttributeName"],
                    "Enabled": enabled,
                },
            }
        )
    return {}


def _container_fields(arn: str, properties: Properties) -> dict[str, Any]:
    """Fields of a task definition whose case the emulator leaves, so that its API drops them."""
    task = ecs._task_defs[arn.rsplit("/", 1)[-1]]
    declared = properties.get("ContainerDefinitions", [])
    for container, source in zip(task["containerDefinitions"], declared, strict=True):
        for field in CONTAINER_FIELDS:
            if field in source:
                container[in_api_case(field)] = provisioners._pascal_to_camel(source[field])
    task["volumes"] = provisioners._pascal_to_camel(properties.get("Volumes", []))
    task["runtimePlatform"] = provisioners._pascal_to_camel(properties.get("RuntimePlatform", {}))
    return {}


def in_api_case(field: str) -> str:
    """A template's field name as the API spells it."""
    return field[:1].lower() + field[1:]
