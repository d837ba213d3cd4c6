"""What API Gateway loses on the way from a template: validators, links, disabled keys."""

from __future__ import annotations

from typing import Any

from ministack.services import apigateway_v1

from .resource_handlers import after_each_change

Properties = dict[str, Any]


def install() -> None:
    """Keep validators and what methods say of validator, link and load balancer; heed disabling."""
    after_each_change("AWS::ApiGateway::RequestValidator", _store_validator)
    after_each_change("AWS::ApiGateway::Method", _complete_method)
    resolve = apigateway_v1._resolve_api_key

    def enabled_only(value: str) -> dict[str, Any] | None:
        key = resolve(value)
        # A key that was disabled through the API says so in words.
        return key if key and _is_true(key.get("enabled", True)) else None

    apigateway_v1._resolve_api_key = enabled_only


def _store_validator(validator_id: str, properties: Properties) -> dict[str, Any]:
    of_api = apigateway_v1._request_validators.setdefault(properties["RestApiId"], {})
    of_api[validator_id] = {
        "id": validator_id,
        "name": properties.get("Name", ""),
        "validateRequestBody": _is_true(properties.get("ValidateRequestBody")),
        "validateRequestParameters": _is_true(properties.get("ValidateRequestParameters")),
    }
    return {}


def _complete_method(_: str, properties: Properties) -> dict[str, Any]:
    declared = properties.get("Integration") or {}
    resource = apigateway_v1._resources[properties["RestApiId"]][properties["ResourceId"]]
    method = resource["resourceMethods"][properties["HttpMethod"]]
    method["requestValidatorId"] = properties.get("RequestValidatorId")
    if method.get("methodIntegration"):
        method["methodIntegration"]["connectionId"] = declared.get("ConnectionId")
        method["methodIntegration"]["integrationTarget"] = declared.get("IntegrationTarget")
    return {}


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"
