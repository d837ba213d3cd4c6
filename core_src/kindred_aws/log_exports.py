"""Lists log groups and their exports to S3, and starts one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from kindred.log_export import Export, LogGroup, Task, TaskState
from kindred.stage_names import is_of_stage

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient

_STATES: dict[str, TaskState] = {
    "PENDING": "active",
    "PENDING_CANCEL": "active",
    "RUNNING": "active",
    "COMPLETED": "done",
    "CANCELLED": "failed",
    "FAILED": "failed",
}


class AnotherExportRuns(Exception):
    """Somebody else in the account was faster; it goes on at the next run."""


class LogExports:
    def __init__(self, client: CloudWatchLogsClient, *, bucket: str) -> None:
        self._client: Any = client
        self._bucket = bucket

    def groups(self, stage: str) -> Iterator[LogGroup]:
        """Of the stacks whose name begins so."""
        pages = self._client.get_paginator("describe_log_groups")
        for page in pages.paginate(logGroupNamePrefix=f"{stage}-"):
            for group in page["logGroups"]:
                if is_of_stage(group["logGroupName"], stage):
                    yield LogGroup(
                        name=group["logGroupName"],
                        created=_day(group["creationTime"]),
                        retention_days=group.get("retentionInDays"),
                    )

    def tasks(self) -> list[Task]:
        """All that CloudWatch still remembers, of every environment."""
        pages = self._client.get_paginator("describe_export_tasks").paginate()
        return [
            Task(name=task.get("taskName", ""), state=_STATES[task["status"]["code"]])
            for page in pages
            for task in page["exportTasks"]
        ]

    def start(self, export: Export) -> str:
        """The task's id. Raises AnotherExportRuns."""
        start, end = export.milliseconds
        request = {
            "taskName": export.name,
            "logGroupName": export.group,
            "from": start,
            "to": end,
            "destination": self._bucket,
            "destinationPrefix": export.prefix,
        }
        try:
            answer = self._client.create_export_task(**request)
        except self._client.exceptions.LimitExceededException as error:
            raise AnotherExportRuns(str(error)) from error
        return str(answer["taskId"])


def _day(milliseconds: int) -> date:
    return datetime.fromtimestamp(milliseconds / 1_000, UTC).date()
