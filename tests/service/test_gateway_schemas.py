"""What API Gateway refuses, the services refuse too: its schema is never the stricter."""

import json

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from jsonschema_rs import Draft4Validator
from schemathesis import GenerationMode

from experiments_service.main import create_app as create_experiments_app
from ops.openapi.documents import SERVICES, kept
from ops.openapi.inclusion import Within, excluded
from prediction_service.main import create_app as create_prediction_app
from similarity_service.main import create_app as create_similarity_app
from stacks.request_schemas import body_schema
from tests.service.experiments.evaluation_fixtures import collaborators, published

CHECKED = [
    pytest.param("similarity", "/api/v1/find-similar", id="find-similar"),
    pytest.param("similarity", "/api/v1/outcomes", id="outcomes"),
    pytest.param("prediction", "/api/v1/predict", id="predict"),
    pytest.param("experiments", "/api/v1/tracking/assign", id="assign"),
    pytest.param("experiments", "/api/v1/tracking/track", id="track"),
    pytest.param("experiments", "/api/v1/tracking/batch", id="batch"),
]
REFUSALS_OF_A_BODY = (400, 413, 422)
GENERATED = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def served(platform):
    """By name, as if each ran."""
    return {
        "similarity": create_similarity_app(platform.collaborators),
        "prediction": create_prediction_app(platform.collaborators),
        "experiments": create_experiments_app(collaborators(published())),
    }


def bodies(service, path, mode):
    return schemathesis.openapi.from_dict(kept(service))[path]["POST"].as_strategy(
        generation_mode=mode
    )


@pytest.mark.parametrize(("service", "path"), CHECKED)
def test_all_that_a_service_documents_the_gateway_takes(service, path):
    document = kept(service)
    body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    gateway = body_schema(service, path)

    assert list(excluded(Within(body, document), Within(gateway, {}))) == []


@pytest.mark.slow
@pytest.mark.parametrize(("service", "path"), CHECKED)
def test_the_gateway_takes_every_body_that_is_made_of_the_document(service, path):
    gateway = Draft4Validator(body_schema(service, path))

    @given(bodies(service, path, GenerationMode.POSITIVE))
    @GENERATED
    def is_taken(case):
        assert list(gateway.iter_errors(case.body)) == []

    is_taken()


@pytest.mark.slow
@pytest.mark.parametrize(("service", "path"), CHECKED)
def test_what_the_gateway_refuses_the_service_would_refuse(served, service, path):
    """Found among wrong bodies: a service that takes more than it documents is caught here."""
    gateway = Draft4Validator(body_schema(service, path))
    client = TestClient(served[service], raise_server_exceptions=False)
    refused = []

    @given(bodies(service, path, GenerationMode.NEGATIVE))
    @GENERATED
    def is_refused_by_both(case):
        try:
            body = json.dumps(case.body, allow_nan=False)
        except (TypeError, ValueError):
            return
        if gateway.is_valid(json.loads(body)):
            return
        refused.append(body)
        headers = {"Content-Type": "application/json"}
        answer = client.post(path, content=body.encode(), headers=headers)
        assert answer.status_code in REFUSALS_OF_A_BODY, (body, answer.text)

    is_refused_by_both()
    assert refused


UNIT = {"partner_id": "p", "app_id": "a"}
EVENT = {
    "type": "conversion",
    "event_id": "0" * 26,
    "occurred_at": "2026-11-20T12:00:00Z",
    "unit_id": "u",
    "experiment_id": "e",
    "metric": "purchase",
}


CONVERSION = {**UNIT, "type": "conversion", "event_id": "0" * 26}


@pytest.mark.parametrize(
    ("service", "path", "body"),
    [
        pytest.param(
            "similarity", "/api/v1/find-similar", {**UNIT, "top_k": "20"}, id="how many, as text"
        ),
        pytest.param(
            "similarity", "/api/v1/find-similar", {**UNIT, "explain": 1}, id="yes, as a number"
        ),
        pytest.param(
            "similarity", "/api/v1/outcomes", {**CONVERSION, "revenue_usd": "1"}, id="revenue"
        ),
        pytest.param(
            "prediction",
            "/api/v1/predict",
            {**UNIT, "neighbors": [{"app_id": "b", "similarity": "0.5"}]},
            id="a similarity",
        ),
        pytest.param(
            "experiments",
            "/api/v1/tracking/assign",
            {"experiment_key": "new-checkout", "unit_id": "u", "covariate": "1.5"},
            id="a covariate",
        ),
        pytest.param(
            "experiments", "/api/v1/tracking/track", {**EVENT, "value": "1"}, id="an event's value"
        ),
    ],
)
def test_a_number_as_text_is_refused_by_both(served, service, path, body):
    answer = TestClient(served[service], raise_server_exceptions=False).post(path, json=body)

    assert answer.status_code in REFUSALS_OF_A_BODY
    assert not Draft4Validator(body_schema(service, path)).is_valid(body)


@pytest.mark.parametrize(
    ("service", "path", "body"),
    [
        *(
            pytest.param("similarity", "/api/v1/find-similar", body, id=name)
            for name, body in {
                "not an object": [],
                "no partner": {"app_id": "a"},
                "an id that is a number": {"partner_id": "p", "app_id": 7},
                "an empty id": {"partner_id": "", "app_id": "a"},
                "an app without its name": {**UNIT, "app": {"category": "Games"}},
                "a limit in words": {**UNIT, "top_k": "ten"},
                "a filter without values": {**UNIT, "filters": {"category": []}},
            }.items()
        ),
        pytest.param(
            "prediction", "/api/v1/predict", {**UNIT, "neighbors": [{}]}, id="an empty neighbour"
        ),
        pytest.param(
            "experiments",
            "/api/v1/tracking/track",
            {**EVENT, "type": "sneeze"},
            id="an unknown kind of event",
        ),
        pytest.param(
            "experiments", "/api/v1/tracking/batch", {"events": []}, id="a batch of nothing"
        ),
    ],
)
def test_the_gateway_refuses_what_no_service_could_read(service, path, body):
    assert not Draft4Validator(body_schema(service, path)).is_valid(body)


def test_a_batch_with_one_wrong_event_is_the_services_to_answer():
    batch = {"events": [EVENT, {"type": "sneeze"}, 7]}

    assert Draft4Validator(body_schema("experiments", "/api/v1/tracking/batch")).is_valid(batch)


@pytest.mark.parametrize("service", SERVICES)
def test_no_operation_needs_a_query_that_the_gateway_would_not_ask_for(service):
    needed = [
        (path, each["name"])
        for path, methods in kept(service)["paths"].items()
        for method in methods.values()
        for each in method.get("parameters", ())
        if each["in"] == "query" and each.get("required")
    ]

    assert needed == []
