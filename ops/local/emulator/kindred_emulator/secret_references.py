"""A secret's `Ref` is its ARN, as policies that name it as their resource need."""

from __future__ import annotations

from typing import Any

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
ARN_SUFFIX_LENGTH = 7


def install() -> None:
    """Translate between the ARN that templates see and the name that the emulator keys by."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    def created(logical_id: str, properties: Properties, stack: str) -> tuple[str, Any]:
        name, attributes = create(logical_id, properties, stack)
        return _arn(name), attributes

    def updated(physical_id: str, *rest: Any) -> tuple[str, Any]:
        name, attributes = update(_name(physical_id), *rest)
        return _arn(name), attributes

    def deleted(physical_id: str, properties: Properties) -> None:
        delete(_name(physical_id), properties)

    handler.update(create=created, update=updated, delete=deleted)


def _arn(name: str) -> str:
    return str(secretsmanager._secrets[name]["ARN"])


def _name(physical_id: str) -> str:
    if not physical_id.startswith("arn:"):
        return physical_id
    return physical_id.split(":secret:", 1)[1][:-ARN_SUFFIX_LENGTH]
