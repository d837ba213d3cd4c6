"""One name for the API of two regions: whichever serves is what it resolves to."""

from __future__ import annotations

from typing import Literal

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from constructs import Construct

from kindred_constructs.rest_api_parts import STAGE


class RegionalName(Construct):
    """A region's certificate, its API under the name, and its one of the two records."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        zone: route53.IHostedZone,
        stage: apigateway.Stage,
        role: Literal["PRIMARY", "SECONDARY"],
        health_check_id: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        certificate = acm.Certificate(
            self,
            "Certificate",
            domain_name=name,
            validation=acm.CertificateValidation.from_dns(zone),
        )
        domain = apigateway.DomainName(
            self,
            "Domain",
            domain_name=name,
            certificate=certificate,
            endpoint_type=apigateway.EndpointType.REGIONAL,
            security_policy=apigateway.SecurityPolicy.TLS_1_2,
        )
        # Under the stage's own name, as the region's address has it: paths are the same by either.
        apigateway.BasePathMapping(
            self,
            "Mapping",
            domain_name=domain,
            base_path=STAGE,
            rest_api=stage.rest_api,
            stage=stage,
            attach_to_stage=False,
        )
        # The L2 knows a failover only with an alias of its own making.
        route53.CfnRecordSet(
            self,
            "Record",
            hosted_zone_id=zone.hosted_zone_id,
            name=f"{name}.",
            type="A",
            failover=role,
            set_identifier=cdk.Stack.of(self).region,
            health_check_id=health_check_id,
            alias_target=route53.CfnRecordSet.AliasTargetProperty(
                dns_name=domain.domain_name_alias_domain_name,
                hosted_zone_id=domain.domain_name_alias_hosted_zone_id,
                evaluate_target_health=role == "PRIMARY",
            ),
        )
