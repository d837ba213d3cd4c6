"""How a new task definition takes over from the old one, service by service."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from stacks.sizes import Part

Strategy = Literal["canary", "linear", "blue_green", "rolling"]
ServiceName = Literal["similarity", "prediction", "experiments"]
SERVICE_NAMES: tuple[ServiceName, ...] = ("similarity", "prediction", "experiments")
# ECS's own bounds.
Minutes = Annotated[int, Field(ge=0, le=1440)]
# What each strategy reads beside its name.
_READ: dict[Strategy, set[str]] = {
    "canary": {"canary_percent", "canary_bake_minutes", "old_tasks_kept_minutes"},
    "linear": {"linear_percent", "linear_bake_minutes", "old_tasks_kept_minutes"},
    "blue_green": {"old_tasks_kept_minutes"},
    "rolling": set(),
}


class ServiceDeployment(Part):
    """`canary`: a share, which bakes under alarms, then the rest. `linear`: equal shares one after
    another, each baked. `blue_green`: all at once. These three keep the old tasks for a while and
    go back to them on an alarm. `rolling`: task by task, in one target group.
    """

    strategy: Strategy = "canary"
    canary_percent: Annotated[int, Field(ge=1, le=50)] = 10
    canary_bake_minutes: Minutes = 10
    linear_percent: Annotated[int, Field(ge=3, le=50)] = 10
    linear_bake_minutes: Minutes = 6
    old_tasks_kept_minutes: Minutes = 60

    @property
    def minutes(self) -> int:
        """From the new tasks' first request to the old tasks' end."""
        match self.strategy:
            case "canary":
                return self.canary_bake_minutes + self.old_tasks_kept_minutes
            case "linear":
                steps = -(-100 // self.linear_percent)
                return (steps - 1) * self.linear_bake_minutes + self.old_tasks_kept_minutes
            case "blue_green":
                return self.old_tasks_kept_minutes
            case "rolling":
                return 0


class Deployment(ServiceDeployment):
    """The strategy of every service; `services` says what one does otherwise."""

    services: dict[ServiceName, ServiceDeployment] = Field(default_factory=dict)

    def of(self, service: ServiceName) -> ServiceDeployment:
        ours = self.model_dump(exclude={"services"})
        own = self.services.get(service)
        return ServiceDeployment(**ours | (own.model_dump(exclude_unset=True) if own else {}))

    @property
    def longest_minutes(self) -> int:
        """Until the last service's old tasks end, where all are deployed together."""
        return max(self.of(service).minutes for service in SERVICE_NAMES)

    @model_validator(mode="after")
    def _what_is_given_is_read(self) -> Self:
        strategies = {service: self.of(service).strategy for service in SERVICE_NAMES}
        given = {
            "": (self.model_fields_set - {"services"}, set(strategies.values())),
            **{
                f"services.{service}.": (own.model_fields_set, {strategies[service]})
                for service, own in self.services.items()
            },
        }
        for where, (keys, used) in given.items():
            read = set().union({"strategy"}, *(_READ[strategy] for strategy in used))
            if unread := sorted(keys - read):
                raise ValueError(
                    f"{where}{unread[0]}: given with the strategy {', '.join(sorted(used))}, "
                    "allowed with one that reads it"
                )
        return self
