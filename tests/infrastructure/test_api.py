"""The API in front: a key for every method, bodies checked, problems told in one form."""

import json

from stacks import request_schemas
from stacks.application import create_app
from stacks.platform import Platform
from tests.infrastructure.synthesized import Synthesized

ROUTES = {
    ("POST", "/api/v1/find-similar"),
    ("POST", "/api/v1/predict"),
    ("POST", "/api/v1/outcomes"),
    ("GET", "/api/v1/apps"),
    ("GET", "/api/v1/apps/{app_id}"),
}


def methods(platform):
    return {
        (
            method.properties["HttpMethod"],
            platform.named(method.properties["Integration"]["Uri"], stack="ApiStack").partition(
                "/api/"
            )[2],
        ): method.properties
        for method in platform.of_type("AWS::ApiGateway::Method")
    }


def test_these_routes_and_no_others_are_public(platform):
    assert {(verb, f"/api/{path}") for verb, path in methods(platform)} == ROUTES


def test_every_method_wants_a_key_and_is_validated(platform):
    for key, method in methods(platform).items():
        assert method["ApiKeyRequired"] is True, key
        assert "RequestValidatorId" in method, key
        assert ("RequestModels" in method) == (key[0] == "POST"), key


def test_requests_go_to_the_internal_load_balancer_over_tls(platform):
    for method in methods(platform).values():
        integration = method["Integration"]
        target = platform.named(integration["IntegrationTarget"], stack="ApiStack")
        assert target == "ApiStack/LoadBalancer"
        assert platform.named(integration["Uri"], stack="ApiStack").startswith("https://")
        assert integration["ConnectionType"] == "VPC_LINK"
        assert platform.named(integration["ConnectionId"], stack="ApiStack") == "ApiStack/Api/Link"


def test_services_are_told_the_gateways_id_of_a_request(platform):
    for method in methods(platform).values():
        parameters = method["Integration"]["RequestParameters"]
        assert parameters["integration.request.header.x-gateway-request-id"] == "context.requestId"


def test_the_path_of_an_app_reaches_the_service(platform):
    method = methods(platform)["GET", "v1/apps/{app_id}"]

    parameters = method["Integration"]["RequestParameters"]
    assert parameters["integration.request.path.app_id"] == "method.request.path.app_id"


def test_the_link_leads_to_the_load_balancer_alone(platform):
    [link] = platform.of_type("AWS::ApiGatewayV2::VpcLink")

    groups = [
        platform.named(each, stack="ApiStack") for each in link.properties["SecurityGroupIds"]
    ]
    assert groups == ["ApiStack/Api/LinkSecurityGroup"]


def test_every_path_that_takes_a_body_checks_its_shape(platform):
    posts = [m for m in platform.of_type("AWS::ApiGateway::Method") if "/POST" in m.path]
    [model] = platform.of_type("AWS::ApiGateway::Model")

    assert len(posts) == 3
    for post in posts:
        assert post.properties["RequestModels"] == {"application/json": {"Ref": model.logical_id}}
        assert "RequestValidatorId" in post.properties


def test_a_changed_schema_is_deployed(environment, platform, tmp_path, monkeypatch):
    """A deployment is a copy of the API: its id must follow what a model says."""
    monkeypatch.setattr(request_schemas, "UNIT", request_schemas.UNIT | {"maxProperties": 5})
    app = create_app(outdir=tmp_path)
    app.node.set_context("aws:cdk:disable-asset-staging", True)
    Platform(app, environment=environment, region=environment.regions[0])
    app.synth()
    changed = Synthesized(tmp_path, platform.stage)

    [before] = platform.of_type("AWS::ApiGateway::Deployment")
    [after] = changed.of_type("AWS::ApiGateway::Deployment")
    assert before.logical_id != after.logical_id


def test_limits_are_the_tiers_for_the_stage_and_for_the_partner(environment, platform):
    throttle = environment.sizes.api
    [stage] = platform.of_type("AWS::ApiGateway::Stage")
    [plan] = platform.of_type("AWS::ApiGateway::UsagePlan")
    [settings] = stage.properties["MethodSettings"]

    assert settings["ThrottlingRateLimit"] == throttle.rate_per_second
    assert plan.properties["Throttle"] == {
        "RateLimit": throttle.rate_per_second,
        "BurstLimit": throttle.burst,
    }
    quota = plan.properties.get("Quota")
    assert quota == (
        {"Limit": throttle.daily_quota, "Period": "DAY"} if throttle.daily_quota else None
    )


def test_calls_are_logged_and_traced_and_bodies_are_not(platform):
    [stage] = platform.of_type("AWS::ApiGateway::Stage")
    [settings] = stage.properties["MethodSettings"]
    logged = json.loads(stage.properties["AccessLogSetting"]["Format"])

    assert logged["request_id"] == "$context.requestId"
    assert logged["api_key_id"] == "$context.identity.apiKeyId"
    assert stage.properties["TracingEnabled"] is True
    assert settings["DataTraceEnabled"] is False


def test_the_gateways_own_log_is_kept_no_longer_than_ours(platform):
    [group] = [
        each
        for each in platform.of_type("AWS::Logs::LogGroup")
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
        for name in template["Outputs"]
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
    } <= outputs
