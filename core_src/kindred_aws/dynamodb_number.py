"""Numbers as DynamoDB takes them."""

from __future__ import annotations


def number(value: float) -> dict[str, str]:
    """To nine decimals: DynamoDB refuses a number nearer to zero than 1e-130."""
    return {"N": repr(round(value, 9))}
