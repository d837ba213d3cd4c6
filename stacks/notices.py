"""Whom an environment tells what: alarms as they come, and reports by the calendar."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.integrations import Address, SecretArn, Slack
from stacks.sizes import Part
from stacks.times import TimeOfDay, Weekday


class AlarmChannel(Slack):
    """The secret's text is a bot's token that may write to the channel."""

    channel: Annotated[str, Field(pattern=r"^#[a-z0-9_-]{1,79}$")] = "#monitoring"


class PagerDuty(Part):
    """The secret's text is the integration key of a service (Events API v2)."""

    secret_arn: SecretArn


class Alarms(Part):
    """Critical ones page, critical and warning ones are written to Slack; all are mailed."""

    email: Address | None = None
    slack: AlarmChannel | None = None
    pagerduty: PagerDuty | None = None


class Reports(Part):
    """Mailed at `at`, in UTC: every day's summary, a week's experiments, a month's costs.

    Cost Explorer's figures of a month change for some days after its end.
    """

    email: Address | None = None
    at: TimeOfDay = "06:30"
    weekly_on: Weekday = "MON"
    monthly_on_day: Annotated[int, Field(ge=2, le=28)] = 4


class Checks(Part):
    """A request from outside, as a client sends it. A run costs $0.0012."""

    every_minutes: Annotated[int, Field(ge=1, le=60)] = 5


class LogExport(Part):
    """Logs of this age go to S3 too; groups that end earlier are left out."""

    after_days: Annotated[int, Field(ge=1, le=365)] = 7


class Logs(Part):
    """`sample_percent` of answered requests leave a line; failed and slow ones always do."""

    sample_percent: Annotated[float, Field(ge=0, le=100)] = 100
    slow_ms: Annotated[float, Field(gt=0, le=60_000)] = 500
    export: LogExport | None = LogExport()
