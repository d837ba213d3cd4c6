"""Asks the event lake in SQL, by Athena."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_athena import AthenaClient

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.25, 5.0


class QueryFailed(RuntimeError):
    """Athena did not answer a query; the message is its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLake:
    """`wait` is given the seconds until a running query is looked at again."""

    client: AthenaClient
    workgroup: str
    wait: Callable[[float], None] = field(default=time.sleep)

    def rows(self, query: str) -> Iterator[tuple[str | None, ...]]:
        """What a SELECT answers, as text; a NULL is None. Raises QueryFailed."""
        execution = self.client.start_query_execution(QueryString=query, WorkGroup=self.workgroup)
        execution_id = execution["QueryExecutionId"]
        self._finish(execution_id)
        # The first row of the first page names the columns.
        skip = 1
        pages = self.client.get_paginator("get_query_results").paginate(
            QueryExecutionId=execution_id
        )
        for page in pages:
            for row in page["ResultSet"]["Rows"][skip:]:
                yield tuple(cell.get("VarCharValue") for cell in row["Data"])
            skip = 0

    def _finish(self, execution_id: str) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            answer = self.client.get_query_execution(QueryExecutionId=execution_id)
            status = answer["QueryExecution"]["Status"]
            if status["State"] == "SUCCEEDED":
                return
            if status["State"] in ("FAILED", "CANCELLED"):
                reason = status.get("StateChangeReason", "no reason given")
                raise QueryFailed(f"query {execution_id} {status['State'].lower()}: {reason}")
            self.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
