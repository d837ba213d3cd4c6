"""What answers: two services on Fargate, the load balancer between, and the API in front."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from kindred_constructs.canary_route import CanaryRoute
from kindred_constructs.fargate_service import FargateService, Rollout
from kindred_constructs.internal_load_balancer import InternalLoadBalancer
from kindred_constructs.private_rest_api import STAGE, PrivateRestApi
from kindred_constructs.service_scaling import DailyPeak, ScalingPlan
from kindred_constructs.service_task import PORT, ServiceTask
from stacks import request_schemas
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.network_stack import NetworkStack
from stacks.sizes import TaskSizes

EMBEDDING_EXPERIMENT_ID = "embedding_v1_vs_v2"


class ApiStack(cdk.Stack):
    stateful = False

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        stores: DataStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        self._network = network
        self._stores = stores
        # By its ARN: granted directly, a secret writes the reader's role into the policy of its
        # key, and the two stacks would need each other.
        self._cache_secret = secretsmanager.Secret.from_secret_complete_arn(
            self, "CacheSecret", stores.cache.secret.secret_arn
        )
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=network.vpc,
            container_insights_v2=ecs.ContainerInsights.ENHANCED,
            enable_fargate_capacity_providers=True,
        )
        self.load_balancer = InternalLoadBalancer(
            self,
            "LoadBalancer",
            vpc=network.vpc,
            subnets=network.task_subnets,
            certificate=self._certificate(),
            access_logs=stores.logs,
            deletion_protection=environment.production,
        )
        sizes = environment.sizes.services
        self.similarity = self._service(
            "Similarity",
            priority=10,
            sizes=sizes.similarity,
            paths=["/api/v1/find-similar", "/api/v1/apps*", "/api/v1/outcomes"],
        )
        self.prediction = self._service(
            "Prediction", priority=20, sizes=sizes.prediction, paths=["/api/v1/predict"]
        )
        self.api = self._rest_api()
        self._add_default_partner()
        self._notify()
        cdk.CfnOutput(self, "ApiUrl", value=self.api.api.url)

    def _service(
        self, name: str, *, priority: int, sizes: TaskSizes, paths: list[str]
    ) -> FargateService:
        package = f"{name.lower()}_service"
        rollout = self._environment.deployment
        service = FargateService(
            self,
            name,
            cluster=self.cluster,
            subnets=self._network.task_subnets,
            task=ServiceTask(
                self,
                f"{name}Task",
                package=package,
                cpu=sizes.cpu,
                memory_mib=sizes.memory_mib,
                arm=self._environment.image.is_arm,
                log_key=self._network.telemetry_key,
                environment=self._settings(package),
                secrets={
                    "VALKEY_PASSWORD": ecs.Secret.from_secrets_manager(
                        self._cache_secret, "password"
                    )
                },
            ),
            route=CanaryRoute(
                self,
                f"{name}Route",
                vpc=self._network.vpc,
                listener=self.load_balancer.listener,
                priority=priority,
                path_patterns=paths,
                stage_prefix=STAGE,
                port=PORT,
            ),
            scaling=self._scaling(sizes),
            rollout=Rollout(
                strategy=rollout.strategy,
                canary_percent=rollout.canary_percent,
                canary_bake=cdk.Duration.minutes(rollout.canary_bake_minutes),
                old_tasks_kept=cdk.Duration.minutes(rollout.old_tasks_kept_minutes),
            ),
        )
        self._grant(service)
        return service

    def _grant(self, service: FargateService) -> None:
        stores, role = self._stores, service.task_role
        stores.embeddings.grant_read_published(role)
        stores.experiments.grant(role, "dynamodb:GetItem")
        stores.metrics.grant(role, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
        stores.request_log.grant(
            role, "dynamodb:BatchWriteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"
        )
        stores.key.grant_encrypt_decrypt(role)
        execution_role = service.task.definition.obtain_execution_role()
        stores.key.grant_decrypt(execution_role)
        # The rule belongs to this stack, which depends on the cache's and not the other way.
        ec2.CfnSecurityGroupIngress(
            self,
            f"CacheFrom{service.node.id}",
            group_id=stores.cache.connections.security_groups[0].security_group_id,
            source_security_group_id=service.connections.security_groups[0].security_group_id,
            ip_protocol="tcp",
            from_port=stores.cache.port,
            to_port=stores.cache.port,
            description=f"{service.node.id} tasks",
        )
        service.connections.security_groups[0].add_egress_rule(
            stores.cache.connections.security_groups[0], ec2.Port.tcp(stores.cache.port), "Valkey"
        )

    def _settings(self, package: str) -> dict[str, str]:
        stores = self._stores
        return {
            "ENVIRONMENT": self._environment.slug,
            "SERVICE_NAME": package,
            "LOG_LEVEL": "INFO",
            "METRICS_NAMESPACE": "Kindred",
            "EMBEDDINGS_BUCKET": stores.embeddings.bucket_name,
            "EXPERIMENTS_TABLE": stores.experiments.table_name,
            "METRICS_TABLE": stores.metrics.table_name,
            "REQUEST_LOG_TABLE": stores.request_log.table_name,
            "EMBEDDING_EXPERIMENT_ID": EMBEDDING_EXPERIMENT_ID,
            "VALKEY_HOST": stores.cache.host,
            "VALKEY_PORT": str(stores.cache.port),
            "VALKEY_USERNAME": stores.cache.username,
            "VALKEY_CLUSTER_MODE": str(stores.cache.cluster_mode).lower(),
        }

    def _scaling(self, sizes: TaskSizes) -> ScalingPlan:
        autoscaling = self._environment.sizes.autoscaling
        peak = autoscaling.peak
        return ScalingPlan(
            min_tasks=sizes.min_tasks,
            max_tasks=sizes.max_tasks,
            cpu_percent=autoscaling.cpu_percent,
            memory_percent=autoscaling.memory_percent,
            requests_per_task_per_second=autoscaling.requests_per_task_per_second,
            scale_out_cooldown=cdk.Duration.seconds(autoscaling.scale_out_cooldown_seconds),
            scale_in_cooldown=cdk.Duration.seconds(autoscaling.scale_in_cooldown_seconds),
            peak=None
            if peak is None
            else DailyPeak(
                starts_hour=(peak.starts_hour - peak.lead_hours) % 24,
                ends_hour=peak.ends_hour,
                time_zone=peak.time_zone,
                min_tasks=sizes.peak_min_tasks,
            ),
        )

    def _certificate(self) -> elbv2.IListenerCertificate:
        domain = self._environment.domain
        if domain is None:
            arn = ssm.StringParameter.value_for_string_parameter(
                self, self._environment.certificate_parameter
            )
            return elbv2.ListenerCertificate.from_arn(arn)
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=domain.hosted_zone_id, zone_name=domain.name
        )
        return acm.Certificate(
            self,
            "Certificate",
            domain_name=domain.internal_name,
            validation=acm.CertificateValidation.from_dns(zone),
        )

    def _rest_api(self) -> PrivateRestApi:
        domain = self._environment.domain
        load_balancer = self.load_balancer.load_balancer
        throttle = self._environment.sizes.api
        api = PrivateRestApi(
            self,
            "Api",
            vpc=self._network.vpc,
            subnets=self._network.task_subnets,
            target=self.load_balancer,
            server_name=domain.internal_name if domain else load_balancer.load_balancer_dns_name,
            log_key=self._network.telemetry_key,
            rate_per_second=throttle.rate_per_second,
            burst=throttle.burst,
            owns_account_log_role=self._environment.api.owns_account_log_role,
        )
        api.add_route(
            "POST", "/api/v1/find-similar", body=("FindSimilar", request_schemas.FIND_SIMILAR)
        )
        api.add_route("POST", "/api/v1/predict", body=("Predict", request_schemas.PREDICT))
        api.add_route("POST", "/api/v1/outcomes", body=("Outcome", request_schemas.OUTCOME))
        api.add_route("GET", "/api/v1/apps")
        api.add_route("GET", "/api/v1/apps/{app_id}")
        return api

    def _add_default_partner(self) -> None:
        throttle = self._environment.sizes.api
        plan = self.api.api.add_usage_plan(
            "DefaultPlan",
            throttle=apigateway.ThrottleSettings(
                rate_limit=throttle.rate_per_second, burst_limit=throttle.burst
            ),
            quota=apigateway.QuotaSettings(limit=throttle.daily_quota, period=apigateway.Period.DAY)
            if throttle.daily_quota
            else None,
        )
        plan.add_api_stage(stage=self.api.api.deployment_stage)
        key = self.api.api.add_api_key("DefaultPartner")
        plan.add_api_key(key)
        cdk.CfnOutput(self, "ApiKeyId", value=key.key_id)
        cdk.CfnOutput(self, "UsagePlanId", value=plan.usage_plan_id)

    def _notify(self) -> None:
        email = self._environment.alarms.email
        if not email:
            return
        topic = sns.Topic(
            self, "AlarmTopic", master_key=self._network.telemetry_key, enforce_ssl=True
        )
        sns.Subscription(
            self, "Email", topic=topic, protocol=sns.SubscriptionProtocol.EMAIL, endpoint=email
        )
        for service in (self.similarity, self.prediction):
            for alarm in service.alarms:
                alarm.add_alarm_action(actions.SnsAction(topic))
