"""What the internet sees: what is kept near it, what is passed on, and what browsers are told."""

from fnmatch import fnmatch

import pytest

from kindred_constructs.api_distribution import REPEATED_PATHS
from tests.infrastructure.edge_alone import (
    SIGN_IN,
    behaviours,
    distribution,
    edge,
    origin_of,
)

SITES = ("Api", "Console")
# AWS's own policies, by the ids that they have in every account.
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_BUT_THE_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    return edge(tmp_path_factory.mktemp("edge"))


def every_behaviour(platform):
    return [each for name in SITES for each in behaviours(platform, name).values()]


def of_type(platform, kind):
    return {each.logical_id: each for each in platform.of_type(kind)}


def test_a_stack_of_the_edge_is_in_us_east_1_and_deploys_by_no_code_of_ours(platform):
    assert platform.stack_artifacts["EdgeStack"]["environment"] == (
        "aws://unknown-account/us-east-1"
    )
    assert platform.of_type("AWS::Lambda::Function") == []
    assert not [each for each in platform.resources if each.type.startswith("Custom::")]


def test_viewers_come_over_tls_alone(platform):
    for each in every_behaviour(platform):
        assert each["ViewerProtocolPolicy"] in ("https-only", "redirect-to-https")


def test_only_the_distribution_reads_the_pages_and_nobody_lists_them(platform):
    [policy] = [
        each
        for each in platform.of_type("AWS::S3::BucketPolicy")
        if each.path == "EdgeStack/Console/Bucket/Policy"
    ]
    [allowed] = [
        statement
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    source = platform.named(
        allowed["Condition"]["StringEquals"]["AWS:SourceArn"], stack="EdgeStack"
    )

    assert allowed["Action"] == "s3:GetObject"
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert source.endswith(":distribution/EdgeStack/Console")


@pytest.mark.parametrize("path", ["/api/v1/*", "/deployments*"])
def test_the_console_has_the_apis_under_its_own_name_to_read_from(platform, path):
    behaviour = behaviours(platform, "Console")[path]

    assert set(behaviour["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS"}
    assert behaviour["CachePolicyId"] == CACHING_DISABLED
    assert behaviour["OriginRequestPolicyId"] == ALL_BUT_THE_HOST
    assert "FunctionAssociations" not in behaviour


def test_an_error_of_the_api_stays_what_the_api_said(platform):
    """CloudFront's error pages are of a whole distribution."""
    for name in SITES:
        for response in distribution(platform, name).get("CustomErrorResponses", []):
            assert "ResponsePagePath" not in response
            assert response["ErrorCachingMinTTL"] == 0


@pytest.mark.parametrize("name", SITES)
def test_apis_are_asked_over_tls_1_2_under_their_stage_with_the_edges_secret(platform, name):
    asked = [
        each for each in distribution(platform, name)["Origins"] if "CustomOriginConfig" in each
    ]

    assert len(asked) == 2
    for origin in asked:
        [header] = origin["OriginCustomHeaders"]
        secret = platform.named(header["HeaderValue"], stack="EdgeStack")
        assert origin["OriginPath"] == "/public"
        assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
        assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]
        assert header["HeaderName"] == "x-kindred-edge"
        assert secret == "{{resolve:secretsmanager:HomeStack/EdgeSecret/Default:SecretString:::}}"


@pytest.mark.parametrize(
    ("path", "api"),
    [
        pytest.param("*", "services", id="everything else"),
        pytest.param("/inference", "models", id="what a model answers"),
        pytest.param("/deployments*", "models", id="rollouts"),
        pytest.param("/batch-predictions*", "models", id="batches"),
    ],
)
def test_a_request_goes_to_the_api_that_has_its_path(platform, path, api):
    behaviour = behaviours(platform, "Api")[path]
    host = platform.named(origin_of(platform, "Api", behaviour)["DomainName"], stack="EdgeStack")

    assert host.startswith(f"{api}.execute-api.us-east-1.")
    assert behaviour["CachePolicyId"] == CACHING_DISABLED
    assert set(behaviour["AllowedMethods"]) >= {"POST", "PUT", "PATCH", "DELETE"}


def test_a_repeated_query_is_answered_from_the_edge_to_who_has_the_same_key(platform):
    for path in REPEATED_PATHS:
        behaviour = behaviours(platform, "Api")[path]
        policy = of_type(platform, "AWS::CloudFront::CachePolicy")[
            behaviour["CachePolicyId"]["Ref"]
        ].properties["CachePolicyConfig"]
        key = policy["ParametersInCacheKeyAndForwardedToOrigin"]

        assert (policy["DefaultTTL"], policy["MaxTTL"], policy["MinTTL"]) == (60, 60, 0)
        assert key["HeadersConfig"]["Headers"] == ["x-api-key"]
        assert key["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
        assert key["EnableAcceptEncodingBrotli"] is True
        assert behaviour["Compress"] is True


def test_no_path_that_takes_more_than_a_read_is_kept():
    from stacks import api_routes

    class Api:
        def __init__(self):
            self.routes = []

        def add_body_model(self, *_):
            return None

        def add_route(self, method, path, **_):
            self.routes.append((method, path))

    api = Api()
    api_routes.add_routes(api, people=None)
    kept = {
        method
        for method, path in api.routes
        if any(fnmatch(path, pattern) for pattern in REPEATED_PATHS)
    }

    assert kept == {"GET"}


def test_where_nothing_shall_be_kept_nothing_is(tmp_path):
    platform = edge(tmp_path, edge={"cache_seconds": 0})

    assert {each["CachePolicyId"] for each in behaviours(platform, "Api").values()} == {
        CACHING_DISABLED
    }


def headers(platform, behaviour):
    policies = of_type(platform, "AWS::CloudFront::ResponseHeadersPolicy")
    config = policies[behaviour["ResponseHeadersPolicyId"]["Ref"]].properties
    return config["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]


def test_browsers_are_told_to_take_every_answer_at_its_word_and_over_tls(platform):
    for each in every_behaviour(platform):
        told = headers(platform, each)
        transport = told["StrictTransportSecurity"]
        assert transport["AccessControlMaxAgeSec"] >= 31_536_000
        assert transport["IncludeSubdomains"] is True
        assert told["ContentTypeOptions"] == {"Override": True}
        assert told["FrameOptions"]["FrameOption"] == "DENY"
        assert told["ReferrerPolicy"]["ReferrerPolicy"] == "no-referrer"


def test_a_page_loads_its_own_and_calls_its_own_origin_and_the_sign_in_alone(platform):
    policy = headers(platform, behaviours(platform, "Console")["*"])["ContentSecurityPolicy"]
    rules = dict(rule.split(" ", 1) for rule in policy["ContentSecurityPolicy"].split("; "))

    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert rules["connect-src"] == f"'self' {SIGN_IN}"
    assert rules["frame-ancestors"] == "'none'"


def test_an_answer_of_the_api_may_load_nothing(platform):
    for each in behaviours(platform, "Api").values():
        policy = headers(platform, each)["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        assert policy == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("name", SITES)
def test_requests_are_inspected_and_logged_without_what_could_let_somebody_in(platform, name):
    site = platform.at(f"EdgeStack/{name}")
    acl = platform.named(distribution(platform, name)["WebACLId"], stack="EdgeStack")
    source = platform.at(f"EdgeStack/{name}/Resource/LogSource").properties
    delivery = platform.at(f"EdgeStack/{name}/Resource/LogDelivery").properties
    fields = set(delivery["RecordFields"])

    assert acl == "EdgeStack/Firewall"
    assert site.logical_id in str(source["ResourceArn"])
    assert delivery["DeliverySourceName"] == source["Name"]
    assert {"sc-status", "cs-uri-stem", "time-taken"} <= fields
    assert fields.isdisjoint({"cs(Cookie)", "cs-uri-query", "cs(Referer)"})


def test_logs_of_the_edge_are_delivered_for_this_account_alone(platform):
    [policy] = [
        each
        for each in platform.of_type("AWS::S3::BucketPolicy")
        if each.path == "EdgeStack/Logs/Policy"
    ]
    conditions = {
        statement["Principal"]["Service"]: statement["Condition"]
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    }

    assert conditions["delivery.logs.amazonaws.com"]["StringEquals"]["aws:SourceAccount"] == {
        "Ref": "AWS::AccountId"
    }


def test_nobody_is_woken_by_a_few_errors_of_few_visitors(platform):
    for name in SITES:
        alarm = platform.at(f"EdgeStack/{name}/Errors").properties
        [expression] = [each for each in alarm["Metrics"] if "Expression" in each]
        assert expression["Expression"] == "IF(requests >= 20, errors, 0)"
        assert alarm["Threshold"] == 5
        assert "critical" in alarm["AlarmDescription"]
