"""The adapters of retraining, each made when it is first asked for."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import boto3

from kindred_aws.artefact_store import ArtefactStore
from kindred_aws.event_lake import EventLake
from kindred_aws.feature_records import FeatureRecords, offline_table
from kindred_aws.interaction_query import Tables
from kindred_aws.lake_questions import LakeQuestions
from kindred_aws.model_experiments import ModelExperiments
from kindred_aws.model_registry import ModelRegistry
from kindred_aws.retraining_machine import RetrainingMachine
from kindred_aws.retraining_table import RetrainingTable
from kindred_aws.staging_endpoint import StagingEndpoint
from kindred_aws.trained_model import TrainedModel, fetch_trained_model
from kindred_aws.training_data import TrainingData
from retraining_functions.retraining_settings import (
    retraining_table,
    settings,
    start_settings,
)


@cache
def tables() -> Tables:
    database, table = offline_table(boto3.client("sagemaker"), settings().feature_group)
    return Tables(
        events_database=settings().events_database,
        events=settings().events_table,
        features_database=database,
        features=table,
    )


@cache
def lake() -> LakeQuestions:
    asked = EventLake(client=boto3.client("athena"), workgroup=settings().athena_workgroup)
    return LakeQuestions(lake=asked, tables=tables())


@cache
def training_data() -> TrainingData:
    return TrainingData(client=boto3.client("s3"), bucket=settings().training_bucket)


@cache
def artefacts() -> ArtefactStore:
    return ArtefactStore(boto3.client("s3"), settings().embeddings_bucket)


@cache
def experiments() -> ModelExperiments:
    return ModelExperiments(
        client=boto3.client("dynamodb"),
        table_name=settings().experiments_table,
        experiment_id=settings().embedding_experiment_id,
    )


@cache
def runs() -> RetrainingTable:
    return RetrainingTable(client=boto3.client("dynamodb"), table_name=retraining_table())


@cache
def machine() -> RetrainingMachine:
    return RetrainingMachine(
        client=boto3.client("stepfunctions"), arn=start_settings().retraining_machine_arn
    )


@cache
def registry() -> ModelRegistry:
    return ModelRegistry(client=boto3.client("sagemaker"), group=settings().model_package_group)


@cache
def staging() -> StagingEndpoint:
    return StagingEndpoint(client=boto3.client("sagemaker"), name=settings().staging_endpoint)


@cache
def feature_records() -> FeatureRecords:
    return FeatureRecords(
        client=boto3.client("sagemaker-featurestore-runtime"), group=settings().feature_group
    )


def work_folder(name: str) -> Path:
    return Path(tempfile.gettempdir()) / "retraining" / name


def trained_model(uri: str, *, sha256: str | None = None) -> TrainedModel:
    """One at a time: a function's disk outlives its call, and what lay there is removed.

    Raises CorruptArtefact.
    """
    return fetch_trained_model(boto3.client("s3"), uri, work_folder("candidate"), sha256=sha256)
