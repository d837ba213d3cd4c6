import json

import pytest

from kindred.experiments.arm_metrics import Outcome
from kindred_service.metrics import ServiceMetrics


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def metrics(clock):
    return ServiceMetrics(namespace="Kindred", service="similarity", environment="dev", clock=clock)


def outcome(kind, value, arm="v1"):
    return Outcome(event_id="e", kind=kind, experiment_id="e", arm=arm, value=value, at=0)


def idle(uptime_seconds):
    """What a minute without a request says: that it was idle, and no rates."""
    names = ("requests_per_second", "request_count", "requests_unfinished", "errors_per_minute")
    classes = ("responses_2xx", "responses_4xx", "responses_5xx")
    return {**{name: [0.0] for name in (*names, *classes)}, "uptime_seconds": [uptime_seconds]}


def emitted(capsys):
    """EMF values by metric name, those of arms with the arm in the name."""
    values = {}
    for line in capsys.readouterr().out.splitlines():
        document = json.loads(line)
        assert document["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Kindred"
        for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
            name = metric["Name"] + (f" {document['arm']}" if "arm" in document else "")
            values.setdefault(name, []).extend(document[metric["Name"]])
    return values


def test_a_minute_of_traffic_gives_every_metric_of_the_requirements(metrics, clock, capsys):
    for status in (200, 200, 404, 500):
        metrics.count_request("POST", "/api/v1/find-similar", status, 12.0)
    metrics.observe_latency("similarity_search_latency", 12.0)
    metrics.observe_latency("prediction_latency", 3.0)
    metrics.observe_latency("ab_test_assignment_latency", 0.4)
    metrics.count_vector(computed=True)
    metrics.count_vector(computed=False)
    metrics.count_impression("v1")
    metrics.count_impression("v1")
    for seen in (outcome("click", 1), outcome("conversion", 2.0), outcome("satisfaction", 4)):
        metrics.count_outcome(seen)
    metrics.count_outcome(outcome("performance", 0.25, arm="v2"))
    metrics.count_unfinished()
    clock.now = 2.0
    metrics.close_minute()

    assert emitted(capsys) == {
        "requests_per_second": [2.0],
        "request_count": [4.0],
        "request_duration": [12.0, 12.0, 12.0, 12.0],
        "requests_unfinished": [1.0],
        "errors_per_minute": [2.0],
        "responses_2xx": [2.0],
        "responses_4xx": [1.0],
        "responses_5xx": [1.0],
        "uptime_seconds": [2.0],
        "error_rate_4xx": [25.0],
        "error_rate_5xx": [25.0],
        "embedding_cache_hit_rate": [50.0],
        "revenue": [2.0],
        "revenue_per_request": [0.5],
        "user_satisfaction_score": [4.0],
        "similarity_search_latency": [12.0],
        "prediction_latency": [3.0],
        "ab_test_assignment_latency": [0.4],
        "impressions_by_arm v1": [2.0],
        "ctr_by_arm v1": [0.5],
        "prediction_accuracy_mae v2": [0.25],
    }


def test_an_idle_minute_says_that_it_was_idle_and_no_rates(metrics, clock, capsys):
    clock.now = 60.0
    metrics.close_minute()

    assert emitted(capsys) == idle(60.0)


def test_more_values_than_one_emf_line_takes_are_all_kept(metrics, clock, capsys):
    for value in range(250):
        metrics.observe_latency("prediction_latency", value)
    clock.now = 60.0
    metrics.close_minute()

    assert emitted(capsys)["prediction_latency"] == list(range(250))


def test_a_model_that_was_trained_later_has_metrics_as_the_first_ones(metrics, clock, capsys):
    metrics.count_request("POST", "/api/v1/find-similar", 200, 12.0)
    for arm in ("v10", "v9"):
        metrics.count_impression(arm)
    for seen in (outcome("click", 1, "v9"), outcome("satisfaction", 5, "v10")):
        metrics.count_outcome(seen)
    metrics.count_outcome(outcome("conversion", 3.0, arm="v10"))
    clock.now = 60.0
    metrics.close_minute()

    values = emitted(capsys)
    assert [name for name in values if "ctr" in name] == ["ctr_by_arm v9", "ctr_by_arm v10"]
    assert (values["impressions_by_arm v9"], values["impressions_by_arm v10"]) == ([1.0], [1.0])
    assert (values["ctr_by_arm v9"], values["ctr_by_arm v10"]) == ([1.0], [0.0])
    assert (values["revenue_per_request"], values["user_satisfaction_score"]) == ([3.0], [5.0])


def test_a_minute_starts_over(metrics, clock, capsys):
    metrics.count_request("GET", "/api/v1/apps", 500, 1.0)
    clock.now = 60.0
    metrics.close_minute()
    clock.now = 120.0
    capsys.readouterr()
    metrics.close_minute()

    assert emitted(capsys) == idle(120.0)


def test_prometheus_text_has_the_same_names(metrics):
    text = metrics.prometheus_text().decode()

    for name in (
        "similarity_search_latency_bucket",
        "prediction_latency_bucket",
        "ab_test_assignment_latency_bucket",
        "embedding_cache_hit_rate",
        "requests_per_second",
        "error_rate_4xx",
        "error_rate_5xx",
        "revenue_per_request",
        "user_satisfaction_score",
    ):
        assert f"\n{name}" in text
