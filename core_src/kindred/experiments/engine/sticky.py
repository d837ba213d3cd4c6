"""Keeps a unit in the variation it once had, whatever its hash says later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kindred.experiments.engine.attribute_values import unit_text
from kindred.experiments.engine.context import Context


class Found(NamedTuple):
    """`variation` is -1 when none is remembered; `blocked` when the unit has to stay out."""

    variation: int
    blocked: bool


class StickyBucketing:
    """One experiment's way to read and to write sticky documents.

    A document is `{"attributeName", "attributeValue", "assignments": {"key__version": variation}}`
    and its key `attributeName||attributeValue`.
    """

    def __init__(
        self,
        key: str,
        *,
        hash_attribute: str,
        fallback_attribute: str | None,
        version: int,
        oldest_version: int,
        variation_keys: tuple[str, ...],
    ) -> None:
        self.hash_attribute = hash_attribute
        self.fallback_attribute = fallback_attribute
        self._current = f"{key}__{version}"
        self._blocking = tuple(f"{key}__{older}" for older in range(oldest_version))
        self._positions = {key: position for position, key in enumerate(variation_keys)}

    def find(self, context: Context) -> Found:
        assignments = self._assignments(context)
        if any(older in assignments for older in self._blocking):
            return Found(-1, True)
        remembered = assignments.get(self._current)
        return Found(self._positions.get(remembered, -1) if remembered else -1, False)

    def document(
        self, context: Context, *, attribute: str, unit: str, variation_key: str
    ) -> Mapping[str, Any] | None:
        """What has to be stored now; None when the unit's document says it already."""
        stored = (context.sticky or {}).get(f"{attribute}||{unit}", {}).get("assignments", {})
        if stored.get(self._current) == variation_key:
            return None
        return {
            "attributeName": attribute,
            "attributeValue": unit,
            "assignments": {**stored, self._current: variation_key},
        }

    def _assignments(self, context: Context) -> Mapping[str, str]:
        """The hash attribute's document goes before the fallback attribute's."""
        documents, merged = context.sticky or {}, {}
        for attribute in (self.fallback_attribute, self.hash_attribute):
            if attribute:
                unit = unit_text(context.attributes.get(attribute))
                merged.update(documents.get(f"{attribute}||{unit}", {}).get("assignments", {}))
        return merged
