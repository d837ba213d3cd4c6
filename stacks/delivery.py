"""The pipeline that takes a commit through environments, and what each of them asks of it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from stacks.github import Repository
from stacks.identifiers import AccountId, Slug
from stacks.integrations import Address
from stacks.sizes import Part


class LoadTest(Part):
    """Load of all services together, once a deployment is through, and what must hold under it.

    While a deployment is under way there is load as well, of as many requests as its canary's
    alarms need to say anything: see `kindred delivery canary-load`.
    """

    requests_per_second: Annotated[int, Field(ge=1, le=10_000)] = 20
    minutes: Annotated[int, Field(ge=1, le=120)] = 10
    p99_latency_ms: Annotated[int, Field(ge=1, le=60_000)] = 500
    error_percent: Annotated[float, Field(ge=0, le=100)] = 1.0


class DeliveryStage(Part):
    """An environment on the way. `account` as in its own file; without it, the pipeline's.

    With `approval` a person sees what changes, and says yes, before anything does. With `rollback`
    a stage that fails goes back to the release before.
    """

    environment: Slug
    account: AccountId | None = None
    approval: bool = False
    end_to_end: bool = False
    load_test: LoadTest | None = None
    # After a deployment: alarms stay quiet and synthetic checks pass for as long.
    watch_minutes: Annotated[int, Field(ge=0, le=240)] = 15
    rollback: bool = False


class Pipeline(Part):
    """From a branch of a GitHub repository, through `stages` in their order."""

    repository: Repository
    branch: Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]+$")] = "main"
    # Asked for approval, and told of executions that fail.
    email: Address | None = None
    stages: Annotated[tuple[DeliveryStage, ...], Field(min_length=1, max_length=6)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [stage.environment for stage in self.stages]
        if len(set(names)) != len(names):
            raise ValueError(f"stages: given {', '.join(names)}, allowed each environment once")
        return self
