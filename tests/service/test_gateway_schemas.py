"""What API Gateway refuses, the services would refuse too: its schema is never the stricter."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema_rs import Draft4Validator
from schemathesis import GenerationMode

from prediction_service.main import create_app as create_prediction_app
from similarity_service.main import create_app as create_similarity_app
from stacks import request_schemas

GATEWAY = Draft4Validator(request_schemas.UNIT)


@pytest.mark.parametrize(
    ("create_app", "path"),
    [
        pytest.param(create_similarity_app, "/api/v1/find-similar", id="find-similar"),
        pytest.param(create_similarity_app, "/api/v1/outcomes", id="outcomes"),
        pytest.param(create_prediction_app, "/api/v1/predict", id="predict"),
    ],
)
def test_the_gateway_takes_every_body_that_a_service_documents(platform, create_app, path):
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
        assert list(GATEWAY.iter_errors(case.body)) == []

    is_taken()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([], id="not an object"),
        pytest.param({"app_id": "a"}, id="no partner"),
        pytest.param({"partner_id": "p"}, id="no app"),
        pytest.param({"partner_id": "p", "app_id": 7}, id="an id that is a number"),
        pytest.param({"partner_id": "p" * 129, "app_id": "a"}, id="an id that is too long"),
        pytest.param({"partner_id": "", "app_id": "a"}, id="an empty id"),
    ],
)
def test_the_gateway_refuses_what_no_service_could_read(body):
    assert list(GATEWAY.iter_errors(body))
