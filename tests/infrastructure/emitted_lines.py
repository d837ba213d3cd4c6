"""Metrics as the services print them after real requests, and /inference after an answer."""

import ast
import contextlib
import io
import os
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from unittest import mock

from aws_lambda_powertools import Logger
from fastapi.testclient import TestClient

from experiments_service.metrics import COUNTS, ExperimentMetrics
from kindred.similarity.catalogue import write_catalogue
from kindred_service.arms import Arms
from kindred_service.collaborators import Collaborators
from kindred_service.metrics import ServiceMetrics
from kindred_service.models import load_model
from kindred_service.query import QueryResolver
from kindred_service.recorder import Recorder
from ops.catalogue.fitted_artefact import write_fitted
from prediction_service.main import create_app as create_prediction_app
from rollout_functions import inference_metrics
from similarity_service.main import create_app as create_similarity_app
from tests.infrastructure.synthesized import ROOT
from tests.service.conftest import (
    ExperimentTableFake,
    InteractionsFake,
    UnitCacheFake,
    small_catalogue,
)

NAMESPACE, ENVIRONMENT = "Kindred", "somewhere"
UNIT = {"partner_id": "p", "app_id": "app-001"}
OUTCOMES = (
    {"type": "click"},
    {"type": "conversion", "revenue_usd": 2.5},
    {"type": "satisfaction", "score": 4},
    {"type": "performance", "predicted": 0.03, "observed": 0.05},
)


class MetricsTableFake:
    def put(self, window):
        pass

    def put_with_outcomes(self, window, outcomes):
        return window.with_outcomes(outcomes)


class RequestLogFake:
    def write(self, records):
        pass


def every_line() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        models = _models(Path(folder))
    return [
        *_requests("similarity_service", create_similarity_app, models, _ask_similarity),
        *_requests("prediction_service", create_prediction_app, models, _ask_prediction),
        *_experiments_service(),
        *_inference(),
    ]


def _models(folder: Path):
    models = {}
    for version in ("v1", "v2"):
        write_catalogue(folder / version / "catalogue", list(small_catalogue()))
        write_fitted(folder / version, version=version, model_card={"sources": ["test"]})
        models[version] = load_model(folder / version, version=version)
    return models


def _requests(service, create_app, models, ask) -> list[str]:
    metrics = ServiceMetrics(namespace=NAMESPACE, service=service, environment=ENVIRONMENT)
    collaborators = _collaborators(metrics, models)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), TestClient(create_app(collaborators)) as client:
        ask(client)
        collaborators.recorder.flush()
        metrics.close_minute()
    return [line for line in printed.getvalue().splitlines() if '"_aws"' in line]


def _ask_similarity(client: TestClient) -> None:
    for _ in range(2):
        assert client.post("/api/v1/find-similar", json=UNIT).status_code == 200
    for outcome in OUTCOMES:
        body = {"event_id": str(uuid.uuid4()), **UNIT, **outcome}
        assert client.post("/api/v1/outcomes", json=body).status_code == 202


def _ask_prediction(client: TestClient) -> None:
    assert client.post("/api/v1/predict", json=UNIT).status_code == 200


def _collaborators(metrics: ServiceMetrics, models) -> Collaborators:
    table, cache = ExperimentTableFake(), UnitCacheFake()
    logger = Logger(service=f"emitted-{uuid.uuid4()}", stream=io.StringIO())
    arms = Arms(
        table=table,
        cache=cache,
        experiment_id="e",
        require_models=lambda _: None,
        metrics=metrics,
        logger=logger,
    )
    arms.refresh()
    return Collaborators(
        service_name="emitted",
        resolver=QueryResolver(models=lambda: models, arms=arms, cache=cache, metrics=metrics),
        arms=arms,
        cache=cache,
        recorder=Recorder(
            metrics_table=MetricsTableFake(),
            request_log=RequestLogFake(),
            logger=logger,
            count_dropped=lambda _: None,
            on_counted=metrics.count_outcome,
        ),
        interactions=InteractionsFake(),
        metrics=metrics,
        logger=logger,
    )


def _experiments_service() -> list[str]:
    """A request needs a database: the names that its code counts by, put through its metrics."""
    metrics = ExperimentMetrics(
        namespace=NAMESPACE, service="experiments_service", environment=ENVIRONMENT
    )
    for path in (ROOT / "service_src" / "experiments_service").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and _is_metrics(call.func):
                _measure(metrics, call)
    metrics.count_request("GET", "/api/v1/experiments", 200, 1.0)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        metrics.close_minute()
    return printed.getvalue().splitlines()


def _is_metrics(function: ast.expr) -> bool:
    owner = getattr(function, "value", None)
    name = getattr(owner, "attr", getattr(owner, "id", ""))
    return name.lstrip("_") == "metrics"


def _measure(metrics: ExperimentMetrics, call: ast.Call) -> None:
    method = getattr(call.func, "attr", "")
    if method == "count":
        for name in _names(call.args[0]):
            metrics.count(name)
    elif method == "observe_latency":
        for name in _names(call.args[0]):
            metrics.observe_latency(name, 1.0)
    elif method == "set":
        for name in _names(call.args[0]):
            metrics.set(name, 1.0)


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.JoinedStr):
        [first] = _texts(node.values[:1])
        return [name for name in COUNTS if name.startswith(first)]
    return list(_texts([node]))


def _texts(nodes: Iterable[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _inference() -> list[str]:
    printed = io.StringIO()
    known = {"ENDPOINT_NAME": "an-endpoint", "METRICS_NAMESPACE": NAMESPACE}
    with mock.patch.dict(os.environ, known), contextlib.redirect_stdout(printed):
        inference_metrics.emit_latency("a-variant", 1.0)
        inference_metrics.emit_outcome(failed=False)
    return printed.getvalue().splitlines()
