"""The pure parts of what this project adds to the emulator."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.local.emulator.kindred_emulator.embedded_metrics import read_metrics
from ops.local.emulator.kindred_emulator.request_mapping import map_request
from ops.local.emulator.kindred_emulator.request_routing import choose_group, rewrite_path


def _call(**changes: Any) -> dict[str, Any]:
    return {
        "api_id": "a1",
        "stage_name": "public",
        "stage": {"variables": {"colour": "blue"}},
        "headers": {"X-Correlation-Id": "mine", "Host": "elsewhere", "content-length": "2"},
        "query_params": {"q": ["photo", "music"]},
        "path_params": {"app_id": "com.example/one two"},
        "resource_path": "/api/v1/apps/{app_id}",
        "request_id": "r-1",
        **changes,
    }


def test_headers_pass_through_but_for_those_of_the_connection() -> None:
    assert map_request({}, _call()).headers == {"x-correlation-id": "mine"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("context.requestId", "r-1", id="the gateway's own id"),
        pytest.param("'fixed'", "fixed", id="a constant"),
        pytest.param("method.request.header.x-correlation-id", "mine", id="a header, any case"),
        pytest.param("method.request.querystring.q", "music", id="the last of several"),
        pytest.param("stageVariables.colour", "blue", id="a stage variable"),
    ],
)
def test_a_mapped_header_gets_its_value(source: str, expected: str) -> None:
    mapped = map_request(
        {"requestParameters": {"integration.request.header.X-Id": source}}, _call()
    )

    assert mapped.headers["x-id"] == expected


def test_a_mapping_of_what_the_client_did_not_send_is_left_out() -> None:
    source = {"integration.request.header.x-id": "method.request.header.absent"}

    assert "x-id" not in map_request({"requestParameters": source}, _call()).headers


def test_a_path_value_is_encoded_into_the_integrations_path() -> None:
    source = {"integration.request.path.app_id": "method.request.path.app_id"}

    mapped = map_request({"requestParameters": source}, _call())

    assert mapped.fill_path("/api/v1/apps/{app_id}") == "/api/v1/apps/com.example/one%20two"


def test_a_rules_rewrite_takes_the_stage_off_the_path() -> None:
    rewrites = [("^/public/(.*)$", "/$1")]

    assert rewrite_path("/public/api/v1/predict", rewrites) == "/api/v1/predict"
    assert rewrite_path("/other/api", rewrites) == "/other/api"


def _groups(**weights: int) -> list[dict[str, Any]]:
    return [{"TargetGroupArn": name, "Weight": weight} for name, weight in weights.items()]


def test_groups_get_requests_in_proportion_to_their_weights() -> None:
    targets = {"stable": ["t"], "canary": ["t"]}
    draws = [number / 1000 for number in range(1000)]

    chosen = Counter(choose_group(_groups(stable=90, canary=10), targets, draw) for draw in draws)

    assert chosen == {"stable": 900, "canary": 100}


def test_a_group_without_targets_gets_nothing_whatever_its_weight() -> None:
    assert choose_group(_groups(primary=0, alternate=100), {"primary": ["t"]}, 0.5) == "primary"


@given(
    weights=st.lists(st.integers(0, 100), min_size=1, max_size=5),
    draw=st.floats(0, 1, exclude_max=True),
)
def test_some_group_is_always_chosen(weights: list[int], draw: float) -> None:
    groups = _groups(**{f"g{number}": weight for number, weight in enumerate(weights)})
    chosen = choose_group(groups, {group["TargetGroupArn"]: ["t"] for group in groups}, draw)

    weight = next(group["Weight"] for group in groups if group["TargetGroupArn"] == chosen)
    assert weight > 0 or not any(weights)


def test_embedded_metrics_are_read_for_each_set_of_dimensions() -> None:
    line = json.dumps(
        {
            "_aws": {
                "Timestamp": 1_700_000_000_000,
                "CloudWatchMetrics": [
                    {
                        "Namespace": "Kindred",
                        "Dimensions": [["service"], []],
                        "Metrics": [{"Name": "latency", "Unit": "Milliseconds"}, {"Name": "gone"}],
                    }
                ],
            },
            "service": "similarity_service",
            "latency": [1.5, 2.5],
        }
    )

    found = list(read_metrics(line))

    assert [datum["dims"] for datum in found] == [{"service": "similarity_service"}, {}]
    assert {datum["name"] for datum in found} == {"latency"}
    assert found[0]["values"] == [1.5, 2.5]
    assert found[0]["ts"] == 1_700_000_000


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("plain text", id="plain text"),
        pytest.param('{"_aws": ', id="broken JSON"),
        pytest.param('["_aws"]', id="not an object"),
        pytest.param('{"_aws": {}}', id="no directive"),
    ],
)
def test_other_lines_hold_no_metrics(line: str) -> None:
    assert list(read_metrics(line)) == []
