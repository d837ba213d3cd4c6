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


class Sizes(Part):
    services: ServiceSizes
    autoscaling: Autoscaling
    cache: CacheSizes
    api: Throttle
    tables: TableCapacity
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


TIERS: dict[str, dict[str, Any]] = {
    # About 100 requests a day.
    "starter": {
        "services": {
            "similarity": _tasks(256, 512, 1, 1, 2),
            "prediction": _tasks(256, 512, 1, 1, 2),
        },
        "autoscaling": {"cpu_percent": 70},
        "cache": _cache("cache.t4g.micro", 1, 0, 1),
        "api": {"rate_per_second": 10, "burst": 20, "daily_quota": 10_000},
        "tables": {"billing": "on_demand"},
        "intelligent_tiering": False,
    },
    # About 10,000 requests a day.
    "growth": {
        "services": {
            "similarity": _tasks(512, 1024, 2, 2, 4),
            "prediction": _tasks(512, 1024, 2, 2, 4),
        },
        "autoscaling": {"cpu_percent": 70},
        "cache": _cache("cache.t4g.small", 1, 1, 7),
        "api": {"rate_per_second": 25, "burst": 50, "daily_quota": 250_000},
        "tables": {"billing": "on_demand"},
        "intelligent_tiering": False,
    },
    # About 1,000,000 requests a day: 12 a second on average, 50 at peak; 10 to 50 tasks in all.
    "high": {
        "services": {
            "similarity": _tasks(1024, 2048, 6, 12, 30),
            "prediction": _tasks(1024, 2048, 4, 8, 20),
        },
        "autoscaling": {
            "cpu_percent": 60,
            "requests_per_task_per_second": 100,
            "peak": {"starts_hour": 9, "ends_hour": 21},
        },
        "cache": _cache("cache.r6g.xlarge", 3, 1, 7),
        "api": {"rate_per_second": 100, "burst": 200},
        "tables": {"billing": "provisioned", "min_units": 25, "max_units": 1_000},
        "intelligent_tiering": True,
    },
    # 10,000,000 requests a day and more: 120 a second on average, 500 at peak, in every region.
    "extreme": {
        "services": {
            "similarity": _tasks(2048, 4096, 12, 24, 120),
            "prediction": _tasks(2048, 4096, 8, 16, 80),
        },
        "autoscaling": {
            "cpu_percent": 60,
            "requests_per_task_per_second": 100,
            "peak": {"starts_hour": 9, "ends_hour": 21},
        },
        "cache": _cache("cache.r6g.4xlarge", 3, 2, 7),
        "api": {"rate_per_second": 1_000, "burst": 2_000},
        "tables": {"billing": "provisioned", "min_units": 100, "max_units": 10_000},
        "intelligent_tiering": True,
    },
}
