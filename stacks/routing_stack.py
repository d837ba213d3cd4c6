"""Which service answers which path: a load balancer, and a rule and two target groups a service.

A deployment moves a rule's weights from one target group to the other, and CloudFormation puts
them back as the template has them when anything of the rule changes. So nothing that changes often
lives here, and a test holds the rules as they are.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from kindred_constructs.canary_route import CanaryRoute
from kindred_constructs.internal_certificate import domain_certificate, operator_certificate
from kindred_constructs.internal_load_balancer import InternalLoadBalancer
from stacks.api_routes import EXPERIMENTS_PATHS, PREDICTION_PATHS, SIMILARITY_PATHS
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.network_stack import NetworkStack


class RoutingStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.load_balancer = InternalLoadBalancer(
            self,
            "LoadBalancer",
            vpc=network.vpc,
            subnets=network.task_subnets,
            certificate=self._certificate(environment),
            access_logs=data.logs,
            deletion_protection=environment.production,
        )
        self.similarity = self._route("Similarity", 10, SIMILARITY_PATHS)
        self.prediction = self._route("Prediction", 20, PREDICTION_PATHS)
        # After every other service: its patterns take what theirs leave.
        self.experiments = self._route("Experiments", 90, EXPERIMENTS_PATHS)
        domain = environment.domain
        self.server_name = (
            domain.internal_name
            if domain
            else self.load_balancer.load_balancer.load_balancer_dns_name
        )

    def _route(self, name: str, priority: int, path_patterns: tuple[str, ...]) -> CanaryRoute:
        return CanaryRoute(
            self,
            name,
            load_balancer=self.load_balancer,
            priority=priority,
            path_patterns=path_patterns,
        )

    def _certificate(self, environment: Environment) -> elbv2.IListenerCertificate:
        if domain := environment.domain:
            return domain_certificate(
                self,
                zone_name=domain.name,
                hosted_zone_id=domain.hosted_zone_id,
                server_name=domain.internal_name,
            )
        return operator_certificate(self, parameter=environment.certificate_parameter)
