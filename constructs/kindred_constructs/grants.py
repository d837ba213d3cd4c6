"""Grants of exactly what is named, where the library has none, or its own takes in more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_iam as iam


def allow(
    grantee: iam.IGrantable,
    resources: Sequence[str],
    *actions: str,
    conditions: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """By ARNs; `"*"` only with a comment that says why AWS forces it."""
    iam.Grant.add_to_principal(
        grantee=grantee,
        actions=list(actions),
        resource_arns=list(resources),
        conditions=conditions,
    )
