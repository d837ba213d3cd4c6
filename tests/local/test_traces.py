"""One trace across gateway, service, stream and functions, as whatever took part told of it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx
import pytest

from ops.local.deploy import local_api_url
from tests.local.local_platform import LocalPlatform, wait_until
from tests.local.management import person, start_experiment

pytestmark = pytest.mark.slow


class Trace:
    """Of the request with this correlation id, found as an operator finds it: in a log line."""

    def __init__(self, platform: LocalPlatform, service: str, correlation_id: str) -> None:
        self._platform = platform
        lines = [
            json.loads(line.partition(" | ")[2])
            for line in platform.log(service).splitlines()
            if f'"correlation_id":"{correlation_id}"' in line
        ]
        [line] = [each for each in lines if each["message"] == "request"]
        self.id: str = line["trace_id"]

    def spans(self) -> list[dict[str, Any]]:
        printed = self._platform.run("traces", self.id, "--json")
        found: list[dict[str, Any]] = json.loads(printed.stdout or "[]")
        return found

    def named(self, name: str) -> dict[str, Any] | None:
        return next((each for each in self.spans() if each["name"] == name), None)

    def way_to(self, name: str) -> list[str]:
        """The services from what began the trace to the span of this name, each once."""
        spans: dict[str, dict[str, Any]] = {}

        def told_by_all() -> bool:
            spans.update((each["span_id"], each) for each in self.spans())
            parents = {each["parent_id"] for each in spans.values() if each["parent_id"]}
            return parents <= spans.keys() and name in {each["name"] for each in spans.values()}

        wait_until(told_by_all)
        at = next(each for each in spans.values() if each["name"] == name)
        way = [at["service"]]
        while at["parent_id"]:
            at = spans[at["parent_id"]]
            way.append(at["service"])
        return list(dict.fromkeys(reversed(way)))


def test_one_trace_goes_from_the_gateway_over_the_stream_to_who_counts(
    platform: LocalPlatform,
) -> None:
    correlation_id = str(uuid.uuid4())
    query = {"app_id": "generated-00750", "partner_id": "traced", "top_k": 3}
    with platform.client(**{"x-correlation-id": correlation_id}) as api:
        assert api.post("api/v1/find-similar", json=query).status_code == 200

    trace = Trace(platform, "similarity_service", correlation_id)

    [gateway, service, consumer] = trace.way_to("process_events")
    assert gateway.endswith("ApiStack/public")
    assert (service, consumer) == ("similarity_service", "process_events")
    assert trace.way_to("index_events")[:2] == [gateway, service]
    shown = platform.run("traces", trace.id)
    assert "process_events" in shown.stdout
    # Who asked for what is nobody's who looks at traces.
    assert "traced" not in json.dumps(trace.spans())


def test_what_an_experiment_tracks_is_part_of_the_request_that_told_of_it(
    platform: LocalPlatform,
) -> None:
    with person(platform, "experimenter") as people:
        key = start_experiment(people, "traced")
    correlation_id = str(uuid.uuid4())
    event = {
        "type": "exposure",
        "event_id": str(uuid.uuid4()),
        "occurred_at": "2026-11-21T12:00:00Z",
        "unit_id": "u1",
        "experiment_id": key,
        "variation": "blue",
    }
    with platform.client(**{"x-correlation-id": correlation_id}) as api:
        wait_until(lambda: api.post("api/v1/tracking/track", json=event).status_code == 202)

    trace = Trace(platform, "experiments_service", correlation_id)

    assert trace.way_to("process_events")[1:] == ["experiments_service", "process_events"]
    # The call that put the event onto the stream.
    assert trace.named("Kinesis.PutRecords") is not None


def test_a_function_behind_the_gateway_and_what_it_calls_are_in_its_trace(
    platform: LocalPlatform,
) -> None:
    url = local_api_url(
        platform.outputs["RolloutApiUrl"], emulator_url=platform.file["emulator_url"]
    )
    headers = {"authorization": f"Bearer {platform.token('viewer')}"}
    with httpx.Client(base_url=url, headers=headers, timeout=20) as people:
        assert people.get("deployments").status_code == 200

    def ours() -> list[dict[str, Any]]:
        latest = json.loads(platform.run("traces", "--json").stdout)
        return [each for each in latest if each["name"] == "GET /deployments"]

    wait_until(lambda: bool(ours()) and "dynamodb" in ours()[0]["services"])
    [gateway, function, called] = ours()[0]["services"]
    assert gateway.endswith("/public")
    assert "SageMakerStack" in function
    assert called == "dynamodb"
