"""What an environment's tier buys. An environment file may override any single value."""

from __future__ import annotations

import zoneinfo
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

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


class Sizes(Part):
    services: ServiceSizes
    autoscaling: Autoscaling
    cache: CacheSizes
    api: Throttle
    tables: TableCapacity
    database: DatabaseSizes
    stream: StreamSizes
    # Without it events are counted and archived, and not indexed.
    search: SearchSizes | None
    intelligent_tiering: bool


def _tasks(cpu: int, memory_mib: int, smallest: int, peak: int, largest: int) -> dict[str, int]:
    return {
        "cpu": cpu,
        "memory_mib": memory_mib,
        "min_tasks": smallest,
        "peak_min_tasks": peak,
        "max_tasks": largest,
    }


def _cache(node_type: str, shards: int, replicas: int, snapshot_days: int) -> dict[str, Any]:
    return {
        "node_type": node_type,
        "shards": shards,
        "replicas_per_shard": replicas,
        "snapshot_days": snapshot_days,
    }


def _database(smallest: float, largest: float, readers: int, backup_days: int) -> dict[str, Any]:
    return {
        "min_acu": smallest,
        "max_acu": largest,
        "readers": readers,
        "backup_days": backup_days,
    }


def _stream(shards: int | None) -> dict[str, Any]:
    return {"mode": "provisioned" if shards else "on_demand", "shards": shards}


def _search(instance_type: str, nodes: int, volume_gib: int) -> dict[str, Any]:
    return {"instance_type": instance_type, "nodes": nodes, "volume_gib": volume_gib}


def _managers(manager_type: str) -> dict[str, Any]:
    return {"managers": 3, "manager_type": manager_type}


TIERS: dict[str, dict[str, Any]] = {
    # About 100 requests a day.
    "starter": {
        "services": {
            "similarity": _tasks(256, 512, 1, 1, 2),
            "prediction": _tasks(256, 512, 1, 1, 2),
            "experiments": _tasks(256, 512, 1, 1, 2),
        },
        "autoscaling": {"cpu_percent": 70},
        "cache": _cache("cache.t4g.micro", 1, 0, 1),
        "api": {"rate_per_second": 10, "burst": 20, "daily_quota": 10_000},
        "tables": {"billing": "on_demand"},
        "database": _database(0.5, 2, 1, 1),
        "stream": _stream(1),
        "search": _search("t3.small.search", 1, 10),
        "intelligent_tiering": False,
    },
    # About 10,000 requests a day.
    "growth": {
        "services": {
            "similarity": _tasks(512, 1024, 2, 2, 4),
            "prediction": _tasks(512, 1024, 2, 2, 4),
            "experiments": _tasks(512, 1024, 2, 2, 4),
        },
        "autoscaling": {"cpu_percent": 70},
        "cache": _cache("cache.t4g.small", 1, 1, 7),
        "api": {"rate_per_second": 25, "burst": 50, "daily_quota": 250_000},
        "tables": {"billing": "on_demand"},
        "database": _database(0.5, 8, 1, 7),
        "stream": _stream(2),
        "search": _search("t3.medium.search", 2, 50),
        "intelligent_tiering": False,
    },
    # About 1,000,000 requests a day: 12 a second on average, 50 at peak; 10 to 50 tasks in all.
    "high": {
        "services": {
            "similarity": _tasks(1024, 2048, 6, 12, 30),
            "prediction": _tasks(1024, 2048, 4, 8, 20),
            "experiments": _tasks(1024, 2048, 4, 8, 20),
        },
        "autoscaling": {
            "cpu_percent": 60,
            "requests_per_task_per_second": 100,
            "peak": {"starts_hour": 9, "ends_hour": 21},
        },
        "cache": _cache("cache.r6g.xlarge", 3, 1, 7),
        "api": {"rate_per_second": 100, "burst": 200},
        "tables": {"billing": "provisioned", "min_units": 25, "max_units": 1_000},
        "database": _database(2, 64, 1, 30),
        "stream": _stream(None),
        "search": {**_search("r7g.medium.search", 6, 100), **_managers("m7g.medium.search")},
        "intelligent_tiering": True,
    },
    # 10,000,000 requests a day and more: 120 a second on average, 500 at peak, in every region.
    "extreme": {
        "services": {
            "similarity": _tasks(2048, 4096, 12, 24, 120),
            "prediction": _tasks(2048, 4096, 8, 16, 80),
            "experiments": _tasks(2048, 4096, 8, 16, 80),
        },
        "autoscaling": {
            "cpu_percent": 60,
            "requests_per_task_per_second": 100,
            "peak": {"starts_hour": 9, "ends_hour": 21},
        },
        "cache": _cache("cache.r6g.4xlarge", 3, 2, 7),
        "api": {"rate_per_second": 1_000, "burst": 2_000},
        "tables": {"billing": "provisioned", "min_units": 100, "max_units": 10_000},
        "database": _database(8, 256, 2, 35),
        "stream": _stream(None),
        "search": {**_search("r7g.2xlarge.search", 6, 1_000), **_managers("m7g.large.search")},
        "intelligent_tiering": True,
    },
}
