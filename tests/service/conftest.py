"""Both services over a small catalogue, with a table in memory and a Valkey that is not there."""

import io
import json
import uuid
from dataclasses import dataclass

import pytest
from aws_lambda_powertools import Logger
from fastapi.testclient import TestClient

from kindred.experiments.embedding_experiment import EmbeddingExperiment
from kindred.similarity.app import AppMetadata, CatalogueApp, Pricing
from kindred.similarity.catalogue import write_catalogue
from kindred_aws.unit_cache import NOTHING, Remembered
from kindred_service.arms import Arms
from kindred_service.collaborators import Collaborators
from kindred_service.metrics import ServiceMetrics
from kindred_service.models import load_model
from kindred_service.query import QueryResolver
from ops.catalogue.fitted_artefact import write_fitted
from prediction_service.main import create_app as create_prediction_app
from similarity_service.main import create_app as create_similarity_app

SUBJECTS = {
    "Games": "puzzle quest dragon arena racing castle zombie battle level score",
    "Weather": "forecast storm radar rain wind temperature sunny humidity alerts map",
    "Finance": "bank budget invest stocks wallet payment loan credit savings tax",
}


def small_catalogue():
    for number in range(240):
        category, words = list(SUBJECTS.items())[number % 3]
        mine = [word for at, word in enumerate(words.split()) if (number >> (at % 8)) & 1]
        yield CatalogueApp(
            app_id=f"app-{number:03}",
            metadata=AppMetadata(
                name=f"{category} {' '.join(mine[:2])} {number}",
                category=category,
                region="us" if number % 2 else "eu",
                pricing=list(Pricing)[number % 4],
                features=tuple(mine[:3]),
                description=" ".join(mine * 3) + f" {words}",
            ),
            price_usd=float(number % 5),
            rating=1.0 + number % 5,
            rating_count=number * 10,
            impressions=10_000,
            clicks=100 * (1 + number % 3),
            source="test",
            generated=True,
        )


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory):
    root = tmp_path_factory.mktemp("artefacts")
    apps = list(small_catalogue())
    return {version: _artefact(root / version, version, apps) for version in ("v1", "v2")}


@pytest.fixture(scope="session")
def other_v1(tmp_path_factory):
    """Fitted on one app less."""
    return _artefact(tmp_path_factory.mktemp("other") / "v1", "v1", list(small_catalogue())[1:])


@pytest.fixture(scope="session")
def models(artefacts):
    return {arm: load_model(directory, version=arm) for arm, directory in artefacts.items()}


def _artefact(directory, version, apps):
    write_catalogue(directory / "catalogue", apps)
    write_fitted(directory, version=version, model_card={"sources": ["test"]})
    return directory


class ExperimentTableFake:
    def __init__(self):
        self.experiment = EmbeddingExperiment(
            experiment_id="e", status="active", control_weight=0.5
        )
        self.error, self.before = None, []

    def succession(self, experiment_id):
        if self.error:
            raise self.error
        return [self.experiment, *self.before]


class UnitCacheFake:
    def __init__(self):
        self.arms, self.vectors, self.reachable = {}, {}, True

    async def recall(self, arm_key, vector_keys=()):
        if not self.reachable:
            return NOTHING
        held = {key: self.vectors[key] for key in vector_keys if key in self.vectors}
        return Remembered(arm=self.arms.get(arm_key), vectors=held)

    async def remember(self, *, arm, vector):
        first = self.reachable and arm is not None and arm[0] not in self.arms
        if arm:
            self.arms.setdefault(*arm)
        if vector:
            self.vectors.update([vector])
        return first

    async def is_reachable(self):
        return self.reachable


class RecorderFake:
    def __init__(self):
        self.served, self.outcomes, self.drained, self.full = [], [], False, None

    def add(self, served, record):
        self.served.append((served, record))

    def add_outcome(self, outcome):
        if self.full:
            raise self.full
        self.outcomes.append(outcome)

    def flush(self):
        return True

    def drain(self):
        self.drained = True


class InteractionsFake:
    def __init__(self):
        self.events, self.flushed = [], 0

    def add(self, event):
        self.events.append(event)

    def flush(self):
        self.flushed += 1
        return True


@dataclass
class Platform:
    collaborators: Collaborators
    table: ExperimentTableFake
    cache: UnitCacheFake
    recorder: RecorderFake
    interactions: InteractionsFake
    log: io.StringIO

    def logged(self, message):
        lines = map(json.loads, self.log.getvalue().splitlines())
        return [line for line in lines if line.get("message") == message]


@pytest.fixture
def platform(models):
    table, cache, recorder = ExperimentTableFake(), UnitCacheFake(), RecorderFake()
    interactions = InteractionsFake()
    metrics = ServiceMetrics(namespace="Kindred", service="test", environment="test")
    log = io.StringIO()
    logger = Logger(service=f"test-{uuid.uuid4()}", stream=log)
    arms = Arms(
        table=table,
        cache=cache,
        experiment_id="e",
        require_models=lambda _: None,
        metrics=metrics,
        logger=logger,
    )
    arms.refresh()
    collaborators = Collaborators(
        service_name="test",
        resolver=QueryResolver(models=lambda: models, arms=arms, cache=cache, metrics=metrics),
        arms=arms,
        cache=cache,
        recorder=recorder,
        interactions=interactions,
        metrics=metrics,
        logger=logger,
    )
    return Platform(collaborators, table, cache, recorder, interactions, log)


@pytest.fixture
def similarity(platform):
    with TestClient(
        create_similarity_app(platform.collaborators), raise_server_exceptions=False
    ) as client:
        yield client


@pytest.fixture
def prediction(platform):
    with TestClient(
        create_prediction_app(platform.collaborators), raise_server_exceptions=False
    ) as client:
        yield client


@pytest.fixture
def new_app():
    return {
        "name": "Storm Radar",
        "category": "Weather",
        "region": "us",
        "pricing": "free",
        "features": ["radar", "alerts"],
        "description": "forecast storm radar rain wind",
    }
