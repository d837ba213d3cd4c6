"""A branch has an environment of its own, which ends by itself and is named like no other."""

import datetime as dt
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ops.cli import app
from ops.delivery.branch_commands import ORDER
from ops.delivery.branches import branch_instance, deletion_order, expired_stages, expiry
from stacks.environment_file import DIRECTORY, parse_environment

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


@given(st.text(min_size=1).filter(str.strip))
def test_every_branch_has_a_name_that_an_environment_takes(branch):
    assert re.fullmatch(r"[a-z][a-z0-9]{0,10}", branch_instance(branch))


def test_branches_that_begin_alike_are_told_apart():
    assert branch_instance("feature/search-1") != branch_instance("feature/search-2")
    assert branch_instance("feature/search") == branch_instance("feature/search")
    assert branch_instance("feature/Search").startswith("bsear")


def test_a_branch_without_a_name_is_refused():
    with pytest.raises(ValueError, match="given nothing"):
        branch_instance(" ")


def stack(name, expires=None, status="CREATE_COMPLETE"):
    tags = [{"Key": "ExpiresAt", "Value": expires}] if expires else []
    return {"StackName": name, "StackStatus": status, "Tags": tags}


PAST, FUTURE = expiry(NOW - dt.timedelta(days=1), days=0), expiry(NOW, days=3)


@pytest.mark.parametrize(
    ("stacks", "expired"),
    [
        pytest.param([stack("Kindred-b1-dev-DataStack", PAST)], ["Kindred-b1-dev"], id="past"),
        pytest.param([stack("Kindred-b1-dev-DataStack", FUTURE)], [], id="not yet"),
        pytest.param([stack("Kindred-prod-DataStack")], [], id="without a date it is nobody's"),
        pytest.param(
            [stack("Kindred-b1-dev-DataStack", PAST), stack("Kindred-b1-dev-ApiStack", FUTURE)],
            [],
            id="a new deployment prolongs it",
        ),
        pytest.param(
            [stack("Kindred-b1-dev-DataStack", PAST, "DELETE_COMPLETE")], [], id="gone already"
        ),
    ],
)
def test_what_has_expired_is_found_by_its_date(stacks, expired):
    assert [each.stage for each in expired_stages(stacks, now=NOW)] == expired


def test_stacks_go_before_what_they_need_and_others_stay():
    names = [
        *(f"Kindred-b1-dev-{name}" for name in ("NetworkStack", "EdgeStack", "ApiStack")),
        *("Kindred-b1-dev-DataStack", "Kindred-dev-ApiStack", "Kindred-b12-dev-ApiStack"),
    ]

    assert deletion_order(names, "Kindred-b1-dev", ORDER) == [
        f"Kindred-b1-dev-{name}" for name in ("EdgeStack", "ApiStack", "DataStack", "NetworkStack")
    ]


def prepare(file):
    return CliRunner().invoke(
        app, ["delivery", "branch", "prepare", "feature/search", "--file", str(file)]
    )


def test_a_branchs_environment_is_dev_by_another_name(tmp_path):
    file = tmp_path / "dev.yaml"
    file.write_text((DIRECTORY / "dev.yaml").read_text())

    answer = prepare(file)

    environment = parse_environment(file.read_text(), file="dev.yaml")
    assert environment.instance == answer.stdout.strip() == branch_instance("feature/search")
    assert environment.slug == f"{environment.instance}-dev"
    assert not environment.api.owns_account_log_role
    assert environment.image.architecture == "x86_64", "as the machine that builds, and as models"
    assert environment.github is None, "an account has one provider of GitHub's tokens"


@pytest.mark.parametrize("change", [{"production": True}, {"instance": "pr1"}])
def test_production_and_what_has_an_instance_are_left_alone(tmp_path, change):
    file = tmp_path / "dev.yaml"
    document = {**yaml.safe_load((DIRECTORY / "dev.yaml").read_text()), **change}
    file.write_text(yaml.safe_dump(document))

    answer = prepare(file)

    assert answer.exit_code == 1
    assert yaml.safe_load(file.read_text()) == document
