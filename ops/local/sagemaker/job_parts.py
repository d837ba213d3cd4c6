"""The local SageMaker's parts beside endpoints: registry, jobs and feature store, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.local.sagemaker.feature_groups import FeatureStore
from ops.local.sagemaker.model_processes import ProcessHost
from ops.local.sagemaker.model_registry import ModelRegistry
from ops.local.sagemaker.operation import Part
from ops.local.sagemaker.training_jobs import TrainingJobs
from ops.local.sagemaker.transform_jobs import TransformJobs

if TYPE_CHECKING:
    from ops.local.role_credentials import CredentialsServer
    from ops.local.sagemaker.container_launch import Launch
    from ops.local.sagemaker.roles import Roles
    from ops.local.sagemaker.server import EndpointParts
    from ops.local.settings import LocalSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """What jobs stand on: the platform's files, roles, containers, and the endpoints' parts."""

    settings: LocalSettings
    folder: Path
    roles: Roles
    credentials: CredentialsServer
    launch: Callable[[str], Launch]
    endpoints: EndpointParts
    # A client of Glue, as SageMaker itself.
    glue: Any


@dataclass(frozen=True, slots=True)
class JobParts:
    """Packages, jobs and features."""

    registry: ModelRegistry
    training: TrainingJobs
    transform: TransformJobs
    features: FeatureStore

    @property
    def parts(self) -> list[Part]:
        return [self.registry, self.training, self.transform, self.features]

    def stop(self) -> None:
        """With everything: jobs end, and nothing of the feature store is left unwritten."""
        self.features.stop()
        self.training.stop_all()


def job_parts(workplace: Workplace) -> JobParts:
    """Ready to be called; models may name packages from here on."""
    endpoints, roles = workplace.endpoints, workplace.roles
    clock, announce = endpoints.surroundings.clock, endpoints.surroundings.announce
    tags, models = endpoints.tags, endpoints.models
    registry = ModelRegistry(clock, tags, announce)
    models.use_packages(registry.container)
    host = ProcessHost(
        launch=workplace.launch,
        roles=roles,
        credentials=workplace.credentials,
        environment={},
        folder=workplace.folder / "training",
        state=workplace.settings.state,
        logs=workplace.settings.logs,
    )
    return JobParts(
        registry,
        TrainingJobs(clock, tags, announce, host, endpoints.surroundings.faults),
        TransformJobs(clock, tags, announce, models, endpoints.surroundings.host, roles),
        FeatureStore(clock, tags, roles, workplace.glue),
    )
