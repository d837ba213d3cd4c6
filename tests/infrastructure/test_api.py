"""The API in front: who may call what, bodies checked, problems told in one form."""

import importlib
import json
import pkgutil
import re

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk.assertions import Template

from kindred_constructs.rest_api_parts import body_model
from stacks.request_schemas import body_schema

WITH_A_KEY = {
    ("POST", "/api/v1/find-similar"),
    ("POST", "/api/v1/predict"),
    ("POST", "/api/v1/outcomes"),
    ("GET", "/api/v1/apps"),
    ("GET", "/api/v1/apps/{app_id}"),
    ("POST", "/api/v1/tracking/assign"),
    ("POST", "/api/v1/tracking/track"),
    ("POST", "/api/v1/tracking/batch"),
    ("POST", "/ofrep/v1/evaluate/flags"),
    ("POST", "/ofrep/v1/evaluate/flags/{key}"),
}
COLLECTIONS = ("approvals", "experiments", "feature-flags", "holdouts", "saved-groups")
ALONE = ("audit-logs", "capabilities", "experiment-suggestions", "session")
WITH_A_TOKEN = {
    *(("ANY", f"/api/v1/{name}") for name in (*COLLECTIONS, *ALONE)),
    *(("ANY", f"/api/v1/{name}/{{proxy}}") for name in COLLECTIONS),
}
# SDKs in browsers: the key is in the path, and the service looks at it.
WITH_NEITHER = {("GET", "/api/features/{client_key}")}
CHECKED = {
    "/api/v1/find-similar": "similarity",
    "/api/v1/outcomes": "similarity",
    "/api/v1/predict": "prediction",
    **{f"/api/v1/tracking/{name}": "experiments" for name in ("assign", "track", "batch")},
}


def methods(platform):
    """By verb and the path of the service that answers."""
    found = {}
    for method in platform.of_type("AWS::ApiGateway::Method", stack="ApiStack"):
        uri = platform.named(method.properties["Integration"]["Uri"], stack="ApiStack")
        path = uri.removeprefix("https://").partition("/LoadBalancer")[2] or uri
        found[method.properties["HttpMethod"], path] = method.properties
    return found


def routes_by(platform, asks):
    return {key for key, method in methods(platform).items() if asks(method)}


def test_long_answers_are_compressed_for_who_asks(platform):
    api = platform.at("ApiStack/Api").properties

    assert api["MinimumCompressionSize"] == 1024


def test_these_routes_and_no_others_are_public(platform):
    assert methods(platform).keys() == WITH_A_KEY | WITH_A_TOKEN | WITH_NEITHER


def test_every_route_of_the_experiments_service_can_be_called(platform):
    public = methods(platform)
    unreachable = [
        (verb, route.path)
        for router in experiments_routers()
        for route in router.routes
        for verb in route.methods
        if not any(
            own in (verb, "ANY") and re.fullmatch(re.sub(r"\{proxy\}", ".+", path), route.path)
            for own, path in public
        )
    ]

    assert unreachable == []


def experiments_routers():
    """Without its health routes, which the load balancer asks."""
    from experiments_service import routers

    names = {each.name for each in pkgutil.iter_modules(routers.__path__)} - {"health"}
    modules = [importlib.import_module(f"{routers.__name__}.{name}") for name in sorted(names)]
    return [module.router for module in modules]


def test_partners_bring_a_key_people_a_token_and_sdks_the_key_in_the_path(platform):
    keyed = routes_by(platform, lambda method: method["ApiKeyRequired"])
    by_token = routes_by(
        platform, lambda method: method["AuthorizationType"] == "COGNITO_USER_POOLS"
    )

    assert keyed == WITH_A_KEY
    assert by_token == WITH_A_TOKEN


def test_a_token_is_one_of_our_users(platform):
    [authorizer] = platform.of_type("AWS::ApiGateway::Authorizer", stack="ApiStack")
    pools = [
        platform.named(each, stack="ApiStack") for each in authorizer.properties["ProviderARNs"]
    ]

    assert pools == ["DataStack/Users"]
    assert authorizer.properties["IdentitySource"] == "method.request.header.Authorization"
    assert authorizer.properties["AuthorizerResultTtlInSeconds"] <= 60


def test_who_brings_no_valid_token_reads_what_is_wanted(platform):
    [unauthorized] = [
        each.properties
        for each in platform.of_type("AWS::ApiGateway::GatewayResponse", stack="ApiStack")
        if each.properties["ResponseType"] == "UNAUTHORIZED"
    ]
    document = json.loads(
        unauthorized["ResponseTemplates"]["application/json"].replace("$context.requestId", "id")
    )

    assert unauthorized["StatusCode"] == "401"
    assert document["status"] == 401
    assert "Bearer" in document["detail"]


def test_every_method_is_validated_and_documented_bodies_have_a_shape(platform):
    for key, method in methods(platform).items():
        assert "RequestValidatorId" in method, key
        assert ("RequestModels" in method) == (key[1] in CHECKED), key


def test_requests_go_to_the_internal_load_balancer_over_tls(platform):
    for method in methods(platform).values():
        integration = method["Integration"]
        target = platform.named(integration["IntegrationTarget"], stack="ApiStack")
        assert target == "RoutingStack/LoadBalancer"
        assert platform.named(integration["Uri"], stack="ApiStack").startswith("https://")
        assert integration["ConnectionType"] == "VPC_LINK"
        assert platform.named(integration["ConnectionId"], stack="ApiStack") == "ApiStack/Api/Link"


