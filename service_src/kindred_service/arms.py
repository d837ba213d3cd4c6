"""Which arm a unit is on: the experiment as last read, and what Valkey remembers."""

from __future__ import annotations

import time

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from kindred.experiments.bucketing import Arm
from kindred.experiments.embedding_experiment import InvalidExperiment, control_only
from kindred_aws.experiment_table import ExperimentTable
from kindred_aws.unit_cache import Remembered, UnitCache, arm_key
from kindred_service.metrics import ServiceMetrics


class Arms:
    """`refresh` keeps the last good experiment when the table cannot be read or obeyed."""

    def __init__(
        self,
        *,
        table: ExperimentTable,
        cache: UnitCache,
        experiment_id: str,
        metrics: ServiceMetrics,
        logger: Logger,
    ) -> None:
        self._table = table
        self._cache = cache
        self._metrics = metrics
        self._logger = logger
        self.experiment = control_only(experiment_id)
        self.read_at: float | None = None

    def refresh(self) -> None:
        experiment_id = self.experiment.experiment_id
        try:
            found = self._table.embedding_experiment(experiment_id) or control_only(experiment_id)
        except (BotoCoreError, ClientError, InvalidExperiment) as error:
            self._logger.warning("kept the last experiment", reason=str(error))
            return
        if found != self.experiment:
            self._logger.info("experiment changed", status=found.status, v1_weight=found.v1_weight)
        self.experiment, self.read_at = found, time.time()

    async def assign(
        self, partner_id: str, app_id: str, *, vector_keys: tuple[str, ...] = ()
    ) -> tuple[Arm, Remembered]:
        """The unit's arm, and what else the same round trip found of it."""
        started = time.perf_counter()
        experiment = self.experiment
        key = arm_key(experiment.experiment_id, partner_id, app_id)
        remembered = await self._cache.recall(key, vector_keys)
        arm = experiment.assign(partner_id=partner_id, app_id=app_id, remembered=remembered.arm)
        if experiment.is_sticky and remembered.arm is None:
            await self._cache.remember(arm=(key, arm), vector=None)
        elapsed_ms = (time.perf_counter() - started) * 1_000
        self._metrics.observe_latency("ab_test_assignment_latency", elapsed_ms)
        return arm, remembered
