"""What a caller asks of the evaluating functions, checked and bounded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kindred.experiments.engine.attribute_values import is_number
from kindred.experiments.engine.context import Context

MOST_FLAGS = 100
MOST_ATTRIBUTES = 100
MOST_BYTES = 16_384
LONGEST_KEY = 256
LONGEST_URL = 8_192
LARGEST_COVARIATE = 1e9
EVENT_ID_CHARACTERS = range(16, 37)


class InvalidRequest(ValueError):
    """`given` and `allowed` are for the caller; `code` is for its program."""

    def __init__(self, code: str, *, given: Any, allowed: str) -> None:
        super().__init__(f"{code}: given {given!r}, allowed {allowed}")
        self.code = code
        self.given = given
        self.allowed = allowed

    def to_json(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "given": self.given, "allowed": self.allowed}}


def check_event(event: Any) -> None:
    """Raises InvalidRequest for what is no object at all."""
    if not isinstance(event, dict):
        raise _invalid("event", _shown(event), "an object")


def read_context(event: Mapping[str, Any]) -> tuple[Context, str]:
    """The context, and a text that is equal for equal ones. Raises InvalidRequest."""
    given = {
        name: _object(event, name)
        for name in ("attributes", "forced_variations", "forced_features")
    }
    for key, variation in given["forced_variations"].items():
        if not isinstance(variation, int):
            raise _invalid("forced_variations", {key: variation}, "a variation's position")
    sticky = None if event.get("sticky") is None else _documents(event["sticky"])
    url = event.get("url", "")
    if not isinstance(url, str) or len(url) > LONGEST_URL:
        raise _invalid("url", _shown(url), f"a text of up to {LONGEST_URL} characters")
    switches = {name: _switch(event, name) for name in ("qa_mode", "enabled")}
    text = json.dumps([given, sticky, url, switches], sort_keys=True)
    if len(text) > MOST_BYTES:
        raise _invalid("attributes", f"{len(text)} bytes", f"up to {MOST_BYTES} bytes in all")
    context = Context(
        given["attributes"],
        url=url,
        forced_variations=given["forced_variations"],
        forced_features=given["forced_features"],
        sticky=sticky,
        qa_mode=switches["qa_mode"],
        enabled=switches["enabled"],
    )
    return context, text


def read_flag_keys(event: Mapping[str, Any]) -> list[str]:
    """One `flag_key`, or 1 to 100 `flag_keys`. Raises InvalidRequest."""
    keys = [event["flag_key"]] if "flag_key" in event else event.get("flag_keys")
    if not isinstance(keys, list) or not 1 <= len(keys) <= MOST_FLAGS:
        given = len(keys) if isinstance(keys, list) else keys
        raise _invalid("flag_keys", _shown(given), f"flag_key, or 1 to {MOST_FLAGS} flag_keys")
    return [_key("flag_key", key) for key in keys]


def read_experiment_key(event: Mapping[str, Any]) -> str:
    """Raises InvalidRequest."""
    return _key("experiment_key", event.get("experiment_key"))


def read_event_id(event: Mapping[str, Any]) -> str | None:
    """Raises InvalidRequest."""
    given = event.get("event_id")
    if given is None:
        return None
    if (
        not isinstance(given, str)
        or len(given) not in EVENT_ID_CHARACTERS
        or not given.isprintable()
    ):
        raise _invalid("event_id", _shown(given), "16 to 36 characters, of no other event")
    return given


def read_covariate(event: Mapping[str, Any]) -> float | None:
    """Raises InvalidRequest."""
    given = event.get("covariate")
    if given is None:
        return None
    if not is_number(given) or not abs(given) <= LARGEST_COVARIATE:
        raise _invalid("covariate", _shown(given), f"a number up to {LARGEST_COVARIATE:.0f}")
    return float(given)


def _key(name: str, given: Any) -> str:
    if not isinstance(given, str) or not 1 <= len(given) <= LONGEST_KEY:
        raise _invalid(name, _shown(given), f"a text of 1 to {LONGEST_KEY} characters")
    return given


def _object(event: Mapping[str, Any], name: str) -> dict[str, Any]:
    given = event.get(name, {})
    if not isinstance(given, dict) or len(given) > MOST_ATTRIBUTES:
        raise _invalid(name, _shown(given), f"an object of up to {MOST_ATTRIBUTES} entries")
    return given


def _switch(event: Mapping[str, Any], name: str) -> bool:
    given = event.get(name, name == "enabled")
    if not isinstance(given, bool):
        raise _invalid(name, _shown(given), "true or false")
    return given


def _documents(given: Any) -> dict[str, Mapping[str, Any]]:
    """Sticky documents, which the caller keeps, by attribute and value."""
    allowed = "a list of {attributeName, attributeValue, assignments}"
    if not isinstance(given, list) or len(given) > MOST_ATTRIBUTES:
        raise _invalid("sticky", _shown(given), allowed)
    documents: dict[str, Mapping[str, Any]] = {}
    for one in given:
        assignments = one.get("assignments") if isinstance(one, dict) else None
        if not isinstance(assignments, dict) or not all(
            isinstance(variation, str) for variation in assignments.values()
        ):
            raise _invalid("sticky", _shown(one), allowed)
        documents[f"{one.get('attributeName')}||{one.get('attributeValue')}"] = one
    return documents


def _invalid(name: str, given: Any, allowed: str) -> InvalidRequest:
    return InvalidRequest(f"invalid_{name}", given=given, allowed=allowed)


def _shown(given: Any) -> Any:
    """What was given, short enough to be sent back."""
    text = repr(given)
    return given if len(text) <= 100 else f"{text[:97]}..."
