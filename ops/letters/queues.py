"""The queues of dead letters that an environment has, and where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ops.deployed_stage import DeployedStage, NotDeployed, stage_of, stages_of

if TYPE_CHECKING:
    from stacks.sizes import Sizes


class Queue(StrEnum):
    UNCOUNTED = "uncounted"
    UNINDEXED = "unindexed"
    UNSCHEDULED = "unscheduled"
    UNDELIVERED = "undelivered"


STREAMING, NETWORK = "StreamingStack", "NetworkStack"
OUTPUTS = {
    Queue.UNCOUNTED: (STREAMING, "EventsDeadLetterQueueUrl"),
    Queue.UNINDEXED: (STREAMING, "UnindexedDeadLetterQueueUrl"),
    Queue.UNSCHEDULED: (STREAMING, "UnscheduledDeadLetterQueueUrl"),
    Queue.UNDELIVERED: (NETWORK, "UndeliveredDeadLetterQueueUrl"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterQueues:
    """Those of one region."""

    stage: DeployedStage
    names: Sequence[Queue]

    def url(self, queue: Queue) -> str:
        """Raises NotDeployed."""
        if queue not in self.names:
            raise NotDeployed(f"queue {queue}: nothing is indexed for search there")
        return self.stage.output(*OUTPUTS[queue])

    @property
    def stream_name(self) -> str:
        """Raises NotDeployed."""
        return self.stage.output(STREAMING, "EventStreamName")


def queues_of(environment: str, *, region: str | None) -> LetterQueues:
    """Of one of the environment's regions, or of the one that stands by. Raises NotDeployed."""
    standing_by = [each for each in stages_of(environment) if each.before and each.region == region]
    stage = standing_by[0] if standing_by else stage_of(environment, region=region)
    is_searched = _sizes(environment, stands_by=bool(standing_by)).search is not None
    return LetterQueues(
        stage=stage,
        names=[each for each in Queue if is_searched or each is not Queue.UNINDEXED],
    )


def _sizes(environment: str, *, stands_by: bool) -> Sizes:
    from stacks.environment_file import load_environment  # its models take long to load
    from stacks.standby_sizes import standby_environment

    known = load_environment(environment)
    return (standby_environment(known) if stands_by else known).sizes
