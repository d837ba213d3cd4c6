"""How an endpoint's changes begin, take their time, and end: as asked, or as they should not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.local.sagemaker.deployment_guardrails import guarding_alarms
from ops.local.sagemaker.endpoint_record import Change, Endpoint, Variant
from ops.local.sagemaker.faults import Faults
from ops.local.sagemaker.model_host import Fleet, ModelHost
from ops.local.sagemaker.pace import Pace

# Detail type, detail and the ARNs concerned of an event of `aws.sagemaker`.
Announce = Callable[[str, Mapping[str, Any], Sequence[str]], None]
# Whether one of these alarms is in ALARM.
AlarmsInAlarm = Callable[[Sequence[str]], bool]
STATE_CHANGE = "SageMaker Endpoint State Change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What endpoints live in: time, models, faults, and who hears of them."""

    clock: Callable[[], float]
    pace: Pace
    host: ModelHost
    announce: Announce
    alarms: AlarmsInAlarm
    faults: Faults


class EndpointChanges:
    """Moves endpoints from one state to the next."""

    def __init__(self, surroundings: Surroundings, model: Callable[[str], Mapping[str, Any]]):
        self._in = surroundings
        self._model = model

    def begin(self, endpoint: Endpoint, change: Change, status: str) -> None:
        """New fleets start at once; nothing that serves changes yet."""
        running = {variant.fleet for variant in endpoint.variants.values()}
        for variant in change.variants.values():
            if variant.fleet not in running:
                self._in.host.start(variant.fleet, self._model(variant.fleet.model))
        endpoint.change, endpoint.failure = change, None
        self._move(endpoint, status)

    def advance(self, endpoint: Endpoint) -> None:
        """Whatever is due by now."""
        change = endpoint.change
        if change is None:
            return
        if change.kind == "update" and self._in.alarms(guarding_alarms(change.deployment)):
            self._roll_back(endpoint, change)
            return
        stuck = self._in.faults.find("stuck-update", endpoint.name)
        while not stuck and endpoint.change is change and self._in.clock() >= change.ends_at:
            if not self._step(endpoint, change):
                return

    def _step(self, endpoint: Endpoint, change: Change) -> bool:
        """Go on with a change whose time has come; false while its models still start."""
        readiness = [
            self._in.host.readiness(variant.fleet)
            for variant in change.variants.values()
            if change.kind in ("create", "update")
        ]
        failure = next((state.failure for state in readiness if state.failure), None)
        if failure:
            self._fail(endpoint, change, failure)
        elif not all(state.ready for state in readiness):
            return False
        elif change.kind in ("update", "weights") and self._fails(endpoint):
            self._fail(endpoint, change, None)
        elif change.steps:
            change.shifted = change.steps.pop(0)
            change.ends_at += change.wait_seconds
        else:
            self._finish(endpoint, change)
        return True

    def _fails(self, endpoint: Endpoint) -> bool:
        return self._in.faults.find("failed-update", endpoint.name) is not None

    def _finish(self, endpoint: Endpoint, change: Change) -> None:
        endpoint.change = None
        if change.kind == "delete":
            self._stop(endpoint.variants.values(), but=())
            self._move(endpoint, "Deleted")
            return
        if change.kind == "rollback":
            self._stop(change.variants.values(), but=endpoint.variants.values())
            if self._in.faults.find("failed-rollback", endpoint.name):
                self._move(endpoint, "UpdateRollbackFailed")
                return
        elif change.kind != "weights":
            self._stop(endpoint.variants.values(), but=change.variants.values())
            endpoint.variants, endpoint.configuration = change.variants, change.configuration
            endpoint.last_deployment = change.deployment or endpoint.last_deployment
        for variant in endpoint.variants.values():
            variant.current_weight = variant.desired_weight
            variant.current_instances = variant.desired_instances
        self._move(endpoint, "InService")

    def _fail(self, endpoint: Endpoint, change: Change, reason: str | None) -> None:
        """A first creation fails; an update goes back, without a word when there is no reason."""
        endpoint.change, endpoint.failure = None, reason
        if change.kind == "weights":
            for variant in endpoint.variants.values():
                variant.desired_weight = variant.current_weight
                variant.desired_instances = variant.current_instances
        else:
            self._stop(change.variants.values(), but=endpoint.variants.values())
        self._move(endpoint, "Failed" if change.kind == "create" else "InService")

    def _roll_back(self, endpoint: Endpoint, change: Change) -> None:
        now = self._in.clock()
        endpoint.change = Change(
            kind="rollback",
            started_at=now,
            ends_at=now + self._in.pace.minute_seconds,
            configuration=endpoint.configuration,
            variants=change.variants,
        )
        self._move(endpoint, "RollingBack")

    def _stop(self, variants: Iterable[Variant], *, but: Iterable[Variant]) -> None:
        kept: set[Fleet] = {variant.fleet for variant in but}
        for variant in variants:
            if variant.fleet not in kept:
                self._in.host.stop(variant.fleet)

    def _move(self, endpoint: Endpoint, status: str) -> None:
        endpoint.status, endpoint.changed_at = status, self._in.clock()
        detail = {
            "EndpointName": endpoint.name,
            "EndpointArn": endpoint.arn,
            "EndpointConfigName": endpoint.configuration["EndpointConfigName"],
            "EndpointStatus": _in_event_case(status),
            "ProductionVariants": [held.describe() for held in endpoint.variants.values()],
            "CreationTime": round(endpoint.created_at * 1000),
            "LastModifiedTime": round(endpoint.changed_at * 1000),
            "Tags": {},
        }
        self._in.announce(STATE_CHANGE, detail, [endpoint.arn])


def _in_event_case(status: str) -> str:
    """`InService` is `IN_SERVICE` in an event."""
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in status)[1:].upper()
