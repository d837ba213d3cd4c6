"""Let CloudFormation accept the types that are recorded only."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import provisioners

from .recorded_types import RECORDED_TYPES

Properties = dict[str, Any]


def install() -> None:
    """Register every recorded type that the emulator does not carry itself."""
    for resource_type, attributes in RECORDED_TYPES.items():
        provisioners._RESOURCE_HANDLERS.setdefault(resource_type, _handler(attributes))
    _record_alarms_over_expressions()


def _record_alarms_over_expressions() -> None:
    """The emulator evaluates alarms over one metric, and refuses those over an expression."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]
    recorded = _handler({"Arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{id}"})
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    def created(logical_id: str, properties: Properties, stack: str) -> Any:
        chosen = recorded["create"] if "Metrics" in properties else create
        return chosen(logical_id, properties, stack)

    def updated(physical_id: str, old: Properties, new: Properties, *rest: Any) -> Any:
        if "Metrics" in new:
            return recorded["update"](physical_id, old, new, *rest)
        return update(physical_id, old, new, *rest)

    def deleted(physical_id: str, properties: Properties) -> None:
        if "Metrics" not in properties:
            delete(physical_id, properties)

    handler.update(create=created, update=updated, delete=deleted)


def _handler(attributes: dict[str, str]) -> dict[str, Any]:
    def create(logical_id: str, _: Properties, stack: str) -> tuple[str, dict[str, str]]:
        physical_id = f"{stack}-{logical_id}"
        return physical_id, _filled_in(attributes, physical_id)

    def update(
        physical_id: str, _: Properties, __: Properties, *___: Any
    ) -> tuple[str, dict[str, str]]:
        return physical_id, _filled_in(attributes, physical_id)

    def delete(physical_id: str, properties: Properties) -> None:
        """Nothing was made, so nothing goes."""

    return {"create": create, "update": update, "delete": delete}


def _filled_in(attributes: dict[str, str], physical_id: str) -> dict[str, str]:
    known = {"id": physical_id, "region": get_region(), "account": get_account_id()}
    return {name: value.format(**known) for name, value in attributes.items()}
