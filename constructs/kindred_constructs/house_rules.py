"""Defaults that every stack gets without asking, set where a construct is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3


@jsii.implements(cdk.IPropertyInjector)
class _Defaults:
    """Properties of one kind of construct that hold unless the caller names others."""

    def __init__(self, unique_id: str, defaults: Mapping[str, Any]) -> None:
        self._unique_id = unique_id
        self._defaults = dict(defaults)

    @property
    def construct_unique_id(self) -> str:
        return self._unique_id

    def inject(self, original_props: Any, _context: cdk.InjectionContext) -> Any:
        return {**self._defaults, **(original_props or {})}


def removal_policy(*, production: bool) -> cdk.RemovalPolicy:
    """What becomes of data when its resource leaves the template."""
    return cdk.RemovalPolicy.RETAIN if production else cdk.RemovalPolicy.DESTROY


def house_rules(*, production: bool, log_days: int) -> list[cdk.IPropertyInjector]:
    """Buckets are private, versioned and TLS-only; log groups end; what must stay, stays."""
    kept = removal_policy(production=production)
    bucket = {
        "blockPublicAccess": s3.BlockPublicAccess.BLOCK_ALL,
        "enforceSSL": True,
        "minimumTLSVersion": 1.2,
        "objectOwnership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        "removalPolicy": kept,
        "versioned": True,
    }
    log_group = {"removalPolicy": kept, "retention": log_days}
    rules = [
        _Defaults(s3.Bucket.PROPERTY_INJECTION_ID, bucket),
        _Defaults(logs.LogGroup.PROPERTY_INJECTION_ID, log_group),
    ]
    # jsii calls `inject` with a positional context; its protocol for type checkers says otherwise.
    return cast("list[cdk.IPropertyInjector]", rules)
