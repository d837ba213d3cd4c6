"""What answers: three services on Fargate, the load balancer between, and the API in front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from kindred_constructs.experiments_service import ExperimentsService, ExperimentStores
from kindred_constructs.inference_service import InferenceService
from kindred_constructs.internal_certificate import domain_certificate, operator_certificate
from kindred_constructs.internal_load_balancer import InternalLoadBalancer
from kindred_constructs.private_rest_api import PrivateRestApi
from stacks.api_routes import (
    EXPERIMENTS_PATHS,
    PREDICTION_PATHS,
    SIMILARITY_PATHS,
    add_routes,
)
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.network_stack import NetworkStack
from stacks.service_plans import optional_parts, service_plan
from stacks.sizes import TaskSizes
from stacks.streaming_stack import StreamingStack


class ApiStack(cdk.Stack):
    stateful = False

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        streaming: StreamingStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        self._network = network
        self._data = data
        self._cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=network.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        self._load_balancer = InternalLoadBalancer(
            self,
            "LoadBalancer",
            vpc=network.vpc,
            subnets=network.task_subnets,
            certificate=self._certificate(),
            access_logs=data.logs,
            deletion_protection=environment.production,
        )
        sizes = environment.sizes.services
        services = (
            self._service("Similarity", 10, sizes.similarity, SIMILARITY_PATHS, streaming),
            self._service("Prediction", 20, sizes.prediction, PREDICTION_PATHS, streaming),
            self._experiments(sizes.experiments, streaming),
        )
        for each in services:
            network.alarms.critical.hear(*each.service.alarms)
        self._add_api()

    def _service(
        self,
        name: str,
        priority: int,
        sizes: TaskSizes,
        path_patterns: Sequence[str],
        streaming: StreamingStack,
    ) -> InferenceService:
        return InferenceService(
            self,
            name,
            package=f"{name.lower()}_service",
            environment_name=self._environment.slug,
            cluster=self._cluster,
            subnets=self._network.task_subnets,
            listener=self._load_balancer.listener,
            priority=priority,
            path_patterns=path_patterns,
            stores=self._data.stores,
            stream=streaming.stream,
            log_key=self._network.telemetry_key,
            plan=service_plan(sizes, self._environment),
        )

    def _experiments(self, sizes: TaskSizes, streaming: StreamingStack) -> ExperimentsService:
        data = self._data
        return ExperimentsService(
            self,
            "Experiments",
            environment_name=self._environment.slug,
            approvals_required=self._environment.approvals.required,
            optional_parts=optional_parts(self._environment.integrations),
            cluster=self._cluster,
            subnets=self._network.task_subnets,
            listener=self._load_balancer.listener,
            # After every other service: its patterns take what theirs leave.
            priority=90,
            path_patterns=EXPERIMENTS_PATHS,
            stores=ExperimentStores(
                database=data.database,
                cache=data.stores.cache,
                counters=data.counters,
                definitions=data.definitions,
                stream=streaming.stream,
                users=data.users,
                secrets=data.secrets,
                key=data.key,
            ),
            log_key=self._network.telemetry_key,
            plan=service_plan(sizes, self._environment),
        )

    def _certificate(self) -> elbv2.IListenerCertificate:
        if domain := self._environment.domain:
            return domain_certificate(
                self,
                zone_name=domain.name,
                hosted_zone_id=domain.hosted_zone_id,
                server_name=domain.internal_name,
            )
        return operator_certificate(self, parameter=self._environment.certificate_parameter)

    def _add_api(self) -> None:
        domain, throttle = self._environment.domain, self._environment.sizes.api
        load_balancer = self._load_balancer.load_balancer
        api = PrivateRestApi(
            self,
            "Api",
            vpc=self._network.vpc,
            subnets=self._network.task_subnets,
            target=self._load_balancer,
            server_name=domain.internal_name if domain else load_balancer.load_balancer_dns_name,
            log_key=self._network.telemetry_key,
            rate_per_second=throttle.rate_per_second,
            burst=throttle.burst,
            owns_account_log_role=self._environment.api.owns_account_log_role,
        )
        add_routes(api, people=api.add_user_authorizer(self._data.users))
        plan, key = api.add_partner(
            "Default",
            rate_per_second=throttle.rate_per_second,
            burst=throttle.burst,
            daily_quota=throttle.daily_quota,
        )
        cdk.CfnOutput(self, "ApiUrl", value=api.api.url)
        cdk.CfnOutput(self, "ApiKeyId", value=key.key_id)
        cdk.CfnOutput(self, "UsagePlanId", value=plan.usage_plan_id)
