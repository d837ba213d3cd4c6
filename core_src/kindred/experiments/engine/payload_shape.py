"""What a payload must look like before it is compiled."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from kindred.experiments.bucketing import BUCKETINGS
from kindred.experiments.engine.attribute_values import is_number
from kindred.experiments.engine.decryption import CannotDecrypt, decrypt

ENCRYPTED = {
    "encryptedFeatures": "features",
    "encryptedExperiments": "experiments",
    "encryptedSavedGroups": "savedGroups",
    "encryptedContextualBandits": "contextualBandits",
}
_NUMBERS = ("coverage", "hashVersion", "bucketVersion", "minBucketVersion")
_TEXTS = ("seed", "hashAttribute", "fallbackAttribute", "key")
_LISTS = ("variations", "contextualVariations", "ranges", "meta", "filters", "parentConditions")


class InvalidPayload(ValueError):
    """The message names every problem, one after the other."""


def open_payload(payload: Mapping[str, Any], decryption_key: str | None) -> Mapping[str, Any]:
    """The payload with its encrypted parts in the clear. Raises InvalidPayload."""
    opened = {name: value for name, value in payload.items() if name not in ENCRYPTED}
    for encrypted, name in ENCRYPTED.items():
        if not payload.get(encrypted):
            continue
        if decryption_key is None:
            raise InvalidPayload(f"{encrypted}: given, but no decryption key")
        try:
            opened[name] = json.loads(decrypt(payload[encrypted], decryption_key))
        except (CannotDecrypt, json.JSONDecodeError) as error:
            raise InvalidPayload(f"{encrypted}: {error}") from error
    return opened


def check_shape(payload: Mapping[str, Any]) -> None:
    """Raises InvalidPayload. Conditions are not looked into: what is unknown in them matches
    nobody, so that one of them does not take every flag away."""
    problems = list(_problems(payload))
    if problems:
        raise InvalidPayload("; ".join(problems))


def _problems(payload: Mapping[str, Any]) -> Iterator[str]:
    for name in ("features", "savedGroups", "contextualBandits"):
        if payload.get(name) is not None and not isinstance(payload[name], Mapping):
            yield f"{name}: given {_kind(payload[name])}, allowed an object"
    features = payload.get("features") or {}
    for key, feature in features.items() if isinstance(features, Mapping) else ():
        if not isinstance(feature, Mapping):
            yield f"features.{key}: given {_kind(feature)}, allowed an object"
        elif feature.get("rules") is not None and not isinstance(feature["rules"], list):
            yield f"features.{key}.rules: given {_kind(feature['rules'])}, allowed a list"
        else:
            for position, rule in enumerate(feature.get("rules") or []):
                yield from _of_definition(rule, f"features.{key}.rules[{position}]")
    yield from _of_experiments(payload.get("experiments") or [])


def _of_experiments(experiments: Any) -> Iterator[str]:
    if not isinstance(experiments, list):
        yield f"experiments: given {_kind(experiments)}, allowed a list"
        return
    for position, experiment in enumerate(experiments):
        place = f"experiments[{position}]"
        yield from _of_definition(experiment, place)
        if isinstance(experiment, Mapping) and not experiment.get("key"):
            yield f"{place}.key: missing"
    keys = [one.get("key") for one in experiments if isinstance(one, Mapping)]
    for key, count in Counter(key for key in keys if isinstance(key, str)).items():
        if count > 1:
            yield f"experiments: {key!r} given {count} times, allowed once"


def _of_definition(definition: Any, place: str) -> Iterator[str]:
    if not isinstance(definition, Mapping):
        yield f"{place}: given {_kind(definition)}, allowed an object"
        return
    for names, fits, allowed in (
        (_NUMBERS, is_number, "a number"),
        (_TEXTS, lambda value: isinstance(value, str), "a text"),
        (_LISTS, lambda value: isinstance(value, list), "a list"),
    ):
        for name in names:
            value = definition.get(name)
            if value is not None and not fits(value):
                yield f"{place}.{name}: given {_kind(value)}, allowed {allowed}"
    yield from _of_shares(definition, place)
    bucketing = definition.get("bucketing")
    if bucketing is not None and bucketing not in BUCKETINGS:
        yield f"{place}.bucketing: given {bucketing!r}, allowed {', '.join(BUCKETINGS)}"


def _of_shares(definition: Mapping[str, Any], place: str) -> Iterator[str]:
    shares = [("range", definition.get("range"))]
    if isinstance(definition.get("ranges"), list):
        shares += [("ranges", share) for share in definition["ranges"]]
    for name, share in shares:
        if share is not None and not _is_share(share):
            yield f"{place}.{name}: given {share!r}, allowed [start, end]"
    namespace = definition.get("namespace")
    if namespace and not (
        isinstance(namespace, list | tuple) and len(namespace) == 3 and _is_share(namespace[1:])
    ):
        yield f"{place}.namespace: given {namespace!r}, allowed [name, start, end]"
    for name in ("filters", "parentConditions", "meta"):
        entries = definition.get(name)
        for entry in entries if isinstance(entries, list) else ():
            if not isinstance(entry, Mapping):
                yield f"{place}.{name}: given {_kind(entry)}, allowed objects"
            elif name == "filters" and not _are_shares(entry.get("ranges")):
                given = entry.get("ranges")
                yield f"{place}.filters: ranges given {given!r}, allowed [[start, end], ...]"


def _are_shares(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_share, value))


def _is_share(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(is_number, value))


def _kind(value: Any) -> str:
    return type(value).__name__
