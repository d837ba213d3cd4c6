"""What compiling one definition needs of the rest of its payload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kindred.experiments.engine.conditions import Conditions
from kindred.experiments.engine.prerequisites import Lookup


class Scope(NamedTuple):
    conditions: Conditions
    lookup: Lookup
    bandits: Mapping[str, Any]
