"""Whether an alarm that guards an update is in ALARM, asked once a second at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_cloudwatch.client import CloudWatchClient

FRESH_SECONDS = 1.0


class AlarmStates:
    """An alarm that cannot be asked, or does not exist, does not roll anything back."""

    def __init__(self, cloudwatch: CloudWatchClient, clock: Callable[[], float]) -> None:
        self._cloudwatch, self._clock = cloudwatch, clock
        self._held: dict[tuple[str, ...], tuple[float, bool]] = {}

    def any_in_alarm(self, names: Sequence[str]) -> bool:
        if not names:
            return False
        key, now = tuple(names), self._clock()
        asked_at, known = self._held.get(key, (0.0, False))
        if now - asked_at < FRESH_SECONDS:
            return known
        try:
            found = self._cloudwatch.describe_alarms(
                AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
            )
        except (BotoCoreError, ClientError):
            return False
        alarms = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
        known = any(alarm["StateValue"] == "ALARM" for alarm in alarms)
        self._held[key] = now, known
        return known
