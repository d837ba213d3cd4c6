"""Metrics for a collector, and nothing else beside them."""

import urllib.request

import pytest
from prometheus_client import CollectorRegistry, Counter

from kindred_service.metrics_port import serve_metrics
from kindred_service.settings import InvalidSettings


def test_a_collector_reads_the_metrics_on_their_own_port():
    registry = CollectorRegistry()
    Counter("answered", "Of this test", registry=registry).inc(3)

    port = serve_metrics({"METRICS_PORT": "0", "HOST": "127.0.0.1"}, registry)

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        assert b"answered_total 3.0" in answer.read()


def test_without_a_port_nothing_listens():
    assert serve_metrics({}, CollectorRegistry()) is None


@pytest.mark.parametrize("given", ["", "metrics", "65536", "-1"])
def test_what_is_no_port_is_said(given):
    with pytest.raises(InvalidSettings, match=f"METRICS_PORT: given '{given}', allowed 0 to 65535"):
        serve_metrics({"METRICS_PORT": given}, CollectorRegistry())
