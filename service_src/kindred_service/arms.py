"""Which arm a unit is on: the experiment as last read, and what Valkey remembers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import NamedTuple

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from kindred.experiments.bucketing import Arm
from kindred.experiments.embedding_experiment import (
    EmbeddingExperiment,
    InvalidExperiment,
    control_only,
)
from kindred.similarity.manifest import CorruptArtefact
from kindred_aws.artefact_store import ArtefactNotFound
from kindred_aws.experiment_table import ExperimentTable
from kindred_aws.unit_cache import Remembered, UnitCache, arm_key
from kindred_service.metrics import ServiceMetrics
from kindred_service.models import ModelsDisagree


class Assigned(NamedTuple):
    """`is_new` says that the unit was not seen in the 24 hours before; not known without cache."""

    experiment_id: str
    arm: Arm
    is_new: bool


_UNREADABLE = (BotoCoreError, ClientError, InvalidExperiment)
_NOT_SERVED = (
    ArtefactNotFound,
    BotoCoreError,
    ClientError,
    CorruptArtefact,
    ModelsDisagree,
    OSError,
)


class Arms:
    """`refresh` keeps the last good experiment when the table cannot be read or obeyed.

    While a model of an experiment cannot be loaded, and `require_models` raises, the one before
    holds.
    """

    def __init__(
        self,
        *,
        table: ExperimentTable,
        cache: UnitCache,
        experiment_id: str,
        require_models: Callable[[tuple[Arm, ...]], None],
        metrics: ServiceMetrics,
        logger: Logger,
    ) -> None:
        self._table = table
        self._cache = cache
        self._first_id = experiment_id
        self._require_models = require_models
        self._metrics = metrics
        self._logger = logger
        self.experiment = control_only(experiment_id)
        self.read_at: float | None = None

    def refresh(self) -> None:
        try:
            succession = self._table.succession(self._first_id)
        except _UNREADABLE as error:
            self._logger.warning("kept the last experiment", reason=str(error))
            return
        found = self._served(succession or [control_only(self._first_id)])
        if found is None:
            return
        if found != self.experiment:
            self._logger.info("experiment changed", experiment=asdict(found))
        self.experiment, self.read_at = found, time.time()

    def _served(self, succession: Sequence[EmbeddingExperiment]) -> EmbeddingExperiment | None:
        """The first whose models are there; loading them is tried again at every refresh."""
        for experiment in succession:
            try:
                self._require_models(experiment.arms)
            except _NOT_SERVED as error:
                self._logger.warning(
                    "experiment not served",
                    experiment_id=experiment.experiment_id,
                    reason=str(error),
                )
            else:
                return experiment
        return None

    async def assign(
        self, partner_id: str, app_id: str, *, vector_keys: tuple[str, ...] = ()
    ) -> tuple[Assigned, Remembered]:
        """The unit's arm, and what else the same round trip found of it."""
        started = time.perf_counter()
        experiment = self.experiment
        key = arm_key(experiment.experiment_id, partner_id, app_id)
        remembered = await self._cache.recall(key, vector_keys)
        arm = experiment.assign(partner_id=partner_id, app_id=app_id, remembered=remembered.arm)
        is_new = False
        if experiment.is_sticky and remembered.arm is None:
            is_new = await self._cache.remember(arm=(key, arm), vector=None)
        elapsed_ms = (time.perf_counter() - started) * 1_000
        self._metrics.observe_latency("ab_test_assignment_latency", elapsed_ms)
        return Assigned(experiment.experiment_id, arm, is_new), remembered
