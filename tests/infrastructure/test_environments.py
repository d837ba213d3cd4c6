"""Environment files: what is wrong is named with its file, its key and what is allowed."""

import json
import subprocess
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stacks.environment_file import load_environment, parse_environment
from stacks.tiers import TIERS
from stacks.yaml_file import InvalidFile
from tests.infrastructure.synthesized import ROOT, bare_environment

VALID = """\
name: dev
tier: starter
production: false
regions: [us-east-1]
tags: {team: ml, project: kindred, cost_center: "1"}
"""
GIVEN_VPC = """\
network:
  vpc:
    vpc_id: vpc-0123456789abcdef0
    cidr: 10.0.0.0/16
    availability_zones: [us-east-1a, us-east-1b]
    private_subnet_ids: [subnet-a, subnet-b]
    isolated_subnet_ids: [subnet-c, subnet-d]
"""


def parse(text):
    return parse_environment(text, file="environments/dev.yaml")


def complaint(text):
    with pytest.raises(InvalidFile) as caught:
        parse(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(
            "network: {availability_zones: 5}",
            "network.availability_zones: given 5, allowed 2 or 3",
            id="a value out of its set",
        ),
        pytest.param(
            "network: {nat_gateway: 1}",
            "network.nat_gateway: unknown key, allowed availability_zones, cidr, "
            "interface_endpoints, nat_gateways, vpc",
            id="an unknown key",
        ),
        pytest.param(
            "sizes: {cache: {shards: 0}}",
            "sizes.cache.shards: given 0, allowed 1 or more",
            id="below a bound, in an override of the tier",
        ),
        pytest.param(
            "sizes: {services: {similarity: {cpu: 300}}}",
            "sizes.services.similarity.cpu: given 300, allowed 256, 512, 1024, 2048 or 4096",
            id="a size that Fargate does not have",
        ),
        pytest.param(
            "sizes: {services: {similarity: {memory_mib: 600}}}",
            "sizes.services.similarity: memory_mib: given 600, "
            "allowed with 256 CPU units: 512, 1024, 2048",
            id="a pair of sizes that Fargate does not have",
        ),
        pytest.param(
            "sizes: {services: {prediction: {min_tasks: 9}}}",
            "sizes.services.prediction: given min_tasks 9, peak_min_tasks 1, max_tasks 2, "
            "allowed in ascending order only",
            id="bounds in the wrong order",
        ),
        pytest.param(
            "retention: {log_days: soon}",
            'retention.log_days: given "soon", allowed 1, 3, 5,',
            id="text for a number",
        ),
        pytest.param(
            "network: {nat_gateways: 0, interface_endpoints: [logs]}",
            "network: interface_endpoints: given logs, allowed with nat_gateways 0 only if "
            "cognito-idp, ecr.api, ecr.dkr, kinesis-streams, secretsmanager, sqs, xray are among",
            id="no way out for tasks",
        ),
        pytest.param(
            "network: {availability_zones: 2, nat_gateways: 3}",
            "network: nat_gateways: given 3, allowed 0 to 2, at most one a zone",
            id="more gateways than zones",
        ),
        pytest.param(
            GIVEN_VPC + "  nat_gateways: 1\n",
            "network: given vpc and nat_gateways, allowed either",
            id="a given VPC and figures for a new one",
        ),
        pytest.param(
            GIVEN_VPC.replace("[subnet-a, subnet-b]", "[subnet-a, subnet-b, subnet-e]"),
            "network.vpc: given 3 ids (subnet-a, subnet-b, subnet-e), allowed 2, one a zone",
            id="subnets that do not match the zones",
        ),
        pytest.param(
            "account: 123456789012",
            "account: given 123456789012, allowed text",
            id="an account that YAML reads as a number",
        ),
        pytest.param("tier: huge", "tier: given 'huge', allowed starter, growth", id="a tier"),
        pytest.param("- a", "line 6: ", id="not YAML"),
        pytest.param("name: dev", "line 6: 'name' given twice as a key", id="a key twice"),
        pytest.param("[a]: 1", "line 6: a list or mapping given as a key", id="a list as a key"),
        pytest.param("2026-01-01: 1", "line 6: '2026-01-01' given as a key", id="a date as a key"),
        pytest.param("alarms: &a {email: *a}", "refers to itself", id="an alias of itself"),
        pytest.param(
            "network: {cidr: 10.0.0.1/16}",
            "network.cidr: given '10.0.0.1/16', allowed addresses like 10.20.0.0/16: ",
            id="addresses that are no network",
        ),
        pytest.param("network: {cidr: 10.0.0.0/24}", "network.cidr: given", id="too few addresses"),
        pytest.param(
            "sizes: {autoscaling: {peak: {starts_hour: 9, ends_hour: 20, time_zone: Mars}}}",
            "sizes.autoscaling.peak: time_zone: given 'Mars', allowed an IANA name",
            id="a time zone",
        ),
        pytest.param(
            "sizes: {tables: {min_units: 500}}",
            "sizes.tables: given min_units 500, max_units 100, allowed in ascending order only",
            id="capacity in the wrong order",
        ),
        pytest.param(
            "sizes: {database: {min_acu: 8}}",
            "sizes.database: given min_acu 8, max_acu 2, allowed in ascending order only",
            id="a database that shrinks above what it grows to",
        ),
        pytest.param(
            "sizes: {stream: {mode: on_demand}}",
            "sizes.stream: given mode on_demand and shards 1, allowed provisioned with shards, "
            "or on_demand with null",
            id="shards that nobody may count",
        ),
        pytest.param(
            "sizes: {search: {managers: 3}}",
            "sizes.search: given managers 3 and manager_type null, allowed both or neither",
            id="managers of no type",
        ),
        pytest.param(
            "retention: {event_id_days: 28}",
            "retention.event_id_days: given 28, allowed 29 or more",
            id="event ids that are forgotten before the stream is",
        ),
        pytest.param(
            "integrations: {slack: {secret_arn: xoxb-1234}}",
            'integrations.slack.secret_arn: given "xoxb-1234", allowed text like ^arn:aws:secrets',
            id="a token where its secret should be named",
        ),
        pytest.param(
            "approvals: {required: maybe}",
            'approvals.required: given "maybe", allowed true or false',
            id="approvals that are neither",
        ),
        pytest.param(
            GIVEN_VPC.replace("us-east-1b", "eu-west-1b"),
            "network.vpc: given zones us-east-1a, eu-west-1b and regions us-east-1, allowed one",
            id="a given VPC in another region",
        ),
    ],
)
def test_a_wrong_value_is_named_with_file_key_and_what_is_allowed(change, says):
    text = VALID.replace("tier: starter\n", "") if change.startswith("tier") else VALID

    assert complaint(text + change).startswith(f"environments/dev.yaml: {says}")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
