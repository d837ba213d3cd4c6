"""A REST API in front of functions: people bring a token, programs a key."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_kms as kms
from constructs import Construct

from kindred_constructs import rest_api_parts
from kindred_constructs.gateway_responses import add_problem_responses
from kindred_constructs.python_function import PythonFunction

_OBJECT = {"$schema": "http://json-schema.org/draft-04/schema#", "type": "object"}


class FunctionApi(Construct):
    """A body is a JSON object, which the gateway checks; its fields are the function's to name."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        description: str,
        users: cognito.IUserPool,
        log_key: kms.IKey,
        rate_per_second: int,
        burst: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.api = apigateway.RestApi(
            self,
            "Resource",
            rest_api_name=name,
            description=description,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # One stack of the account keeps API Gateway's role for logs: the API of the services.
            cloud_watch_role=False,
            deploy_options=rest_api_parts.stage_options(
                self, log_key=log_key, rate_per_second=rate_per_second, burst=burst
            ),
        )
        rest_api_parts.keep_execution_log(self, self.api, log_key=log_key)
        self._validator = rest_api_parts.request_validator(self.api)
        self._body = rest_api_parts.body_model(self, self.api, "Body", _OBJECT)
        self._people = rest_api_parts.user_authorizer(self, users)
        add_problem_responses(self.api, bad_body="allowed is a JSON object")

    def add_people_route(
        self, method: str, path: str, function: PythonFunction, *, takes_body: bool = False
    ) -> None:
        self._add(method, path, function, authorizer=self._people, takes_body=takes_body)

    def add_program_route(
        self, method: str, path: str, function: PythonFunction, *, takes_body: bool = False
    ) -> None:
        self._add(method, path, function, authorizer=None, takes_body=takes_body)

    def add_partner(
        self, name: str, *, rate_per_second: int, burst: int, daily_quota: int | None
    ) -> apigateway.IApiKey:
        plan = rest_api_parts.usage_plan(
            self.api,
            name,
            rate_per_second=rate_per_second,
            burst=burst,
            daily_quota=daily_quota,
        )
        return rest_api_parts.key_of(self.api, plan, f"{name}Partner", holder=name)

    def _add(
        self,
        method: str,
        path: str,
        function: PythonFunction,
        *,
        authorizer: apigateway.IAuthorizer | None,
        takes_body: bool,
    ) -> None:
        names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
        self.api.root.resource_for_path(path).add_method(
            method,
            apigateway.LambdaIntegration(function.function, allow_test_invoke=False),
            api_key_required=authorizer is None,
            authorizer=authorizer,
            request_validator=self._validator,
            request_parameters={f"method.request.path.{name}": True for name in names} or None,
            request_models={"application/json": self._body} if takes_body else None,
        )
