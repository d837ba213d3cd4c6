"""What a task definition asks of a local process."""

from __future__ import annotations

from typing import Any

import pytest

from ops.local.task_definitions import (
    UnsupportedTask,
    pick_interpreter,
    read_service,
    split_secret,
)

SECRET = "arn:aws:secretsmanager:us-east-1:000000000000:secret:Cache-Password-a1b2c3"
GROUP = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/primary/1"


def _service(**changes: Any) -> dict[str, Any]:
    return {
        "serviceName": "Kindred-local-ApiStack-Similarity",
        "clusterArn": "arn:aws:ecs:us-east-1:000000000000:cluster/c",
        "desiredCount": 2,
        "deployments": [
            {"id": "old", "status": "ACTIVE"},
            {"id": "new", "status": "PRIMARY"},
        ],
        "loadBalancers": [{"targetGroupArn": GROUP, "containerName": "similarity_service"}],
        **changes,
    }


def _task(**changes: Any) -> dict[str, Any]:
    container = {
        "name": "similarity_service",
        "image": "000000000000.dkr.ecr.us-east-1.amazonaws.com/assets:4418",
        "command": ["python", "-m", "similarity_service"],
        "environment": [{"name": "SERVICE_NAME", "value": "similarity_service"}],
        "secrets": [{"name": "VALKEY_PASSWORD", "valueFrom": f"{SECRET}:password::"}],
        "stopTimeout": 60,
        "logConfiguration": {
            "options": {"awslogs-group": "/kindred/similarity", "awslogs-stream-prefix": "s"}
        },
        **changes,
    }
    return {
        "taskRoleArn": "arn:task",
        "executionRoleArn": "arn:execution",
        "containerDefinitions": [container],
    }


GROUPS = {GROUP: {"HealthCheckPath": "/readyz", "UnhealthyThresholdCount": 3}}


def test_a_service_is_read_as_its_primary_deployment() -> None:
    spec = read_service(_service(), _task(), GROUPS)

    assert spec.label == "similarity_service"
    assert spec.deployment_id == "new"
    assert spec.desired_count == 2
    assert (spec.task_role_arn, spec.execution_role_arn) == ("arn:task", "arn:execution")
    assert spec.target_group_arns == (GROUP,)
    assert spec.health is not None
    assert (spec.health.path, spec.health.failures_allowed) == ("/readyz", 3)


def test_a_container_is_read_with_its_image_secrets_and_log() -> None:
    container = read_service(_service(), _task(), GROUPS).container

    assert container.image_tag == "4418"
    assert container.secrets == {"VALKEY_PASSWORD": f"{SECRET}:password::"}
    assert container.stop_seconds == 60
    assert container.log is not None
    assert container.log.group == "/kindred/similarity"


def test_a_service_without_a_load_balancer_has_no_health_check() -> None:
    spec = read_service(_service(loadBalancers=[]), _task(), GROUPS)

    assert spec.health is None
    assert spec.target_group_arns == ()


def test_an_entry_point_comes_before_the_command() -> None:
    container = read_service(_service(), _task(entryPoint=["sh", "-c"]), GROUPS).container

    assert container.command[:2] == ("sh", "-c")


def test_a_task_of_two_containers_is_refused_by_name() -> None:
    task = _task()
    task["containerDefinitions"] *= 2

    with pytest.raises(UnsupportedTask, match="similarity_service, similarity_service"):
        read_service(_service(), task, GROUPS)


def test_a_container_that_the_task_can_do_without_is_left_out() -> None:
    task = _task()
    beside = {"name": "traces", "image": "assets:1", "essential": False}
    task["containerDefinitions"].append(beside)

    assert read_service(_service(), task, GROUPS).container.name == "similarity_service"


@pytest.mark.parametrize(
    ("value_from", "expected"),
    [
        pytest.param(SECRET, (SECRET, None), id="a whole secret"),
        pytest.param(f"{SECRET}:password::", (SECRET, "password"), id="one key of it"),
        pytest.param(f"{SECRET}:::", (SECRET, None), id="no key between the colons"),
    ],
)
def test_a_secret_reference_is_split(value_from: str, expected: tuple[str, str | None]) -> None:
    assert split_secret(value_from) == expected


def test_python_is_this_projects_interpreter_and_other_programs_stay() -> None:
    assert pick_interpreter(["python", "-m", "x"], "/venv/python") == ["/venv/python", "-m", "x"]
    assert pick_interpreter(["sh", "-c", "x"], "/venv/python") == ["sh", "-c", "x"]
