"""Whatever is sent to be evaluated or tracked, the service itself does not fail over it."""

import json

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks

from experiments_service.main import create_app
from tests.service.experiments.evaluation_fixtures import collaborators, published

pytestmark = pytest.mark.slow

GENERATED = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
DOCUMENTED = [
    ("POST", "/api/v1/tracking/assign"),
    ("POST", "/api/v1/tracking/track"),
    ("POST", "/api/v1/tracking/batch"),
]
FLAGS = "/ofrep/v1/evaluate/flags"
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(), each, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def app():
    return create_app(collaborators(published()))


@pytest.fixture(scope="module")
def document(app):
    return schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), DOCUMENTED)
def test_every_answer_is_what_the_document_says(document, method, path, mode):
    @given(document[path][method].as_strategy(generation_mode=mode))
    @GENERATED
    def answer_as_documented(case):
        case.call_and_validate(
            checks=(checks.not_a_server_error, checks.response_schema_conformance)
        )

    answer_as_documented()


@pytest.mark.parametrize("path", [FLAGS, f"{FLAGS}/in-germany", f"{FLAGS}/checkout-page"])
def test_any_context_is_evaluated_or_refused(app, path):
    client = TestClient(app, raise_server_exceptions=False)

    @given(
        st.dictionaries(st.sampled_from(["id", "country", "targetingKey", "x"]), ANYTHING),
        st.text() | ANYTHING,
    )
    @GENERATED
    def answer(attributes, key):
        context = {"targetingKey": key, **attributes}
        response = client.post(path, content=json.dumps({"context": context}))
        assert response.status_code in (200, 400), response.text

    answer()


@pytest.mark.parametrize("path", [FLAGS, f"{FLAGS}/banner", "/api/v1/tracking/batch"])
def test_any_bytes_are_refused_politely(app, path):
    client = TestClient(app, raise_server_exceptions=False)

    @given(st.binary() | ANYTHING.map(lambda value: json.dumps(value).encode()))
    @GENERATED
    def answer(body):
        assert client.post(path, content=body).status_code in (400, 422)

    answer()
