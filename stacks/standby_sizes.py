"""How large the second region's platform is: as small as its strategy allows, until it serves."""

from __future__ import annotations

import math
from typing import Any

from stacks.environment import Environment
from stacks.sizes import ServiceSizes, Sizes, TaskSizes


def standby_environment(environment: Environment) -> Environment:
    """As the first, at the least that its strategy needs, or whole once it serves."""
    recovery = environment.recovery
    changes: dict[str, Any] = {"regions": (recovery.region,)}
    if recovery.serves == "first":
        pilot = recovery.strategy == "pilot_light"
        changes["sizes"] = _smallest(environment.sizes) if pilot else _small(environment.sizes)
        if pilot:
            network = environment.network
            gateways = min(1, network.nat_gateways)
            changes["network"] = network.model_copy(update={"nat_gateways": gateways})
    return environment.model_copy(update=changes)


def _smallest(sizes: Sizes) -> Sizes:
    """One task of each service, which shows each day that it starts; one instance of a database."""
    return sizes.model_copy(
        update={
            "services": _services(sizes.services, share=0, least=1),
            "autoscaling": sizes.autoscaling.model_copy(update={"peak": None}),
            "cache": sizes.cache.model_copy(update={"replicas_per_shard": 0}),
            "database": sizes.database.model_copy(update={"min_acu": 0.5, "readers": 0}),
            "search": None,
        }
    )


def _small(sizes: Sizes) -> Sizes:
    """A quarter of the tasks, in two zones; what takes long to grow is as large as in the first."""
    return sizes.model_copy(
        update={
            "services": _services(sizes.services, share=0.25, least=2),
            "autoscaling": sizes.autoscaling.model_copy(update={"peak": None}),
            "database": sizes.database.model_copy(update={"readers": 1}),
            "search": None,
        }
    )


def _services(services: ServiceSizes, *, share: float, least: int) -> ServiceSizes:
    def tasks(size: TaskSizes) -> TaskSizes:
        fewest = max(least, math.ceil(share * size.min_tasks))
        return size.model_copy(update={"min_tasks": fewest, "peak_min_tasks": fewest})

    return ServiceSizes(
        similarity=tasks(services.similarity),
        prediction=tasks(services.prediction),
        experiments=tasks(services.experiments),
    )
