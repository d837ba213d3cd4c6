"""Workflows of GitHub: pinned, without keys, and calling what there is."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.unit.delivery.command_line import assert_taken, kindred_calls

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(path.name for path in FOLDER.glob("*.yml"))
PINNED = re.compile(r"^\s*(?:- )?uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
EXPIRY = ("branch-expiry.yml", "expire")
CREDENTIALS = "aws-actions/configure-aws-credentials"


@pytest.fixture(params=FILES)
def name(request):
    return request.param


@pytest.fixture
def text(name):
    return (FOLDER / name).read_text()


@pytest.fixture
def workflow(text):
    return yaml.safe_load(text)


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def scripts(workflow):
    return [step["run"] for step in steps(workflow) if "run" in step]


def uses(job, action):
    return any(step.get("uses", "").startswith(f"{action}@") for step in job["steps"])


def test_actions_are_pinned_by_commit_and_say_which_version_that_is(text):
    loose = [line for line in text.splitlines() if "uses:" in line and not PINNED.match(line)]

    assert loose == []


def test_an_action_is_of_one_version_everywhere():
    found = {}
    for name in FILES:
        for step in steps(yaml.safe_load((FOLDER / name).read_text())):
            if "uses" in step:
                action, _, commit = step["uses"].partition("@")
                found.setdefault(action, set()).add(commit)

    assert [action for action, commits in found.items() if len(commits) > 1] == []


def test_nothing_holds_a_key(text):
    assert "secrets." not in text
    assert "aws-access-key-id" not in text


def test_only_a_job_that_becomes_a_role_gets_a_token_for_it(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        wanted = {"contents": "read", "id-token": "write"} if uses(job, CREDENTIALS) else None
        assert job.get("permissions") == wanted


def test_whatever_may_change_an_account_waits_for_an_environment_of_github(name, workflow):
    """But for what takes down at night what has expired: nobody is awake to say yes."""
    for key, job in workflow["jobs"].items():
        roles = [
            step["with"]["role-to-assume"]
            for step in job["steps"]
            if "role-to-assume" in step.get("with", {})
        ]
        for role in roles:
            changing = "KINDRED_BRANCH_ROLE" in role
            waiting = "branch-expiry" if (name, key) == EXPIRY else "branches"
            assert job.get("environment") == (waiting if changing else None)


def test_an_account_that_nobody_has_named_is_asked_for_nothing(workflow):
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            role = re.search(r"vars\.\w+", step.get("with", {}).get("role-to-assume", ""))
            if role:
                assert f"{role[0]} != ''" in job["if"]


def test_a_job_ends_before_its_credentials_do(workflow):
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            if seconds := step.get("with", {}).get("role-duration-seconds"):
                assert job["timeout-minutes"] * 60 <= seconds


def test_no_environment_is_made_or_taken_down_for_a_pull_request_without_the_label():
    workflow = yaml.safe_load((FOLDER / "branch-environment.yml").read_text())

    for job in workflow["jobs"].values():
        assert "contains(github.event.pull_request.labels.*.name, 'environment')" in job["if"]


def test_a_checkout_leaves_no_credentials_behind(workflow):
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_no_name_that_anybody_may_choose_is_put_into_a_script(workflow):
    for script in scripts(workflow):
        assert "${{" not in script, script


def test_bash_parses_every_script(workflow):
    for script in scripts(workflow):
        parsed = subprocess.run(
            ["bash", "-n"], input=script, capture_output=True, text=True, check=False
        )
        assert parsed.returncode == 0, (script, parsed.stderr)


def test_every_call_of_the_command_line_is_one_that_it_takes(workflow):
    for script in scripts(workflow):
        for arguments in kindred_calls(script):
            assert_taken(arguments)


def test_a_pull_request_passes_what_a_person_runs():
    workflow = yaml.safe_load((FOLDER / "pull-request.yml").read_text())

    assert {"make check", "make test"} <= set(scripts(workflow))


def test_a_pull_request_breaks_no_promise_of_its_base():
    """What is checked out is a merge, whose first parent is the base."""
    job = yaml.safe_load((FOLDER / "pull-request.yml").read_text())["jobs"]["check"]
    checkout, *_ = job["steps"]
    [compared] = [
        shlex.split(step["run"]) for step in job["steps"] if "openapi" in step.get("run", "")
    ]

    assert compared == [".venv/bin/kindred", "openapi", "changes", "--against", "HEAD^1"]
    assert checkout["with"]["fetch-depth"] > 1, "with the parents of what is checked out"
    assert "ref" not in checkout["with"]


def test_a_forks_code_never_meets_an_account():
    for name in ("pull-request.yml", "branch-environment.yml"):
        workflow = yaml.safe_load((FOLDER / name).read_text())
        for job in workflow["jobs"].values():
            if uses(job, CREDENTIALS):
                assert "head.repo.full_name == github.repository" in job["if"]


def test_what_takes_environments_down_is_not_the_branchs_own_code():
    workflow = yaml.safe_load((FOLDER / "branch-environment.yml").read_text())
    [checkout] = [
        step
        for step in workflow["jobs"]["take-down"]["steps"]
        if "checkout" in step.get("uses", "")
    ]

    assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"


def test_images_are_built_where_they_run_and_nothing_is_emulated():
    """Images of models are for x86-64 wherever they are built, and no emulator is installed."""
    workflow = yaml.safe_load((FOLDER / "branch-environment.yml").read_text())

    assert workflow["jobs"]["deploy"]["runs-on"] == "ubuntu-24.04"


def test_the_date_of_an_environment_reaches_no_listener_rule():
    """A rule is written anew with all of its weights when a tag of its stack changes."""
    workflow = yaml.safe_load((FOLDER / "branch-environment.yml").read_text())
    calls = [shlex.split(each) for each in scripts(workflow) if "cdk deploy" in each]
    dated = [call for call in calls if "--tags" in call]

    assert [stacks_of(call) for call in dated] == [{"NetworkStack"}]
    assert calls[0] is dated[0], "whatever fails later, the environment ends"
    for call in calls:
        # Without it NetworkStack comes along, and loses its date.
        assert "--exclusively" in call
        assert call is dated[0] or stacks_of(call) & {"NetworkStack", "*"} == set()
    assert stacks_of(calls[-1]) == {"!(NetworkStack)"}


def stacks_of(call):
    return {each.partition("/")[2] for each in call if each.startswith("$STAGE/")}
