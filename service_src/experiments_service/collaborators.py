"""What the application is made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from aws_lambda_powertools import Logger
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from experiments_service.assistants.experiment_design import DesignAssistant
from experiments_service.assistants.notices import Notices
from experiments_service.identity.authentication import Identity
from experiments_service.metrics import ExperimentMetrics
from experiments_service.settings import Settings
from kindred.experiments.audit_chain import AuditSigner
from kindred.experiments.definitions import Experiment

if TYPE_CHECKING:
    from experiments_service.publication.published import Published
    from experiments_service.publication.publisher import PublicationState
    from kindred.experiments.engine.snapshot import Snapshot
    from kindred_aws.event_stream import EventStream
    from kindred_aws.experiment_counters import ExperimentCounters
    from kindred_aws.pseudonym_secret import PseudonymSecret
    from kindred_aws.sticky_units import StickyUnits

Sessions = async_sessionmaker[AsyncSession]


class Publisher(Protocol):
    """What every evaluator of this service sees, and how it learns of a change."""

    @property
    def current(self) -> Snapshot: ...

    @property
    def published(self) -> Published:
        """The snapshot with what it was made of. Raises NothingPublished."""
        ...

    @property
    def state(self) -> PublicationState: ...

    @property
    def age_seconds(self) -> float:
        """Since the definitions were last read from where they are kept."""
        ...

    def experiment(self, key: str) -> Experiment | None: ...

    async def changed(self) -> None:
        """After the commit of a change: publish it. Never raises."""
        ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentCollaborators:
    """`sessions` write and read; `reader` may lag behind them, and must not write. Without
    `sticky_units` the hash alone assigns.
    """

    sessions: Sessions
    reader: Sessions
    publisher: Publisher
    event_stream: EventStream
    pseudonyms: PseudonymSecret
    counters: ExperimentCounters
    identity: Identity
    audit: AuditSigner
    notices: Notices
    metrics: ExperimentMetrics
    logger: Logger
    settings: Settings
    assistant: DesignAssistant | None = None
    sticky_units: StickyUnits | None = None
