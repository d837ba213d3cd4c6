"""JSON as an item of DynamoDB and back: its numbers are decimals, to the last digit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer


def to_item(document: Mapping[str, Any]) -> dict[str, Any]:
    decimals = json.loads(json.dumps(document), parse_float=Decimal)
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in decimals.items()}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    deserialize = TypeDeserializer().deserialize
    return {name: _plain(deserialize(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
