import asyncio

import pytest
from fastapi.testclient import TestClient

from kindred_service.background import repeat
from kindred_service.observation import Observation
from similarity_service.main import create_app


def test_a_given_correlation_id_is_answered_and_logged(similarity, platform):
    response = similarity.get("/api/v1/apps", headers={"x-correlation-id": "edge-7"})

    [line] = platform.logged("request")
    assert response.headers["x-correlation-id"] == "edge-7"
    assert line["correlation_id"] == "edge-7"
    assert (line["route"], line["status"]) == ("/api/v1/apps", 200)
    assert line["latency_ms"] > 0


def test_the_gateway_s_id_serves_where_the_client_sent_none(similarity):
    response = similarity.get("/healthz", headers={"x-gateway-request-id": "gateway-1"})

    assert response.headers["x-correlation-id"] == "gateway-1"


def test_both_ids_are_logged_where_the_client_sent_one_too(similarity, platform):
    headers = {"x-correlation-id": "mine", "x-gateway-request-id": "gateway-1"}
    similarity.get("/api/v1/apps", headers=headers)

    [line] = platform.logged("request")
    assert (line["correlation_id"], line["gateway_request_id"]) == ("mine", "gateway-1")


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "line\tbreak"], ids=repr)
def test_an_unusable_correlation_id_is_replaced(similarity, given):
    response = similarity.get("/healthz", headers={"x-correlation-id": given})

    assert response.headers["x-correlation-id"] not in ("", given)


def test_an_unexpected_failure_is_a_problem_without_a_trace(similarity, platform, monkeypatch):
    def explode(*arguments, **keywords):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(platform.collaborators.resolver.models["v1"].index), "search", explode)
    response = similarity.post(
        "/api/v1/find-similar", json={"partner_id": "p", "app_id": "app-001"}
    )

    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-correlation-id"]
    assert "secret" not in response.text
    [(served, record)] = platform.recorder.served
    assert served.failed
    assert record.status == 500
    [line] = platform.logged("request failed")
    assert "secret detail" in line["exception"]


def test_requests_are_counted_by_route_and_status(similarity):
    similarity.get("/api/v1/apps/app-001")
    similarity.get("/api/v1/apps/nobody")
    similarity.get("/no/such/path")
    text = similarity.get("/metrics").text

    assert 'route="/api/v1/apps/{app_id}",status="200"} 1.0' in text
    assert 'route="/api/v1/apps/{app_id}",status="404"} 1.0' in text
    assert 'route="unmatched",status="404"} 1.0' in text


class Told:
    def __init__(self):
        self.requests, self.unfinished = [], 0

    def count_request(self, method, route, status, latency_ms):
        self.requests.append(status)

    def count_unfinished(self):
        self.unfinished += 1


@pytest.mark.parametrize(
    ("path", "sent", "unfinished"),
    [
        pytest.param("/a", ("http.response.start", "http.response.body"), 0, id="the whole answer"),
        pytest.param("/a", ("http.response.start",), 1, id="its head alone"),
        pytest.param("/a", (), 1, id="nothing"),
        pytest.param("/healthz", (), 0, id="nothing of what nobody counts"),
    ],
)
def test_a_request_that_is_stopped_on_the_way_has_not_finished(platform, path, sent, unfinished):
    async def stopped(scope, receive, send):
        for kind in sent:
            await send({"type": kind, "status": 200, "headers": [], "body": b""})
        raise asyncio.CancelledError

    async def ignored(message=None):
        return message

    told = Told()
    app = Observation(stopped, metrics=told, logger=platform.collaborators.logger)
    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(app(scope, ignored, ignored))

    assert told.unfinished == unfinished


def test_readiness_names_models_and_catalogue(similarity):
    ready = similarity.get("/readyz").json()

    assert ready["status"] == "ready"
    assert sorted(ready["models"]) == ["v1", "v2"]
    assert (ready["catalogue_apps"], ready["catalogue_generated"]) == (240, True)


def test_not_ready_until_the_experiment_was_read(similarity, platform):
    platform.collaborators.arms.read_at = None

    assert similarity.get("/readyz").status_code == 503
    assert similarity.get("/healthz").status_code == 200


def test_what_waits_is_written_when_the_service_stops(platform):
    with TestClient(create_app(platform.collaborators)):
        assert not platform.recorder.drained

    assert platform.recorder.drained


def test_background_work_goes_on_after_a_failure(platform):
    rounds = []

    def fails_once():
        rounds.append(1)
        if len(rounds) == 1:
            raise RuntimeError("a surprise")

    async def scenario():
        logger = platform.collaborators.logger
        work = asyncio.create_task(repeat(fails_once, every_seconds=0.001, logger=logger))
        while len(rounds) < 3:
            await asyncio.sleep(0.001)
        work.cancel()

    asyncio.run(asyncio.wait_for(scenario(), 10))
    assert platform.logged("background work failed")
