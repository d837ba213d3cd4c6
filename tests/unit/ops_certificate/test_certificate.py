"""The internal certificate: made once, renewed in place, accepted by API Gateway."""

import datetime as dt

import boto3
import pytest
from botocore.stub import ANY, Stubber
from cryptography import x509
from typer.testing import CliRunner

from ops.certificate import accept_certificate, ensure_certificate, self_signed
from ops.certificate_command import api_stacks
from ops.cli import app
from stacks.environment_file import load_environment

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
ARN = "arn:aws:acm:us-east-1:000000000000:certificate/one"
PARAMETER = "/kindred/dev/internal-certificate-arn"


def stubbed(service):
    client = boto3.client(
        service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    return client, Stubber(client)


def ensure(acm, ssm):
    return ensure_certificate(
        acm,
        ssm,
        parameter=PARAMETER,
        region="us-east-1",
        tags={"Environment": "dev"},
        now=NOW,
    )


def test_the_certificate_covers_the_load_balancers_of_the_region_for_over_a_year():
    certificate = x509.load_pem_x509_certificate(
        self_signed("*.us-east-1.elb.amazonaws.com", now=NOW).certificate
    )

    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["*.us-east-1.elb.amazonaws.com"]
    assert certificate.not_valid_after_utc > NOW + dt.timedelta(days=365)


def test_api_gateway_can_take_it_because_it_is_its_own_authority():
    certificate = x509.load_pem_x509_certificate(self_signed("name", now=NOW).certificate)

    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign


def test_where_there_is_none_one_is_imported_and_its_arn_is_kept():
    (acm, acm_stub), (ssm, ssm_stub) = stubbed("acm"), stubbed("ssm")
    ssm_stub.add_client_error("get_parameter", "ParameterNotFound")
    acm_stub.add_response(
        "import_certificate",
        {"CertificateArn": ARN},
        {
            "Certificate": ANY,
            "PrivateKey": ANY,
            "Tags": [{"Key": "Environment", "Value": "dev"}],
        },
    )
    ssm_stub.add_response(
        "put_parameter",
        {},
        {"Name": PARAMETER, "Value": ARN, "Type": "String", "Overwrite": True},
    )

    with acm_stub, ssm_stub:
        assert ensure(acm, ssm) == (ARN, True)


@pytest.mark.parametrize(
    ("days_left", "made"),
    [
        pytest.param(200, False, id="one that holds is left alone"),
        pytest.param(10, True, id="one about to end is replaced under its own ARN"),
    ],
)
def test_an_existing_certificate(days_left, made):
    (acm, acm_stub), (ssm, ssm_stub) = stubbed("acm"), stubbed("ssm")
    ssm_stub.add_response("get_parameter", {"Parameter": {"Value": ARN}}, {"Name": PARAMETER})
    acm_stub.add_response(
        "describe_certificate",
        {"Certificate": {"NotAfter": NOW + dt.timedelta(days=days_left)}},
        {"CertificateArn": ARN},
    )
    if made:
        acm_stub.add_response(
            "import_certificate",
            {"CertificateArn": ARN},
            {"CertificateArn": ARN, "Certificate": ANY, "PrivateKey": ANY},
        )

    with acm_stub, ssm_stub:
        assert ensure(acm, ssm) == (ARN, made)
        acm_stub.assert_no_pending_responses()


def routes(*accepted):
    return {
        "items": [
            {
                "id": str(number),
                "resourceMethods": {
                    "GET": {"methodIntegration": {"tlsConfig": {"insecureSkipVerification": flag}}}
                },
            }
            for number, flag in enumerate(accepted)
        ]
    }


def test_api_gateway_accepts_it_on_each_route_that_does_not_yet_and_publishes_once():
    client, stub = stubbed("apigateway")
    stub.add_response("get_resources", routes(True, False), {"restApiId": "api", "embed": ANY})
    stub.add_response(
        "update_integration",
        {},
        {"restApiId": "api", "resourceId": "1", "httpMethod": "GET", "patchOperations": ANY},
    )
    stub.add_response("create_deployment", {}, {"restApiId": "api", "stageName": "public"})

    with stub:
        assert accept_certificate(client, api_id="api") == 1
        stub.assert_no_pending_responses()


def test_nothing_is_published_when_every_route_accepts_it_already():
    client, stub = stubbed("apigateway")
    stub.add_response("get_resources", routes(True), {"restApiId": "api", "embed": ANY})

    with stub:
        assert accept_certificate(client, api_id="api") == 0


def test_an_unknown_environment_is_named_with_those_there_are():
    result = CliRunner().invoke(app, ["certificate", "create", "--environment", "nowhere"])

    assert result.exit_code == 2
    assert "given 'nowhere', allowed dev, extreme, local, prod, staging" in result.output


@pytest.mark.parametrize(
    ("name", "stacks"),
    [
        pytest.param("dev", {"us-east-1": "Kindred-dev-ApiStack"}, id="one region"),
        pytest.param(
            "extreme",
            {
                "us-east-1": "Kindred-extreme-ApiStack",
                "eu-west-1": "Kindred-extreme-StandbyApiStack",
            },
            id="a standby, whose load balancer needs one as well",
        ),
    ],
)
def test_every_region_with_services_has_its_own(name, stacks):
    assert api_stacks(load_environment(name)) == stacks
