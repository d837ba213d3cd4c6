"""What operators see and are told of: alarms, objectives, and the dashboards to look at."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.api_alarms import ApiAlarms
from kindred_constructs.api_objectives import availability, latency
from kindred_constructs.burn_rate_alarms import BurnRateAlarms
from kindred_constructs.cache_alarms import CacheAlarms
from kindred_constructs.experiments_dashboard import ExperimentsDashboard
from kindred_constructs.measured import cost_of_requests
from kindred_constructs.operator_alarm import AnyOperatorAlarm
from kindred_constructs.platform_dashboard import PlatformDashboard, PlatformParts
from kindred_constructs.service_alarms import ServiceAlarms, WatchedService
from kindred_constructs.service_dashboard import ServiceDashboard
from kindred_constructs.table_alarms import TableAlarms
from stacks.api_stack import ApiStack
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.lambda_stack import LambdaStack
from stacks.network_stack import NetworkStack
from stacks.routing_stack import RoutingStack
from stacks.sagemaker_stack import SageMakerStack
from stacks.streaming_stack import StreamingStack
from stacks.watched_services import watched_services


class MonitoringStack(cdk.Stack):
    """Of one platform; nothing else reads it, so it may be deployed at any time."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        streaming: StreamingStack,
        functions: LambdaStack,
        routing: RoutingStack,
        api: ApiStack,
        models: SageMakerStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        self._network = network
        self._told: list[AnyOperatorAlarm] = []
        parts = PlatformParts(
            stage=api.rest_api.deployment_stage,
            tables=data.tables,
            database=data.database,
            cache=data.stores.cache,
            stream=streaming.stream,
            functions=functions.functions,
        )
        self._watch_promises(parts)
        for service in watched_services(environment.slug, api, routing):
            self._watch_service(service, parts)
        self._tell(*CacheAlarms(self, "Cache", cache=parts.cache).alarms)
        self._tell(*TableAlarms(self, "Tables", tables=parts.tables).alarms)
        PlatformDashboard(
            self, "Dashboard", parts=parts, objectives=self._objectives, alarms=self._told
        )
        ExperimentsDashboard(
            self,
            "ExperimentsAndModels",
            environment=environment.slug,
            serving_endpoint=models.serving_endpoint,
        )

    def _watch_promises(self, parts: PlatformParts) -> None:
        promised = self._environment.monitoring
        alarms = ApiAlarms(self, "Api", stage=parts.stage, silence_minutes=promised.silence_minutes)
        self._tell(*alarms.alarms)
        self._objectives = (
            availability(parts.stage, percent=promised.availability_percent),
            latency(parts.stage, percent=promised.latency_percent, within_ms=promised.latency_ms),
        )
        for each in self._objectives:
            self._tell(*BurnRateAlarms(self, each.name.title(), objective=each).alarms)

    def _watch_service(self, service: WatchedService, parts: PlatformParts) -> None:
        alarms = ServiceAlarms(self, service.title, service=service)
        self._tell(*alarms.alarms)
        if alarms.cache_hits:
            # Whoever tunes the cache reads mail; nobody need act on the day.
            self._network.alarms.information.hear(alarms.cache_hits)
        ServiceDashboard(
            self,
            f"{service.title}Dashboard",
            service=service,
            cache=parts.cache,
            cost=cost_of_requests(service.environment),
        )

    def _tell(self, *alarms: AnyOperatorAlarm) -> None:
        self._network.alarms.hear(*alarms)
        self._told += alarms
