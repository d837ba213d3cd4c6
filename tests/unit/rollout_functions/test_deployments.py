"""POST, GET and lists of deployments, through real proxy events and real tables."""

import json

import pytest

from rollout_functions import deployments
from tests.unit.rollout_functions.proxy_events import REQUEST_ID, proxy_event

PATH = "/deployments"
ARTEFACT = {
    "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/models:1",
    "model_data_url": "s3://training/models/1/model.tar.gz",
}


@pytest.fixture
def send(clients):
    def sent(method, path, body=None, **event):
        answered = deployments.handler(proxy_event(method, path, body, **event), None)
        assert set(answered) == {"statusCode", "headers", "body", "isBase64Encoded"}
        return answered["statusCode"], json.loads(answered["body"]), answered["headers"]

    return sent


def asked(**changes):
    return {"endpoint": "embeddings", "artefact": ARTEFACT, **changes}


def test_a_deployment_begins_with_the_seeds_plan(send, reconciler):
    status, document, headers = send("POST", PATH, asked())

    assert status == 201
    assert headers["Location"] == f"{PATH}/{document['deployment_id']}"
    assert document["state"] == "PENDING"
    assert document["created_by"] == "experimenter@example.com"
    plan = document["plan"]
    assert (plan["canary_percent"], plan["step_percent"], plan["bake_minutes"]) == (10, 10, 10)
    assert plan["thresholds"]["p99_latency_ms"] == 100
    assert document["weights"] == {"intended": {}, "confirmed": None, "confirmed_at": None}
    called = {"deployment_id": document["deployment_id"]}
    assert reconciler.calls == [("kindred-dev-reconcile", "Event", called)]


def test_what_is_asked_for_is_what_is_planned(send):
    given = {
        "engine": "guardrails",
        "canary_percent": 20,
        "step_percent": 25,
        "bake_minutes": 5,
        "thresholds": {"p99_latency_ms": 80, "minimum_requests": 200},
        "auto_rollback": False,
        "on_no_data": "roll_back",
        "maximum_minutes": 90,
    }

    _, document, _ = send("POST", PATH, asked(**given))

    plan = document["plan"]
    assert document["engine"] == given.pop("engine")
    limits = given.pop("thresholds")
    assert {name: plan[name] for name in given} == given
    assert {name: plan["thresholds"][name] for name in limits} == limits


def test_a_body_may_come_in_base64_and_below_a_domains_base_path(send):
    status, _, _ = send("POST", "/models/deployments", asked(), base64=True)

    assert status == 201


def test_a_repeated_key_gives_the_same_deployment_and_200(send):
    key = {"idempotency-KEY": "release-7"}
    first, made, _ = send("POST", PATH, asked(), headers=key)

    second, again, _ = send("POST", PATH, asked(), headers=key)

    assert (first, second) == (201, 200)
    assert again["deployment_id"] == made["deployment_id"]


def test_a_repeated_key_asks_nothing_of_the_registry(send, sagemaker):
    arn = sagemaker.add_package(4)
    body = {"endpoint": "embeddings", "model_package_arn": arn}
    _, first, _ = send("POST", PATH, body, headers={"Idempotency-Key": "release-7"})
    sagemaker.packages[arn]["ModelApprovalStatus"] = "Rejected"

    status, again, _ = send("POST", PATH, body, headers={"Idempotency-Key": "release-7"})

    assert (status, again["deployment_id"]) == (200, first["deployment_id"])


def test_a_key_is_of_one_request(send):
    send("POST", PATH, asked(), headers={"Idempotency-Key": "release-7"})

    status, problem, _ = send(
        "POST", PATH, asked(bake_minutes=20), headers={"Idempotency-Key": "release-7"}
    )

    assert status == 422
    assert problem["type"] == "urn:kindred:problem:idempotency-key-reused"


def test_a_change_stands_when_the_reconciler_cannot_be_called(send, reconciler):
    from botocore.exceptions import EndpointConnectionError

    reconciler.failure = EndpointConnectionError(endpoint_url="https://lambda")

    status, made, _ = send("POST", PATH, asked())

    assert status == 201
    assert send("GET", f"{PATH}/{made['deployment_id']}")[0] == 200


def test_one_deployment_at_a_time_on_an_endpoint(send):
    _, made, _ = send("POST", PATH, asked())

    status, problem, headers = send("POST", PATH, asked(bake_minutes=20))

    assert status == 409
    assert problem["type"] == "urn:kindred:problem:endpoint-busy"
    assert made["deployment_id"] in problem["detail"]
    assert headers["content-type"] == "application/problem+json"
    assert send("POST", PATH, asked(endpoint="ranking"))[0] == 201


def test_a_model_that_was_rolled_back_is_refused_for_a_while(send, clients, sagemaker):
    package = {"endpoint": "embeddings", "model_package_arn": sagemaker.add_package(1)}
    twin = {"endpoint": "embeddings", "model_package_arn": sagemaker.add_package(2)}
    same = {"ModelDataUrl": "s3://training/models/1/model.tar.gz"}
    again = {"endpoint": "embeddings", "model_package_arn": sagemaker.add_package(3, **same)}
    _, made, _ = send("POST", PATH, package)
    clients["dynamodb"].put_item(
        TableName="endpoints",
        Item={
            "endpoint": {"S": "embeddings"},
            "refused": {"M": {made["digest"]: {"S": "2999-01-01T00:00:00.000000+00:00"}}},
        },
    )

    status, problem, _ = send("POST", PATH, again)

    assert status == 409
    assert problem["type"] == "urn:kindred:problem:model-in-cool-down"
    assert "2999-01-01" in problem["detail"]
    assert send("POST", PATH, twin)[0] == 201


