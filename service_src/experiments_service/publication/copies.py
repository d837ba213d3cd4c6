"""A copy of the definitions, as it lies in Valkey and S3 for a task that has no database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from kindred.experiments.definitions import Definitions


class UnreadableCopy(ValueError):
    """Written by another version of the service, or damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """`read_at` is the epoch second at which the database was read."""

    definitions: Definitions
    read_at: float

    @property
    def revision(self) -> int:
        return self.definitions.revision


def to_json(copy: Copy) -> bytes:
    # Not msgspec's encoder: it refuses integers beyond 64 bits, which a flag may serve.
    return json.dumps(to_document(copy)).encode()


def from_json(content: bytes | str) -> Copy:
    """Raises UnreadableCopy."""
    try:
        return msgspec.json.decode(content, type=Copy)
    except msgspec.DecodeError as error:
        raise UnreadableCopy(str(error)) from error


def to_document(copy: Copy) -> dict[str, Any]:
    """The same as values of JSON, for a store that wraps them in its own document."""
    document: dict[str, Any] = msgspec.to_builtins(copy)
    return document


def from_document(document: Mapping[str, Any]) -> Copy:
    """Raises UnreadableCopy."""
    try:
        return msgspec.convert(document, type=Copy)
    except msgspec.ValidationError as error:
        raise UnreadableCopy(str(error)) from error
