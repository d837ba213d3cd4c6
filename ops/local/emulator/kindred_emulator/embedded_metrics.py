"""Metrics embedded in a log line. Pure.

Source: the CloudWatch embedded metric format specification.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

MARK = '"_aws"'


def read_metrics(line: str) -> Iterator[dict[str, Any]]:
    """One datum for each metric and each set of dimensions of the line; none for other lines."""
    if MARK not in line:
        return
    try:
        record = json.loads(line)
        directives = record["_aws"]["CloudWatchMetrics"]
        moment = record["_aws"].get("Timestamp", time.time() * 1000) / 1000
    except (ValueError, KeyError, TypeError, AttributeError):
        return
    for directive in directives:
        for metric in directive.get("Metrics", []):
            value = record.get(metric["Name"])
            if value is None:
                continue
            for names in directive.get("Dimensions") or [[]]:
                several = isinstance(value, list)
                yield {
                    "namespace": directive["Namespace"],
                    "name": metric["Name"],
                    "dims": {name: str(record.get(name, "")) for name in names},
                    "ts": moment,
                    "unit": metric.get("Unit", "None"),
                    "value": None if several else value,
                    "values": value if several else None,
                }
