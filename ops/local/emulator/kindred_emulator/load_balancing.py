"""Load balancing: weighted target groups, rewritten paths, and targets told apart by port."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from ministack.services import alb
from ministack.services.cloudformation import provisioners

from .request_routing import choose_group, rewrite_path

Action = dict[str, Any]


def install() -> None:
    """Keep weights and rewrites of listeners and rules, and follow them."""
    actions_of_template = provisioners._elbv2_listener_actions
    execute = alb._execute_action

    def with_groups(properties: Any, load_balancer: Any, prop: str = "DefaultActions") -> Any:
        actions = actions_of_template(properties, load_balancer, prop)
        declared = [action for action in properties.get(prop) or [] if isinstance(action, dict)]
        for action, source in zip(actions, declared, strict=True):
            action["ForwardConfig"] = source.get("ForwardConfig") or {}
            action["Rewrites"] = _path_rewrites(properties)
        return actions

    async def rewritten_and_weighted(
        action: Action, method: str, path: str, headers: Any, body: Any, query: Any,
        raw_query: str | None = None, raw_path: str | None = None,
    ) -> Any:  # fmt: skip
        rewrites = action.get("Rewrites", [])
        path = rewrite_path(path, rewrites)
        raw_path = rewrite_path(raw_path, rewrites) if raw_path else None
        groups = action.get("ForwardConfig", {}).get("TargetGroups", [])
        if len(groups) > 1:
            chosen = choose_group(groups, alb._targets, random.random())  # noqa: S311
            action = {**action, "TargetGroupArn": chosen}
        return await execute(action, method, path, headers, body, query, raw_query, raw_path)

    provisioners._elbv2_listener_actions = with_groups
    alb._execute_action = rewritten_and_weighted
    alb._ACTION_MAP.update(RegisterTargets=_register, DeregisterTargets=_deregister)


def _path_rewrites(properties: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (rewrite["Regex"], rewrite["Replace"])
        for transform in properties.get("Transforms") or []
        if transform["Type"] == "url-rewrite"
        for rewrite in transform["UrlRewriteConfig"]["Rewrites"]
    ]


def _register(parameters: Any) -> Any:
    """Tasks share one address here and differ by port, which the emulator does not look at."""
    group = alb._p(parameters, "TargetGroupArn")
    if group not in alb._tgs:
        return alb._error("TargetGroupNotFound", f"Target group '{group}' not found.")
    present = alb._targets.setdefault(group, [])
    present += [new for new in alb._parse_targets_param(parameters) if new not in present]
    return alb._empty("RegisterTargets")


def _deregister(parameters: Any) -> Any:
    group = alb._p(parameters, "TargetGroupArn")
    if group not in alb._tgs:
        return alb._error("TargetGroupNotFound", f"Target group '{group}' not found.")
    gone = alb._parse_targets_param(parameters)
    alb._targets[group] = [old for old in alb._targets.get(group, []) if old not in gone]
    return alb._empty("DeregisterTargets")
