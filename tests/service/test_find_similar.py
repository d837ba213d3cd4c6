import json

import pytest

from kindred.experiments.bucketing import pick_arm
from kindred.experiments.embedding_experiment import EmbeddingExperiment


def ask(client, **changes):
    body = {"partner_id": "partner", "app_id": "app-001"} | changes
    return client.post("/api/v1/find-similar", json=body)


def test_an_app_of_the_catalogue_finds_its_like_and_not_itself(similarity):
    answer = ask(similarity, top_k=5).json()

    assert answer["query_source"] == "catalogue"
    assert {n["category"] for n in answer["neighbors"]} == {"Weather"}
    assert "app-001" not in [n["app_id"] for n in answer["neighbors"]]
    similarities = [n["similarity"] for n in answer["neighbors"]]
    assert similarities == sorted(similarities, reverse=True)


def test_a_list_is_longer_than_ten_unless_asked_otherwise(similarity):
    """Of a list of ten no later model could be found better: recall is measured at ten."""
    assert len(ask(similarity).json()["neighbors"]) == 20


def test_a_new_app_is_found_neighbours_by_its_metadata(similarity, new_app):
    answer = ask(similarity, app_id="not-there", app=new_app).json()

    assert answer["query_source"] == "request"
    assert {n["category"] for n in answer["neighbors"]} == {"Weather"}


def test_the_same_question_has_the_same_answer(similarity, new_app):
    first, second = (
        ask(similarity, app_id="not-there", app=new_app).json()["neighbors"] for _ in range(2)
    )

    assert first == second


def test_a_computed_vector_is_remembered_for_the_next_request(similarity, new_app, platform):
    ask(similarity, app_id="not-there", app=new_app)
    [remembered] = platform.cache.vectors.values()
    ask(similarity, app_id="not-there", app=new_app)

    assert len(remembered) in (4 * 64, 4 * 128)
    assert platform.collaborators.metrics._vectors == [1, 1]


def test_filters_are_exact_and_combined(similarity):
    filters = {
        "category": ["games", "Finance"],
        "region": ["eu"],
        "rating": [">=4"],
        "price": ["3..4"],
    }
    neighbors = ask(similarity, top_k=100, filters=filters).json()["neighbors"]

    assert neighbors
    for neighbor in neighbors:
        assert neighbor["category"] in ("Games", "Finance")
        assert neighbor["region"] == "eu"
        assert neighbor["rating"] >= 4
        assert neighbor["price_usd"] in (3, 4)


def test_a_neighbour_says_why_when_asked(similarity):
    plain = ask(similarity).json()["neighbors"][0]
    explained = ask(similarity, explain=True).json()["neighbors"][0]

    assert plain["reasons"] is None
    assert any("Weather" in reason for reason in explained["reasons"])


def test_generated_apps_are_labelled(similarity):
    assert all(n["generated"] for n in ask(similarity).json()["neighbors"])


@pytest.mark.parametrize("app_id", [f"app-{n:03}" for n in range(8)])
def test_the_server_decides_the_arm(similarity, app_id):
    answer = ask(similarity, app_id=app_id).json()

    assert answer["ab_arm"] == pick_arm("partner", app_id, 0.5)
    assert answer["model_version"].startswith(answer["ab_arm"])


def test_a_client_cannot_choose_its_arm(similarity):
    response = ask(similarity, ab_arm="v2")

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/ab_arm"


def test_an_arm_stays_when_weights_move(similarity, platform):
    before = ask(similarity).json()["ab_arm"]
    weight = 0.01 if before == "v1" else 0.99
    platform.table.experiment = EmbeddingExperiment(
        experiment_id="e", status="active", control_weight=weight
    )
    platform.collaborators.arms.refresh()

    assert ask(similarity).json()["ab_arm"] == before


def test_a_new_weight_reaches_new_units_without_a_restart(similarity, platform):
    platform.table.experiment = EmbeddingExperiment(
        experiment_id="e", status="active", control_weight=0.0
    )
    platform.collaborators.arms.refresh()

    assert {ask(similarity, app_id=f"app-{n:03}").json()["ab_arm"] for n in range(20)} == {"v2"}


def test_a_lost_valkey_costs_stickiness_and_nothing_else(similarity, platform, new_app):
    platform.cache.reachable = False

    assert ask(similarity).status_code == 200
    assert ask(similarity, app_id="not-there", app=new_app).status_code == 200
    assert similarity.get("/readyz").json()["status"] == "degraded"
    assert similarity.get("/readyz").status_code == 200


def test_a_vector_of_another_dimension_in_the_cache_is_not_used(similarity, platform, new_app):
    ask(similarity, app_id="not-there", app=new_app)
    expected = ask(similarity, app_id="not-there", app=new_app).json()["neighbors"]
    for key in platform.cache.vectors:
        platform.cache.vectors[key] = b"\x00" * 12

    assert ask(similarity, app_id="not-there", app=new_app).json()["neighbors"] == expected


