"""What an environment's tier buys. An environment file may override any single value."""

from __future__ import annotations

from typing import Any


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


def _models(endpoint: str, instances: int, training: str) -> dict[str, Any]:
    return {
        "endpoints": {"instance_type": endpoint, "initial_instances": instances},
        "training": {"instance_type": training, "volume_gib": 50, "max_hours": 6},
    }


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
        **_models("ml.c6i.large", 1, "ml.m5.large"),
        "query_gb": 100,
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
        **_models("ml.c6i.large", 1, "ml.m5.xlarge"),
        "query_gb": 100,
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
        **_models("ml.c6i.xlarge", 2, "ml.m5.4xlarge"),
        "query_gb": 1_000,
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
        **_models("ml.c6i.2xlarge", 3, "ml.m5.12xlarge"),
        "query_gb": 10_000,
        "intelligent_tiering": True,
    },
}
