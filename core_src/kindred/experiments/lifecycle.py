"""What an experiment may become, and what of it may change meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Literal

from kindred.experiments.definitions import Experiment, ExperimentStatus

Action = Literal["schedule", "unschedule", "start", "pause", "resume", "complete", "archive"]

_DRAFT, _SCHEDULED, _RUNNING, _PAUSED, _COMPLETED, _ARCHIVED = ExperimentStatus

TRANSITIONS: Mapping[ExperimentStatus, Mapping[Action, ExperimentStatus]] = {
    _DRAFT: {"schedule": _SCHEDULED, "start": _RUNNING, "archive": _ARCHIVED},
    _SCHEDULED: {
        "schedule": _SCHEDULED,
        "unschedule": _DRAFT,
        "start": _RUNNING,
        "archive": _ARCHIVED,
    },
    # While it runs, `schedule` moves its end alone.
    _RUNNING: {"schedule": _RUNNING, "pause": _PAUSED, "complete": _COMPLETED},
    _PAUSED: {"resume": _RUNNING, "complete": _COMPLETED},
    _COMPLETED: {"archive": _ARCHIVED},
    _ARCHIVED: {},
}

# Nobody's assignment and no count depends on these.
_ALWAYS = frozenset({"name", "hypothesis"})
_CHANGEABLE: Mapping[ExperimentStatus, frozenset[str]] = {
    _RUNNING: _ALWAYS | {"ends_at", "coverage"},
    _PAUSED: _ALWAYS | {"ends_at", "coverage"},
    _COMPLETED: _ALWAYS | {"released"},
    _ARCHIVED: frozenset(),
}


class InvalidTransition(Exception):
    """The experiment's status does not allow the action; the message says which ones it does."""


class UnsafeChange(Exception):
    """A change that would spoil what has been counted; the message says what is allowed."""


def allowed_actions(status: ExperimentStatus) -> tuple[Action, ...]:
    return tuple(TRANSITIONS[status])


def after(status: ExperimentStatus, action: Action) -> ExperimentStatus:
    """Raises InvalidTransition."""
    allowed = TRANSITIONS[status]
    if action not in allowed:
        choice = ", ".join(allowed) or "none, only to clone it"
        raise InvalidTransition(
            f"{action}: the experiment is {status}; allowed from there: {choice}"
        )
    return allowed[action]


def require_safe(before: Experiment, changed: Experiment) -> None:
    """Raises UnsafeChange. A draft and a scheduled experiment may change in everything.

    While units are assigned, coverage may only grow: the ranges of the variations grow at their
    ends, so that no unit leaves the variation it has.
    """
    allowed = _CHANGEABLE.get(before.status)
    if allowed is None:
        return
    differing = {
        field.name
        for field in fields(Experiment)
        if getattr(before, field.name) != getattr(changed, field.name)
    }
    if refused := sorted(differing - allowed):
        choice = ", ".join(sorted(allowed)) or "nothing"
        raise UnsafeChange(
            f"{', '.join(refused)}: the experiment is {before.status}; allowed to change is "
            f"{choice}; for anything else clone it"
        )
    if changed.coverage < before.coverage:
        raise UnsafeChange(
            f"coverage: given {changed.coverage}, allowed {before.coverage} to 1 while the "
            "experiment has units; to send nobody into it, pause it"
        )
