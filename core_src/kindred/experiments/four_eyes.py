"""Which changes a second person must approve where an environment asks for it.

Whatever shows somebody something new waits. Whatever stops something never does: nobody should
look for an approver while users are harmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from kindred.experiments.definitions import Experiment, ExperimentStatus, Flag
from kindred.experiments.schedule import Step

_TEXT_ONLY = {"name", "hypothesis", "description", "ends_at"}
_APPROVED = (ExperimentStatus.SCHEDULED, ExperimentStatus.RUNNING)


def experiment_reasons(before: Experiment | None, after: Experiment) -> tuple[str, ...]:
    """Why the change must wait, in plain words; empty where it need not."""
    reasons = []
    started = before is not None and before.status in _APPROVED
    if after.status in _APPROVED and not started:
        word = "starts by schedule" if after.status is ExperimentStatus.SCHEDULED else "starts"
        reasons.append(f"the experiment {word}")
    if started and before is not None and after.status in _APPROVED:
        changed = _changed(before, after) - _TEXT_ONLY - {"status", "starts_at"}
        reasons += [f"{name} changes" for name in sorted(changed)]
        if before.starts_at != after.starts_at and after.status is ExperimentStatus.SCHEDULED:
            reasons.append("the start moves")
    if after.released is not None and (before is None or before.released != after.released):
        reasons.append(f"the variation {after.released} is released to everybody")
    return tuple(reasons)


def flag_reasons(
    before: Flag | None,
    after: Flag,
    *,
    steps_before: Sequence[Step] = (),
    steps_after: Sequence[Step] = (),
) -> tuple[str, ...]:
    """Why the change must wait; a flag that is off may change in anything but its schedule."""
    reasons = []
    serving_before = before is not None and before.enabled and not before.archived
    if after.enabled and not after.archived:
        if not serving_before:
            reasons.append("the flag is switched on")
        elif before is not None:
            changed = _changed(before, after) - _TEXT_ONLY - {"off_value"}
            reasons += [f"{name} changes" for name in sorted(changed)]
    if before is not None and before.off_value != after.off_value:
        reasons.append("off_value changes")
    added = [step for step in steps_after if step not in steps_before]
    if added:
        reasons.append(f"{len(added)} scheduled step{'s' * (len(added) > 1)} would be added")
    return tuple(reasons)


def _changed(before: Experiment | Flag, after: Experiment | Flag) -> set[str]:
    return {
        field.name
        for field in fields(after)
        if getattr(before, field.name) != getattr(after, field.name)
    }
