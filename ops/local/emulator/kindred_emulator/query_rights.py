"""What Athena does for its caller it does with the caller's rights: on tables, objects and keys.

Source: Amazon Athena User Guide, "Identity and access management in Athena".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlparse

from ministack.core.responses import get_account_id, get_region
from ministack.services import athena, glue, s3

from .role_sessions import caller_refusal


class QueryRefused(Exception):
    """Why a query fails, as its state change tells."""


def require_tables(access_key_id: str, query: str, database: str) -> None:
    """The caller may see and read every table that the query names. Raises QueryRefused."""
    for reference in athena._table_references(query):
        named = reference.database or database
        table = glue._tables.get(f"{named}/{reference.table}")
        if table is not None:
            _require(access_key_id, _on_table(named, reference.table, table))
            _require(access_key_id, _on_objects(table["StorageDescriptor"]["Location"]))


def require_output(access_key_id: str, address: str) -> None:
    """The caller may write there. Raises QueryRefused."""
    bucket, key = split_address(address)
    _require(
        access_key_id,
        [
            ("s3:GetBucketLocation", f"arn:aws:s3:::{bucket}"),
            ("s3:PutObject", f"arn:aws:s3:::{bucket}/{key}"),
        ],
    )


def split_address(address: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`."""
    parsed = urlparse(address)
    return parsed.netloc, parsed.path.lstrip("/")


def _require(access_key_id: str, wanted: Iterable[tuple[str, str]]) -> None:
    for action, resource in wanted:
        if caller_refusal(access_key_id, action, resource):
            raise QueryRefused(
                "Insufficient permissions to execute the query. The caller is not authorized to "
                f"perform: {action} on resource: {resource}"
            )


def _on_table(database: str, name: str, table: dict[str, Any]) -> list[tuple[str, str]]:
    """Glue asks for the catalog and the database as well."""
    catalog = f"arn:aws:glue:{get_region()}:{get_account_id()}"
    resources = ("catalog", f"database/{database}", f"table/{database}/{name}")
    projected = (table.get("Parameters") or {}).get("projection.enabled") == "true"
    listed = bool(table.get("PartitionKeys")) and not projected
    actions = ("glue:GetTable", "glue:GetPartitions") if listed else ("glue:GetTable",)
    return [(action, f"{catalog}:{resource}") for action in actions for resource in resources]


def _on_objects(location: str) -> list[tuple[str, str]]:
    bucket, prefix = split_address(location)
    keys = (s3._buckets.get(bucket) or {}).get("objects", {})
    first = next((key for key in list(keys) if key.startswith(prefix)), prefix)
    return [
        ("s3:ListBucket", f"arn:aws:s3:::{bucket}"),
        ("s3:GetObject", f"arn:aws:s3:::{bucket}/{first}"),
    ]
