"""Segments of traces that began elsewhere, put into X-Ray."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_xray import XRayClient

# As many as X-Ray's own daemon sends in a call.
SEGMENTS_PER_CALL = 50


class TraceSegments:
    """By the API: the daemon beside a function runs only while the function's own trace is kept."""

    def __init__(self, client: XRayClient) -> None:
        self._client = client

    def put(self, documents: Sequence[Mapping[str, Any]]) -> str | None:
        """Why some or all were not taken; never raises, since a trace is no reason to fail."""
        problem = None
        for first in range(0, len(documents), SEGMENTS_PER_CALL):
            batch = [json.dumps(each) for each in documents[first : first + SEGMENTS_PER_CALL]]
            try:
                answer = self._client.put_trace_segments(TraceSegmentDocuments=batch)
            except ClientError as error:
                return error.response["Error"]["Code"]
            except BotoCoreError as error:
                return type(error).__name__
            for refused in answer.get("UnprocessedTraceSegments", []):
                problem = refused.get("ErrorCode", "unprocessed")
        return problem
