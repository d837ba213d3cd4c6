"""Interactions: the apps shown for a query, in their order, and which of them were clicked."""

import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from kindred.similarity.app import AppMetadata, Pricing

MOST_SHOWN = 200  # apps; the service shows 100 at most
_MOST_CHARACTERS = 200_000  # a line
_NAMED = 20  # bad rows that are kept with their reason; all are counted
_GZIP = b"\x1f\x8b"
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, which JSON can escape
Part = Literal["training", "validation", "holdout"]


class InvalidInteraction(ValueError):
    """A row that is no interaction: what was given and what is allowed."""

    def __init__(self, field: str, given: object, allowed: str) -> None:
        shown = repr(given)
        shown = shown if len(shown) <= 100 else shown[:97] + "..."
        super().__init__(f"{field}: given {shown}; allowed: {allowed}")


class UnreadableInteractions(ValueError):
    """No files, a broken file, or too many bad rows to trust the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """`shown` are app ids in rank order; `clicked` those of them that were, in the same order.

    `query` is what the client said of the app; None when it named an app of the catalogue alone.
    `historical_ctr` gives clicks per impression of some of the apps shown.
    """

    request_id: str
    occurred_at: datetime
    model_version: str
    query: AppMetadata | None
    query_app_id: str | None
    shown: tuple[str, ...]
    clicked: tuple[str, ...]
    historical_ctr: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class BadRow:
    file: str
    line: int  # from one
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interactions:
    """What was read is a row, the repetition of a request, or bad. `bad` names the first."""

    rows: tuple[Interaction, ...]
    repeated: int
    bad_rows: int
    bad: tuple[BadRow, ...]


def read_interactions(files: Sequence[Path], *, most_bad_share: float) -> Interactions:
    """Rows of JSON Lines files, gzipped or not, in the order of request ids.

    An event may be delivered twice: of rows of one request the first is kept. Raises
    UnreadableInteractions, which names file and line, also when more than a share is bad.
    """
    if not files:
        raise UnreadableInteractions("no files of interactions; allowed: at least one")
    rows: dict[str, Interaction] = {}
    bad: list[BadRow] = []
    repeated = read = bad_rows = 0
    for path in sorted(files):
        for line, text in _lines(path):
            read += 1
            try:
                row = parse_interaction(text)
            except InvalidInteraction as error:
                bad_rows += 1
                if len(bad) < _NAMED:
                    bad.append(BadRow(path.name, line, str(error)))
                continue
            repeated += row.request_id in rows
            rows.setdefault(row.request_id, row)
    if bad_rows > most_bad_share * read:
        raise UnreadableInteractions(
            f"{bad_rows} of {read} rows are bad; allowed: a share of {most_bad_share:g}. "
            f"First: {bad[0]}"
        )
    return Interactions(
        rows=tuple(rows[request] for request in sorted(rows)),
        repeated=repeated,
        bad_rows=bad_rows,
        bad=tuple(bad),
    )


def part_of(request_id: str) -> Part:
    """A fifth of all requests is held out, by a hash of their ids: the same fifth for ever.

    Of the others a quarter decides when training has gone on for long enough, and how far it goes.
    """
    digest = hashlib.sha256(request_id.encode()).digest()
    if int.from_bytes(digest[:8]) < 0.2 * 2**64:
        return "holdout"
    return "validation" if int.from_bytes(digest[8:16]) < 0.25 * 2**64 else "training"


def parse_interaction(text: str) -> Interaction:
    """A field that is null may be left out. Raises InvalidInteraction."""
    if len(text) > _MOST_CHARACTERS:
        raise InvalidInteraction("row", f"{len(text)} characters", f"at most {_MOST_CHARACTERS}")
    row = _object("row", text)
    shown = _ids("shown", row.get("shown"))
    if not shown:
        raise InvalidInteraction("shown", [], f"1 to {MOST_SHOWN} app ids")
    clicked = set(_ids("clicked", row.get("clicked") or []))
    if stray := clicked - set(shown):
        raise InvalidInteraction("clicked", min(stray), "apps that were shown")
    query, query_app_id = row.get("query"), row.get("query_app_id")
    if query is None and query_app_id is None:
        raise InvalidInteraction("query", None, "metadata, or a query_app_id")
    return Interaction(
        request_id=_text("request_id", row.get("request_id")),
        occurred_at=_time(row.get("occurred_at")),
        model_version=_text("model_version", row.get("model_version")),
        query=None if query is None else _metadata(_object("query", query)),
        query_app_id=None if query_app_id is None else _text("query_app_id", query_app_id),
        shown=shown,
        clicked=tuple(app_id for app_id in shown if app_id in clicked),
        historical_ctr=_rates(row.get("historical_ctr") or {}),
    )


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open("rb") as start:
        opened = gzip.open if start.read(2) == _GZIP else open
    number = 0
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UnreadableInteractions(
            f"{path.name}, after line {number}: {error}; allowed: JSON Lines in UTF-8, may be gzip"
        ) from error


def _object(field: str, given: object) -> dict[str, Any]:
    """An object, or the JSON text of one: that is how a column of a table holds it."""
    found = given
    if isinstance(given, str):
        try:
            found = json.loads(given)
        except (ValueError, RecursionError):
            found = given
    if not isinstance(found, dict):
        raise InvalidInteraction(field, given, "a JSON object")
    return found


def _text(field: str, given: object) -> str:
    if not isinstance(given, str) or not 1 <= len(given) <= 300 or _SURROGATE.search(given):
        raise InvalidInteraction(field, given, "text of 1 to 300 characters")
    return given


def _time(given: object) -> datetime:
    try:
        time = datetime.fromisoformat(_text("occurred_at", given))
    except ValueError as error:
        raise InvalidInteraction("occurred_at", given, "an ISO 8601 time") from error
    return time


def _ids(field: str, given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or len(given) > MOST_SHOWN:
        raise InvalidInteraction(field, given, f"a list of at most {MOST_SHOWN} app ids")
    ids = tuple(_text(field, app_id) for app_id in given)
    if len(set(ids)) < len(ids):
        raise InvalidInteraction(field, given, "each app id once")
    return ids


def _metadata(query: Mapping[str, Any]) -> AppMetadata:
    category, region, pricing = (query.get(name) for name in ("category", "region", "pricing"))
    features, description = query.get("features") or [], query.get("description") or ""
    if pricing is not None and pricing not in set(Pricing):
        raise InvalidInteraction("query.pricing", pricing, ", ".join(Pricing))
    if not isinstance(features, list):
        raise InvalidInteraction("query.features", features, "a list of texts")
    if not isinstance(description, str):
        raise InvalidInteraction("query.description", description, "text")
    return AppMetadata(
        name=_text("query.name", query.get("name")),
        category=None if category is None else _text("query.category", category),
        region=None if region is None else _text("query.region", region),
        pricing=None if pricing is None else Pricing(pricing),
        features=tuple(_text("query.features", feature) for feature in features),
        description=description,
    )


def _rates(given: object) -> dict[str, float]:
    rates = {app_id: r for app_id, r in _object("historical_ctr", given).items() if r is not None}
    for app_id, rate in rates.items():
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise InvalidInteraction(f"historical_ctr[{app_id[:60]}]", rate, "a number from 0 to 1")
    return {app_id: float(rate) for app_id, rate in rates.items()}