KEYS = ["name", "tier", "regions", "tags", "network", "sizes", "domain", "instance", "any"]


@given(
    key=st.sampled_from(KEYS), inner=st.sampled_from(["cidr", "vpc", "name", ""]), value=JSON_VALUES
)
def test_whatever_is_written_is_an_environment_or_a_named_mistake(key, inner, value):
    document = yaml.safe_load(VALID)
    document[key] = {inner: value} if inner else value

    try:
        said = parse(json.dumps(document)).slug
    except InvalidFile as mistake:
        said = str(mistake)

    assert said.startswith("environments/dev.yaml: ") or "dev" in said


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text):
    with pytest.raises(InvalidFile, match=r"environments/dev\.yaml: "):
        parse(text)


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "dev.yaml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(InvalidFile, match=r"dev\.yaml: cannot be read"):
        load_environment("dev", directory=tmp_path)


def test_a_missing_key_is_named():
    text = VALID.replace("production: false\n", "")

    assert (
        complaint(text) == "environments/dev.yaml: production: not given, allowed only with a value"
    )


def test_every_wrong_value_is_named_at_once():
    text = VALID + "network: {availability_zones: 5}\nretention: {log_days: 2}\n"

    assert len(complaint(text).splitlines()) == 2


def test_a_file_must_be_called_as_the_environment_is(tmp_path):
    (tmp_path / "other.yaml").write_text(VALID)

    with pytest.raises(InvalidFile, match="name: given 'dev', allowed 'other'"):
        load_environment("other", directory=tmp_path)


def test_an_unknown_environment_is_answered_with_those_there_are():
    with pytest.raises(InvalidFile, match="given 'qa', allowed dev, extreme, local, prod, staging"):
        load_environment("qa")


@pytest.mark.parametrize("tier", TIERS)
def test_each_tier_is_complete_by_itself(tier):
    environment = parse(VALID.replace("starter", tier))

    assert environment.sizes.services.similarity.min_tasks >= 1


def test_a_single_size_is_overridden_and_its_neighbours_stay():
    environment = parse(VALID + "sizes: {services: {similarity: {max_tasks: 7}}}")

    assert environment.sizes.services.similarity.max_tasks == 7
    assert environment.sizes.services.similarity.cpu == 256
    assert environment.sizes.services.prediction.max_tasks == 2


def test_a_tier_costs_more_as_it_rises():
    tasks = [parse(VALID.replace("starter", tier)).sizes.services.similarity for tier in TIERS]

    assert [each.min_tasks for each in tasks] == sorted({each.min_tasks for each in tasks})
    assert [each.cpu for each in tasks] == sorted({each.cpu for each in tasks})


def test_a_question_may_read_what_thirty_days_of_a_tiers_events_take():
    read = {tier: parse(VALID.replace("starter", tier)).sizes.query_gb for tier in TIERS}

    # Requests a day, each an event of about 1 kB as it is stored, read up to five times.
    for tier, requests in (("starter", 100), ("growth", 1e4), ("high", 1e6), ("extreme", 1e7)):
        assert read[tier] > 5 * 30 * requests * 1e3 / 1e9


def test_an_environment_cannot_be_changed():
    environment = parse(VALID)

    with pytest.raises(ValueError, match="frozen"):
        environment.production = True


def test_the_application_says_what_is_wrong_without_a_stack_trace(tmp_path):
    script = tmp_path / "wrong_file.py"
    script.write_text(
        "import pathlib, sys, stacks.environment_file as files\n"
        "from functools import partial\n"
        f"found = partial(files.load_environment, directory=pathlib.Path({str(tmp_path)!r}))\n"
        "files.load_environment = found\n"
        "import app\n"
        "sys.exit(app.main())\n"
    )
    (tmp_path / "dev.yaml").write_text(VALID + "regions_: 1\n")

    result = subprocess.run(
        [sys.executable, str(script)],
        cwd=ROOT,
        env={**bare_environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 2
    assert "dev.yaml: regions_: unknown key, allowed account, " in result.stderr
    assert "Traceback" not in result.stderr
