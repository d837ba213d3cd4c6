"""A deployment as the API shows it: state, weights, plan, and why it is where it is."""

from __future__ import annotations

from typing import Any

from kindred.rollout.deployment import Deployment, Intent
from kindred.rollout.deployment_json import deployment_to_json
from kindred.rollout.lifecycle import allowed_verbs

_SHORT = (
    "deployment_id",
    "endpoint",
    "engine",
    "state",
    "stage",
    "step",
    "reason",
    "digest",
    "source",
    "created_at",
    "created_by",
)
_WHOLE = (
    "plan",
    "started_at",
    "baseline_variant",
    "canary_variant",
    "old_configuration",
    "canary_configuration",
    "promoted_configuration",
    "model_name",
    "wish",
    "judgements",
    "transitions",
)


def short_document(deployment: Deployment) -> dict[str, Any]:
    """For a list: all but plan, judgements and transitions."""
    return _chosen(deployment, _SHORT)


def document(deployment: Deployment) -> dict[str, Any]:
    """`weights.confirmed` is what SageMaker was last seen to serve by; null while it shifts."""
    return {
        **_chosen(deployment, (*_SHORT, *_WHOLE)),
        "weights": {
            "intended": deployment.weights,
            "confirmed": _confirmed(deployment),
            "confirmed_at": _time(deployment),
        },
        "call_under_way": _call(deployment.intent),
        "allowed": list(allowed_verbs(deployment)),
    }


def _chosen(deployment: Deployment, names: tuple[str, ...]) -> dict[str, Any]:
    found = deployment_to_json(deployment)
    return {name: found[name] for name in names}


def _confirmed(deployment: Deployment) -> dict[str, float] | None:
    return deployment.weights if deployment.shift_confirmed_at else None


def _time(deployment: Deployment) -> str | None:
    at = deployment.shift_confirmed_at
    return at.isoformat() if at else None


def _call(intent: Intent | None) -> str | None:
    return intent.call if intent else None
