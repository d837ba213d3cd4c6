"""The `List...` operations: filters, order and pages, the same for every kind of resource."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from ops.local.sagemaker.operation import invalid

PAGE = 10


def list_page(
    rows: Iterable[Mapping[str, Any]], parameters: Mapping[str, Any], *, kind: str, key: str
) -> dict[str, Any]:
    """Rows in the shape of the summary, under `key`; `kind` prefixes their fields (`Endpoint`)."""
    found = [row for row in rows if _wanted(row, parameters, kind)]
    order = {"Name": f"{kind}Name", "Status": f"{kind}Status"}.get(
        parameters.get("SortBy", ""), parameters.get("SortBy") or "CreationTime"
    )
    descending = parameters.get("SortOrder", "Descending") == "Descending"
    found.sort(key=lambda row: (row[order], row.get(f"{kind}Name", "")), reverse=descending)
    start = _read_token(parameters.get("NextToken"))
    end = start + parameters.get("MaxResults", PAGE)
    page: dict[str, Any] = {key: found[start:end]}
    if end < len(found):
        page["NextToken"] = base64.urlsafe_b64encode(str(end).encode()).decode()
    return page


def _wanted(row: Mapping[str, Any], parameters: Mapping[str, Any], kind: str) -> bool:
    part = parameters.get("NameContains", "").lower()
    if part not in str(row.get(f"{kind}Name", "")).lower():
        return False
    status = parameters.get("StatusEquals")
    if status and row.get(f"{kind}Status") != status:
        return False
    for field in ("CreationTime", "LastModifiedTime"):
        after, before = parameters.get(f"{field}After"), parameters.get(f"{field}Before")
        early, late = after and row[field] < after, before and row[field] > before
        if early or late:
            return False
    return True


def _read_token(token: str | None) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except ValueError as error:
        raise invalid(f"Invalid NextToken: {token}") from error
