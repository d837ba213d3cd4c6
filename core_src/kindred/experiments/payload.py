"""Definitions as the payload that every evaluator reads, ours and GrowthBook's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kindred.experiments.definitions import (
    Condition,
    Definitions,
    Experiment,
    ExperimentStatus,
    Flag,
    FlagRule,
    Holdout,
    Prerequisite,
)
from kindred.experiments.engine.snapshot import HOLDOUT_PREFIX

# Only the hash without the bias of the first version is published.
HASH_VERSION = 2
_OVER = (ExperimentStatus.COMPLETED, ExperimentStatus.ARCHIVED)
_STATUSES = {
    ExperimentStatus.DRAFT: "draft",
    ExperimentStatus.SCHEDULED: "draft",
    ExperimentStatus.RUNNING: "running",
}


def build_payload(definitions: Definitions, *, now: datetime) -> dict[str, Any]:
    """Every flag and experiment that is not archived.

    An experiment assigns while it runs and `now` lies in [`starts_at`, `ends_at`). A flag's rule
    whose experiment does not assign is left out, unless the experiment is over with a released
    variation: then the rule serves that one to everybody it targets, archived or not.
    """
    experiments = {experiment.key: experiment for experiment in definitions.experiments}
    holdouts = {
        f"{HOLDOUT_PREFIX}{holdout.key}": _holdout(holdout) for holdout in definitions.holdouts
    }
    flags = {
        flag.key: _flag(flag, experiments, now) for flag in definitions.flags if not flag.archived
    }
    return {
        "features": {**holdouts, **flags},
        "experiments": [
            _experiment(experiment, now)
            for experiment in definitions.experiments
            if experiment.status is not ExperimentStatus.ARCHIVED
        ],
        "savedGroups": {group.key: list(group.values) for group in definitions.saved_groups},
    }


def assigns(experiment: Experiment, now: datetime) -> bool:
    """Whether units enter it: a start or an end that has come is not waited for."""
    return (
        experiment.status is ExperimentStatus.RUNNING
        and (experiment.starts_at is None or experiment.starts_at <= now)
        and (experiment.ends_at is None or now < experiment.ends_at)
    )


def _holdout(holdout: Holdout) -> dict[str, Any]:
    """A flag that is true for the units held out; its experiments wait for false."""
    rule = {
        "force": True,
        "coverage": holdout.share,
        "hashAttribute": holdout.hash_attribute,
        "hashVersion": HASH_VERSION,
        "seed": f"{HOLDOUT_PREFIX}{holdout.key}",
    }
    return {"defaultValue": False, "rules": [rule]}


def _experiment(experiment: Experiment, now: datetime) -> dict[str, Any]:
    running = assigns(experiment, now)
    status = _STATUSES.get(experiment.status, "stopped")
    return {
        **_assignment(experiment, _values(experiment)),
        **_targeting(experiment.condition, experiment.saved_groups),
        **_waiting_for_holdout(experiment),
        "name": experiment.name,
        # Of ours: what an exposure has to say of the unit.
        "segments": list(experiment.segments),
        # Ours too: under which pseudonym its units are known.
        **({"startedAt": experiment.starts_at.isoformat()} if experiment.starts_at else {}),
        # Nothing runs by itself in a page: whoever shows the variation asks for it.
        "manual": True,
        "active": running,
        "status": status if running or status != "running" else "stopped",
    }


def _flag(flag: Flag, experiments: Mapping[str, Experiment], now: datetime) -> dict[str, Any]:
    if not flag.enabled:
        return {"defaultValue": flag.off_value}
    rules = [_rule(flag, rule, experiments, now) for rule in flag.rules]
    return {
        "defaultValue": flag.default_value,
        "rules": [*_gates(flag), *(rule for rule in rules if rule is not None)],
    }


def _gates(flag: Flag) -> list[dict[str, Any]]:
    """Rules that serve the off value unless the flag's prerequisites are met.

    Some evaluators take a rule that forces null for one that forces nothing: a gate serves null.
    """
    return [
        {
            "id": f"prerequisite:{prerequisite.flag}",
            "parentConditions": [
                {"id": prerequisite.flag, "condition": dict(prerequisite.condition), "gate": True}
                if flag.off_value is None
                else {"id": prerequisite.flag, "condition": {"$not": dict(prerequisite.condition)}}
            ],
            **({} if flag.off_value is None else {"force": flag.off_value}),
        }
        for prerequisite in flag.prerequisites
    ]


def _rule(
    flag: Flag, rule: FlagRule, experiments: Mapping[str, Experiment], now: datetime
) -> dict[str, Any] | None:
    targeting = _targeting(rule.condition, rule.saved_groups)
    parents = _parents(rule.prerequisites)
    if rule.experiment is None:
        return {"id": rule.id, **targeting, **parents, **_serving(flag, rule)}
    experiment = experiments.get(rule.experiment)
    if experiment is None:
        return None
    if assigns(experiment, now):
        values = [variation.value for variation in experiment.variations]
        waiting = _waiting_for_holdout(experiment)
        return {
            "id": rule.id,
            "name": experiment.name,
            **_targeting(
                rule.condition, (*rule.saved_groups, *experiment.saved_groups), experiment.condition
            ),
            **_parents(rule.prerequisites, waiting.get("parentConditions", ())),
            **_assignment(experiment, values),
        }
    released = [one for one in experiment.variations if one.key == experiment.released]
    if experiment.status in _OVER and released:
        return {"id": rule.id, **targeting, **parents, "force": released[0].value}
    return None


def _serving(flag: Flag, rule: FlagRule) -> dict[str, Any]:
    if rule.coverage is None:
        return {"force": rule.value}
    return {
        "force": rule.value,
        "coverage": rule.coverage,
        "hashAttribute": rule.hash_attribute,
        "hashVersion": HASH_VERSION,
        "seed": rule.seed or flag.key,
    }


def _assignment(experiment: Experiment, values: list[Any]) -> dict[str, Any]:
    """How a unit gets its variation: the same wherever the experiment is asked."""
    assignment: dict[str, Any] = {
        "key": experiment.key,
        "variations": values,
        "meta": [{"key": one.key, "name": one.name} for one in experiment.variations],
        "weights": [variation.weight for variation in experiment.variations],
        "coverage": experiment.coverage,
        "hashAttribute": experiment.hash_attribute,
        "hashVersion": HASH_VERSION,
        "seed": experiment.seed or experiment.key,
        "bucketVersion": experiment.bucket_version,
        "disableStickyBucketing": not experiment.sticky,
    }
    if experiment.fallback_attribute is not None:
        assignment["fallbackAttribute"] = experiment.fallback_attribute
    if experiment.namespace is not None:
        namespace = experiment.namespace
        assignment["namespace"] = [namespace.name, namespace.start, namespace.end]
    return assignment


def _values(experiment: Experiment) -> list[Any]:
    """What is shown, or for a test of pages where it leads; a page without address stays."""
    if all(variation.redirect_url is None for variation in experiment.variations):
        return [variation.value for variation in experiment.variations]
    return [
        {} if variation.redirect_url is None else {"urlRedirect": variation.redirect_url}
        for variation in experiment.variations
    ]


def _targeting(
    condition: Condition, saved_groups: Sequence[Condition], another: Condition | None = None
) -> dict[str, Any]:
    """All of the conditions have to hold."""
    wanted = [dict(one) for one in (condition, another, *saved_groups) if one]
    if not wanted:
        return {}
    return {"condition": wanted[0] if len(wanted) == 1 else {"$and": wanted}}


def _parents(
    prerequisites: Sequence[Prerequisite], others: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    parents = [{"id": one.flag, "condition": dict(one.condition)} for one in prerequisites]
    return {"parentConditions": [*parents, *others]} if parents or others else {}


def _waiting_for_holdout(experiment: Experiment) -> dict[str, Any]:
    if experiment.holdout is None:
        return {}
    key = f"{HOLDOUT_PREFIX}{experiment.holdout}"
    return {"parentConditions": [{"id": key, "condition": {"value": False}}]}
