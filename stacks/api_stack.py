"""What answers: three services on Fargate, and the API in front of them."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from kindred_constructs.canary_route import CanaryRoute
from kindred_constructs.experiments_service import ExperimentsService, ExperimentStores
from kindred_constructs.inference_service import InferenceService
from kindred_constructs.private_rest_api import PrivateRestApi
from stacks.api_routes import add_routes
from stacks.data_stack import DataStack
from stacks.deployment import ServiceName
from stacks.environment import Environment
from stacks.network_stack import NetworkStack
from stacks.routing_stack import RoutingStack
from stacks.service_plans import optional_parts, service_plan
from stacks.streaming_stack import StreamingStack


class ApiStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        streaming: StreamingStack,
        routing: RoutingStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        self._network = network
        self._data = data
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=network.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        services = (
            self._service("similarity", routing.similarity, streaming),
            self._service("prediction", routing.prediction, streaming),
            self._experiments(routing.experiments, streaming),
        )
        for each in services:
            network.alarms.hear(*each.service.alarms)
        self.similarity, self.prediction, self.experiments = (each.service for each in services)
        self.services = {
            "Similarity": self.similarity,
            "Prediction": self.prediction,
            "Experiments": self.experiments,
        }
        self._add_api(routing)

    def _service(
        self, name: ServiceName, route: CanaryRoute, streaming: StreamingStack
    ) -> InferenceService:
        return InferenceService(
            self,
            name.title(),
            package=f"{name}_service",
            environment_name=self._environment.slug,
            cluster=self.cluster,
            subnets=self._network.task_subnets,
            route=route,
            stores=self._data.stores,
            stream=streaming.stream,
            log_key=self._network.telemetry_key,
            plan=service_plan(name, self._environment),
        )

    def _experiments(self, route: CanaryRoute, streaming: StreamingStack) -> ExperimentsService:
        data = self._data
        return ExperimentsService(
            self,
            "Experiments",
            environment_name=self._environment.slug,
            approvals_required=self._environment.approvals.required,
            optional_parts=optional_parts(self._environment.integrations),
            cluster=self.cluster,
            subnets=self._network.task_subnets,
            route=route,
            stores=ExperimentStores(
                database=data.database,
                cache=data.stores.cache,
                counters=data.counters,
                definitions=data.definitions,
                stream=streaming.stream,
                users=data.users,
                secrets=data.secrets,
                pseudonyms=data.pseudonyms,
                key=data.key,
            ),
            log_key=self._network.telemetry_key,
            plan=service_plan("experiments", self._environment),
        )

    def _add_api(self, routing: RoutingStack) -> None:
        throttle = self._environment.sizes.api
        api = PrivateRestApi(
            self,
            "Api",
            vpc=self._network.vpc,
            subnets=self._network.task_subnets,
            target=routing.load_balancer,
            server_name=routing.server_name,
            log_key=self._network.telemetry_key,
            rate_per_second=throttle.rate_per_second,
            burst=throttle.burst,
            owns_account_log_role=self._environment.api.owns_account_log_role,
        )
        self.rest_api = api.api
        add_routes(api, people=api.add_user_authorizer(self._data.users))
        self._add_clients(api)
        cdk.CfnOutput(self, "ApiUrl", value=api.api.url)

    def _add_clients(self, api: PrivateRestApi) -> None:
        """The operator's plan and key, and those of each tier."""
        throttle = self._environment.sizes.api
        plan = api.add_plan("Default", **throttle.model_dump())
        key = api.add_key(plan, "DefaultPartner", holder="the operator")
        cdk.CfnOutput(self, "ApiKeyId", value=key.key_id)
        cdk.CfnOutput(self, "UsagePlanId", value=plan.usage_plan_id)
        for name, tier in self._environment.api.client_tiers.items():
            plan = api.add_plan(name.capitalize(), **tier.model_dump(exclude={"clients"}))
            cdk.CfnOutput(self, f"{name.capitalize()}UsagePlanId", value=plan.usage_plan_id)
            for client in tier.clients:
                # Another tier is another key: none may be in two plans, not even for a moment.
                own = f"{name.capitalize()}{client.capitalize()}"
                key = api.add_key(plan, f"{own}Client", holder=f"{client}, of the tier {name}")
                cdk.CfnOutput(self, f"{client.capitalize()}ApiKeyId", value=key.key_id)
