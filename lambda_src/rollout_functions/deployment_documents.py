"""A deployment as the API shows it: state, weights, plan, and why it is where it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kindred.rollout.deployment import Deployment
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
_SEEN_TO_END = ("COMPLETED", "ROLLED_BACK", "CANCELLED")


def short_document(deployment: Deployment) -> dict[str, Any]:
    """For a list: all but plan, judgements and transitions."""
    return _chosen(deployment, _SHORT)


def document(deployment: Deployment) -> dict[str, Any]:
    """`weights.confirmed` is what SageMaker was seen to serve by; null while it shifts."""
    confirmed_at = _confirmed_at(deployment)
    return {
        **_chosen(deployment, (*_SHORT, *_WHOLE)),
        "weights": {
            "intended": deployment.weights,
            "confirmed": deployment.weights if confirmed_at else None,
            "confirmed_at": confirmed_at.isoformat() if confirmed_at else None,
        },
        "call_under_way": deployment.intent.call if deployment.intent else None,
        "allowed": list(allowed_verbs(deployment)),
    }


def _chosen(deployment: Deployment, names: tuple[str, ...]) -> dict[str, Any]:
    found = deployment_to_json(deployment)
    return {name: found[name] for name in names}


def _confirmed_at(deployment: Deployment) -> datetime | None:
    """A deployment ends so only once its weights were seen."""
    if deployment.state in _SEEN_TO_END and deployment.weights:
        return deployment.transitions[-1].at
    return deployment.shift_confirmed_at
