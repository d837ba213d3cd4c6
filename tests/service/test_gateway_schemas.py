"""What API Gateway refuses, the service would refuse too: its schemas are never the stricter."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema_rs import Draft4Validator
from schemathesis import GenerationMode

from prediction_service.main import create_app as create_prediction_app
from similarity_service.main import create_app as create_similarity_app
from stacks import request_schemas

ROUTES = [
    pytest.param(
        create_similarity_app,
        "/api/v1/find-similar",
        request_schemas.FIND_SIMILAR,
        id="find-similar",
    ),
    pytest.param(create_prediction_app, "/api/v1/predict", request_schemas.PREDICT, id="predict"),
    pytest.param(create_similarity_app, "/api/v1/outcomes", request_schemas.OUTCOME, id="outcome"),
]
SMALL = {"partner_id": "p", "app_id": "a"}
LONGEST_APP = {
    "name": "n" * 200,
    "category": "c" * 64,
    "region": "r" * 64,
    "pricing": "subscription",
    "features": ["f" * 64] * 50,
    "description": "d" * 10_000,
}


@pytest.mark.parametrize(("create_app", "path", "gateway"), ROUTES)
def test_the_gateway_takes_every_body_that_the_service_documents(
    platform, create_app, path, gateway
):
    validator = Draft4Validator(gateway)
    document = schemathesis.openapi.from_asgi("/openapi.json", create_app(platform.collaborators))
    requests = document[path]["POST"].as_strategy(generation_mode=GenerationMode.POSITIVE)

    @given(requests)
    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def is_taken(case):
        assert list(validator.iter_errors(case.body)) == []

    is_taken()


@pytest.mark.parametrize(
    ("gateway", "body"),
    [
        pytest.param(request_schemas.FIND_SIMILAR, {}, id="the largest app to find"),
        pytest.param(request_schemas.PREDICT, {}, id="the largest app to predict"),
        pytest.param(
            request_schemas.FIND_SIMILAR,
            {"top_k": 100, "filters": {"price": ["0..4.99", 3] * 25}, "explain": True},
            id="every field",
        ),
        pytest.param(
            request_schemas.PREDICT,
            {"neighbors": [{"app_id": "x" * 128, "similarity": -1}] * 100},
            id="the most neighbours",
        ),
    ],
)
def test_the_gateway_takes_what_is_just_allowed(gateway, body):
    longest = {"partner_id": "p" * 128, "app_id": "a" * 128, "app": LONGEST_APP} | body

    assert list(Draft4Validator(gateway).iter_errors(longest)) == []


@pytest.mark.parametrize(
    ("gateway", "body"),
    [
        pytest.param(request_schemas.FIND_SIMILAR, SMALL | {"top_k": 0}, id="no neighbours"),
        pytest.param(request_schemas.FIND_SIMILAR, SMALL | {"top_k": 101}, id="too many"),
        pytest.param(request_schemas.FIND_SIMILAR, SMALL | {"ab_arm": "v1"}, id="a chosen arm"),
        pytest.param(request_schemas.FIND_SIMILAR, {"app_id": "a"}, id="no partner"),
        pytest.param(request_schemas.PREDICT, SMALL | {"neighbors": "x"}, id="not a list"),
        pytest.param(request_schemas.OUTCOME, [], id="not an object"),
    ],
)
def test_the_gateway_refuses_what_could_never_be_right(gateway, body):
    assert list(Draft4Validator(gateway).iter_errors(body))
