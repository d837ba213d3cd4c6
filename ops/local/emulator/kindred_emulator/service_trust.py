"""Whether a role lets a service of AWS assume it. Pure."""

from __future__ import annotations

import json
from typing import Any

ASSUME = frozenset({"sts:AssumeRole", "sts:*", "*"})


def trusts(document: str | dict[str, Any] | None, service: str) -> bool:
    """By the role's trust policy; conditions are not read, and a Deny counts without them."""
    policy = json.loads(document) if isinstance(document, str) else document or {}
    effects = {
        statement["Effect"]
        for statement in _several(policy.get("Statement"))
        if ASSUME.intersection(_several(statement.get("Action")))
        and _names(statement.get("Principal"), service)
    }
    return effects == {"Allow"}


def _names(principal: Any, service: str) -> bool:
    return isinstance(principal, dict) and service in _several(principal.get("Service"))


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
