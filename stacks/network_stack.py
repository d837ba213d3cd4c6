"""The network: subnets over two or three zones, the ways out, and where alarms are told."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from kindred_constructs import endpoint_policies
from kindred_constructs.alarm_topics import AlarmTopics
from kindred_constructs.house_rules import removal_policy
from kindred_constructs.telemetry_key import TelemetryKey
from stacks.environment import Environment
from stacks.network import GivenVpc, Network


class NetworkStack(cdk.Stack):
    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, **kwargs: Any
    ) -> None:
        self._zones = environment.network.availability_zones
        super().__init__(scope, construct_id, **kwargs)
        self.telemetry_key = TelemetryKey(
            self,
            "TelemetryKey",
            description="Encrypts log groups and the alarm topics",
            removal_policy=removal_policy(production=environment.production),
        )
        self.alarms = AlarmTopics(
            self, "Alarms", key=self.telemetry_key, email=environment.alarms.email
        )
        network = environment.network
        self.vpc: ec2.IVpc = self._given(network.vpc) if network.vpc else self._created(network)
        if network.interface_endpoints:
            self._add_interface_endpoints(network)
        cdk.CfnOutput(self, "VpcId", value=self.vpc.vpc_id)
        cdk.CfnOutput(
            self,
            "UndeliveredDeadLetterQueueUrl",
            value=self.alarms.undelivered.queue.queue_url,
        )

    @property
    @jsii.member(jsii_name="availabilityZones")
    def availability_zones(self) -> list[str]:
        """By position, so that synthesis never asks an account which zones it has."""
        return [cdk.Fn.select(index, cdk.Fn.get_azs()) for index in range(self._zones)]

    @property
    def task_subnets(self) -> ec2.SubnetSelection:
        """Where tasks run: a way out through NAT where there is one, endpoints alone otherwise."""
        kind = (
            ec2.SubnetType.PRIVATE_WITH_EGRESS
            if self.vpc.private_subnets
            else ec2.SubnetType.PRIVATE_ISOLATED
        )
        return ec2.SubnetSelection(subnet_type=kind)

    def _created(self, network: Network) -> ec2.Vpc:
        vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(network.cidr),
            max_azs=network.availability_zones,
            nat_gateways=network.nat_gateways,
            # It would be a Lambda-backed custom resource; nothing here uses the default group.
            restrict_default_security_group=False,
            subnet_configuration=_subnets(with_egress=network.nat_gateways > 0),
        )
        for name, service in _gateway_endpoints().items():
            _guard(name, vpc.add_gateway_endpoint(name, service=service))
        log_group = logs.LogGroup(self, "FlowLogGroup", encryption_key=self.telemetry_key)
        vpc.add_flow_log(
            "FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(log_group)
        )
        return vpc

    def _given(self, given: GivenVpc) -> ec2.IVpc:
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=given.vpc_id,
            vpc_cidr_block=given.cidr,
            availability_zones=list(given.availability_zones),
            private_subnet_ids=list(given.private_subnet_ids),
            private_subnet_route_table_ids=list(given.private_route_table_ids or ()) or None,
            isolated_subnet_ids=list(given.isolated_subnet_ids),
        )
        if given.private_route_table_ids:
            private = ec2.SubnetSelection(subnets=vpc.private_subnets)
            for name, service in _gateway_endpoints().items():
                _guard(name, vpc.add_gateway_endpoint(name, service=service, subnets=[private]))
        return vpc

    def _add_interface_endpoints(self, network: Network) -> None:
        security_group = ec2.SecurityGroup(
            self,
            "EndpointSecurityGroup",
            vpc=self.vpc,
            description="Interface endpoints: entered from the VPC",
            allow_all_outbound=False,
        )
        cidr = network.vpc.cidr if network.vpc else network.cidr
        security_group.add_ingress_rule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(443), "From the VPC")
        for name in network.interface_endpoints:
            words = name.replace(".", "-").split("-")
            endpoint = self.vpc.add_interface_endpoint(
                f"{''.join(word.title() for word in words)}Endpoint",
                service=ec2.InterfaceVpcEndpointAwsService(name),
                private_dns_enabled=True,
                subnets=self.task_subnets,
                security_groups=[security_group],
                open=False,
            )
            if name not in endpoint_policies.OPEN:
                endpoint_policies.serve_own_account(endpoint)


def _subnets(*, with_egress: bool) -> list[ec2.SubnetConfiguration]:
    public = ec2.SubnetConfiguration(
        name="Public",
        subnet_type=ec2.SubnetType.PUBLIC,
        cidr_mask=24,
        map_public_ip_on_launch=False,
    )
    private = ec2.SubnetConfiguration(
        name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=22
    )
    isolated = ec2.SubnetConfiguration(
        name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
    )
    return [public, private, isolated] if with_egress else [public, isolated]


def _guard(name: str, endpoint: ec2.GatewayVpcEndpoint) -> None:
    endpoint_policies.serve_own_data(endpoint)
    if name == "S3":
        endpoint_policies.serve_image_layers(endpoint)


def _gateway_endpoints() -> dict[str, ec2.GatewayVpcEndpointAwsService]:
    return {
        "S3": ec2.GatewayVpcEndpointAwsService.S3,
        "DynamoDb": ec2.GatewayVpcEndpointAwsService.DYNAMODB,
    }
