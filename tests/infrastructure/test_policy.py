"""Policy: no finding without somebody who answers for it, and no answer without a finding."""

import datetime as dt
import sys
from collections import defaultdict

import pytest

from stacks.acknowledgements import load_acknowledgements
from stacks.environment_file import load_environment
from stacks.findings import acknowledged_findings, findings
from stacks.yaml_file import InvalidFile
from tests.infrastructure.synthesized import SYNTHESIS_NODE, SYNTHESIZED, run_cdk

ACKNOWLEDGEMENTS = load_acknowledgements()
ENTRY = """\
- id: {id}
  path: {path}
  reason: A reason that is long enough to be one.
  owner: platform
  expires: {expires}
"""


def load(tmp_path, *entries):
    path = tmp_path / "acknowledgements.yaml"
    path.write_text("acknowledgements:\n" + "".join(entries))
    return load_acknowledgements(path)


def entry(
    id="AwsSolutions::AwsSolutions-S1",
    path="DataStack/LogsBucket",
    expires="2027-01-31",
):
    return ENTRY.format(id=id, path=path, expires=expires)


def test_no_environment_has_a_finding_that_nobody_answers_for(assembly):
    assert findings(assembly) == []


@pytest.fixture(scope="module")
def environments():
    return {name: load_environment(name) for name in SYNTHESIZED}


@pytest.fixture(scope="module")
def acknowledged(assembly):
    """Of each environment, by rule: the paths below its stage that were found and answered for."""
    found = {name: defaultdict(set) for name in SYNTHESIZED}
    for finding in acknowledged_findings(assembly):
        stage, _, path = finding.path.partition("/")
        found[stage.removeprefix("Kindred-")][finding.id].add(f"{path}/")
    return found


def test_both_packs_were_asked(acknowledged):
    packs = {rule.partition("::")[0] for found in acknowledged.values() for rule in found}

    assert packs == {"AwsSolutions", "NIST.800.53.R5"}


@pytest.mark.parametrize(
    "acknowledgement",
    ACKNOWLEDGEMENTS,
    ids=lambda each: f"{each.id.partition('::')[2]}-{each.path}",
)
def test_each_acknowledgement_answers_for_a_finding_in_each_environment_it_names(
    acknowledged, environments, acknowledgement
):
    wanted = set(acknowledgement.environments or SYNTHESIZED)

    def is_used(name):
        rule = acknowledgement.id_in(
            stage=f"Kindred-{name}", region="us-east-1", environment=environments[name]
        )
        below = f"{acknowledgement.path}/"
        return any(path.startswith(below) for path in acknowledged[name][rule])

    unused = {name for name in wanted if not is_used(name)}
    assert unused == set(), "stale: remove it, or name the environments where it holds"


def test_no_acknowledgement_has_expired():
    today = dt.datetime.now(dt.UTC).date()

    assert [each for each in ACKNOWLEDGEMENTS if each.expires < today] == []


def test_no_acknowledgement_is_put_off_for_more_than_two_years():
    limit = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2 * 365)

    assert [each for each in ACKNOWLEDGEMENTS if each.expires > limit] == []


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        pytest.param(
            [entry(id="AwsSolutions-S1")], "id: given .* allowed text like", id="a bare id"
        ),
        pytest.param(
            [entry(path="Kindred-dev/DataStack")], "path: given", id="a path with its stage"
        ),
        pytest.param([entry(expires="some day")], "expires: given .* allowed a date", id="no date"),
        pytest.param([entry(), entry()], "is given twice", id="a second of the same"),
        pytest.param(
            [entry().replace("long enough to be one", "short").replace("that is", "")],
            "reason: given .* allowed text of 30 or more",
            id="a reason that is none",
        ),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, entries, says):
    with pytest.raises(InvalidFile, match=says):
        load(tmp_path, *entries)


VIOLATING_APP = """\
import sys

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

import app
from stacks import application


class Violating(cdk.Stage):
    def __init__(self, scope, *, environment, region):
        super().__init__(scope, environment.stage_id(region), env=cdk.Environment(region=region))
        self.environment = environment
        stack = cdk.Stack(self, "ViolatingStack")
        sqs.Queue(stack, "Queue")
        lambda_.CfnFunction(
            stack,
            "Retired",
            code={"zip_file": "pass"},
            handler="index.handler",
            role="arn:aws:iam::111122223333:role/any",
            runtime="python3.7",
        )


application.Platform = Violating
sys.exit(app.main())
"""


def test_violations_make_the_command_line_fail_and_are_named(tmp_path):
    script = tmp_path / "violating_app.py"
    script.write_text(VIOLATING_APP)
    command = f"{SYNTHESIS_NODE} {sys.executable} {script}"

    result = run_cdk(tmp_path / "out", "--context", "environment=dev", "--app", command)

    assert result.returncode != 0
    queue = "Kindred-dev/ViolatingStack/Queue/Resource"
    assert f"{queue}: AwsSolutions::AwsSolutions-SQS4 (error): " in result.stderr
    assert "Kindred-dev/ViolatingStack/Retired: CloudFormation Validate::" in result.stderr
    assert "Traceback" not in result.stderr
