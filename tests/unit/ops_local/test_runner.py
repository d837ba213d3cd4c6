"""Running what ECS says should run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.local import runner as runner_module
from ops.local.runner import Runner
from ops.local.task import TaskState, backoff_seconds
from ops.local.task_definitions import ContainerSpec, ServiceSpec

SPEC = ServiceSpec(
    name="similarity",
    label="similarity_service",
    cluster="c",
    deployment_id="one",
    desired_count=2,
    task_role_arn="arn:task",
    execution_role_arn="arn:execution",
    container=ContainerSpec(
        name="similarity_service",
        command=("python",),
        image_tag="i",
        environment={},
        secrets={},
        stop_seconds=1,
        log=None,
    ),
    target_group_arns=(),
    health=None,
)


class FakeTask:
    """Never starts a process; a test says when it is healthy."""

    def __init__(self, spec: ServiceSpec, task_id: str, *_: Any) -> None:
        self.spec = spec
        self.task_id = task_id
        self.state = TaskState.STARTING

    @property
    def ended(self) -> bool:
        return self.state is TaskState.STOPPED

    def stop(self, _: float | None = None) -> None:
        self.state = TaskState.STOPPED


class Platform:
    """A runner, and what ECS tells it."""

    def __init__(self, logs: Path) -> None:
        self.specs = [SPEC]
        self.runner = Runner(lambda: self.specs, None, logs)  # type: ignore[arg-type]

    def reconcile(self, *, healthy: bool) -> list[str]:
        self.runner.reconcile()
        if healthy:
            for task in self.runner.tasks:
                task.state = TaskState.HEALTHY
            self.runner.reconcile()
        return [task.task_id for task in self.runner.tasks]


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    monkeypatch.setattr(runner_module, "Task", FakeTask)
    return Platform(tmp_path)


def test_as_many_tasks_run_as_are_asked_for(platform: Platform) -> None:
    assert platform.reconcile(healthy=False) == ["similarity_service-1", "similarity_service-2"]
    assert not platform.runner.settled


def test_it_is_settled_when_all_are_healthy(platform: Platform) -> None:
    platform.reconcile(healthy=True)

    assert platform.runner.settled


def test_old_tasks_stay_until_the_new_ones_are_healthy(platform: Platform) -> None:
    platform.reconcile(healthy=True)
    platform.specs = [replace(SPEC, deployment_id="two")]

    during = platform.reconcile(healthy=False)
    after = platform.reconcile(healthy=True)

    assert set(during) == {f"similarity_service-{number}" for number in (1, 2, 3, 4)}
    assert after == ["similarity_service-3", "similarity_service-4"]


def test_old_tasks_that_never_became_healthy_are_stopped_at_once(platform: Platform) -> None:
    platform.reconcile(healthy=False)
    platform.specs = [replace(SPEC, deployment_id="two")]

    assert platform.reconcile(healthy=False) == ["similarity_service-3", "similarity_service-4"]


def test_a_service_is_scaled_both_ways(platform: Platform) -> None:
    platform.reconcile(healthy=True)
    platform.specs = [replace(SPEC, desired_count=3)]
    grown = platform.reconcile(healthy=True)
    platform.specs = [replace(SPEC, desired_count=1)]
    shrunk = platform.reconcile(healthy=True)

    assert (len(grown), shrunk) == (3, ["similarity_service-1"])


def test_a_service_that_is_gone_is_stopped(platform: Platform) -> None:
    platform.reconcile(healthy=True)
    platform.specs = []

    assert platform.reconcile(healthy=False) == []


def test_a_task_that_fails_again_and_again_waits_longer_but_never_gives_up() -> None:
    waits = [backoff_seconds(attempt) for attempt in range(1, 12)]

    assert waits[:3] == [0.5, 1.0, 2.0]
    assert waits == sorted(waits)
    assert waits[-1] == 30
