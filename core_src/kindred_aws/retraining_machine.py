"""Starts the retraining state machine, and knows which of its runs have not ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainingMachine:
    client: SFNClient
    arn: str

    def running(self) -> list[str]:
        """The run ids of executions that have not ended."""
        pages = self.client.get_paginator("list_executions").paginate(
            stateMachineArn=self.arn, statusFilter="RUNNING"
        )
        return [execution["name"] for page in pages for execution in page["executions"]]

    def start(self, run_id: str) -> bool:
        """Whether it was started now; a run of that name that has been is not run again."""
        try:
            self.client.start_execution(stateMachineArn=self.arn, name=run_id, input="{}")
        except self.client.exceptions.ExecutionAlreadyExists:
            return False
        return True
