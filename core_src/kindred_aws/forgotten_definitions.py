"""Definitions that name a unit: told, for people to change what people wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kindred.privacy.forgetting import DEFINED, Names, Passed, definitions_that_name


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenDefinitions:
    read: Callable[[], Mapping[str, Any]]

    def look(self, names: Names) -> Passed:
        source = self.read()
        held = source.get("definitions", {})
        naming = sorted(set(definitions_that_name(source, names)))
        return Passed(
            looked_at=sum(len(held.get(kind, ())) for kind in DEFINED),
            found=len(naming),
            notes=tuple(f"{each}: remove the unit there by the management API" for each in naming),
        )
