"""What `kindred delivery branch expire --delete` leaves of a branch's environment: nothing."""

import datetime as dt
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws
from moto.core.exceptions import JsonRESTError
from typer.testing import CliRunner

from ops.certificate import ensure_certificate
from ops.cli import app

REGION, STAGE, OTHER = "us-east-1", "Kindred-b1-dev", "Kindred-dev"
PAST = [{"Key": "ExpiresAt", "Value": "2026-01-01T00:00:00Z"}]


class CloudFormation:
    """Stacks by name, with their tags; each of no resources, and gone at once."""

    def __init__(self):
        self.tags = {
            f"{stage}-{name}": tags
            for stage, dated in ((STAGE, PAST), (OTHER, []))
            for name, tags in (("NetworkStack", dated), ("RoutingStack", []))
        }

    def get_paginator(self, operation):
        stacks = [
            {"StackName": name, "StackStatus": "CREATE_COMPLETE", "Tags": tags}
            for name, tags in self.tags.items()
        ]
        pages = {"describe_stacks": [{"Stacks": stacks}], "list_stack_resources": []}
        return SimpleNamespace(paginate=lambda **_: pages[operation])

    def delete_stack(self, *, StackName):
        del self.tags[StackName]

    def get_waiter(self, _):
        return SimpleNamespace(wait=lambda **_: None)


@pytest.fixture
def stacks(monkeypatch):
    """Of an account with two environments, one of them a branch's whose time is over."""
    cloudformation = CloudFormation()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    real = boto3.Session.client

    def of(session, service, **given):
        known = service == "cloudformation"
        return cloudformation if known else real(session, service, **given)

    monkeypatch.setattr(boto3.Session, "client", of)
    with mock_aws():
        for stage in (STAGE, OTHER):
            import_certificate(stage)
        yield cloudformation.tags


def client(service):
    return boto3.client(service, region_name=REGION)


def parameter_of(stage):
    return f"/kindred/{stage.removeprefix('Kindred-')}/internal-certificate-arn"


def import_certificate(stage):
    ensure_certificate(
        client("acm"),
        client("ssm"),
        parameter=parameter_of(stage),
        region=REGION,
        tags={"Environment": stage.removeprefix("Kindred-")},
        now=dt.datetime.now(dt.UTC),
    )


def take_down():
    return CliRunner().invoke(app, ["delivery", "branch", "expire", "--region", REGION, "--delete"])


def certificates():
    acm = client("acm")
    return {
        tag["Value"]
        for each in acm.list_certificates()["CertificateSummaryList"]
        for tag in acm.list_tags_for_certificate(CertificateArn=each["CertificateArn"])["Tags"]
    }


def parameters():
    return {each["Name"] for each in client("ssm").describe_parameters()["Parameters"]}


def test_stacks_the_certificate_and_its_parameter_go_and_anothers_stay(stacks):
    answer = take_down()

    assert answer.exit_code == 0, answer.output
    assert set(stacks) == {f"{OTHER}-NetworkStack", f"{OTHER}-RoutingStack"}
    assert certificates() == {"dev"}
    assert parameters() == {parameter_of(OTHER)}


def test_what_fails_is_tried_again_because_the_stack_with_the_date_is_still_there(
    stacks, monkeypatch
):
    """ACM deletes no certificate that it still counts as used."""
    acm = client("acm")
    arn = client("ssm").get_parameter(Name=parameter_of(STAGE))["Parameter"]["Value"]
    deletion = "moto.acm.models.AWSCertificateManagerBackend.delete_certificate"
    with monkeypatch.context() as patched:
        patched.setattr(deletion, refuse)
        answer = take_down()

    assert answer.exit_code == 1
    assert "ResourceInUseException" in answer.output
    assert f"{STAGE}-NetworkStack" in stacks
    assert f"{STAGE}-RoutingStack" not in stacks
    assert acm.describe_certificate(CertificateArn=arn)

    assert take_down().exit_code == 0
    assert parameters() == {parameter_of(OTHER)}


def refuse(*_):
    raise JsonRESTError("ResourceInUseException", "a load balancer uses it")
