"""From the process environment to a serving process, or to one clear line and exit status 1."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import boto3
import uvicorn
from aws_lambda_powertools import Logger
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from fastapi import FastAPI

from kindred.similarity.manifest import CorruptArtefact
from kindred.similarity.versions import FITTED
from kindred_aws.artefact_store import ArtefactNotFound, ArtefactStore
from kindred_aws.event_stream import EventStream
from kindred_aws.experiment_table import ExperimentTable
from kindred_aws.metrics_table import MetricsTable
from kindred_aws.pseudonym_secret import PseudonymSecret
from kindred_aws.request_log import RequestLog
from kindred_aws.unit_cache import UnitCache, connect
from kindred_service.arms import Arms
from kindred_service.collaborators import Collaborators
from kindred_service.interactions import Interactions
from kindred_service.metrics import ServiceMetrics
from kindred_service.metrics_port import serve_metrics
from kindred_service.models import ModelsDisagree, ModelShelf
from kindred_service.query import QueryResolver
from kindred_service.recorder import Recorder
from kindred_service.request_sampling import sample_requests
from kindred_service.settings import InvalidSettings, Settings, read_settings
from kindred_service.tracing import start_tracing

_AWS = Config(
    connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 3, "mode": "standard"}
)
_GRACE_SECONDS = 20
_CANNOT_START = (
    InvalidSettings,
    ModelsDisagree,
    ArtefactNotFound,
    CorruptArtefact,
    BotoCoreError,
    ClientError,
    OSError,
)


def serve(create_app: Callable[[Collaborators], FastAPI]) -> None:
    """Load, then answer until SIGTERM."""
    logger = Logger(service=os.environ.get("SERVICE_NAME", "kindred"), utc=True, use_rfc3339=True)
    try:
        settings = read_settings(os.environ)
        logger.setLevel(settings.log_level)
        start_tracing(os.environ, logger)
        sample_requests(os.environ, logger)
        store = ArtefactStore(boto3.client("s3", config=_AWS), settings.embeddings_bucket)
        with tempfile.TemporaryDirectory(prefix="artefacts-") as directory:
            shelf = ModelShelf(store, Path(directory))
            shelf.require(FITTED)
            collaborators = assemble(settings, shelf, logger)
            serve_metrics(os.environ, collaborators.metrics.registry)
            run(create_app(collaborators), settings.port)
    except _CANNOT_START as error:
        logger.critical("cannot start", reason=str(error))
        sys.exit(1)


def assemble(settings: Settings, shelf: ModelShelf, logger: Logger) -> Collaborators:
    dynamodb = boto3.client("dynamodb", config=_AWS)
    pseudonyms = PseudonymSecret(
        boto3.client("secretsmanager", config=_AWS),
        secret_id=settings.pseudonym_secret,
        tell=lambda reason: logger.warning("pseudonyms not read", reason=reason),
    )
    metrics = ServiceMetrics(
        namespace=settings.metrics_namespace,
        service=settings.service_name,
        environment=settings.environment,
    )
    cache = UnitCache(
        connect(
            host=settings.valkey_host,
            port=settings.valkey_port,
            username=settings.valkey_username,
            password=settings.valkey_password,
            cluster=settings.valkey_cluster_mode,
        )
    )
    arms = Arms(
        table=ExperimentTable(dynamodb, table_name=settings.experiments_table),
        cache=cache,
        experiment_id=settings.embedding_experiment_id,
        require_models=shelf.require,
        metrics=metrics,
        logger=logger,
    )
    arms.refresh()
    recorder = Recorder(
        metrics_table=MetricsTable(
            dynamodb,
            table_name=settings.metrics_table,
            request_log_name=settings.request_log_table,
            writer=settings.task_id,
        ),
        request_log=RequestLog(
            dynamodb, table_name=settings.request_log_table, pseudonyms=pseudonyms
        ),
        logger=logger,
        count_dropped=lambda kind: metrics.dropped.labels(kind).inc(),
        on_counted=metrics.count_outcome,
    )
    return Collaborators(
        service_name=settings.service_name,
        resolver=QueryResolver(
            models=lambda: shelf.models, arms=arms, cache=cache, metrics=metrics
        ),
        arms=arms,
        cache=cache,
        recorder=recorder,
        interactions=Interactions(
            EventStream(boto3.client("kinesis", config=_AWS), stream_name=settings.event_stream),
            pseudonyms=pseudonyms,
            logger=logger,
            count_dropped=lambda kind: metrics.dropped.labels(kind).inc(),
        ),
        metrics=metrics,
        logger=logger,
    )


def run(app: FastAPI, port: int) -> None:
    """Answers until SIGTERM; requests under way get 20 seconds to finish."""
    uvicorn.run(
        app,
        # A container's address is not known to it; what may reach it is the security group's say.
        host=os.environ.get("HOST", "0.0.0.0"),  # noqa: S104
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
