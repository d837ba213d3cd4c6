"""After a deployment: alarms stay quiet and synthetic checks pass, for as long as was asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

POLL_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What an environment looks like at one moment."""

    alarms: tuple[str, ...]
    failed_checks: tuple[str, ...]
    passed_checks: tuple[str, ...]


class Watched(Protocol):
    def observe(self, *, since: dt.datetime) -> Observation: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    quiet: bool
    reason: str


class Watch:
    """Ends at the first thing that is wrong. `silent` are alarms that were on when it began.

    Those are told and do not count: a deployment is not to blame for what was so before, and one
    that mends it could otherwise never pass.
    """

    def __init__(self, watched: Watched, *, started: dt.datetime, silent: Sequence[str]) -> None:
        self._watched = watched
        self._started = started
        self._silent = frozenset(silent)

    def run(
        self,
        minutes: float,
        *,
        now: Callable[[], dt.datetime],
        wait: Callable[[float], None],
    ) -> Verdict:
        passed: set[str] = set()
        while True:
            seen = self._watched.observe(since=self._started)
            passed |= set(seen.passed_checks)
            if wrong := sorted(set(seen.alarms) - self._silent):
                return Verdict(quiet=False, reason=f"in alarm: {', '.join(wrong)}")
            if seen.failed_checks:
                failed = ", ".join(seen.failed_checks)
                return Verdict(quiet=False, reason=f"synthetic checks failed: {failed}")
            if now() - self._started >= dt.timedelta(minutes=minutes):
                told = ", ".join(sorted(passed)) or "there were none"
                return Verdict(quiet=True, reason=f"no new alarm; checks that passed: {told}")
            wait(POLL_SECONDS)


class AwsEnvironment:
    """One stage of an account. `session` gives a fresh session, since a role's ends in an hour."""

    def __init__(self, session: Callable[[], Any], *, prefix: str) -> None:
        self._session = session
        self._prefix = prefix

    def observe(self, *, since: dt.datetime) -> Observation:
        session = self._session()
        failed, passed = self._checks(session.client("synthetics"), since)
        return Observation(
            alarms=self.alarms(session),
            failed_checks=failed,
            passed_checks=passed,
        )

    def alarms(self, session: Any = None) -> tuple[str, ...]:
        """Those that are on. CloudFormation names an alarm after its stack."""
        cloudwatch = (session or self._session()).client("cloudwatch")
        pages = cloudwatch.get_paginator("describe_alarms").paginate(
            AlarmNamePrefix=self._prefix,
            StateValue="ALARM",
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        )
        return tuple(
            alarm["AlarmName"]
            for page in pages
            for kind in ("MetricAlarms", "CompositeAlarms")
            for alarm in page.get(kind, [])
            # Of scaling, which is at work and not in trouble.
            if "TargetTracking-" not in alarm["AlarmName"]
        )

    def _checks(
        self, synthetics: Any, since: dt.datetime
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of checks whose last run since then failed, and of those whose last run passed."""
        found: dict[str, list[str]] = {"FAILED": [], "PASSED": []}
        asked: dict[str, str] = {}
        while True:
            # The SDK has no paginator for it.
            page = synthetics.describe_canaries_last_run(**asked)
            for each in page["CanariesLastRun"]:
                run = each["LastRun"]
                recent = run["Timeline"]["Started"] >= since
                if recent and self._is_ours(synthetics, each["CanaryName"]):
                    found.setdefault(run["Status"]["State"], []).append(each["CanaryName"])
            if "NextToken" not in page:
                return tuple(found["FAILED"]), tuple(found["PASSED"])
            asked = {"NextToken": page["NextToken"]}

    def _is_ours(self, synthetics: Any, name: str) -> bool:
        """A check has too short a name to tell its stack; CloudFormation's tag does."""
        tags = synthetics.get_canary(Name=name)["Canary"].get("Tags", {})
        return str(tags.get("aws:cloudformation:stack-name", "")).startswith(self._prefix)
