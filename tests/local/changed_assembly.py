"""Copies of an assembly with something taken away, as a mistake in a stack would."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Statement = dict[str, Any]


Grant = tuple[str, str]


def without_grant(assembly: Path, copy: Path, policies: str, action: str) -> Path:
    """No policy whose logical id begins with `policies` grants the action."""
    return without_grants(assembly, copy, [(policies, action)])


def without_grants(assembly: Path, copy: Path, grants: Iterable[Grant]) -> Path:
    """As `without_grant`, of each pair of policies and action."""
    shutil.copytree(assembly, copy)
    left = set(grants)
    for template_file in copy.glob("assembly-*/*.template.json"):
        template = json.loads(template_file.read_text())
        for policies, action in tuple(left):
            if _without(template, policies, action):
                left.discard((policies, action))
        template_file.write_text(json.dumps(template))
    assert not left, f"no policy grants {left}"
    return copy


def _without(template: dict[str, Any], policies: str, action: str) -> int:
    taken = 0
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Policy" and logical_id.startswith(policies):
            statements = resource["Properties"]["PolicyDocument"]["Statement"]
            taken += sum(_take(statement, action) for statement in statements)
            statements[:] = [statement for statement in statements if statement["Action"]]
    return taken


def _take(statement: Statement, action: str) -> int:
    actions = statement["Action"]
    actions = [actions] if isinstance(actions, str) else actions
    kept = [granted for granted in actions if not _covers(granted, action)]
    statement["Action"] = kept
    return len(actions) - len(kept)


def _covers(granted: str, action: str) -> bool:
    return granted == action or (granted.endswith("*") and action.startswith(granted[:-1]))
