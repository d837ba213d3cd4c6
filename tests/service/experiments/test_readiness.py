"""What the service says of itself while something is away."""

import json

import pytest
from fastapi.testclient import TestClient

from experiments_service.lifespan import _close_minute
from experiments_service.main import create_app
from experiments_service.publication.publisher import PublicationState
from tests.service.experiments.evaluation_fixtures import (
    PublisherFake,
    collaborators,
    published,
)


class Away:
    def __call__(self):
        raise OSError("the database is gone")


class IdentityFake:
    async def sessions_reachable(self):
        return False


class Degraded(PublisherFake):
    @property
    def state(self):
        return PublicationState(
            status="degraded", revision=7, age_seconds=3_600.0, lost=("database", "s3", "valkey")
        )


def service(publisher):
    return collaborators(
        None, publisher=publisher, sessions=Away(), reader=Away(), identity=IdentityFake()
    )


def test_a_task_that_lost_everything_is_ready_and_says_what_it_lost():
    held = service(Degraded(published()))
    response = TestClient(create_app(held)).get("/readyz")

    assert response.status_code == 200
    answer = response.json()
    assert answer["status"] == "degraded"
    assert answer["definitions_lost"] == ["database", "s3", "valkey"]
    assert (answer["definitions_revision"], answer["definitions_age_seconds"]) == (7, 3_600.0)


def test_a_task_that_has_nothing_to_evaluate_by_is_not_ready():
    response = TestClient(create_app(service(PublisherFake(None)))).get("/readyz")

    assert response.status_code == 503
    assert response.json()["status"] == "not ready"
    assert response.json()["definitions_age_seconds"] is None


def test_the_age_of_what_is_evaluated_is_a_metric(capsys):
    held = service(Degraded(published()))

    text = TestClient(create_app(held)).get("/metrics").text
    _close_minute(held)

    assert "definitions_age_seconds 3600.0" in text
    [emitted] = [
        json.loads(line)
        for line in capsys.readouterr().out.splitlines()
        if "definitions_age" in line
    ]
    assert emitted["definitions_age_seconds"] == [3_600.0]


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_the_process_lives_whatever_is_away(path):
    assert TestClient(create_app(service(PublisherFake(None)))).get(path).status_code == 200
