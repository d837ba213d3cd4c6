"""Copies of an assembly with something taken away, as a mistake in a stack would."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

Statement = dict[str, Any]


def without_grant(assembly: Path, copy: Path, policies: str, action: str) -> Path:
    """No policy whose logical id begins with `policies` grants the action."""
    shutil.copytree(assembly, copy)
    taken = 0
    for template_file in copy.glob("assembly-*/*.template.json"):
        template = json.loads(template_file.read_text())
        for logical_id, resource in template["Resources"].items():
            if resource["Type"] == "AWS::IAM::Policy" and logical_id.startswith(policies):
                statements = resource["Properties"]["PolicyDocument"]["Statement"]
                for statement in statements:
                    taken += _take(statement, action)
                statements[:] = [statement for statement in statements if statement["Action"]]
        template_file.write_text(json.dumps(template))
    assert taken, f"no policy of {policies} grants {action}"
    return copy


def _take(statement: Statement, action: str) -> int:
    actions = statement["Action"]
    actions = [actions] if isinstance(actions, str) else actions
    kept = [granted for granted in actions if not _covers(granted, action)]
    statement["Action"] = kept
    return len(actions) - len(kept)


def _covers(granted: str, action: str) -> bool:
    return granted == action or (granted.endswith("*") and action.startswith(granted[:-1]))
