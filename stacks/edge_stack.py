"""What the internet sees: the console, the APIs and the sites under test, behind CloudFront."""

from __future__ import annotations

from typing import Any, Literal

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_kms as kms
from aws_cdk import aws_route53 as route53
from constructs import Construct

from kindred_constructs.alarm_topics import AlarmTopics
from kindred_constructs.api_distribution import ApiDistribution
from kindred_constructs.api_origins import ApiOrigins, api_origin
from kindred_constructs.console_site import ConsoleSite
from kindred_constructs.edge_alarm import edge_alarm
from kindred_constructs.edge_logs import EdgeLogs
from kindred_constructs.edge_secret import EDGE_REGION
from kindred_constructs.edge_site import EdgeGuards, PublicName
from kindred_constructs.house_rules import removal_policy
from kindred_constructs.logs_bucket import LogsBucket
from kindred_constructs.telemetry_key import TelemetryKey
from kindred_constructs.web_acl import EDGE, WebAcl
from stacks.data_stack import DataStack
from stacks.environment import Domain, Environment
from stacks.firewall_stack import admission
from stacks.network_stack import NetworkStack
from stacks.split_url_sites import add_split_url_sites


class EdgeStack(cdk.Stack):
    """Always in us-east-1; `region` is the platform's own."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        region: str,
        network: NetworkStack,
        data: DataStack,
        services: apigateway.IRestApi,
        models: apigateway.IRestApi,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=cdk.Environment(account=environment.account, region=EDGE_REGION),
            termination_protection=environment.production,
            **kwargs,
        )
        self._environment = environment
        self._region = region
        self._zone = self._hosted_zone(environment.domain)
        key, alarms = self._telemetry(network)
        archive = cdk.Duration.days(environment.retention.logs_to_deep_archive_days)
        self.logs = LogsBucket(self, "Logs", archive_after=archive)
        firewall = WebAcl(
            self, "Firewall", waf_scope=EDGE, admission=admission(environment), log_key=key
        )
        guards = EdgeGuards(
            firewall=firewall, logs=EdgeLogs(self, "AccessLogs", bucket=self.logs), log_key=key
        )
        secret = data.edge_secret.at_the_edge
        apis = ApiOrigins(
            services=api_origin(
                services,
                region=region,
                secret=secret,
                failover_name=environment.failover_name,
            ),
            models=api_origin(models, region=region, secret=secret),
        )
        self.console = ConsoleSite(
            self,
            "Console",
            apis=apis,
            sign_in_url=data.users.sign_in_url,
            guards=guards,
            access_logs=self.logs,
            name=self._name("console"),
        )
        self.api = ApiDistribution(
            self,
            "Api",
            apis=apis,
            cache=cdk.Duration.seconds(environment.edge.cache_seconds),
            guards=guards,
            name=self._name("api"),
        )
        if environment.is_first(region):
            add_split_url_sites(self, environment.edge.split_urls, guards=guards, zone=self._zone)
        alarms.hear(firewall.alarm, edge_alarm(self.api), edge_alarm(self.console))
        self._add_outputs()

    def _telemetry(self, network: NetworkStack) -> tuple[kms.IKey, AlarmTopics]:
        """The network's where it is here too: alarms and logs reach no key or topic elsewhere."""
        if self._region == EDGE_REGION:
            return network.telemetry_key, network.alarms
        key = TelemetryKey(
            self,
            "TelemetryKey",
            description="Encrypts the edge's log groups and alarm topics",
            removal_policy=removal_policy(production=self._environment.production),
        )
        email = self._environment.alarms.email
        return key, AlarmTopics(self, "Alarms", key=key, email=email)

    def _hosted_zone(self, domain: Domain | None) -> route53.IHostedZone | None:
        if not domain:
            return None
        return route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=domain.hosted_zone_id, zone_name=domain.name
        )

    def _name(self, kind: Literal["api", "console"]) -> PublicName | None:
        host = self._environment.public_name(kind, self._region)
        if not (host and self._zone):
            return None
        certificate = acm.Certificate(
            self,
            f"{kind.title()}Certificate",
            domain_name=host,
            validation=acm.CertificateValidation.from_dns(self._zone),
        )
        return PublicName(host=host, zone=self._zone, certificate=certificate)

    def _add_outputs(self) -> None:
        for name, value in {
            "ConsoleUrl": self.console.url,
            "ConsoleBucketName": self.console.bucket.bucket_name,
            "ConsoleDistributionId": self.console.distribution.distribution_id,
            "PublicApiUrl": self.api.url,
            "EdgeLogsBucketName": self.logs.bucket_name,
        }.items():
            cdk.CfnOutput(self, name, value=value)
