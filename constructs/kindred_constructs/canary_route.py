"""The paths of one service, and the two target groups between which a deployment moves them."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from constructs import Construct

from kindred_constructs.internal_load_balancer import InternalLoadBalancer
from kindred_constructs.rest_api_parts import STAGE
from kindred_constructs.service_task import PORT

_READS = (
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
)


class CanaryRoute(Construct):
    """ECS moves the rule's weights while it deploys, so the template must never restate others.

    A change of the rule's properties resets the weights: tests hold them as they are.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        load_balancer: InternalLoadBalancer,
        priority: int,
        path_patterns: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self._load_balancer = load_balancer
        self.primary = self._target_group("Primary")
        self.alternate = self._target_group("Alternate")
        self.dimensions = self._dimensions()
        self.rule = elbv2.ApplicationListenerRule(
            self,
            "Rule",
            listener=load_balancer.listener,
            priority=priority,
            # API Gateway puts its stage's name before the path of a private integration.
            conditions=[
                elbv2.ListenerCondition.path_patterns([f"/*{path[1:]}" for path in path_patterns])
            ],
            action=elbv2.ListenerAction.weighted_forward(
                [
                    elbv2.WeightedTargetGroup(target_group=self.primary, weight=100),
                    elbv2.WeightedTargetGroup(target_group=self.alternate, weight=0),
                ]
            ),
        )
        self._take_off(STAGE)
        self.shifting_role = self._shifting_role()

    def _take_off(self, prefix: str) -> None:
        rewrite = {"Regex": f"^/{prefix}/(.*)$", "Replace": "/$1"}
        resource = self.rule.node.default_child
        assert isinstance(resource, elbv2.CfnListenerRule)
        # The L2 knows no transforms.
        resource.add_property_override(
            "Transforms", [{"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [rewrite]}}]
        )

    def lead_to(self, scope: Construct, service: ec2.IConnectable) -> None:
        """Opens the load balancer's way to the service, by a rule in `scope`."""
        self._load_balancer.lead_to(scope, service, PORT)

    def alternate_target(self) -> ecs.AlternateTarget:
        """What ECS needs to move the rule's weights, with a role that can move nothing else."""
        return ecs.AlternateTarget(
            "AlternateTarget",
            alternate_target_group=self.alternate,
            production_listener=ecs.ListenerRuleConfiguration.application_listener_rule(self.rule),
            role=self.shifting_role,
        )

    def _dimensions(self) -> dict[str, dict[str, str]]:
        """By which metrics know the two groups, `primary` and `alternate`.

        The L2's own take the load balancer's name out of the listener's ARN, which CloudFormation
        cannot split where it comes from another stack.
        """
        name = self._load_balancer.load_balancer.load_balancer_full_name
        return {
            key: {"LoadBalancer": name, "TargetGroup": group.target_group_full_name}
            for key, group in self._groups()
        }

    def metric(self, group: str, name: str, statistic: str) -> cloudwatch.Metric:
        """Of the `primary` group or the `alternate` one, by the load balancer's name for it."""
        return cloudwatch.Metric(
            namespace="AWS/ApplicationELB",
            metric_name=name,
            dimensions_map=self.dimensions[group],
            statistic=statistic,
            period=cdk.Duration.minutes(1),
            label=group,
        )

    def metric_errors(self) -> cloudwatch.MathExpression:
        """Per cent of requests that the worse of the two target groups failed.

        Failed is answered 5xx, or not reached: a task that has died answers nothing at all.
        Under 20 requests a minute a group counts as healthy: one error would be 5 % and more.
        """
        metrics: dict[str, cloudwatch.IMetric] = {}
        rates = []
        for name in self.dimensions:
            for kind, metric in (
                ("errors", "HTTPCode_Target_5XX_Count"),
                ("requests", "RequestCount"),
                ("unreached", "TargetConnectionErrorCount"),
            ):
                metrics[f"{name}_{kind}"] = self.metric(name, metric, "Sum")
            # A list's sum stands where one of its parts was never measured; `+` may not.
            errors = f"SUM([FILL({name}_errors,0),FILL({name}_unreached,0)])"
            requests = f"FILL({name}_requests,0)"
            rates.append(f"IF({requests}>=20,100*{errors}/{requests},0)")
        return cloudwatch.MathExpression(
            expression=f"MAX([{','.join(rates)}])",
            label="errors (%)",
            period=cdk.Duration.minutes(1),
            using_metrics=metrics,
        )

    def metric_p99_latency_seconds(self) -> cloudwatch.MathExpression:
        """The slower of the two target groups."""
        metrics = {name: self.metric(name, "TargetResponseTime", "p99") for name in self.dimensions}
        return cloudwatch.MathExpression(
            expression=f"MAX([{','.join(f'FILL({name},0)' for name in metrics)}])",
            label="p99 latency (s)",
            period=cdk.Duration.minutes(1),
            using_metrics=metrics,
        )

    def metric_healthy_tasks(self) -> cloudwatch.MathExpression:
        """Of both target groups: while a deployment shifts, either may hold them."""
        metrics = {
            name: self.metric(name, "HealthyHostCount", "Maximum") for name in self.dimensions
        }
        return cloudwatch.MathExpression(
            expression=f"SUM([{','.join(f'FILL({name},0)' for name in metrics)}])",
            label="healthy tasks",
            period=cdk.Duration.minutes(1),
            using_metrics=metrics,
        )

    def _groups(self) -> tuple[tuple[str, elbv2.ApplicationTargetGroup], ...]:
        return (("primary", self.primary), ("alternate", self.alternate))

    def _target_group(self, construct_id: str) -> elbv2.ApplicationTargetGroup:
        return elbv2.ApplicationTargetGroup(
            self,
            construct_id,
            vpc=self._load_balancer.load_balancer.vpc,
            port=PORT,
            protocol=elbv2.ApplicationProtocol.HTTP,
            target_type=elbv2.TargetType.IP,
            deregistration_delay=cdk.Duration.seconds(30),
            health_check=elbv2.HealthCheck(
                path="/readyz",
                interval=cdk.Duration.seconds(10),
                timeout=cdk.Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
                healthy_http_codes="200",
            ),
        )

    def _shifting_role(self) -> iam.Role:
        role = iam.Role(
            self,
            "ShiftingRole",
            description="Lets ECS move a listener rule between two target groups",
            assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"),
        )
        # Elastic Load Balancing has no resource-level permission for its Describe actions.
        role.add_to_policy(iam.PolicyStatement(actions=list(_READS), resources=["*"]))
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyRule"],
                resources=[self._load_balancer.listener.listener_arn, self.rule.listener_rule_arn],
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=[
                    "elasticloadbalancing:DeregisterTargets",
                    "elasticloadbalancing:RegisterTargets",
                ],
                resources=[group.target_group_arn for _, group in self._groups()],
            )
        )
        return role
