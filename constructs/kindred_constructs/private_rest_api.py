"""A REST API with keys and validation, in front of a load balancer inside the VPC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from constructs import Construct

from kindred_constructs import rest_api_parts
from kindred_constructs.gateway_responses import add_problem_responses
from kindred_constructs.internal_load_balancer import InternalLoadBalancer

# Sent to services beside whatever the client sent: the id to use when the client sent none.
REQUEST_ID_HEADER = "x-gateway-request-id"
_BAD_BODY = (
    "not of the shape that this path takes; its OpenAPI document names the fields, which must be "
    "there, their kinds and their closed lists of values"
)


class PrivateRestApi(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        subnets: ec2.SubnetSelection,
        target: InternalLoadBalancer,
        server_name: str,
        log_key: kms.IKey,
        rate_per_second: int,
        burst: int,
        owns_account_log_role: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._target = target
        self._server_name = server_name
        self._link = self._vpc_link(vpc, subnets)
        self.api = apigateway.RestApi(
            self,
            "Resource",
            rest_api_name=cdk.Stack.of(self).stack_name,
            description="Kindred: similar apps, predicted performance, experiments and flags",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # CloudFront compresses what it keeps alone; smaller answers gain nothing.
            min_compression_size=cdk.Size.kibibytes(1),
            cloud_watch_role=owns_account_log_role,
            deploy_options=rest_api_parts.stage_options(
                self, log_key=log_key, rate_per_second=rate_per_second, burst=burst
            ),
        )
        rest_api_parts.keep_execution_log(self, self.api, log_key=log_key)
        self._validator = rest_api_parts.request_validator(self.api)
        add_problem_responses(self.api, bad_body=_BAD_BODY)

    def add_body_model(self, name: str, schema: Mapping[str, Any]) -> apigateway.IModel:
        return rest_api_parts.body_model(self, self.api, name, schema)

    def add_route(
        self,
        method: str,
        path: str,
        *,
        body: apigateway.IModel | None = None,
        authorizer: apigateway.IAuthorizer | None = None,
        api_key: bool = True,
    ) -> None:
        """`body` is what `add_body_model` gave. An `authorizer` asks for a token, not for a key."""
        parameters: dict[str, bool] = {}
        mapped = {f"integration.request.header.{REQUEST_ID_HEADER}": "context.requestId"}
        for name in (part.strip("{+}") for part in path.split("/") if part.startswith("{")):
            parameters[f"method.request.path.{name}"] = True
            mapped[f"integration.request.path.{name}"] = f"method.request.path.{name}"
        integration = apigateway.Integration(
            type=apigateway.IntegrationType.HTTP_PROXY,
            integration_http_method=method,
            uri=f"https://{self._server_name}{path.replace('+}', '}')}",
            options=apigateway.IntegrationOptions(
                connection_type=apigateway.ConnectionType.VPC_LINK,
                vpc_link=self._link,
                request_parameters=mapped,
                timeout=cdk.Duration.seconds(15),
            ),
        )
        added = self.api.root.resource_for_path(path).add_method(
            method,
            integration,
            api_key_required=api_key and not authorizer,
            authorizer=authorizer,
            request_validator=self._validator,
            request_parameters=parameters or None,
            request_models={"application/json": body} if body else None,
        )
        resource = added.node.default_child
        assert isinstance(resource, apigateway.CfnMethod)
        # The L2 knows no link to an application load balancer yet (aws/aws-cdk#36184).
        resource.add_property_override(
            "Integration.IntegrationTarget", self._target.load_balancer.load_balancer_arn
        )

    def add_user_authorizer(self, users: cognito.IUserPool) -> apigateway.IAuthorizer:
        return rest_api_parts.user_authorizer(self, users)

    def add_plan(
        self, name: str, *, rate_per_second: int, burst: int, daily_quota: int | None
    ) -> apigateway.UsagePlan:
        return rest_api_parts.usage_plan(
            self.api,
            name,
            rate_per_second=rate_per_second,
            burst=burst,
            daily_quota=daily_quota,
        )

    def add_key(
        self, plan: apigateway.UsagePlan, construct_id: str, *, holder: str
    ) -> apigateway.IApiKey:
        return rest_api_parts.key_of(self.api, plan, construct_id, holder=holder)

    def _vpc_link(self, vpc: ec2.IVpc, subnets: ec2.SubnetSelection) -> apigateway.IVpcLink:
        security_group = ec2.SecurityGroup(
            self,
            "LinkSecurityGroup",
            vpc=vpc,
            description="VPC link: leaves for the load balancer alone",
            allow_all_outbound=False,
        )
        self._target.admit(self, security_group)
        link = apigatewayv2.VpcLink(
            self, "Link", vpc=vpc, subnets=subnets, security_groups=[security_group]
        )
        return apigateway.VpcLink.from_vpc_link_id(self, "LinkId", link.vpc_link_id)
