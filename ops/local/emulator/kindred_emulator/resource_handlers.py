"""Add to what the emulator's CloudFormation does for a resource type it carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
Attributes = dict[str, Any]
Afterwards = Callable[[str, Properties], Attributes]


def after_each_change(resource_type: str, afterwards: Afterwards) -> None:
    """Call with physical id and properties after create and update; add its attributes."""
    handler = provisioners._RESOURCE_HANDLERS[resource_type]
    create, update = handler["create"], handler.get("update")

    def created(logical_id: str, properties: Properties, *rest: Any) -> tuple[str, Attributes]:
        physical_id, attributes = create(logical_id, properties, *rest)
        return physical_id, {**attributes, **afterwards(physical_id, properties)}

    def updated(
        physical_id: str, old: Properties, new: Properties, *rest: Any
    ) -> tuple[str, Attributes]:
        physical_id, attributes = update(physical_id, old, new, *rest)
        return physical_id, {**(attributes or {}), **afterwards(physical_id, new)}

    handler["create"] = created
    if update:
        handler["update"] = updated
