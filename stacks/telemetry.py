"""How much an environment traces, and whether Prometheus metrics are collected."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.sizes import Part

# Beside those of every environment without NAT: what the collector of Prometheus metrics calls.
COLLECTOR_ENDPOINTS = ("aps-workspaces", "ecs")


class Telemetry(Part):
    """API Gateway decides which requests are traced; everything behind it follows.

    It takes the first `sampled_per_second` requests of a second, and `sampled_percent` of the
    others. With `prometheus`, a collector on a cluster of its own asks every service for its
    metrics, every `scrape_seconds`.
    """

    sampled_per_second: Annotated[int, Field(ge=0, le=100)] = 1
    sampled_percent: Annotated[float, Field(ge=0, le=100)] = 5
    prometheus: bool = False
    scrape_seconds: Literal[15, 30, 60] = 30
