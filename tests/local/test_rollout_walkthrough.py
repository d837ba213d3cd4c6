"""A model from its registration to all traffic, and one that goes back, with a killed reconciler.

The rollouts bake while other tests look at what else there is: their order is that of the file.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.local.granted import refusal_of
from tests.local.local_platform import LocalPlatform, wait_until
from tests.local.rollout_roles import roles, session_as
from tests.local.rollout_walk import FEATURES, LIMIT_MS, SLOW_MS, Rollout, RolloutWalk
from tests.local.topic_listener import TopicListener, listening

JOB_SECONDS = 60


@pytest.fixture(scope="module")
def walk(platform: LocalPlatform) -> RolloutWalk:
    walk = RolloutWalk(platform)
    walk.remove_endpoint()
    return walk


@pytest.fixture(scope="module")
def people(walk: RolloutWalk) -> Iterator[httpx.Client]:
    with walk.person("experimenter") as people:
        yield people


@pytest.fixture(scope="module")
def told(walk: RolloutWalk) -> Iterator[TopicListener]:
    """Hears of every transition."""
    with listening(walk.platform, walk.platform.outputs["RolloutTopicArn"]) as told:
        yield told


@pytest.fixture(scope="module")
def serving(walk: RolloutWalk, told: TopicListener) -> Iterator[None]:
    """The first approved package has made the endpoint, and steady traffic goes to it."""
    assert told
    walk.command("rollout", "register", "--version", "v2")
    wait_until(lambda: walk.infer().status_code == 200, seconds=60)
    stopped = threading.Event()
    sending = threading.Thread(target=walk.send, args=[stopped], daemon=True)
    sending.start()
    yield
    stopped.set()
    sending.join()


@pytest.fixture(scope="module")
def better(walk: RolloutWalk, people: httpx.Client, serving: None) -> Rollout:
    """Under way."""
    return Rollout.begin(walk, people, walk.command("rollout", "register", "--version", "v2"))


@pytest.fixture(scope="module")
def slow(walk: RolloutWalk, people: httpx.Client, better: Rollout) -> Iterator[Rollout]:
    """Under way, once the better one has ended."""
    package = walk.command("rollout", "register", "--version", "v1")
    better.ended()
    slow = Rollout.begin(walk, people, package)
    how = ("--variant", slow.canary, "--milliseconds", str(SLOW_MS))
    walk.command("local", "fault", "on", "slow-model", *how)
    try:
        yield slow
    finally:
        walk.command("local", "fault", "off")


def test_without_a_model_inference_says_so(walk: RolloutWalk) -> None:
    answer = walk.infer()

    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:kindred:problem:model_not_registered"
    assert answer.headers["retry-after"] == "60"


@pytest.mark.usefixtures("serving")
def test_the_first_approved_package_serves(walk: RolloutWalk) -> None:
    answer = walk.infer(top_k=3).json()

    assert answer["variant"] == "production"
    assert answer["model_version"].startswith("v2")
    assert len(answer["predictions"]) == 3
    assert 0 < answer["latency_ms"]["model"] <= answer["latency_ms"]["total"]
    assert walk.weights() == {"production": 1.0}


def test_who_begins_a_rollout_and_who_asks_a_model(walk: RolloutWalk, better: Rollout) -> None:
    body = {"endpoint": "embeddings", "model_package_arn": better.show()["source"]["package_arn"]}
    with walk.person("viewer") as viewer, httpx.Client(base_url=walk.url) as nobody:
        looked = viewer.get(f"deployments/{better.deployment_id}")
        statuses = {
            "a viewer": viewer.post("deployments", json=body).status_code,
            "a viewer goes back": viewer.post(f"{looked.url}/rollback").status_code,
            "no token": nobody.post("deployments", json=body).status_code,
            "no key": nobody.post("inference", json={}).status_code,
        }
        completed = better.people.post(f"{looked.url}/complete").status_code

    assert looked.status_code == 200
    assert statuses == {
        "a viewer": 403,
        "a viewer goes back": 403,
        "no token": 401,
        "no key": 403,
    }
    # It takes an approver.
    assert completed == 403


def test_a_second_rollout_waits_for_the_end_of_the_first(better: Rollout) -> None:
    body = {"endpoint": "embeddings", "model_package_arn": better.show()["source"]["package_arn"]}

    busy = better.people.post("deployments", json=body)

    assert busy.status_code == 409
    assert f"deployment {better.deployment_id} is under way" in busy.json()["detail"]


@pytest.mark.usefixtures("better")
def test_a_role_touches_no_endpoint_but_its_own(walk: RolloutWalk) -> None:
    production, staging = walk.endpoint, walk.endpoint.replace("embeddings", "staging")
    known = roles(walk.platform)

    def tried(function: str, operation: str, **parameters: Any) -> str | None:
        sagemaker = walk.platform.aws("sagemaker", session_as(walk.platform, known[function]))
        return refusal_of(lambda: getattr(sagemaker, operation)(**parameters))

    removing, staged = "RetrainingFunctionsRemoveStaging", "RetrainingFunctionsStageModel"
    weights = [{"VariantName": "production", "DesiredWeight": 0.0}]
    refused = {
        "removed": tried(removing, "delete_endpoint", EndpointName=production),
        "made": tried(
            staged, "create_endpoint", EndpointName=production, EndpointConfigName=f"{staging}-1"
        ),
        "shifted": tried(
            "RolloutInference",
            "update_endpoint_weights_and_capacities",
            EndpointName=production,
            DesiredWeightsAndCapacities=weights,
        ),
        "taken down by a rollout": tried(
            "RolloutReconcile", "delete_endpoint", EndpointName=staging
        ),
    }

    assert set(refused.values()) == {"AccessDeniedException"}
    assert tried("RolloutReconcile", "describe_endpoint", EndpointName=production) is None
    # Its own, were it there.
    assert tried(removing, "delete_endpoint", EndpointName=staging) == "ValidationException"


def test_a_file_of_requests_becomes_a_file_of_predictions(
    walk: RolloutWalk, better: Rollout
) -> None:
    s3, bucket = walk.platform.aws("s3"), walk.platform.outputs["TrainingBucketName"]
    lines = [json.dumps({"features": FEATURES, "top_k": n}) for n in (1, 2, 3)]
    s3.put_object(Bucket=bucket, Key="batch/input/walk.jsonl", Body="\n".join(lines).encode())

    asked = {"endpoint": "embeddings", "input": "batch/input/walk.jsonl"}
    begun = better.people.post("batch-predictions", json=asked)
    assert begun.status_code == 202, begun.text

    def job() -> dict[str, Any]:
        found: dict[str, Any] = better.people.get(begun.headers["location"].lstrip("/")).json()
        return found

    wait_until(lambda: job()["state"] != "InProgress", seconds=JOB_SECONDS)
    assert (job()["state"], job()["reason"]) == ("Completed", None)
    key = f"{job()['output'].removeprefix(f's3://{bucket}/')}walk.jsonl.out"
    answers = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode().splitlines()
    assert [len(json.loads(line)["predictions"]) for line in answers] == [1, 2, 3]


def test_a_good_canary_gets_all_traffic_although_the_reconciler_is_killed(
    walk: RolloutWalk, better: Rollout
) -> None:
    ended = better.ended()

    assert len(better.killed) == 1
    assert (ended["state"], ended["step"]) == ("COMPLETED", 100), ended["reason"]
    reasons = [each["reason"] for each in ended["transitions"]]
    assert reasons[0] == f"{better.canary} begins beside production with 50 %"
    assert any(reason.startswith("to 100 %: error rate 0 %") for reason in reasons)
    assert walk.weights() == {better.canary: 1.0}
    wait_until(lambda: walk.scaled() == [better.canary])
    wait_until(lambda: walk.configurations() == [walk.described()["EndpointConfigName"]])
    assert better.canary in walk.traffic.variants
    assert not walk.traffic.failures


def test_requests_and_answers_are_kept(walk: RolloutWalk, better: Rollout) -> None:
    s3, bucket = walk.platform.aws("s3"), walk.platform.outputs["TrainingBucketName"]
    under = f"data-capture/{walk.endpoint}/{better.canary}/"
    kept = s3.list_objects_v2(Bucket=bucket, Prefix=under)["Contents"]

    body = s3.get_object(Bucket=bucket, Key=kept[0]["Key"])["Body"].read()
    captured = json.loads(body.splitlines()[0])["captureData"]
    assert json.loads(captured["endpointInput"]["data"])["features"]["name"] == FEATURES["name"]
    assert len(json.loads(captured["endpointOutput"]["data"])["predictions"]) == 10


def test_a_slow_canary_goes_back_although_the_reconciler_is_killed(
    walk: RolloutWalk, better: Rollout, slow: Rollout
) -> None:
    ended = slow.ended()

    assert len(slow.killed) == 1
    assert ended["state"] == "ROLLED_BACK", ended["reason"]
    assert "p99 latency of up to" in ended["reason"]
    assert f"is above {LIMIT_MS} ms in 2 of the last 2" in ended["reason"]
    assert walk.weights() == {better.canary: 1.0}
    wait_until(lambda: walk.scaled() == [better.canary])
    wait_until(lambda: walk.configurations() == [walk.described()["EndpointConfigName"]])


def test_a_model_that_went_back_is_refused_for_a_while(slow: Rollout) -> None:
    ended = slow.ended()
    body = {"endpoint": "embeddings", "model_package_arn": ended["source"]["package_arn"]}

    again = slow.people.post("deployments", json=body)

    assert again.status_code == 409
    assert "rolled back on 'embeddings'; allowed again after 2" in again.json()["detail"]


def test_every_transition_is_told_with_its_reason(
    walk: RolloutWalk, told: TopicListener, better: Rollout, slow: Rollout
) -> None:
    heard: list[str] = []

    def listen() -> bool:
        heard.extend(each["Message"] for each in told.receive())
        return all(any(each in message for message in heard) for each in expected)

    expected = [
        f"{each['before']} to {each['after']}: {each['reason']} (deployment {each_id}"
        for each_id, transitions in (
            (better.deployment_id, better.ended()["transitions"]),
            (slow.deployment_id, slow.ended()["transitions"]),
        )
        for each in transitions
    ]
    wait_until(listen)
    assert len(expected) >= 6