def test_a_package_has_to_be_approved(send, sagemaker):
    arn = sagemaker.add_package(4, approval="PendingManualApproval")

    status, problem, _ = send("POST", PATH, {"endpoint": "embeddings", "model_package_arn": arn})

    assert status == 422
    assert problem["errors"][0]["pointer"] == "/model_package_arn"
    assert "PendingManualApproval, allowed Approved" in problem["detail"]


@pytest.mark.parametrize(
    "arn",
    [
        pytest.param("kindred-dev-models/9", id="unknown version"),
        pytest.param("somebody-elses/1", id="another group"),
    ],
)
def test_a_package_has_to_be_there(send, sagemaker, arn):
    sagemaker.add_package(1, group="somebody-elses")
    package = f"arn:aws:sagemaker:us-east-1:123456789012:model-package/{arn}"

    status, problem, _ = send(
        "POST", PATH, {"endpoint": "embeddings", "model_package_arn": package}
    )

    assert status == 422
    assert "kindred-dev-models" in problem["detail"]


def test_an_endpoint_that_is_not_ours_is_not_found(send):
    status, problem, _ = send("POST", PATH, asked(endpoint="payments"))

    assert status == 404
    assert "allowed embeddings, ranking" in problem["detail"]


def test_a_deployment_shows_all_that_became_of_it(send, clients):
    from datetime import UTC, datetime

    from kindred.rollout.judge import Judgement
    from rollout_functions.api_settings import deployments as table

    _, made, _ = send("POST", PATH, asked())
    at = datetime(2026, 3, 10, tzinfo=UTC)
    judgement = Judgement(verdict="fail", reasons=("p99 180 ms",), figures={"p99_latency_ms": 180})
    found = table().load(made["deployment_id"])
    moved = found.moved("IN_PROGRESS", at=at, reason="canary begins").judged(judgement, at=at)
    table().save(moved)

    _, document, _ = send("GET", f"{PATH}/{made['deployment_id']}")

    assert document["state"] == "IN_PROGRESS"
    assert document["judgements"][0]["reasons"] == ["p99 180 ms"]
    assert document["transitions"][0]["reason"] == "canary begins"
    assert document["allowed"] == ["complete", "cancel", "rollback", "pause"]


def test_an_unknown_deployment_is_not_found(send):
    for unknown in ("0195-none", "key%23release-7", "%2e%2e%2fdeployments"):
        status, problem, _ = send("GET", f"{PATH}/{unknown}")

        assert status == 404
        assert problem["type"] == "urn:kindred:problem:deployment-not-found"


def test_an_id_that_no_key_can_be_is_never_looked_for(send, clients):
    clients["dynamodb"].delete_table(TableName="deployments")

    status, problem, _ = send("GET", f"{PATH}/{'1' * 3_000}")

    assert status == 404
    assert len(problem["detail"]) < 200


def test_pages_of_an_endpoint_follow_one_another(send):
    made = []
    for number in range(3):
        # A dry run holds no endpoint: there may be several.
        _, document, _ = send("POST", PATH, asked(dry_run=True, bake_minutes=5 + number))
        made.append(document["deployment_id"])

    _, first, _ = send("GET", PATH, query="endpoint=embeddings&limit=2")
    query = f"endpoint=embeddings&limit=2&cursor={first['next_cursor']}"
    _, second, _ = send("GET", PATH, query=query)

    pages = [*first["deployments"], *second["deployments"]]
    assert [each["deployment_id"] for each in pages] == made[::-1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        pytest.param("limit=0", "limit", id="none at all"),
        pytest.param("limit=101", "limit", id="too many"),
        pytest.param("limit=ten", "limit", id="no number"),
        pytest.param("limit=1&limit=2", "limit", id="twice"),
        pytest.param("cursor=bm9uZQ==", "cursor", id="no cursor of ours"),
        pytest.param("cursor=e30=", "cursor", id="no key"),
        pytest.param("cursor=eyJkZXBsb3ltZW50X2lkIjoiIn0=", "cursor", id="an empty key"),
        pytest.param(f"cursor={'W1tb' * 2_000}", "cursor", id="nested too deep"),
        pytest.param("cursor=eyJ4Ijp7IlMiOiJ5In19", "cursor", id="a key of another table"),
        pytest.param("state=FAILED", "state", id="unknown parameter"),
    ],
)
def test_a_page_asked_for_wrongly_says_what_is_allowed(send, query, pointer):
    status, problem, _ = send("GET", PATH, query=query)

    assert status == 422
    assert problem["errors"][0]["pointer"] == pointer
    assert problem["instance"] == REQUEST_ID


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("DELETE", "/deployments", 405, id="of the collection"),
        pytest.param("PUT", "/deployments/1", 405, id="of one"),
        pytest.param("GET", "/deployments/1/complete", 405, id="of a verb"),
        pytest.param("POST", "/deployments/1/explode", 404, id="an unknown verb"),
        pytest.param("GET", "/elsewhere", 404, id="another path"),
    ],
)
def test_an_unknown_route_says_so(send, method, path, status):
    assert send(method, path)[0] == status


def test_a_failure_of_ours_is_a_problem_without_its_trace(send, clients):
    clients["dynamodb"].delete_table(TableName="deployments")

    status, problem, headers = send("GET", f"{PATH}/1")

    assert status == 500
    assert problem["detail"] == "the request failed here; it was logged"
    assert headers["x-correlation-id"] == REQUEST_ID
