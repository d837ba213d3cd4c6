"""Build specifications are run here as far as that goes without AWS: read, parsed, resolved."""

import re
import shlex
import subprocess

import pytest
import yaml

from tests.infrastructure.synthesized import ROOT
from tests.unit.delivery.command_line import assert_taken, kindred_calls

FOLDER = ROOT / "delivery"
FILES = sorted(path.stem for path in FOLDER.glob("*.yml"))
PHASES = ("install", "pre_build", "build", "post_build")
# What CodeBuild and the shell themselves give.
GIVEN = {"PWD", "PATH", "HOME"}
VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
ASSIGNED = re.compile(r"(?:^|\s)(?:export )?([A-Za-z_][A-Za-z0-9_]*)=")
# Of CodeBuild's managed images that the projects name.
RUNTIMES = {"python": {"3.12", "3.13"}, "nodejs": {"20", "22"}}


@pytest.fixture(params=FILES)
def name(request):
    return request.param


@pytest.fixture
def specification(name):
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text())


def commands(specification):
    for phase in PHASES:
        described = specification["phases"].get(phase, {})
        yield from described.get("commands", [])
        yield from described.get("finally", [])


@pytest.fixture(scope="module")
def projects(platforms):
    """Of the synthesized pipeline, by the build specification that each runs."""
    found = {}
    for project in platforms["prod"].of_type("AWS::CodeBuild::Project"):
        file = project.properties["Source"]["BuildSpec"]
        found.setdefault(file.removeprefix("delivery/").removesuffix(".yml"), []).append(project)
    return found


@pytest.fixture(scope="module")
def actions(platforms):
    """Actions of the pipeline that run a project, by the project's logical id."""
    [pipeline] = platforms["prod"].of_type("AWS::CodePipeline::Pipeline")
    found = {}
    for stage in pipeline.properties["Stages"]:
        for action in stage["Actions"]:
            if action["ActionTypeId"]["Provider"] == "CodeBuild":
                project = action["Configuration"]["ProjectName"]["Ref"]
                found.setdefault(project, []).append(action)
    return found


def uses(projects, actions, name):
    """Each project and action that run a specification."""
    for project in projects[name]:
        for action in actions[project.logical_id]:
            yield project, action


def variables_of(project, action):
    ours = project.properties["Environment"].get("EnvironmentVariables", [])
    text = action["Configuration"].get("EnvironmentVariables", "[]")
    names = re.findall(r'"name":\s*"(\w+)"', text if isinstance(text, str) else str(text))
    return {each["Name"] for each in ours} | set(names)


def test_every_specification_is_a_step_of_the_pipeline(projects):
    assert set(FILES) == set(projects)


def test_it_has_the_parts_that_codebuild_knows(specification):
    assert specification["version"] == 0.2
    assert set(specification) <= {"version", "env", "phases", "artifacts"}
    assert set(specification["phases"]) <= set(PHASES)
    assert specification["env"]["shell"] == "bash"
    for phase in specification["phases"].values():
        assert set(phase) <= {"runtime-versions", "commands", "finally"}
    for runtime, version in specification["phases"]["install"]["runtime-versions"].items():
        assert version in RUNTIMES[runtime]


def test_bash_parses_every_command(specification):
    for command in commands(specification):
        parsed = subprocess.run(
            ["bash", "-n"], input=command, capture_output=True, text=True, check=False
        )
        assert parsed.returncode == 0, (command, parsed.stderr)


def test_every_variable_is_given_by_who_runs_it_and_every_given_one_is_read(
    name, specification, projects, actions
):
    text = "\n".join(commands(specification))
    read = set(VARIABLE.findall(text)) - set(ASSIGNED.findall(text)) - GIVEN
    sources = {each for each in read if each.startswith("CODEBUILD_SRC_DIR_")}
    for project, action in uses(projects, actions, name):
        given = variables_of(project, action)
        assert read - sources <= given, f"{action['Name']} reads what nobody gives"
        assert given - read <= {"COMMIT", "ENVIRONMENT"}, f"{action['Name']} does not read"


def test_it_reads_the_artefacts_that_its_actions_hand_over(name, specification, projects, actions):
    text = "\n".join(commands(specification))
    read = set(re.findall(r"CODEBUILD_SRC_DIR_(\w+)", text))
    for _, action in uses(projects, actions, name):
        assert read <= {each["Name"] for each in action["InputArtifacts"]}, action["Name"]


def test_it_leaves_an_artefact_where_another_step_wants_one(name, specification, projects, actions):
    for _, action in uses(projects, actions, name):
        assert bool(action.get("OutputArtifacts")) == ("artifacts" in specification)


def test_what_an_approval_shows_is_exported(specification, name):
    exported = specification["env"].get("exported-variables", [])

    assert exported == (["SUMMARY"] if name == "changes" else [])


def test_every_call_of_the_command_line_is_one_that_it_takes(specification):
    for command in commands(specification):
        for arguments in kindred_calls(command):
            assert_taken(arguments)


def test_every_target_of_make_exists(specification):
    for command in commands(specification):
        for call in re.findall(r"(?:^|\s)make ([^;|]+)", command):
            targets = [each for each in shlex.split(call) if "=" not in each]
            asked = subprocess.run(
                ["make", "--dry-run", "--question", *targets],
                cwd=ROOT, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert asked.returncode in (0, 1), asked.stderr


def test_every_file_that_a_command_names_is_in_the_repository(specification):
    for command in commands(specification):
        for path in re.findall(r"(?:^|\s)((?:load_tests|tests)/[\w./-]+)", command):
            assert (ROOT / path).exists(), path
