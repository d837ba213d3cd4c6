"""The queues of dead letters that an environment has, and where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ops.deployed_stage import DeployedStage, NotDeployed, stage_of


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
    """Of one region; `standing_by` stands before the names of a second region's stacks."""

    stage: DeployedStage
    names: Sequence[Queue]
    standing_by: str = ""

    def url(self, queue: Queue) -> str:
        """Raises NotDeployed."""
        if queue not in self.names:
            raise NotDeployed(f"queue {queue}: nothing is indexed for search there")
        return self._output(*OUTPUTS[queue])

    @property
    def stream_name(self) -> str:
        """Raises NotDeployed."""
        return self._output(STREAMING, "EventStreamName")

    def _output(self, stack: str, name: str) -> str:
        return self.stage.output(f"{self.standing_by}{stack}", name)


def queues_of(environment: str, *, region: str | None) -> LetterQueues:
    """Of one of the environment's regions, or of the one that stands by. Raises NotDeployed."""
    from stacks.environment_file import load_environment  # its models take long to load
    from stacks.recovery import STANDBY
    from stacks.standby_sizes import standby_environment
    from stacks.yaml_file import InvalidFile

    try:
        known = load_environment(environment)
    except InvalidFile as error:
        raise NotDeployed(str(error)) from error
    if region and known.recovery.replicates and region == known.recovery.region:
        there = standby_environment(known)
        return LetterQueues(
            stage=DeployedStage(prefix=known.stage_id(known.regions[0]), region=region),
            names=_names(searched=there.sizes.search is not None),
            standing_by=STANDBY,
        )
    return LetterQueues(
        stage=stage_of(environment, region=region),
        names=_names(searched=known.sizes.search is not None),
    )


def _names(*, searched: bool) -> tuple[Queue, ...]:
    return tuple(each for each in Queue if searched or each is not Queue.UNINDEXED)
