"""What the engine says of a flag, in the words of the OpenFeature Remote Evaluation Protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from experiments_service.publication.published import Published
from kindred.experiments.engine.context import Context
from kindred.experiments.engine.results import FlagResult
from kindred.experiments.engine.snapshot import HOLDOUT_PREFIX

# The protocol has no DEFAULT: a value that depends on the context and met no rule is UNKNOWN,
# since clients may cache what is STATIC.
Reason = Literal["STATIC", "TARGETING_MATCH", "SPLIT", "DISABLED", "UNKNOWN"]
ErrorCode = Literal[
    "PARSE_ERROR", "INVALID_CONTEXT", "TARGETING_KEY_MISSING", "FLAG_NOT_FOUND", "GENERAL"
]
_LONGEST_TARGETING_KEY = 256
_DYNAMIC = ("condition", "parentConditions", "savedGroups", "filters", "namespace")
_SHARES = ("coverage", "range", "ranges")


class InvalidEvaluation(Exception):
    """A request that names no evaluation; `code` is the protocol's."""

    def __init__(self, code: ErrorCode, details: str) -> None:
        super().__init__(details)
        self.code = code


def parse_attributes(body: bytes) -> dict[str, Any]:
    """Raises InvalidEvaluation. The targeting key becomes the attribute `id`."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEvaluation("PARSE_ERROR", f"the body is not JSON: {error}") from error
    given = document.get("context") if isinstance(document, dict) else None
    if not isinstance(given, dict):
        raise InvalidEvaluation(
            "INVALID_CONTEXT", 'context: allowed is an object, as in {"context": {...}}'
        )
    key = given.get("targetingKey")
    if key is None:
        raise InvalidEvaluation("TARGETING_KEY_MISSING", "context: targetingKey is not given")
    if not isinstance(key, str) or not 1 <= len(key) <= _LONGEST_TARGETING_KEY:
        raise InvalidEvaluation(
            "INVALID_CONTEXT",
            f"context.targetingKey: allowed is a string of 1 to {_LONGEST_TARGETING_KEY} "
            "characters",
        )
    return {**given, "id": key}


def failure(key: str | None, code: ErrorCode, details: str) -> dict[str, Any]:
    named = {} if key is None else {"key": key}
    return {**named, "errorCode": code, "errorDetails": details}


def evaluate(
    published: Published,
    key: str,
    context: Context,
    note: Callable[[Mapping[str, Any] | None], None],
) -> dict[str, Any]:
    """A success, or a failure, which has an `errorCode`. `note` takes a sticky document."""
    if key.startswith(HOLDOUT_PREFIX):
        return _not_found(key)
    result = published.snapshot.evaluate_flag(key, context)
    if result.source == "unknownFeature":
        return _not_found(key)
    if result.source == "cyclicPrerequisite":
        return failure(key, "GENERAL", f"flag {key!r} has itself as a prerequisite")
    if result.assignment is not None:
        note(result.assignment.sticky_document)
    # Without a value the client uses its own default.
    value = {} if result.value is None else {"value": result.value}
    return {
        "key": key,
        **value,
        "reason": _reason(published, result),
        "variant": _variant(published, result),
        "metadata": _metadata(published, result),
    }


def _not_found(key: str) -> dict[str, Any]:
    return failure(key, "FLAG_NOT_FOUND", f"flag {key[:64]!r} was not found")


def _reason(published: Published, result: FlagResult) -> Reason:
    rules = published.snapshot.payload.get("features", {}).get(result.key, {}).get("rules") or []
    match result.source:
        case "experiment":
            return "SPLIT"
        case "force":
            rule: Mapping[str, Any] = next(
                (each for each in rules if each.get("id") == result.rule_id), {}
            )
            if _any(rule, _SHARES):
                return "SPLIT"
            alone = rules[0] is rule and not _any(rule, _DYNAMIC)
            return "STATIC" if alone else "TARGETING_MATCH"
        case "defaultValue" if result.key in published.disabled:
            return "DISABLED"
        case "defaultValue" if not rules:
            return "STATIC"
        case _:
            return "UNKNOWN"


def _any(rule: Mapping[str, Any], fields: tuple[str, ...]) -> bool:
    return any(rule.get(field) for field in fields)


def _variant(published: Published, result: FlagResult) -> str:
    """Always one, since some clients cannot do without."""
    if result.assignment is not None and result.source == "experiment":
        return result.assignment.key
    if result.source == "force":
        return result.rule_id or "force"
    return "off" if result.key in published.disabled else "default"


def _metadata(published: Published, result: FlagResult) -> dict[str, str]:
    metadata = {"version": published.snapshot.version, "source": result.source}
    if result.rule_id:
        metadata["ruleId"] = result.rule_id
    if result.experiment_key is not None and result.source == "experiment":
        metadata["experimentKey"] = result.experiment_key
    return metadata
