"""Calls about a query of Athena are allowed on the workgroup that it ran in.

Source: Service Authorization Reference, Amazon Athena. The emulator knows of no query where it ran.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_actions
from ministack.services import athena

# What Athena takes when a caller names none.
PRIMARY = "primary"


def install() -> None:
    """Complete the emulator's resources."""
    extract = iam_actions.extract_resource_arn

    def with_workgroup(
        service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any
    ) -> Any:
        arn = extract(service, method, path, headers, body, *rest)
        named = arn == "*" and service == "athena" and _workgroup(headers, body)
        return athena._arn_workgroup(named) if named else arn

    iam_actions.extract_resource_arn = with_workgroup


def _workgroup(headers: dict[str, str], body: bytes) -> str | None:
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return None
    if headers.get("x-amz-target", "").endswith(".StartQueryExecution"):
        return PRIMARY
    execution = athena._executions.get(request.get("QueryExecutionId"))
    return execution and str(execution["WorkGroup"])
