"""What a definition's document says: how it reads, when something is due, whether it must wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from experiments_service.database.models import Kind
from experiments_service.documents import (
    Defined,
    document_of,
    experiment_of,
    flag_of,
    holdout_of,
    saved_group_of,
)
from kindred.experiments.definitions import ExperimentStatus
from kindred.experiments.four_eyes import experiment_reasons, flag_reasons
from kindred.experiments.schedule import Step, in_order

Document = Mapping[str, Any]

_STEPS = TypeAdapter(tuple[Step, ...])
_READERS: Mapping[Kind, Callable[[Document], Defined]] = {
    "experiment": experiment_of,
    "feature_flag": flag_of,
    "saved_group": saved_group_of,
    "holdout": holdout_of,
}


def steps_of(document: Document) -> tuple[Step, ...]:
    return _STEPS.validate_python(document.get("steps", ()))


def step_documents(steps: Sequence[Step]) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = _STEPS.dump_python(in_order(steps), mode="json")
    return documents


def complete(kind: Kind, document: Document) -> dict[str, Any]:
    """With every field of the definition, defaults too, in one spelling."""
    return {**document, **document_of(_READERS[kind](document))}


def status_of(kind: Kind, document: Document) -> str:
    if kind == "experiment":
        return str(document["status"])
    if kind == "feature_flag":
        if document["archived"]:
            return "archived"
        return "enabled" if document["enabled"] else "disabled"
    return "active"


def due_at(kind: Kind, document: Document) -> datetime | None:
    """When the definition next changes by itself."""
    if kind == "experiment":
        experiment = experiment_of(document)
        if experiment.status is ExperimentStatus.SCHEDULED:
            return experiment.starts_at
        if experiment.status in (ExperimentStatus.RUNNING, ExperimentStatus.PAUSED):
            return experiment.ends_at
    if kind == "feature_flag" and not document["archived"]:
        steps = steps_of(document)
        return steps[0].at if steps else None
    return None


def stamped(kind: Kind, before: Document | None, after: Document, at: datetime) -> dict[str, Any]:
    """An experiment's start and end are when they happened, whatever was planned."""
    document = dict(after)
    if kind != "experiment" or before is None or before["status"] == after["status"]:
        return document
    moment = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if after["status"] == "running" and before["status"] in ("draft", "scheduled"):
        document["starts_at"] = moment
    if after["status"] == "completed":
        document["ends_at"] = moment
    return document


def approval_reasons(kind: Kind, before: Document | None, after: Document) -> tuple[str, ...]:
    """Why a second person must approve, where the environment asks for it."""
    if kind == "experiment":
        return experiment_reasons(
            None if before is None else experiment_of(before), experiment_of(after)
        )
    if kind == "feature_flag":
        return flag_reasons(
            None if before is None else flag_of(before),
            flag_of(after),
            steps_before=steps_of(before or {}),
            steps_after=steps_of(after),
        )
    if before is None:
        return ()
    read = _READERS[kind]
    old, new = asdict(read(before)), asdict(read(after))
    return tuple(
        f"{name} changes for all who refer to it" for name in old if old[name] != new[name]
    )
