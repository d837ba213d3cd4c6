"""What operators see and are told of: alarms, objectives, and the dashboards to look at."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.api_alarms import ApiAlarms
from kindred_constructs.api_objectives import availability, latency
from kindred_constructs.burn_rate_alarms import BurnRateAlarms
from kindred_constructs.cache_alarms import CacheAlarms
from kindred_constructs.service_alarms import ServiceAlarms, WatchedService
from kindred_constructs.table_alarms import TableAlarms
from stacks.api_stack import ApiStack
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.network_stack import NetworkStack
from stacks.routing_stack import RoutingStack


class MonitoringStack(cdk.Stack):
    stateful = False

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        routing: RoutingStack,
        api: ApiStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        self._network = network
        self._data = data
        self._api = api
        self._watch_api()
        for service in self._services(routing):
            self._watch_service(service)
        self._watch_stores()

    def _watch_api(self) -> None:
        promised, stage = self._environment.monitoring, self._api.rest_api.deployment_stage
        alarms = ApiAlarms(self, "Api", stage=stage, silence_minutes=promised.silence_minutes)
        self._network.alarms.hear(*alarms.alarms)
        self.objectives = (
            availability(stage, percent=promised.availability_percent),
            latency(stage, percent=promised.latency_percent, within_ms=promised.latency_ms),
        )
        for objective in self.objectives:
            burning = BurnRateAlarms(self, objective.name.title(), objective=objective)
            self._network.alarms.hear(*burning.alarms)

    def _services(self, routing: RoutingStack) -> tuple[WatchedService, ...]:
        api, slug = self._api, self._environment.slug
        return (
            WatchedService(
                package="similarity_service",
                environment=slug,
                latency="similarity_search_latency",
                embeds=True,
                route=routing.similarity,
                service=api.similarity,
            ),
            WatchedService(
                package="prediction_service",
                environment=slug,
                latency="prediction_latency",
                embeds=True,
                route=routing.prediction,
                service=api.prediction,
            ),
            WatchedService(
                package="experiments_service",
                environment=slug,
                latency="request_duration",
                embeds=False,
                route=routing.experiments,
                service=api.experiments,
            ),
        )

    def _watch_service(self, service: WatchedService) -> None:
        alarms = ServiceAlarms(self, service.title, service=service)
        self._network.alarms.hear(*alarms.alarms)
        if alarms.cache_hits:
            # Whoever tunes the cache reads mail; nobody need act on the day.
            self._network.alarms.information.hear(alarms.cache_hits)

    def _watch_stores(self) -> None:
        data = self._data
        cache = CacheAlarms(self, "Cache", cache=data.stores.cache)
        tables = TableAlarms(
            self,
            "Tables",
            tables={
                "Experiments": data.stores.tables.experiments,
                "Metrics": data.stores.tables.metrics,
                "RequestLog": data.stores.tables.request_log,
                "Counters": data.counters.counters,
                "Ledger": data.counters.ledger,
                "Deployments": data.rollouts.deployments,
                "Endpoints": data.rollouts.endpoints,
                "Retraining": data.retraining.runs,
            },
        )
        self._network.alarms.hear(*cache.alarms, *tables.alarms)
