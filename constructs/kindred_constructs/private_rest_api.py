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
from aws_cdk import aws_logs as logs
from constructs import Construct

from kindred_constructs.gateway_responses import add_problem_responses
from kindred_constructs.internal_load_balancer import InternalLoadBalancer

STAGE = "public"
# Sent to services beside whatever the client sent: the id to use when the client sent none.
REQUEST_ID_HEADER = "x-gateway-request-id"


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
            cloud_watch_role=owns_account_log_role,
            deploy_options=self._stage(log_key, rate_per_second, burst),
        )
        self._keep_execution_log(log_key)
        self._validator = self.api.add_request_validator(
            "Validator", validate_request_body=True, validate_request_parameters=True
        )
        add_problem_responses(self.api)

    def add_body_model(self, name: str, schema: Mapping[str, Any]) -> apigateway.IModel:
        """`schema` is JSON schema, draft 4, which is what API Gateway reads."""
        model = apigateway.CfnModel(
            self,
            name,
            rest_api_id=self.api.rest_api_id,
            content_type="application/json",
            name=name,
            schema=dict(schema),
        )
        # A deployment is a copy of the API: without this a changed schema would not be deployed.
        if self.api.latest_deployment:
            self.api.latest_deployment.add_to_logical_id({"model": name, "schema": dict(schema)})
        return apigateway.Model.from_model_name(self, f"{name}Name", model.ref)

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
        """Takes the ID token of a user of `users`, in the header `Authorization`."""
        return apigateway.CognitoUserPoolsAuthorizer(
            self, "People", cognito_user_pools=[users], results_cache_ttl=cdk.Duration.minutes(1)
        )

    def add_partner(
        self, name: str, *, rate_per_second: int, burst: int, daily_quota: int | None
    ) -> tuple[apigateway.UsagePlan, apigateway.IApiKey]:
        """A key for one caller, and what may be done with it. AWS makes the key's value."""
        plan = self.api.add_usage_plan(
            f"{name}Plan",
            throttle=apigateway.ThrottleSettings(rate_limit=rate_per_second, burst_limit=burst),
            quota=apigateway.QuotaSettings(limit=daily_quota, period=apigateway.Period.DAY)
            if daily_quota
            else None,
        )
        plan.add_api_stage(stage=self.api.deployment_stage)
        key = self.api.add_api_key(f"{name}Partner")
        plan.add_api_key(key)
        return plan, key

    def _stage(
        self, log_key: kms.IKey, rate_per_second: int, burst: int
    ) -> apigateway.StageOptions:
        access_log = logs.LogGroup(self, "AccessLog", encryption_key=log_key)
        return apigateway.StageOptions(
            stage_name=STAGE,
            access_log_destination=apigateway.LogGroupLogDestination(access_log),
            access_log_format=_access_log_format(),
            logging_level=apigateway.MethodLoggingLevel.ERROR,
            # Bodies hold what clients sent: they are never logged.
            data_trace_enabled=False,
            metrics_enabled=True,
            tracing_enabled=True,
            throttling_rate_limit=rate_per_second,
            throttling_burst_limit=burst,
        )

    def _vpc_link(self, vpc: ec2.IVpc, subnets: ec2.SubnetSelection) -> apigateway.IVpcLink:
        security_group = ec2.SecurityGroup(
            self,
            "LinkSecurityGroup",
            vpc=vpc,
            description="VPC link: leaves for the load balancer alone",
            allow_all_outbound=False,
        )
        self._target.connections.allow_from(security_group, ec2.Port.tcp(443), "VPC link")
        link = apigatewayv2.VpcLink(
            self, "Link", vpc=vpc, subnets=subnets, security_groups=[security_group]
        )
        return apigateway.VpcLink.from_vpc_link_id(self, "LinkId", link.vpc_link_id)

    def _keep_execution_log(self, log_key: kms.IKey) -> None:
        """API Gateway would create this group itself, kept for ever and without our key."""
        log_group = logs.LogGroup(
            self,
            "ExecutionLog",
            log_group_name=f"API-Gateway-Execution-Logs_{self.api.rest_api_id}/{STAGE}",
            encryption_key=log_key,
        )
        self.api.deployment_stage.node.add_dependency(log_group)


def _access_log_format() -> apigateway.AccessLogFormat:
    context = apigateway.AccessLogField
    return apigateway.AccessLogFormat.custom(
        "{"
        + ",".join(
            f'"{name}":"{field}"'
            for name, field in {
                "request_id": context.context_request_id(),
                "extended_request_id": context.context_extended_request_id(),
                "api_key_id": context.context_identity_api_key_id(),
                "source_ip": context.context_identity_source_ip(),
                "method": context.context_http_method(),
                "path": context.context_path(),
                "status": context.context_status(),
                "error": context.context_error_response_type(),
                "latency_ms": context.context_response_latency(),
                "integration_status": context.context_integration_status(),
                "integration_latency_ms": context.context_integration_latency(),
                "response_bytes": context.context_response_length(),
                "trace_id": context.context_xray_trace_id(),
            }.items()
        )
        + "}"
    )
