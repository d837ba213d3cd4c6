"""The inference container's answers, as SageMaker asks: one app, or a line an app."""

import json

import numpy as np
import pytest
from starlette.testclient import TestClient

from embedding_inference.application import create_app
from embedding_inference.model import Model
from embedding_training.settings import Folders
from kindred.similarity.app import AppMetadata, Pricing
from kindred.similarity.artefact import load_artefact

FEATURES = {"name": "Budget Plan", "category": "finance", "region": "us", "pricing": "free"}
LINES = {"content-type": "application/jsonlines"}


@pytest.fixture(scope="module")
def client(trained: Folders) -> TestClient:
    return TestClient(create_app(Model.load(trained.model)), raise_server_exceptions=False)


def test_ping_answers_once_the_model_is_loaded(client: TestClient) -> None:
    assert client.get("/ping").status_code == 200


def test_an_app_is_answered_with_its_nearest_in_order(client: TestClient, trained: Folders) -> None:
    answer = client.post("/invocations", json={"features": FEATURES, "top_k": 5})

    assert answer.status_code == 200
    artefact = load_artefact(trained.model)
    app = AppMetadata(name="Budget Plan", category="Finance", region="US", pricing=Pricing.FREE)
    scores = artefact.vectors @ artefact.model.embed(app)
    nearest = np.argsort(-scores, kind="stable")[:5]
    document = answer.json()
    assert document["model_version"] == artefact.manifest.model_version
    predictions = document["predictions"]
    assert [p["app_id"] for p in predictions] == [artefact.catalogue.app_id(r) for r in nearest]
    assert [p["app_name"] for p in predictions] == [artefact.catalogue.name(r) for r in nearest]
    assert [p["similarity"] for p in predictions] == pytest.approx(scores[nearest], abs=1e-5)


def test_ten_are_given_unless_asked_and_only_a_name_is_needed(client: TestClient) -> None:
    answer = client.post("/invocations", json={"features": {"name": "Zzyzx"}})

    assert len(answer.json()["predictions"]) == 10


def test_lines_are_answered_in_their_order(client: TestClient) -> None:
    queries = [{"features": {"name": name}, "top_k": 1} for name in ("Budget", "Puzzle")]
    body = "\n".join(json.dumps(query) for query in queries) + "\n"

    answer = client.post("/invocations", content=body, headers=LINES)

    assert answer.headers["content-type"] == "application/jsonlines"
    alone = [client.post("/invocations", json=query).json() for query in queries]
    assert [json.loads(line) for line in answer.text.splitlines()] == alone


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param({}, "missing required field `features`", id="no features"),
        pytest.param({"features": {"name": ""}}, "length >= 1", id="no name"),
        pytest.param({"features": {"name": "a", "nmae": "b"}}, "unknown field `nmae`", id="field"),
        pytest.param({"features": FEATURES, "top_k": 101}, "<= 100", id="too many"),
        pytest.param({"features": FEATURES, "top_k": "5"}, "got `str`", id="text for a number"),
        pytest.param({"features": FEATURES | {"pricing": "dear"}}, "'dear'", id="pricing"),
        pytest.param(
            {"features": FEATURES | {"category": "Sorcery"}}, "allowed: Education", id="category"
        ),
        pytest.param({"features": FEATURES | {"region": "Mars"}}, "no region 'Mars'", id="region"),
        pytest.param({"features": FEATURES | {"features": ["a"] * 51}}, "<= 50", id="features"),
    ],
)
def test_bad_input_is_a_problem_that_says_why(
    client: TestClient, body: object, reason: str
) -> None:
    answer = client.post("/invocations", json=body)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert reason in answer.json()["detail"]


def test_a_bad_line_is_named(client: TestClient) -> None:
    body = json.dumps({"features": FEATURES}) + "\n{}\n"
    answer = client.post("/invocations", content=body, headers=LINES)

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("line 2: ")


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        pytest.param(415, {"content": b"a,b", "headers": {"content-type": "text/csv"}}, id="CSV"),
        pytest.param(415, {"content": b"{}"}, id="no content type"),
        pytest.param(
            413,
            {"content": b" " * 70_000, "headers": {"content-type": "application/json"}},
            id="too large",
        ),
    ],
)
def test_what_is_not_asked_as_allowed_is_refused(
    client: TestClient, status: int, request_: dict[str, object]
) -> None:
    answer = client.post("/invocations", **request_)

    assert answer.status_code == status
    assert answer.json()["status"] == status


def test_a_failure_of_the_model_is_no_answer_and_no_trace(
    trained: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("inside")

    model = Model.load(trained.model)
    monkeypatch.setattr(model, "predict", fail)
    client = TestClient(create_app(model), raise_server_exceptions=False)

    answer = client.post("/invocations", json={"features": FEATURES})

    assert answer.status_code == 500
    assert "inside" not in answer.text
