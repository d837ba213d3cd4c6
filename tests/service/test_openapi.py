"""The services against their own OpenAPI documents, by generated requests."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, checks

from prediction_service.main import create_app as create_prediction_app
from similarity_service.main import create_app as create_similarity_app

pytestmark = pytest.mark.slow

CHECKS = (
    checks.not_a_server_error,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
)
OPERATIONS = [
    pytest.param(create_similarity_app, "POST", "/api/v1/find-similar", id="find-similar"),
    pytest.param(create_similarity_app, "POST", "/api/v1/outcomes", id="outcomes"),
    pytest.param(create_similarity_app, "GET", "/api/v1/apps", id="apps"),
    pytest.param(create_similarity_app, "GET", "/api/v1/apps/{app_id}", id="app"),
    pytest.param(create_prediction_app, "POST", "/api/v1/predict", id="predict"),
]


def operation(create_app, platform, method, path):
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(platform.collaborators))
    return schema[path][method]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("create_app", "method", "path"), OPERATIONS)
def test_every_answer_is_what_the_document_says(platform, create_app, method, path, mode):
    requests = operation(create_app, platform, method, path).as_strategy(generation_mode=mode)

    @given(requests)
    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def answer_as_documented(case):
        case.call_and_validate(checks=CHECKS)

    answer_as_documented()


def test_no_operation_is_left_out(platform):
    covered = {(app, method, path) for app, method, path in (p.values for p in OPERATIONS)}
    documented = {
        (create_app, method.upper(), path)
        for create_app in (create_similarity_app, create_prediction_app)
        for path, methods in create_app(platform.collaborators).openapi()["paths"].items()
        for method in methods
        if path.startswith("/api/")
    }

    assert documented <= covered
