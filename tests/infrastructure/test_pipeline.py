"""What the pipeline does with a commit, in which order, and what each of its steps may do."""

import re

import pytest

from ops.delivery.load import GROUP_REQUESTS_PER_MINUTE
from stacks.environment_file import load_environment
from tests.infrastructure.synthesized import ROOT, as_list

LOOKING = {"Changes", "EndToEnd", "Load", "Smoke", "Watch"}
BUILDING = {"Check", "ImagesAmd64", "ImagesArm64", "Performance", "Plan", "Release", "Test"}


@pytest.fixture(scope="module")
def prod(platforms):
    return platforms["prod"]


@pytest.fixture(scope="module")
def stages(prod):
    [pipeline] = prod.of_type("AWS::CodePipeline::Pipeline")
    return {stage["Name"]: stage for stage in pipeline.properties["Stages"]}


def order(stage):
    """Names of actions that start together, in their order."""
    found = {}
    for action in stage["Actions"]:
        found.setdefault(action["RunOrder"], set()).add(action["Name"])
    return [found[each] for each in sorted(found)]


def inputs(stage, name):
    [action] = [each for each in stage["Actions"] if each["Name"] == name]
    return [each["Name"] for each in action["InputArtifacts"]]


def roles(prod):
    """Steps by the path of their role."""
    return {
        f"PipelineStack/{'Build' if name in BUILDING else 'Steps'}/{name}Role": name
        for name in (*BUILDING, *LOOKING, "Deploy")
    }


def assumed(prod):
    """Kinds of bootstrap roles, by the step that may act as them."""
    found = {}
    for permission in prod.permissions:
        if permission.role.startswith("PipelineStack") and permission.action == "sts:AssumeRole":
            kind = permission.resource.split("cdk-hnb659fds-")[1].split("-role-")[0]
            found.setdefault(roles(prod)[permission.role], set()).add(kind)
    return found


def test_only_the_environment_in_which_a_pipeline_ends_has_one(platforms):
    with_one = {name for name, each in platforms.items() if "PipelineStack" in each.templates}

    assert with_one == {"prod"}


def test_a_commit_passes_staging_and_approval_before_production(stages):
    assert list(stages) == ["Source", "Build", "Staging", "ApproveProd", "Prod"]


def test_everything_is_judged_and_built_once_before_there_is_a_release(stages):
    assert order(stages["Build"]) == [
        {"Check", "Test", "Performance", "Plan"},
        {"ImagesAmd64", "ImagesArm64"},
        {"Release"},
    ]


def test_every_environment_takes_the_same_release(stages):
    for stage in ("Staging", "ApproveProd", "Prod"):
        for action in stages[stage]["Actions"]:
            if action["ActionTypeId"]["Provider"] == "CodeBuild":
                assert inputs(stages[stage], action["Name"]) == ["Source", "Release"]


def test_staging_gives_the_canary_requests_and_is_tested_end_to_end_and_under_load(stages):
    assert order(stages["Staging"]) == [
        {"Deploy", "CanaryLoad"}, {"Smoke"}, {"EndToEnd"}, {"LoadTest"}, {"Watch"},
    ]  # fmt: skip


def test_production_is_watched_and_goes_back_by_itself(stages):
    assert order(stages["Prod"]) == [{"Deploy"}, {"Smoke"}, {"Watch"}]
    assert stages["Prod"]["OnFailure"]["Result"] == "ROLLBACK"


def test_who_approves_is_told_what_changes(prod, stages):
    changes, approval = stages["ApproveProd"]["Actions"]
    [topic] = prod.of_type("AWS::SNS::Topic", stack="PipelineStack")

    assert changes["Name"] == "Changes"
    assert approval["ActionTypeId"]["Category"] == "Approval"
    told = approval["Configuration"]
    assert told["CustomData"] == f"#{{{changes['Namespace']}.SUMMARY}}"
    assert prod.named(told["NotificationArn"], stack="PipelineStack") == topic.path


def test_a_failed_execution_is_told_to_the_same_people(prod):
    [rule] = prod.of_type("AWS::Events::Rule", stack="PipelineStack")
    [topic] = prod.of_type("AWS::SNS::Topic", stack="PipelineStack")

    assert rule.properties["EventPattern"]["detail"] == {"state": ["FAILED"]}
    [target] = rule.properties["Targets"]
    assert prod.named(target["Arn"], stack="PipelineStack") == topic.path


def test_only_the_deploying_step_may_change_an_environment(prod):
    found = assumed(prod)

    assert found.pop("Deploy") == {"deploy", "file-publishing", "image-publishing", "lookup"}
    assert found == {name: {"lookup"} for name in LOOKING}


def test_only_steps_that_build_images_may_push_them(prod):
    pushing = {
        roles(prod)[permission.role]
        for permission in prod.permissions
        if permission.action == "ecr:PutImage"
    }

    assert pushing == {"ImagesAmd64", "ImagesArm64", "Release"}


def test_images_are_built_on_their_own_processor_and_nothing_else_has_docker(prod):
    projects = {
        each.path.rpartition("/")[2]: each.properties["Environment"]
        for each in prod.of_type("AWS::CodeBuild::Project")
    }
    with_docker = {name for name, each in projects.items() if each.get("PrivilegedMode")}

    assert projects["ImagesArm64"]["Type"] == "ARM_CONTAINER"
    assert projects["ImagesAmd64"]["Type"] == "LINUX_CONTAINER"
    assert with_docker == {"ImagesAmd64", "ImagesArm64"}


def test_each_step_is_a_build_specification_of_the_repository(prod):
    for project in prod.of_type("AWS::CodeBuild::Project"):
        file = project.properties["Source"]["BuildSpec"]
        assert (ROOT / file).is_file(), project.path


def test_images_are_scanned_encrypted_and_their_tags_never_move(prod):
    [repository] = prod.of_type("AWS::ECR::Repository")

    assert repository.properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert repository.properties["ImageTagMutability"] == "IMMUTABLE"
    assert repository.properties["EncryptionConfiguration"]["EncryptionType"] == "KMS"


def test_a_deployment_has_time_for_the_canary_and_for_the_old_tasks(prod):
    deployment = load_environment("prod").deployment
    projects = {
        each.path.rpartition("/")[2]: each.properties["TimeoutInMinutes"]
        for each in prod.of_type("AWS::CodeBuild::Project")
    }

    assert projects["Deploy"] >= deployment.longest_minutes + 120


def test_the_load_of_a_canary_is_what_its_alarms_ask_for(prod):
    """Fewer requests a minute than this, and a target group counts as healthy."""
    expressions = [
        query["Expression"]
        for alarm in prod.of_type("AWS::CloudWatch::Alarm", stack="ApiStack")
        for query in alarm.properties.get("Metrics", [])
        if ">=" in query.get("Expression", "")
    ]

    assert expressions
    for expression in expressions:
        assert set(re.findall(r">=(\d+)", expression)) == {str(GROUP_REQUESTS_PER_MINUTE)}


def test_the_stages_of_a_pipeline_are_environments_and_agree_on_accounts():
    for stage in load_environment("prod").pipeline.stages:
        assert load_environment(stage.environment).account == stage.account


def test_nothing_of_the_pipeline_is_open_to_everybody(prod):
    for kind in ("AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::KMS::Key"):
        for resource in prod.of_type(kind, stack="PipelineStack"):
            document = resource.properties.get("PolicyDocument") or resource.properties["KeyPolicy"]
            for statement in document["Statement"]:
                open_to_all = statement["Principal"] in ("*", {"AWS": "*"})
                assert statement["Effect"] == "Deny" or not open_to_all, as_list(statement)
