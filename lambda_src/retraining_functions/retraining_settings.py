"""What the functions of retraining are told by their environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainingSettings:
    """What every function of the asset is told, by variables of these names in capitals.

    `staging_endpoint` (`kindred-<slug>-staging`) also begins the names of its models and
    configurations; `training_job_prefix` (`kindred-<slug>-`) those of training jobs. Lists are
    separated by commas. `watch_hours` is how long the first tenth of traffic is watched and
    `retire_after_days` how long the old model stays; both are scaled by `rollout_minute_seconds`
    over 60. `inference_image_uri` is the inference container's, `code_version` what the training
    image was built from.
    """

    training_bucket: str
    embeddings_bucket: str
    events_database: str
    events_table: str
    athena_workgroup: str
    feature_group: str
    experiments_table: str
    embedding_experiment_id: str
    model_package_group: str
    training_job_prefix: str
    staging_endpoint: str
    staging_instance_type: str
    execution_role_arn: str
    inference_image_uri: str
    data_key_arn: str
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    code_version: str
    minimum_interactions: int
    maximum_interactions: int
    watch_hours: float
    retire_after_days: float
    rollout_minute_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSettings:
    """What StartRetraining alone is told: the machine, which itself names the other functions.

    RETRAINING_MACHINE_ARN and COOL_DOWN_HOURS, beside RETRAINING_TABLE, which all have.
    """

    retraining_machine_arn: str
    cool_down_hours: float


@cache
def settings() -> RetrainingSettings:
    """Raises KeyError for what is missing."""
    return read_settings(os.environ)


@cache
def start_settings() -> StartSettings:
    """Raises KeyError for what is missing."""
    return StartSettings(
        retraining_machine_arn=os.environ["RETRAINING_MACHINE_ARN"],
        cool_down_hours=float(os.environ["COOL_DOWN_HOURS"]),
    )


def retraining_table() -> str:
    """RETRAINING_TABLE: what is remembered of runs. Raises KeyError where it is missing."""
    return os.environ["RETRAINING_TABLE"]


def read_settings(given: Mapping[str, str]) -> RetrainingSettings:
    return RetrainingSettings(
        training_bucket=given["TRAINING_BUCKET"],
        embeddings_bucket=given["EMBEDDINGS_BUCKET"],
        events_database=given["EVENTS_DATABASE"],
        events_table=given["EVENTS_TABLE"],
        athena_workgroup=given["ATHENA_WORKGROUP"],
        feature_group=given["FEATURE_GROUP"],
        experiments_table=given["EXPERIMENTS_TABLE"],
        embedding_experiment_id=given["EMBEDDING_EXPERIMENT_ID"],
        model_package_group=given["MODEL_PACKAGE_GROUP"],
        training_job_prefix=given["TRAINING_JOB_PREFIX"],
        staging_endpoint=given["STAGING_ENDPOINT"],
        staging_instance_type=given["STAGING_INSTANCE_TYPE"],
        execution_role_arn=given["EXECUTION_ROLE_ARN"],
        inference_image_uri=given["INFERENCE_IMAGE_URI"],
        data_key_arn=given["DATA_KEY_ARN"],
        subnet_ids=_listed(given["SUBNET_IDS"]),
        security_group_ids=_listed(given["SECURITY_GROUP_IDS"]),
        code_version=given["CODE_VERSION"],
        minimum_interactions=int(given["MINIMUM_INTERACTIONS"]),
        maximum_interactions=int(given["MAXIMUM_INTERACTIONS"]),
        watch_hours=float(given["WATCH_HOURS"]),
        retire_after_days=float(given["RETIRE_AFTER_DAYS"]),
        rollout_minute_seconds=int(given.get("ROLLOUT_MINUTE_SECONDS", "60")),
    )


def _listed(given: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in given.split(",") if part.strip())