def test_the_request_is_recorded_for_its_arm(similarity, platform):
    answer = ask(similarity)

    [(served, record)] = platform.recorder.served
    assert (served.arm, served.operation, served.failed) == (
        answer.json()["ab_arm"],
        "find_similar",
        False,
    )
    assert served.latency_ms > 0
    assert record.request_id == answer.json()["request_id"]
    assert record.correlation_id == answer.headers["x-correlation-id"]


def test_requests_that_share_a_correlation_id_are_recorded_apart(similarity, platform):
    for _ in range(2):
        similarity.post(
            "/api/v1/find-similar",
            json={"partner_id": "partner", "app_id": "app-001"},
            headers={"x-correlation-id": "session-42"},
        )

    records = [record for _, record in platform.recorder.served]
    assert [record.correlation_id for record in records] == ["session-42"] * 2
    assert records[0].request_id != records[1].request_id


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        pytest.param({"top_k": 0}, "/top_k", id="no neighbours"),
        pytest.param({"top_k": 101}, "/top_k", id="too many neighbours"),
        pytest.param({"top_k": "many"}, "/top_k", id="neighbours in words"),
        pytest.param({"top_k": "2"}, "/top_k", id="a number in quotes"),
        pytest.param({"top_k": True}, "/top_k", id="a truth value for a number"),
        pytest.param({"explain": "yes"}, "/explain", id="a word for a truth value"),
        pytest.param({"filters": {"price": [True]}}, "/filters/price/0", id="a true price"),
        pytest.param({"partner_id": ""}, "/partner_id", id="empty partner"),
        pytest.param({"app_id": 7}, "/app_id", id="a number for an id"),
        pytest.param({"app_id": "not-there"}, "/app", id="unknown and not described"),
        pytest.param({"surprise": 1}, "/surprise", id="unknown field"),
        pytest.param({"filters": {"colour": ["red"]}}, "/filters/colour", id="unknown filter"),
        pytest.param({"filters": {"category": ["Spoons"]}}, "/filters/category", id="odd category"),
        pytest.param({"filters": {"rating": ["high"]}}, "/filters/rating", id="odd rating"),
        pytest.param({"filters": {"price": []}}, "/filters/price", id="no values"),
    ],
)
def test_a_wrong_request_names_its_field(similarity, change, pointer):
    response = ask(similarity, **change)

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        pytest.param({"name": ""}, "/app/name", id="empty name"),
        pytest.param({"name": "   "}, "/app/name", id="blank name"),
        pytest.param({"name": "x" * 10_000}, "/app/name", id="a name of 10,000 characters"),
        pytest.param({"category": "Spoons"}, "/app/category", id="unknown category"),
        pytest.param({"region": "moon"}, "/app/region", id="unknown region"),
        pytest.param({"pricing": "barter"}, "/app/pricing", id="unknown pricing"),
        pytest.param({"features": "radar"}, "/app/features", id="features not a list"),
        pytest.param({"price": 3}, "/app/price", id="unknown field"),
    ],
)
def test_a_wrong_app_names_its_field(similarity, new_app, change, pointer):
    response = ask(similarity, app_id="not-there", app=new_app | change)

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == pointer
    assert len(response.text) < 2_000


def test_an_unknown_category_says_what_is_allowed(similarity, new_app):
    response = ask(similarity, app_id="not-there", app=new_app | {"category": "Spoons"})

    error = response.json()["errors"][0]
    assert error["given"] == "Spoons"
    assert error["allowed"] == ["Finance", "Games", "Weather"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"{", 422, id="half a document"),
        pytest.param(b'{"partner_id": "\xff"}', 400, id="invalid UTF-8"),
        pytest.param(b'{"partner_id": "p", "app_id": "app-001", "top_k": NaN}', 422, id="NaN"),
        pytest.param(
            b'{"app_id": "app-001", "filters": {"price": [Infinity]}}', 422, id="infinity"
        ),
        pytest.param(b"[" * 5_000, 400, id="5,000 brackets"),
        pytest.param(json.dumps({"a": "x" * 70_000}).encode(), 413, id="over 64 KB"),
        pytest.param(iter([b"{" + b" " * 40_000, b" " * 40_000]), 413, id="over 64 KB in parts"),
        pytest.param(b"", 422, id="nothing"),
    ],
)
def test_a_body_that_cannot_be_read_is_a_problem_and_the_service_stays_up(similarity, body, status):
    response = similarity.post(
        "/api/v1/find-similar", content=body, headers={"content-type": "application/json"}
    )

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert "Traceback" not in response.text
    assert ask(similarity).status_code == 200
