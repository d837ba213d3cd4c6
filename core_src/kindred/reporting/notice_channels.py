"""A notice as Slack and PagerDuty take it."""

from __future__ import annotations

from typing import Any, Literal

from kindred.reporting.notices import Notice, State

Severity = Literal["critical", "warning"]

_SIGNS: dict[State, str] = {
    "begun": ":rotating_light:",
    "ended": ":white_check_mark:",
    "calm": ":white_check_mark:",
    "told": ":mega:",
}
_WORDS: dict[State, str] = {"begun": "", "ended": "Over: ", "calm": "Well: ", "told": ""}
# PagerDuty's own limits, of a summary and of a key.
_LONGEST_SUMMARY = 1_024
_LONGEST_KEY = 255


def slack_message(
    notice: Notice, *, channel: str, environment: str, severity: Severity
) -> dict[str, Any]:
    """The arguments of chat.postMessage."""
    headline = f"{_WORDS[notice.state]}{notice.title}"
    lines = [
        f"{_SIGNS[notice.state]} *{_escaped(headline)}*",
        f"{environment}, {severity}, {notice.at}",
        _escaped(notice.reason),
    ]
    if notice.runbook and notice.state != "ended":
        lines.append(f"What to do: `{notice.runbook}`")
    if notice.link:
        lines.append(f"<{notice.link}|Look at it>")
    return {
        "channel": channel,
        "text": "\n".join(line for line in lines if line),
        "unfurl_links": False,
    }


def page(
    notice: Notice, *, routing_key: str, environment: str, severity: Severity
) -> dict[str, Any]:
    """An event of PagerDuty's Events API v2: the end of an alarm resolves what it triggered.

    So does an alarm that is calm: it may have lost its metric while it was on.
    """
    key = notice.key[-_LONGEST_KEY:]
    if notice.state in ("ended", "calm"):
        return {"routing_key": routing_key, "event_action": "resolve", "dedup_key": key}
    links = [{"href": notice.link, "text": "The alarm"}] if notice.link else []
    return {
        "routing_key": routing_key,
        "event_action": "trigger",
        "dedup_key": key,
        "payload": {
            "summary": f"{environment}: {notice.title}"[:_LONGEST_SUMMARY],
            "source": f"kindred-{environment}",
            "severity": severity,
            "timestamp": notice.at,
            "custom_details": {"reason": notice.reason, "runbook": notice.runbook or "none"},
        },
        "links": links,
    }


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
