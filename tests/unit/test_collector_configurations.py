"""The collectors' configurations and rules, as far as they can be read without a collector."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry

from kindred_service.metrics import LATENCIES
from kindred_service.request_metrics import RequestMetrics

TELEMETRY = Path(__file__).parents[2] / "telemetry"
# What the task definitions give, beside AWS_REGION, which Fargate sets.
GIVEN = {
    "traces": {"AWS_REGION"},
    "prometheus": {
        *("AWS_REGION", "ENVIRONMENT", "REMOTE_WRITE_URL"),
        *("SCRAPE_SECONDS", "SERVICES_CLUSTER"),
    },
}


@pytest.fixture(params=sorted(GIVEN))
def configuration(request):
    return request.param, (TELEMETRY / f"{request.param}.yaml").read_text()


def test_every_variable_is_given(configuration):
    name, text = configuration

    assert set(re.findall(r"\$\{env:(\w+)\}", text)) == GIVEN[name]


def test_a_pipeline_is_made_of_what_is_configured(configuration):
    _, text = configuration
    parts = yaml.safe_load(text)

    assert set(parts["service"]["extensions"]) == set(parts["extensions"])
    for kind in ("receivers", "processors", "exporters"):
        used = {each for line in parts["service"]["pipelines"].values() for each in line[kind]}
        assert used == set(parts[kind])


def test_a_collector_refuses_before_its_memory_ends(configuration):
    _, text = configuration
    [pipeline] = yaml.safe_load(text)["service"]["pipelines"].values()

    assert pipeline["processors"][0] == "memory_limiter"


def test_nothing_listens_to_other_tasks(configuration):
    _, text = configuration

    assert re.findall(r"endpoint: (\S+:\d+)", text)
    assert not re.findall(r"endpoint: (?!localhost:)\S+:\d+", text)


def test_the_image_has_every_configuration():
    dockerfile = (TELEMETRY / "Dockerfile").read_text()

    assert "COPY telemetry/traces.yaml telemetry/prometheus.yaml /etc/kindred/" in dockerfile
    # Fargate mounts an empty volume as root's, unless the image declares the folder one.
    assert dockerfile.index('VOLUME ["/tmp"]') < dockerfile.index("USER 10001")


@pytest.mark.slow
def test_hadolint_finds_nothing():
    linter = Path(sys.executable).with_name("hadolint")
    result = subprocess.run(
        [linter, TELEMETRY / "Dockerfile"], capture_output=True, text=True, check=False
    )

    assert (result.returncode, result.stdout) == (0, "")


def test_rules_are_of_metrics_that_services_have():
    registry = CollectorRegistry()
    RequestMetrics(registry, latencies=LATENCIES, buckets_ms=(1,), clock=lambda: 0.0)
    known = {f"{each.name}_{end}" for each in registry.collect() for end in ("total", "bucket")}
    rules = yaml.safe_load((TELEMETRY / "recording_rules.yaml").read_text())["groups"]
    expressions = " ".join(rule["expr"] for group in rules for rule in group["rules"])

    used = set(re.findall(r"\b(\w+_(?:total|bucket))\b", expressions))
    assert used
    assert used <= known
