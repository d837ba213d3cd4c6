"""A load balancer inside the VPC that speaks TLS only and answers unknown paths itself."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3
from constructs import Construct

NOT_FOUND = json.dumps(
    {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no such path"}
)
PORT = 443


class InternalLoadBalancer(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        certificate: elbv2.IListenerCertificate,
        access_logs: s3.IBucket,
        deletion_protection: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description="Internal load balancer: entered through the VPC link alone",
            allow_all_outbound=False,
        )
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "Resource",
            vpc=vpc,
            vpc_subnets=subnets,
            internet_facing=False,
            security_group=self._unchanged(),
            deletion_protection=deletion_protection,
            desync_mitigation_mode=elbv2.DesyncMitigationMode.STRICTEST,
            drop_invalid_header_fields=True,
            idle_timeout=cdk.Duration.seconds(35),
        )
        self.load_balancer.log_access_logs(access_logs, "load-balancer")
        self.listener = self._listener(certificate)

    def admit(self, scope: Construct, client: ec2.IConnectable) -> None:
        """The rules belong to the client's `scope`, so that its stack needs this one alone."""
        [group] = client.connections.security_groups
        ec2.CfnSecurityGroupIngress(
            scope,
            "LoadBalancerIngress",
            description="VPC link",
            group_id=self._security_group.security_group_id,
            source_security_group_id=group.security_group_id,
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
        )
        group.add_egress_rule(self._security_group, ec2.Port.tcp(PORT), "Load balancer")

    def lead_to(self, scope: Construct, service: ec2.IConnectable, port: int) -> None:
        """The way out to a service, whose own group a target group's registration opens."""
        [group] = service.connections.security_groups
        ec2.CfnSecurityGroupEgress(
            scope,
            "LoadBalancerEgress",
            description="Tasks",
            group_id=self._security_group.security_group_id,
            destination_security_group_id=group.security_group_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
        )

    def _unchanged(self) -> ec2.ISecurityGroup:
        """What is registered later would add rules here that need the stack of what it opens."""
        return ec2.SecurityGroup.from_security_group_id(
            self, "Unchanged", self._security_group.security_group_id, mutable=False
        )

    def _listener(self, certificate: elbv2.IListenerCertificate) -> elbv2.ApplicationListener:
        return self.load_balancer.add_listener(
            "Https",
            port=PORT,
            protocol=elbv2.ApplicationProtocol.HTTPS,
            certificates=[certificate],
            ssl_policy=elbv2.SslPolicy.TLS13_12_RES_PQ,
            open=False,
            default_action=elbv2.ListenerAction.fixed_response(
                404, content_type="application/json", message_body=NOT_FOUND
            ),
        )
