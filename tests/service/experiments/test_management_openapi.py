"""The management API against its own document, by generated requests."""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, checks

from experiments_service.main import create_app
from tests.service.experiments.evaluation_fixtures import collaborators, published
from tests.service.experiments.management_fixtures import EXPERIMENT, FLAG

pytestmark = pytest.mark.slow

CHECKS = (
    checks.not_a_server_error,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.status_code_conformance,
)
# More find more: FUZZ_EXAMPLES=200 pytest ... takes minutes.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
ROOMS = ("experiments", "feature-flags", "saved-groups", "holdouts", "approvals", "audit-logs")


def document():
    return create_app(collaborators(published())).openapi()


OPERATIONS = [
    (method.upper(), path)
    for path, methods in document()["paths"].items()
    for method in methods
    if path.split("/")[3:] and path.split("/")[3] in ROOMS and not path.endswith("/results")
]


@pytest.fixture(scope="module")
def schema():
    return schemathesis.openapi.from_dict(document())


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_answer_is_what_the_document_says(platform, schema, method, path, mode):
    platform.created()
    platform.flag()
    token = platform.pool.token("admin")
    requests = schema[path][method].as_strategy(generation_mode=mode)

    @given(requests)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def answer_as_documented(case):
        if "key" in (case.path_parameters or {}) and len(case.path_parameters["key"]) % 2:
            case.path_parameters["key"] = (
                FLAG["key"] if "feature-flags" in path else EXPERIMENT["key"]
            )
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        asked = case.as_transport_kwargs(base_url="http://testserver")
        asked.pop("cookies", None)
        if isinstance(asked.get("data"), bytes | str):
            asked["content"] = asked.pop("data")
        answer = platform.client.request(**asked)
        case.validate_response(answer, checks=CHECKS)

    answer_as_documented()


@pytest.mark.parametrize("name", ["ExperimentIn", "FlagIn"])
def test_the_examples_of_the_document_are_taken(platform, name):
    [example] = document()["components"]["schemas"][name]["examples"]
    path = {"ExperimentIn": "/experiments", "FlagIn": "/feature-flags"}[name]

    assert platform.post(path, example).status_code == 201
