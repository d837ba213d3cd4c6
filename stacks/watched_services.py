"""The services, as monitoring knows them: by what they measure of themselves."""

from __future__ import annotations

from kindred_constructs.service_alarms import WatchedService
from stacks.api_stack import ApiStack
from stacks.routing_stack import RoutingStack


def watched_services(
    environment: str, api: ApiStack, routing: RoutingStack
) -> tuple[WatchedService, ...]:
    return (
        WatchedService(
            package="similarity_service",
            environment=environment,
            latency="similarity_search_latency",
            parts=("ab_test_assignment_latency",),
            embeds=True,
            outcomes=True,
            route=routing.similarity,
            service=api.similarity,
        ),
        WatchedService(
            package="prediction_service",
            environment=environment,
            latency="prediction_latency",
            parts=("ab_test_assignment_latency",),
            embeds=True,
            outcomes=False,
            route=routing.prediction,
            service=api.prediction,
        ),
        WatchedService(
            package="experiments_service",
            environment=environment,
            latency="request_duration",
            parts=("management_write_latency", "event_stream_put_latency"),
            embeds=False,
            outcomes=False,
            route=routing.experiments,
            service=api.experiments,
        ),
    )
