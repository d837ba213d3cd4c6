"""What has to go when a unit is forgotten: everything under any name that it may have."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kindred.privacy.pseudonyms import Pseudonyms, digest_of

# Of a pseudonym's digest. SageMaker captures 64 characters, and the request's own id takes 36.
CAPTURED_DIGITS = 24
# What people write, as the copy of the definitions names it.
DEFINED = ("saved_groups", "experiments", "flags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A unit's own id, and its pseudonym under each generation that is kept."""

    unit_id: str = field(repr=False)
    pseudonyms: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return (self.unit_id, *self.pseudonyms)

    def name(self, given: object) -> bool:
        return isinstance(given, str) and given in self.all

    def named_by_event(self, document: bytes) -> bool:
        """Whether an event on the stream is the unit's; of what is no event, whether it holds a
        pseudonym, or the unit's id as a JSON text of its own."""
        try:
            event = json.loads(document)
        except ValueError:
            event = None
        if isinstance(event, dict) and "unit_id" in event:
            return self.name(event["unit_id"])
        spelled = (json.dumps(self.unit_id, ensure_ascii=escaped) for escaped in (True, False))
        return any(
            each.encode(errors="surrogatepass") in document for each in (*spelled, *self.pseudonyms)
        )

    def named_by_capture(self, inference_id: object) -> bool:
        """`<digits of a digest>-<request>`, as requests to models are captured."""
        if not isinstance(inference_id, str):
            return False
        user = inference_id.partition("-")[0]
        return user in {digest_of(each)[:CAPTURED_DIGITS] for each in self.pseudonyms}


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One pass over a part of a store: `looked_at` items, of which `found` were the unit's.

    `cursor` is where the next pass goes on; None when the store is done. `notes` name nobody. Not
    `whole` is what no pass sees all of.
    """

    looked_at: int = 0
    found: int = 0
    removed: int = 0
    cursor: str | None = None
    notes: tuple[str, ...] = ()
    whole: bool = True


def names_of(unit_id: str, pseudonyms: Pseudonyms) -> Names:
    return Names(unit_id=unit_id, pseudonyms=pseudonyms.every(unit_id))


def requesters_of(unit_id: str) -> tuple[tuple[str, str], ...]:
    """Every partner and app whose unit is so called: either may have a colon in it."""
    parts = unit_id.split(":")
    return tuple(
        (":".join(parts[:at]), ":".join(parts[at:]))
        for at in range(1, len(parts))
        if ":".join(parts[:at]) and ":".join(parts[at:])
    )


def event_in(line: Mapping[str, Any], *, field_name: str) -> bytes:
    """What a record of a failure holds in base64; nothing where it holds none."""
    held = line.get(field_name)
    try:
        return base64.b64decode(held, validate=True) if isinstance(held, str) else b""
    except (binascii.Error, ValueError):
        return b""


def definitions_that_name(source: Any, names: Names) -> Iterable[str]:
    """`saved_groups vip`: what people wrote that holds the unit's id as a value."""
    definitions = source.get("definitions", {}) if isinstance(source, dict) else {}
    for kind in DEFINED:
        for each in definitions.get(kind, ()):
            if _holds(each, names.unit_id):
                yield f"{kind} {each.get('key')}"


def _holds(value: Any, wanted: str) -> bool:
    if isinstance(value, dict):
        return any(_holds(each, wanted) for each in value.values())
    if isinstance(value, list):
        return any(_holds(each, wanted) for each in value)
    return str(value) == wanted if isinstance(value, str | int) else False
