"""How large an environment's parts may be."""

from __future__ import annotations

import re
import zoneinfo
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Tier = Literal["starter", "growth", "high", "extreme"]

# AWS Fargate task sizes: CPU units (1024 = 1 vCPU) to the memory they may have, in MiB.
FARGATE_MEMORY_MIB = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4097, 1024)),
    1024: tuple(range(2048, 8193, 1024)),
    2048: tuple(range(4096, 16385, 1024)),
    4096: tuple(range(8192, 30721, 1024)),
}


SearchInstance = Annotated[str, Field(pattern=r"^[a-z0-9]+\.[a-z0-9]+\.search$")]


class Part(BaseModel):
    """A part of an environment file: no unknown keys, no conversions, no changes afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class TaskSizes(Part):
    cpu: Literal[256, 512, 1024, 2048, 4096]
    memory_mib: int
    min_tasks: Annotated[int, Field(ge=1, le=1000)]
    max_tasks: Annotated[int, Field(ge=1, le=1000)]
    # Kept running while `autoscaling.peak` lasts.
    peak_min_tasks: Annotated[int, Field(ge=1, le=1000)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        allowed = FARGATE_MEMORY_MIB[self.cpu]
        if self.memory_mib not in allowed:
            raise ValueError(
                f"memory_mib: given {self.memory_mib}, allowed with {self.cpu} CPU units: "
                f"{', '.join(map(str, allowed))}"
            )
        if not self.min_tasks <= self.peak_min_tasks <= self.max_tasks:
            raise ValueError(
                f"given min_tasks {self.min_tasks}, peak_min_tasks {self.peak_min_tasks}, "
                f"max_tasks {self.max_tasks}, allowed in ascending order only"
            )
        return self


class ServiceSizes(Part):
    similarity: TaskSizes
    prediction: TaskSizes
    experiments: TaskSizes


class Peak(Part):
    """Hours of the day with the most traffic; tasks are raised `lead_hours` before they start."""

    starts_hour: Annotated[int, Field(ge=0, le=23)]
    ends_hour: Annotated[int, Field(ge=0, le=23)]
    lead_hours: Annotated[int, Field(ge=0, le=12)] = 2
    time_zone: str = "Etc/UTC"

    @model_validator(mode="after")
    def _is_a_part_of_a_day(self) -> Self:
        if self.starts_hour == self.ends_hour:
            raise ValueError(f"given {self.starts_hour} twice, allowed two hours that differ")
        known = zoneinfo.available_timezones()
        if known and self.time_zone not in known:
            raise ValueError(
                f"time_zone: given {self.time_zone!r}, allowed an IANA name like Europe/Berlin"
            )
        return self


class Autoscaling(Part):
    cpu_percent: Annotated[int, Field(ge=10, le=95)]
    memory_percent: Annotated[int, Field(ge=10, le=95)] = 80
    requests_per_task_per_second: Annotated[int, Field(ge=1)] | None = None
    scale_out_cooldown_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    scale_in_cooldown_seconds: Annotated[int, Field(ge=0, le=3600)] = 300
    peak: Peak | None = None


class CacheSizes(Part):
    node_type: Annotated[str, Field(pattern=r"^cache\.[a-z0-9]+\.[a-z0-9]+$")]
    shards: Annotated[int, Field(ge=1, le=90)]
    replicas_per_shard: Annotated[int, Field(ge=0, le=5)]
    snapshot_days: Annotated[int, Field(ge=0, le=35)]


class Throttle(Part):
    rate_per_second: Annotated[int, Field(ge=1, le=10_000)]
    burst: Annotated[int, Field(ge=1, le=5_000)]
    daily_quota: Annotated[int, Field(ge=1)] | None = None


class TableCapacity(Part):
    """Bounds per table, in read or write units, when billing is provisioned."""

    billing: Literal["on_demand", "provisioned"]
    min_units: Annotated[int, Field(ge=1)] = 5
    max_units: Annotated[int, Field(ge=1)] = 100
    target_percent: Annotated[int, Field(ge=20, le=90)] = 70

    @model_validator(mode="after")
    def _ascends(self) -> Self:
        if self.min_units > self.max_units:
            raise ValueError(
                f"given min_units {self.min_units}, max_units {self.max_units}, "
                "allowed in ascending order only"
            )
        return self


class DatabaseSizes(Part):
    """Of each instance, in Aurora capacity units of about 2 GiB; one writes, the others read."""

    min_acu: Annotated[float, Field(ge=0.5, le=256, multiple_of=0.5)]
    max_acu: Annotated[float, Field(ge=1, le=256, multiple_of=0.5)]
    readers: Annotated[int, Field(ge=1, le=15)]
    backup_days: Annotated[int, Field(ge=1, le=35)]

    @model_validator(mode="after")
    def _ascends(self) -> Self:
        if self.min_acu > self.max_acu:
            raise ValueError(
                f"given min_acu {self.min_acu:g}, max_acu {self.max_acu:g}, "
                "allowed in ascending order only"
            )
        return self


class StreamSizes(Part):
    """A shard takes 1,000 events or 1 MiB a second; on demand AWS adds and takes away shards."""

    mode: Literal["on_demand", "provisioned"]
    shards: Annotated[int, Field(ge=1, le=500)] | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if (self.mode == "provisioned") != (self.shards is not None):
            raise ValueError(
                f"given mode {self.mode} and shards {self.shards or 'null'}, "
                "allowed provisioned with shards, or on_demand with null"
            )
        return self


class SearchSizes(Part):
    """`managers` keep the cluster together; small domains let the nodes with data do it."""

    instance_type: SearchInstance
    nodes: Annotated[int, Field(ge=1, le=80)]
    volume_gib: Annotated[int, Field(ge=10, le=3_000)]
    managers: Literal[0, 3, 5] = 0
    manager_type: SearchInstance | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if (self.managers > 0) != (self.manager_type is not None):
            raise ValueError(
                f"given managers {self.managers} and manager_type {self.manager_type or 'null'}, "
                "allowed both or neither"
            )
        return self


def _runs_on_x86(given: str) -> str:
    family = given.split(".")[1]
    if re.match(r"[a-z]+\d+g", family) and not family.startswith(("g", "p")):
        raise ValueError(
            f"given {given}, allowed types with x86 processors: training and batch jobs have no "
            "others, and one image serves all"
        )
    return given


ModelInstance = Annotated[
    str,
    Field(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$"),
    AfterValidator(_runs_on_x86),
]


class EndpointSizes(Part):
    """Of each variant; between one and ten instances it grows and shrinks by itself."""

    instance_type: ModelInstance
    initial_instances: Annotated[int, Field(ge=1, le=10)]


class TrainingSizes(Part):
    instance_type: ModelInstance
    volume_gib: Annotated[int, Field(ge=10, le=1_000)]
    max_hours: Annotated[int, Field(ge=1, le=48)]


class Sizes(Part):
    services: ServiceSizes
    autoscaling: Autoscaling
    cache: CacheSizes
    api: Throttle
    tables: TableCapacity
    database: DatabaseSizes
    stream: StreamSizes
    endpoints: EndpointSizes
    training: TrainingSizes
    # Without it events are counted and archived, and not indexed.
    search: SearchSizes | None
    # What one question to the archive of events may read: a query that reads more is a mistake.
    # Training reads 30 days of them.
    query_gb: Annotated[int, Field(ge=1, le=100_000)]
    intelligent_tiering: bool
