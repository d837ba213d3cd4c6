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
        if before.status is not after.status and _is_early(before, after):
            reasons.append("the experiment starts ahead of its schedule")
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
    """Why the change must wait; a flag that is off, and that no step switches on, may change in
    anything but its schedule."""
    reasons = []
    if after.enabled and not after.archived and not (before is not None and _is_on(before)):
        reasons.append("the flag is switched on")
    if before is not None and _is_on(before, steps_before) and _is_on(after, steps_after):
        changed = _changed(before, after) - _TEXT_ONLY - {"off_value", "enabled"}
        reasons += [f"{name} changes" for name in sorted(changed)]
    if before is not None and before.off_value != after.off_value:
        reasons.append("off_value changes")
    added = [step for step in steps_after if step not in steps_before]
    if added:
        reasons.append(f"{len(added)} scheduled step{'s' * (len(added) > 1)} would be added")
    return tuple(reasons)


def _is_early(before: Experiment, after: Experiment) -> bool:
    """Whether a scheduled experiment that runs now was approved for later."""
    planned, started = before.starts_at, after.starts_at
    return planned is None or started is None or started < planned


def _is_on(flag: Flag, steps: Sequence[Step] = ()) -> bool:
    """Whether somebody sees its rules, or will by a step that is to come."""
    by_step = any(step.rule is None and step.changes.get("enabled") is True for step in steps)
    return (flag.enabled or by_step) and not flag.archived


def _changed(before: Experiment | Flag, after: Experiment | Flag) -> set[str]:
    return {
        field.name
        for field in fields(after)
        if getattr(before, field.name) != getattr(after, field.name)
    }
