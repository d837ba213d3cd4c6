"""Whom a flag is evaluated for, and where."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Context:
    """One request's view; evaluating never changes it.

    `sticky` holds the unit's sticky documents by `attribute||value`; with None, sticky bucketing
    (and with it every fallback attribute of an experiment) is off. `forced_variations` maps an
    experiment's key to a variation's position, `forced_features` a flag's key to its value.
    `enabled` False and `qa_mode` keep units out of experiments that do not force a variation.
    """

    # Made once per request: a frozen dataclass takes four times as long to make.
    __slots__ = (
        "attributes",
        "enabled",
        "forced_features",
        "forced_variations",
        "qa_mode",
        "sticky",
        "url",
    )

    def __init__(
        self,
        attributes: Mapping[str, Any],
        *,
        url: str = "",
        forced_variations: Mapping[str, int] = _NOTHING,
        forced_features: Mapping[str, Any] = _NOTHING,
        sticky: Mapping[str, Mapping[str, Any]] | None = None,
        qa_mode: bool = False,
        enabled: bool = True,
    ) -> None:
        self.attributes = attributes
        self.url = url
        self.forced_variations = forced_variations
        self.forced_features = forced_features
        self.sticky = sticky
        self.qa_mode = qa_mode
        self.enabled = enabled
