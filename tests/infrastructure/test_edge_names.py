"""Names, certificates and regions of the edge: with a domain, without one, and far from home."""

import json
import re

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks

from stacks.acknowledgements import acknowledge, load_acknowledgements
from stacks.application import create_app, synthesize
from stacks.findings import acknowledged_findings
from stacks.yaml_file import InvalidFile
from tests.infrastructure.choices import changed
from tests.infrastructure.edge_alone import (
    DOMAIN,
    EXPERIMENT,
    SITE,
    STAGE,
    assemble_edge,
    distribution,
    edge,
)
from tests.infrastructure.synthesized import ROOT

ARN = "arn:aws:acm:us-east-1:111122223333:certificate/0-1"


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    return edge(tmp_path_factory.mktemp("named"), **DOMAIN, edge={"split_urls": [SITE]})


@pytest.fixture(scope="module")
def abroad(tmp_path_factory):
    return edge(tmp_path_factory.mktemp("abroad"), region="eu-west-1", **DOMAIN)


def test_without_a_domain_cloudfront_gives_the_names(tmp_path):
    platform = edge(tmp_path)

    for name in ("Api", "Console"):
        config = distribution(platform, name)
        assert "Aliases" not in config
        assert "ViewerCertificate" not in config
    assert platform.of_type("AWS::CertificateManager::Certificate") == []
    assert platform.of_type("AWS::Route53::RecordSet") == []
    outputs = platform.templates["EdgeStack"]["Outputs"]
    assert "DomainName" in json.dumps(outputs["PublicApiUrl"]["Value"])


@pytest.mark.parametrize(
    ("site", "host"),
    [
        pytest.param("Console", "console.kindred.example.com", id="the console"),
        pytest.param("Api", "api.kindred.example.com", id="the APIs"),
        pytest.param("Shop", "shop.kindred.example.com", id="a site under test"),
    ],
)
def test_a_domain_gives_names_certificates_and_tls_1_2(named, site, host):
    config = distribution(named, site)
    certificate = named.named(config["ViewerCertificate"]["AcmCertificateArn"], stack="EdgeStack")
    issued = named.at(certificate).properties
    records = {
        (record.properties["Name"], record.properties["Type"])
        for record in named.of_type("AWS::Route53::RecordSet")
    }

    assert config["Aliases"] == [host]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert (issued["DomainName"], issued["ValidationMethod"]) == (host, "DNS")
    assert {(f"{host}.", "A"), (f"{host}.", "AAAA")} <= records


def test_a_site_that_brings_its_certificate_keeps_its_own_records(tmp_path):
    site = {**SITE, "domain_names": ["shop.example.org"], "certificate_arn": ARN}
    site["experiments"] = [
        {**EXPERIMENT, "variations": [{}, {"urlRedirect": "https://shop.example.org/new"}]}
    ]
    platform = edge(tmp_path, edge={"split_urls": [site]})

    assert distribution(platform, "Shop")["ViewerCertificate"]["AcmCertificateArn"] == ARN
    assert platform.of_type("AWS::Route53::RecordSet") == []


def test_a_site_under_test_is_guarded_and_logged_like_ours(named):
    acl = named.named(distribution(named, "Shop")["WebACLId"], stack="EdgeStack")

    assert acl == "EdgeStack/Firewall"
    assert named.at("EdgeStack/Shop/Resource/LogDelivery")


def test_functions_of_a_site_write_their_encrypted_logs_wherever_they_run(named):
    for function in named.of_type("AWS::Lambda::Function"):
        group = named.named(function.properties["LoggingConfig"]["LogGroup"], stack="EdgeStack")
        role = named.named(function.properties["Role"], stack="EdgeStack")
        written = {each.resource for each in named.permissions if each.role == role}
        assert f"arn:aws:logs:*:<AWS::AccountId>:log-group:{group}:*" in written
        assert "KmsKeyId" in named.at(group).properties


def test_a_platform_far_from_the_edge_is_reached_and_watched_from_there(abroad):
    """CloudFront's stack is in us-east-1, and alarms tell topics of their own region alone."""
    stack = abroad.stack_artifacts["EdgeStack"]
    text = json.dumps(abroad.templates["EdgeStack"])
    topics = {each.path for each in abroad.of_type("AWS::SNS::Topic", stack="EdgeStack")}
    alarms = abroad.of_type("AWS::CloudWatch::Alarm", stack="EdgeStack")
    told = {
        abroad.named(action, stack="EdgeStack")
        for alarm in alarms
        for action in alarm.properties["AlarmActions"]
    }

    assert stack["environment"] == "aws://unknown-account/us-east-1"
    assert "execute-api.eu-west-1." in text
    assert told
    assert told <= topics
    assert "Fn::ImportValue" not in text
    assert "Custom::" not in text


