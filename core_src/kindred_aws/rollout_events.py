"""Announces what becomes of deployments on EventBridge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kindred.rollout.deployment import Deployment, Transition

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient
    from types_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "kindred.rollout"
DETAIL_TYPE = "Deployment State Change"
_ENTRIES_PER_CALL = 10


class EventNotTaken(Exception):
    """EventBridge did not take an event; the message is its own."""


class RolloutEvents:
    def __init__(self, client: EventBridgeClient, *, bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name

    def announce(self, deployment: Deployment) -> None:
        """Every transition that was not announced yet, in order. Raises EventNotTaken."""
        entries = [
            self._entry(deployment, each) for each in deployment.transitions if not each.announced
        ]
        for start in range(0, len(entries), _ENTRIES_PER_CALL):
            answer = self._client.put_events(Entries=entries[start : start + _ENTRIES_PER_CALL])
            if answer["FailedEntryCount"]:
                failed = [each for each in answer["Entries"] if "ErrorCode" in each]
                raise EventNotTaken(f"{failed[0]['ErrorCode']}: {failed[0].get('ErrorMessage')}")

    def _entry(
        self, deployment: Deployment, transition: Transition
    ) -> PutEventsRequestEntryTypeDef:
        detail = {
            "deployment_id": deployment.deployment_id,
            "endpoint": deployment.endpoint,
            "engine": deployment.engine,
            "from": transition.before,
            "to": transition.after,
            "reason": _quotable(transition.reason),
            "at": transition.at.isoformat(),
            "weights": dict(transition.weights),
        }
        return {
            "EventBusName": self._bus_name,
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE,
            "Time": transition.at,
            "Detail": json.dumps(detail),
        }


def _quotable(reason: str) -> str:
    """As it can stand within the quotes of a rule's input template, which need not escape it.

    People's own words and SageMaker's messages are in it; the record keeps it as it was.
    """
    plain = reason.translate({ord('"'): "'", ord("\\"): "/"})
    return "".join(each if each.isprintable() else " " for each in plain)
