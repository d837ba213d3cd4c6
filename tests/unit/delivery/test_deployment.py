"""What of a release's assembly is deployed to an environment, where to, and in which order."""

import json

import pytest
from typer.testing import CliRunner

from ops.cli import app
from ops.delivery.deployment import NotDeployable, check_deployable, deploy_command
from ops.delivery.look_commands import stage_of
from ops.delivery.released_stacks import image_regions, released_stacks
from stacks.environment_file import load_environment
from stacks.yaml_file import InvalidFile

DIGEST = f"repository@sha256:{'1' * 64}"


def artifact(stage, name, region="us-east-1", needs=()):
    return {
        "type": "aws:cloudformation:stack",
        "environment": f"aws://unknown-account/{region}",
        "properties": {"templateFile": f"{stage}{name}.json", "stackName": f"{stage}-{name}"},
        "dependencies": [f"{stage}{each}" for each in needs],
        "displayName": f"{stage}/{name} ({stage}-{name})",
    }


@pytest.fixture
def assembly(tmp_path):
    for stage in ("Kindred-staging", "Kindred-prod"):
        folder = tmp_path / f"assembly-{stage}"
        folder.mkdir()
        stacks = {
            "ApiStack": artifact(stage, "ApiStack", needs=["DataStack"]),
            "DataStack": artifact(stage, "DataStack"),
            "EdgeStack": artifact(stage, "EdgeStack", region="eu-west-1"),
            "PipelineStack": artifact(stage, "PipelineStack"),
        }
        for name in stacks:
            image = {"Image": DIGEST} if name == "ApiStack" else {}
            template = {"Resources": {"R": {"Type": "T", "Properties": image}}}
            (folder / f"{stage}{name}.json").write_text(json.dumps(template))
        artifacts = {f"{stage}{name}": each for name, each in stacks.items()}
        (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    nested = {
        stage: {
            "type": "cdk:cloud-assembly",
            "properties": {"directoryName": f"assembly-{stage}"},
        }
        for stage in ("Kindred-staging", "Kindred-prod")
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": nested}))
    return tmp_path


def test_an_environments_own_stacks_are_deployed_producers_first(assembly):
    paths = [each.path for each in released_stacks(assembly, load_environment("staging"))]

    assert set(paths) == {
        f"Kindred-staging/{name}" for name in ("ApiStack", "DataStack", "EdgeStack")
    }
    assert paths.index("Kindred-staging/DataStack") < paths.index("Kindred-staging/ApiStack")


def test_the_pipeline_does_not_deploy_itself(assembly):
    stacks = released_stacks(assembly, load_environment("prod"))

    assert "Kindred-prod/PipelineStack" not in [each.path for each in stacks]


def test_images_go_to_the_regions_that_pull_them(assembly):
    assert image_regions(released_stacks(assembly, load_environment("staging"))) == ["us-east-1"]


def test_a_deployment_builds_nothing_and_asks_nobody(assembly):
    stacks = released_stacks(assembly, load_environment("staging"))

    command = deploy_command(assembly, stacks)

    assert command[1:4] == ["deploy", "--app", str(assembly)]
    assert command[command.index("--require-approval") + 1] == "never"
    assert command[-3:] == [each.path for each in stacks]


def test_an_environment_that_needs_somebody_after_each_deployment_is_refused(assembly):
    staging = load_environment("staging").model_copy(update={"domain": None})

    with pytest.raises(NotDeployable, match=r"environments/staging\.yaml: domain: not given"):
        check_deployable(staging, released_stacks(assembly, staging))


def test_an_environment_that_the_release_does_not_have_is_refused(assembly):
    dev = load_environment("dev")

    with pytest.raises(NotDeployable, match="no stack of dev"):
        check_deployable(dev, released_stacks(assembly, dev))


def test_a_stage_is_found_in_the_file_that_describes_the_pipeline():
    assert stage_of("prod", "staging").load_test is not None

    with pytest.raises(InvalidFile, match="given staging, prod, allowed with dev among them"):
        stage_of("prod", "dev")
    with pytest.raises(InvalidFile, match="given none, allowed with prod among them"):
        stage_of("staging", "prod")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["smoke"], "given both or neither", id="smoke of nothing"),
        pytest.param(
            ["smoke", "--url", "http://127.0.0.1:1/"], "KINDRED_API_KEY: not set", id="no key"
        ),
        pytest.param(["plan", "missing", "--into", "x"], "no cloud assembly", id="no assembly"),
        pytest.param(
            ["load-test", "--environment", "prod", "--pipeline", "prod"],
            "no load_test for prod",
            id="a stage without load",
        ),
    ],
)
def test_a_command_says_what_it_misses(monkeypatch, arguments, said):
    monkeypatch.delenv("KINDRED_API_KEY", raising=False)

    answer = CliRunner().invoke(app, ["delivery", *arguments])

    assert answer.exit_code in (1, 2)
    assert said in answer.output.replace("\n", " ")