def test_the_secret_is_there_where_cloudfront_reads_it(abroad):
    [secret] = abroad.of_type("AWS::SecretsManager::Secret")

    config = distribution(abroad, "Api")
    [header] = config["Origins"][0]["OriginCustomHeaders"]
    [read] = [part for part in header["HeaderValue"]["Fn::Join"][1] if isinstance(part, dict)]
    output = abroad.templates["HomeStack"]["Outputs"][read["Fn::GetStackOutput"]["OutputName"]]

    assert secret.properties["ReplicaRegions"] == [{"Region": "us-east-1"}]
    assert read["Fn::GetStackOutput"]["Region"] == "eu-west-1"
    assert output["Value"] == {
        "Fn::Join": [
            "us-east-1",
            {"Fn::Split": ["eu-west-1", {"Ref": secret.logical_id}]},
        ]
    }


def test_a_further_region_and_another_instance_have_names_of_their_own():
    both = changed("dev", **DOMAIN, regions=["us-east-1", "eu-west-1"])
    instance = changed("dev", **DOMAIN, instance="pr1")

    assert both.public_name("api", "us-east-1") == "api.kindred.example.com"
    assert both.public_name("api", "eu-west-1") == "api-eu-west-1.kindred.example.com"
    assert instance.public_name("console", "us-east-1") == "console-pr1.kindred.example.com"


def with_site(**change):
    return {"split_urls": [{**SITE, **change}]}


@pytest.mark.parametrize(
    ("edge_key", "says"),
    [
        pytest.param({"allow_ips": ["0.0.0.0/0"]}, "allowed less than the whole", id="everybody"),
        pytest.param({"block_ips": ["203.0.113.7/24"]}, "given '203.0.113.7/24'", id="host bits"),
        pytest.param({"cache_seconds": 90_000}, "edge.cache_seconds: given 90000", id="a long day"),
        pytest.param({"rate_limit_per_5_minutes": 9}, "given 9, allowed 10", id="WAF's least"),
        pytest.param(with_site(), "given shop.kindred.example.com, allowed names of", id="no zone"),
        pytest.param(
            with_site(certificate_arn=ARN.replace("us-east-1", "eu-west-1")),
            "certificate_arn",
            id="a certificate that CloudFront does not take",
        ),
        pytest.param(
            with_site(experiments=[{"key": "landing"}]),
            "given one without variations",
            id="an experiment of nothing",
        ),
        pytest.param(
            with_site(
                experiments=[{**EXPERIMENT, "variations": [{"urlRedirect": "https://evil.org/"}]}]
            ),
            "given https://evil.org/, allowed https and one of shop.kindred.example.com",
            id="a variation that leads to strangers",
        ),
        pytest.param(
            {"split_urls": [{**SITE, "certificate_arn": ARN}] * 2},
            "name: given Shop twice",
            id="a site twice",
        ),
    ],
)
def test_what_the_edge_would_refuse_is_refused_in_the_file(edge_key, says):
    with pytest.raises(InvalidFile, match=re.escape(says)):
        changed("dev", edge=edge_key)


def test_what_a_site_brings_to_answer_for_is_in_the_guide(tmp_path):
    guide = (ROOT / "docs" / "edge.md").read_text()
    [answers] = [block for block in guide.split("```yaml\n") if block.startswith("- id: ")]
    (tmp_path / "site.yaml").write_text(f"acknowledgements:\n{answers.partition('```')[0]}")
    app = create_app(outdir=tmp_path / "cdk.out")
    app.node.set_context("aws:cdk:disable-asset-staging", True)
    chosen = changed("dev", **DOMAIN, edge={"split_urls": [SITE]})
    stage, _ = assemble_edge(app, "us-east-1", chosen)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(), NIST80053R5Checks())

    given = load_acknowledgements(tmp_path / "site.yaml")
    acknowledge(stage, chosen, (*load_acknowledgements(), *given))
    found = [each for each in synthesize(app) if each.path.startswith(f"{STAGE}/EdgeStack/")]

    assert found == []
    answered = {(each.path, each.id) for each in acknowledged_findings(tmp_path / "cdk.out")}
    for each in given:
        assert any(f"/{each.path}/" in path and each.id == id_ for path, id_ in answered)
