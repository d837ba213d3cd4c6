"""Deployments as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from ops.rollout.watching import lines_of, shares
from ops.terminal import plain_table

_PLAN = ("canary_percent", "step_percent", "bake_minutes", "auto_rollback", "on_no_data", "dry_run")


def list_table(deployments: Iterable[Mapping[str, Any]]) -> Table:
    table = Table("deployment", "endpoint", "state", "canary", "created", "reason", box=None)
    for each in deployments:
        table.add_row(
            each["deployment_id"],
            each["endpoint"],
            each["state"],
            f"{each['step']} %",
            each["created_at"][:19],
            escape(each["reason"]),
        )
    return table


def show_table(deployment: Mapping[str, Any]) -> Table:
    """All of it: what is asked, where it is, and every transition and judgement."""
    weights, plan = deployment["weights"], deployment["plan"]
    source = deployment["source"]
    table = plain_table()
    for name in ("deployment_id", "endpoint", "engine", "state", "reason"):
        table.add_row(name, escape(str(deployment[name])))
    table.add_row("created", f"{deployment['created_at']} by {deployment['created_by']}")
    table.add_row("model", source["package_arn"] or f"{source['image']} {source['model_data_url']}")
    table.add_row("plan", ", ".join(f"{name} {plan[name]}" for name in _PLAN))
    limits = plan["thresholds"].items()
    table.add_row("thresholds", ", ".join(f"{name} {value}" for name, value in limits))
    table.add_row("intended", shares(weights["intended"]))
    table.add_row("confirmed", shares(weights["confirmed"]))
    table.add_row("call", deployment["call_under_way"] or "-")
    if wish := deployment["wish"]:
        table.add_row("wish", escape(f"{wish['verb']} by {wish['by']}: {wish['reason']}"))
    table.add_row("allowed", ", ".join(deployment["allowed"]) or "nothing")
    for number, line in enumerate(lines_of(deployment)):
        table.add_row("" if number else "history", escape(line))
    return table
