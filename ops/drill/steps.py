"""A step of a drill: a call of AWS and what shows that it is done, or what a person does."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`operation` as boto3 has it; parameters as AWS does."""

    service: str
    operation: str
    region: str | None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def command(self) -> str:
        """The same for a shell."""
        words = ["aws", self.service, self.operation.replace("_", "-")]
        if self.region:
            words += ["--region", self.region]
        if self.parameters:
            words += ["--cli-input-json", json.dumps(self.parameters, separators=(",", ":"))]
        return shlex.join(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """Asked again and again until `expression`, in JMESPath, gives what is wanted."""

    call: Call
    expression: str
    wanted: Any
    within_minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`by_hand` is what no call does; a step has one or the other."""

    title: str
    call: Call | None = None
    until: Until | None = None
    by_hand: str | None = None
    # What an emulator has no counterpart of is told there, and not taken.
    on_a_laptop: bool = False
