"""What an alarm topic carries, read as one value whoever published it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

State = Literal["begun", "ended", "calm", "told"]

# As the alarms of the platform end their description.
_RUNBOOK = re.compile(r"\s*Runbook: (?P<runbook>[\w./-]+\.md)$")
_SEVERITY = re.compile(r"\s*Severity: (?P<severity>\w+)\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`key` is the same for the beginning and the end of one trouble.

    `calm` is an alarm that begins to know its metric, as after a deployment, and finds nothing
    wrong. `told` is a notice of what has no end: a rollback that failed, a budget that is used up.
    """

    key: str
    state: State
    title: str
    reason: str
    at: str
    runbook: str | None = None
    link: str | None = None


def read_notice(subject: str | None, message: str, *, message_id: str, at: str) -> Notice:
    """Of a CloudWatch alarm's JSON, of Cost Anomaly Detection's, or of plain words."""
    try:
        document = json.loads(message)
    except ValueError:
        document = None
    if isinstance(document, Mapping) and "AlarmName" in document:
        return _of_alarm(document, at=at)
    if isinstance(document, Mapping) and "anomalyId" in document:
        return _of_anomaly(document, at=at)
    words = message.strip()
    return Notice(
        key=message_id,
        state="told",
        title=(subject or words.partition("\n")[0])[:200],
        reason=words[:2_000],
        at=at,
    )


def _of_alarm(document: Mapping[str, Any], *, at: str) -> Notice:
    name = str(document["AlarmName"])
    description = str(document.get("AlarmDescription") or name)
    found = _RUNBOOK.search(description)
    what = _SEVERITY.sub("", _RUNBOOK.sub("", description)).strip().rstrip(".")
    arn = str(document.get("AlarmArn", ""))
    return Notice(
        key=arn or name,
        state=_state(document),
        title=what,
        reason=str(document.get("NewStateReason", "")),
        at=str(document.get("StateChangeTime", at)),
        runbook=found["runbook"] if found else None,
        link=_console(arn, name),
    )


def _state(document: Mapping[str, Any]) -> State:
    if document.get("NewStateValue") != "OK":
        return "begun"
    return "calm" if document.get("OldStateValue") == "INSUFFICIENT_DATA" else "ended"


def _console(arn: str, name: str) -> str | None:
    """`arn:aws:cloudwatch:<region>:<account>:alarm:<name>`."""
    parts = arn.split(":")
    if len(parts) < 7:
        return None
    region = parts[3]
    return (
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        f"#alarmsV2:alarm/{quote(name, safe='')}"
    )


def _of_anomaly(document: Mapping[str, Any], *, at: str) -> Notice:
    impact = document.get("impact") or {}
    total = float(impact.get("totalImpact") or 0)
    share = impact.get("totalImpactPercentage")
    causes = [
        " ".join(str(cause[name]) for name in ("service", "region", "usageType") if cause.get(name))
        for cause in document.get("rootCauses") or ()
    ]
    above = f" ({float(share):.0f} % above what was expected)" if share is not None else ""
    link = document.get("anomalyDetailsLink")
    return Notice(
        key=str(document["anomalyId"]),
        state="told",
        title=f"Costs rose by ${total:,.2f}{above}",
        reason="; ".join(cause for cause in causes if cause) or "no cause was found",
        at=str(document.get("anomalyStartDate", at)),
        runbook="docs/runbooks/cost-anomaly.md",
        link=str(link) if link else None,
    )
