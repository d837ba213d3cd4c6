"""What every REST API of ours has: logs under our key, checked bodies, keys and tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

STAGE = "public"


def stage_options(
    scope: Construct, *, log_key: kms.IKey, rate_per_second: int, burst: int
) -> apigateway.StageOptions:
    access_log = logs.LogGroup(scope, "AccessLog", encryption_key=log_key)
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


def keep_execution_log(scope: Construct, api: apigateway.RestApi, *, log_key: kms.IKey) -> None:
    """API Gateway would create this group itself, kept for ever and without our key."""
    log_group = logs.LogGroup(
        scope,
        "ExecutionLog",
        log_group_name=f"API-Gateway-Execution-Logs_{api.rest_api_id}/{STAGE}",
        encryption_key=log_key,
    )
    api.deployment_stage.node.add_dependency(log_group)


def request_validator(api: apigateway.RestApi) -> apigateway.IRequestValidator:
    return api.add_request_validator(
        "Validator", validate_request_body=True, validate_request_parameters=True
    )


def body_model(
    scope: Construct, api: apigateway.RestApi, name: str, schema: Mapping[str, Any]
) -> apigateway.IModel:
    """`schema` is JSON schema, draft 4, which is what API Gateway reads."""
    model = apigateway.CfnModel(
        scope,
        name,
        rest_api_id=api.rest_api_id,
        content_type="application/json",
        name=name,
        schema=dict(schema),
    )
    # A deployment is a copy of the API: without this a changed schema would not be deployed.
    if api.latest_deployment:
        api.latest_deployment.add_to_logical_id({"model": name, "schema": dict(schema)})
    return apigateway.Model.from_model_name(scope, f"{name}Name", model.ref)


def user_authorizer(scope: Construct, users: cognito.IUserPool) -> apigateway.IAuthorizer:
    """Takes the ID token of a user of `users`, in the header `Authorization`."""
    return apigateway.CognitoUserPoolsAuthorizer(
        scope, "People", cognito_user_pools=[users], results_cache_ttl=cdk.Duration.minutes(1)
    )


def usage_plan(
    api: apigateway.RestApi,
    name: str,
    *,
    rate_per_second: int,
    burst: int,
    daily_quota: int | None,
) -> apigateway.UsagePlan:
    """What each key of the plan may send."""
    plan = api.add_usage_plan(
        f"{name}Plan",
        throttle=apigateway.ThrottleSettings(rate_limit=rate_per_second, burst_limit=burst),
        quota=apigateway.QuotaSettings(limit=daily_quota, period=apigateway.Period.DAY)
        if daily_quota
        else None,
    )
    plan.add_api_stage(stage=api.deployment_stage)
    return plan


def key_of(
    api: apigateway.RestApi, plan: apigateway.UsagePlan, construct_id: str, *, holder: str
) -> apigateway.IApiKey:
    """A key for one caller. AWS makes its value, and the list of keys shows its `holder`."""
    key = api.add_api_key(construct_id, description=f"Of {holder}")
    plan.add_api_key(key)
    return key


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
