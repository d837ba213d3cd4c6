"""The distribution of a site under test: who is called when, over what, and with which code."""

import json
import subprocess
import sys

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Match, Template

from kindred_constructs.edge_bundle import MOST_BYTES, EdgeBundle, InvalidEdgeConfiguration
from kindred_constructs.edge_logs import EdgeLogs
from kindred_constructs.edge_site import EdgeGuards
from kindred_constructs.split_url_distribution import SplitUrlDistribution
from kindred_constructs.web_acl import EDGE, Admission, WebAcl
from tests.unit.edge_functions.conftest import CONFIGURATION, IN_WIDE, viewer_request

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0"


def distribution_in(region, configuration=CONFIGURATION):
    stack = cdk.Stack(cdk.App(), "Edge", env=cdk.Environment(account="123456789012", region=region))
    key = kms.Key(stack, "Key")
    admission = Admission(requests_per_5_minutes=3_000)
    SplitUrlDistribution(
        stack,
        "Site",
        origin=origins.HttpOrigin("origin.example.com"),
        domain_names=CONFIGURATION["hosts"],
        certificate=acm.Certificate.from_certificate_arn(stack, "Certificate", CERTIFICATE),
        configuration=configuration,
        guards=EdgeGuards(
            firewall=WebAcl(stack, "Firewall", waf_scope=EDGE, admission=admission, log_key=key),
            logs=EdgeLogs(stack, "AccessLogs", bucket=s3.Bucket(stack, "Logs", enforce_ssl=True)),
            log_key=key,
        ),
    )
    return Template.from_stack(stack)


@pytest.fixture(scope="module")
def template():
    return distribution_in("us-east-1")


@pytest.fixture(scope="module")
def behaviour(template):
    (distribution,) = template.find_resources("AWS::CloudFront::Distribution").values()
    config = distribution["Properties"]["DistributionConfig"]
    assert "CacheBehaviors" not in config
    return config["DefaultCacheBehavior"]


def functions(template):
    return template.find_resources("AWS::Lambda::Function")


def test_visitors_are_led_before_the_cache_and_remembered_after_it(template, behaviour):
    versions = template.find_resources("AWS::Lambda::Version")
    handlers = {
        association["EventType"]: functions(template)[
            versions[association["LambdaFunctionARN"]["Ref"]]["Properties"]["FunctionName"]["Ref"]
        ]["Properties"]["Handler"]
        for association in behaviour["LambdaFunctionAssociations"]
    }

    assert handlers == {
        "viewer-request": "edge_functions.split_url.handler",
        "viewer-response": "edge_functions.keep_variation.handler",
    }


def test_pages_are_served_over_tls_of_1_2_and_nothing_less(template, behaviour):
    assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
    template.has_resource_properties(
        "AWS::CloudFront::Distribution",
        {
            "DistributionConfig": {
                "ViewerCertificate": Match.object_like(
                    {"MinimumProtocolVersion": "TLSv1.2_2021", "AcmCertificateArn": CERTIFICATE}
                )
            }
        },
    )


def test_pages_that_differ_in_a_parameter_are_cached_apart_and_no_cookie_is_cached(template):
    template.has_resource_properties(
        "AWS::CloudFront::CachePolicy",
        {
            "CachePolicyConfig": {
                "ParametersInCacheKeyAndForwardedToOrigin": Match.object_like(
                    {
                        "QueryStringsConfig": {"QueryStringBehavior": "all"},
                        "CookiesConfig": {"CookieBehavior": "none"},
                    }
                )
            }
        },
    )


def test_the_functions_keep_to_what_the_edge_allows(template):
    assert functions(template)
    for function in functions(template).values():
        properties = function["Properties"]
        assert "Environment" not in properties
        assert "VpcConfig" not in properties
        assert properties["Runtime"] == "python3.13"
        assert properties["Architectures"] == ["x86_64"]
        assert properties["Timeout"] <= 5
        assert properties["MemorySize"] == 128


def test_a_version_that_replicas_run_is_not_deleted_under_them(template):
    for version in template.find_resources("AWS::Lambda::Version").values():
        assert version["DeletionPolicy"] == "Retain"


def test_the_functions_may_write_their_logs_and_nothing_else(template):
    statements = [
        statement
        for policy in template.find_resources("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    actions = {action for statement in statements for action in statement["Action"]}
    trusted = {
        statement["Principal"]["Service"]
        for role in template.find_resources("AWS::IAM::Role").values()
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    }

    assert actions == {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}
    assert trusted == {"lambda.amazonaws.com", "edgelambda.amazonaws.com"}


def test_a_stack_of_another_region_is_refused():
    with pytest.raises(ValueError, match="given eu-west-1, allowed us-east-1"):
        distribution_in("eu-west-1")


@pytest.mark.parametrize("target", ["https://evil.example/", "http://www.example.com/", "//x.y/"])
def test_a_variation_that_leads_elsewhere_is_refused_at_synthesis(target):
    experiment = {**CONFIGURATION["payload"]["experiments"][0]}
    experiment["variations"] = [{}, {"urlRedirect": target}]

    with pytest.raises(InvalidEdgeConfiguration, match="allowed https and one of www"):
        EdgeBundle({**CONFIGURATION, "payload": {"experiments": [experiment]}})


def test_a_configuration_that_is_too_large_is_refused_at_synthesis():
    groups = {"everybody": [f"user-{number}" for number in range(100_000)]}

    with pytest.raises(InvalidEdgeConfiguration, match=f"allowed {MOST_BYTES}"):
        EdgeBundle({**CONFIGURATION, "payload": {"experiments": [], "savedGroups": groups}})


def test_another_configuration_is_another_version():
    other = {**CONFIGURATION, "visitor_cookie": "other"}

    assert EdgeBundle(CONFIGURATION).digest == EdgeBundle(CONFIGURATION).digest
    assert EdgeBundle(CONFIGURATION).digest != EdgeBundle(other).digest


def test_the_bundle_runs_by_itself_and_is_small(tmp_path):
    EdgeBundle(CONFIGURATION).write(tmp_path)
    event = viewer_request(cookies=[f"visitor={IN_WIDE}"])
    # No site packages and no project: what is imported is in the bundle or in Python.
    program = (
        f"import sys, json; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from edge_functions import keep_variation, split_url\n"
        "print(json.dumps(split_url.handler(json.load(sys.stdin), None)))"
    )

    result = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program],
        input=json.dumps(event),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["status"] == "302"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 150_000
    shipped = {path.relative_to(tmp_path).parts[0] for path in files}
    assert shipped == {"edge_functions", "kindred"}
    assert not list(tmp_path.rglob("statistics")) + list(tmp_path.rglob("events.py"))
