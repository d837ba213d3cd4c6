"""Keep running what ECS says should run: start, replace, scale, stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ops.local.log_files import LogFile
from ops.local.task import Task, TaskHost, TaskState

if TYPE_CHECKING:
    from pathlib import Path

    from ops.local.task_definitions import ServiceSpec


@dataclass(slots=True)
class _RunningService:
    spec: ServiceSpec
    log: LogFile
    tasks: list[Task] = field(default_factory=list)
    retiring: list[Task] = field(default_factory=list)
    started: int = 0


class Runner:
    """Reconciles when told to; tasks themselves run, and start again, on their own threads."""

    def __init__(
        self, read_services: Callable[[], Sequence[ServiceSpec]], host: TaskHost, logs: Path
    ) -> None:
        self._read_services = read_services
        self._host = host
        self._logs = logs
        self._services: dict[str, _RunningService] = {}

    @property
    def tasks(self) -> list[Task]:
        """Every task, those on their way out too."""
        return [
            task
            for service in self._services.values()
            for task in (*service.tasks, *service.retiring)
        ]

    @property
    def settled(self) -> bool:
        """Whether every service runs, healthy, what was asked at the last reconciliation."""
        return bool(self._services) and all(
            not service.retiring
            and len(service.tasks) == service.spec.desired_count
            and all(task.state is TaskState.HEALTHY for task in service.tasks)
            for service in self._services.values()
        )

    def reconcile(self) -> None:
        """One step towards what ECS asks for; waits for nothing."""
        wanted = {spec.name: spec for spec in self._read_services()}
        for name, running in list(self._services.items()):
            if name not in wanted:
                self._reconcile_service(running, replace(running.spec, desired_count=0))
                if not running.retiring:
                    del self._services[name]
        for name, spec in wanted.items():
            known = self._services.get(name)
            if known is None:
                log = LogFile(self._logs / f"{spec.label}.log")
                known = self._services[name] = _RunningService(spec, log)
            self._reconcile_service(known, spec)

    def stop(self, *, longest_grace_seconds: float | None = None) -> None:
        """Stop every task at once, each with its definition's grace or the given one."""
        for task in self.tasks:
            task.stop(longest_grace_seconds)
        for task in self.tasks:
            task.await_end()
        self._services.clear()

    def _reconcile_service(self, running: _RunningService, spec: ServiceSpec) -> None:
        if running.spec.deployment_id != spec.deployment_id:
            running.retiring += running.tasks
            running.tasks = []
        running.spec = spec
        surplus = running.tasks[spec.desired_count :]
        del running.tasks[spec.desired_count :]
        running.retiring += surplus
        while len(running.tasks) < spec.desired_count:
            running.started += 1
            task_id = f"{spec.label}-{running.started}"
            running.tasks.append(Task(spec, task_id, self._host, running.log))
        # Old tasks that answer do so until the new ones can, as ECS keeps 100 % healthy.
        replaced = all(task.state is TaskState.HEALTHY for task in running.tasks)
        for task in running.retiring:
            if replaced or task.state is not TaskState.HEALTHY:
                task.stop()
        running.retiring = [task for task in running.retiring if not task.ended]
