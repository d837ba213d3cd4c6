"""What policy found in an assembly, read from the report that synthesis leaves in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPORT = "validation-report.json"


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Finding:
    path: str
    id: str
    severity: str
    description: str

    def __str__(self) -> str:
        return f"{self.path}: {self.id} ({self.severity}): {self.description}"


def findings(assembly: Path) -> list[Finding]:
    """Those that nobody has acknowledged, of any severity."""
    return sorted(_read(assembly, "violations"))


def acknowledged_findings(assembly: Path) -> list[Finding]:
    return sorted(_read(assembly, "suppressedViolations"))


def _read(assembly: Path, kind: str) -> Iterator[Finding]:
    report = assembly / REPORT
    if not report.is_file():
        return
    for plugin in json.loads(report.read_text("utf-8"))["pluginReports"]:
        for violation in plugin.get(kind, []):
            yield from _of(plugin["pluginName"], violation)


def _of(plugin: str, violation: dict[str, Any]) -> Iterator[Finding]:
    name = violation["ruleName"]
    for construct in violation["violatingConstructs"]:
        yield Finding(
            path=construct["constructPath"],
            id=name if "::" in name.partition("[")[0] else f"{plugin}::{name}",
            severity=violation.get("severity", "error"),
            description=violation["description"].partition(". ")[0],
        )