def test_services_are_told_the_gateways_id_of_a_request(platform):
    for method in methods(platform).values():
        parameters = method["Integration"]["RequestParameters"]
        assert parameters["integration.request.header.x-gateway-request-id"] == "context.requestId"


def test_the_link_leads_to_the_load_balancer_alone(platform):
    [link] = platform.of_type("AWS::ApiGatewayV2::VpcLink")

    groups = [
        platform.named(each, stack="ApiStack") for each in link.properties["SecurityGroupIds"]
    ]
    assert groups == ["ApiStack/Api/LinkSecurityGroup"]


def test_a_body_is_checked_by_the_document_of_the_service_that_answers(platform):
    models = {
        each.logical_id: each.properties["Schema"]
        for each in platform.of_type("AWS::ApiGateway::Model", stack="ApiStack")
    }

    for path, service in CHECKED.items():
        [model] = methods(platform)["POST", path]["RequestModels"].values()
        assert models[model["Ref"]] == body_schema(service, path)


def test_a_part_of_a_path_reaches_the_service(platform):
    parts = {
        key: [name for name in method["Integration"]["RequestParameters"] if ".path." in name]
        for key, method in methods(platform).items()
        if "{" in key[1]
    }

    assert len(parts) == 1 + len(COLLECTIONS) + 1 + 1
    for (_, path), names in parts.items():
        wanted = path.partition("{")[2].rstrip("}")
        assert names == [f"integration.request.path.{wanted}"]


def deployment_of(schema):
    """The logical id of what is deployed of an API that checks a body by the schema."""
    stack = cdk.Stack(cdk.App(), "Stack")
    api = apigateway.RestApi(stack, "Api")
    api.root.add_method("GET")
    body_model(stack, api, "Query", schema)
    [deployment] = Template.from_stack(stack).find_resources("AWS::ApiGateway::Deployment")
    return deployment


def test_a_changed_schema_is_deployed():
    """A deployment is a copy of the API: its id must follow what a model says."""
    schema = body_schema("similarity", "/api/v1/find-similar")

    assert deployment_of(schema) == deployment_of(schema)
    assert deployment_of(schema) != deployment_of({**schema, "maxProperties": 5})


def test_calls_are_logged_and_traced_and_bodies_are_not(platform):
    [stage] = platform.of_type("AWS::ApiGateway::Stage", stack="ApiStack")
    [settings] = stage.properties["MethodSettings"]
    logged = json.loads(stage.properties["AccessLogSetting"]["Format"])

    assert logged["request_id"] == "$context.requestId"
    assert logged["api_key_id"] == "$context.identity.apiKeyId"
    assert stage.properties["TracingEnabled"] is True
    assert settings["DataTraceEnabled"] is False


def test_the_gateways_own_log_is_kept_no_longer_than_ours(platform):
    [group] = [
        each
        for each in platform.of_type("AWS::Logs::LogGroup", stack="ApiStack")
        if each.path.endswith("ExecutionLog")
    ]
    name = platform.named(group.properties["LogGroupName"], stack="ApiStack")

    assert name == "API-Gateway-Execution-Logs_ApiStack/Api/public"


def test_what_the_gateway_answers_by_itself_is_a_problem_document(platform):
    responses = platform.of_type("AWS::ApiGateway::GatewayResponse")
    kinds = {each.properties["ResponseType"] for each in responses}

    assert {"DEFAULT_4XX", "DEFAULT_5XX", "BAD_REQUEST_BODY", "THROTTLED"} <= kinds
    for response in responses:
        properties = response.properties
        headers = properties["ResponseParameters"]
        template = properties["ResponseTemplates"]["application/json"]
        document = json.loads(template.replace("$context.error.messageString", '"text"'))
        assert headers["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        assert headers["gatewayresponse.header.x-correlation-id"] == "context.requestId"
        assert document["type"] == "about:blank"
        assert {"title", "detail"} <= document.keys()
        if "StatusCode" in properties:
            assert document["status"] == int(properties["StatusCode"])


def test_outputs_tell_an_operator_where_everything_is(platform):
    outputs = {
        name
        for template in platform.templates.values()
        for name in template.get("Outputs", {})
        if not name.startswith("PublishOutput")
    }

    assert {
        "ApiUrl",
        "ApiKeyId",
        "UsagePlanId",
        "EmbeddingsBucketName",
        "ExperimentsTableName",
        "MetricsTableName",
        "RequestLogTableName",
        "VpcId",
        *("EventStreamName", "CountersTableName", "LedgerTableName", "DefinitionsBucketName"),
        *("UserPoolId", "UserPoolClientId", "DatabaseSecretArn", "ClientKeySecretArn"),
        *("EventsDeadLetterQueueUrl", "EventArchiveBucketName", "EventDatabaseName"),
        *("AthenaWorkgroupName", "SearchEndpoint", "WinnerTopicArn"),
        *("AssignFunctionName", "EvaluateFlagFunctionName", "ProcessEventsFunctionName"),
        *("IndexEventsFunctionName", "AggregateMetricsFunctionName", "SelectWinnerFunctionName"),
    } <= outputs
