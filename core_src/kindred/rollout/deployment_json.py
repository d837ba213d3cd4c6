"""A deployment as JSON and back, to the last digit and microsecond."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from kindred.rollout.deployment import (
    Deployment,
    Intent,
    JudgedStep,
    ModelSource,
    Transition,
    Wish,
)
from kindred.rollout.judge import judgement_from_json
from kindred.rollout.rollout_plan import RolloutPlan
from kindred.rollout.thresholds import Thresholds

_TIMES = ("created_at", "started_at", "shift_confirmed_at", "unwound_at")
_PARTS = ("source", "plan", "intent", "wish", "judgements", "transitions")


def deployment_to_json(deployment: Deployment) -> dict[str, Any]:
    """Times are ISO 8601; what is unset is null; `weights` are of the step, for the reader."""
    flat = {
        name: getattr(deployment, name)
        for name in Deployment.__dataclass_fields__
        if name not in _PARTS
    }
    return {
        **{name: _plain(value) for name, value in flat.items()},
        "weights": deployment.weights,
        "source": asdict(deployment.source),
        "plan": asdict(deployment.plan),
        "intent": _dated(deployment.intent),
        "wish": _dated(deployment.wish),
        "judgements": [
            {"at": each.at.isoformat(), "step": each.step, **each.judgement.to_json()}
            for each in deployment.judgements
        ],
        "transitions": [_dated(each) for each in deployment.transitions],
    }


def deployment_from_json(found: Mapping[str, Any]) -> Deployment:
    """Raises KeyError, TypeError or ValueError for what `deployment_to_json` did not write."""
    plan = {**found["plan"], "thresholds": Thresholds(**found["plan"]["thresholds"])}
    rest: dict[str, Any] = {
        name: found[name]
        for name in Deployment.__dataclass_fields__
        if name not in _PARTS and name not in _TIMES
    }
    rest |= {name: _time(found[name]) for name in _TIMES}
    return Deployment(
        **rest,
        source=ModelSource(**found["source"]),
        plan=RolloutPlan(**plan),
        intent=_intent(found["intent"]),
        wish=Wish(**_with_times(found["wish"], "at")) if found["wish"] else None,
        judgements=tuple(_judged(each) for each in found["judgements"]),
        transitions=tuple(Transition(**_with_times(each, "at")) for each in found["transitions"]),
    )


def _judged(found: Mapping[str, Any]) -> JudgedStep:
    return JudgedStep(
        at=datetime.fromisoformat(found["at"]),
        step=found["step"],
        judgement=judgement_from_json(found),
    )


def _intent(found: Mapping[str, Any] | None) -> Intent | None:
    return Intent(**_with_times(found, "requested_at", "acknowledged_at")) if found else None


def _dated(part: Any) -> dict[str, Any] | None:
    return None if part is None else {n: _plain(v) for n, v in asdict(part).items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _with_times(found: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**found, **{name: _time(found[name]) for name in names}}


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
