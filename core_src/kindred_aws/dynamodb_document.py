"""JSON as an item of DynamoDB and back: its numbers are decimals, to the last digit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer


def to_item(document: Mapping[str, Any]) -> dict[str, Any]:
    decimals = json.loads(json.dumps(document, allow_nan=False), parse_float=_decimal)
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in decimals.items()}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    deserialize = TypeDeserializer().deserialize
    return {name: _plain(deserialize(value)) for name, value in item.items()}


def _decimal(text: str) -> Decimal:
    # The chance of a hair: DynamoDB refuses a number nearer to zero than 1e-130.
    return Decimal(text) if abs(float(text)) > 1e-120 else Decimal(0)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
