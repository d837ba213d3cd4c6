"""Data sets of real experiments, and what each of their rows says happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ops.catalogue.rows import BadRow, UnreadableFile, read_table

SHARED_DATA = Path(__file__).parents[3] / "shared" / "data"
# For data without dates; a constant, so that an interrupted replay goes on with the same times.
_BEGAN = datetime(2026, 1, 5, 12, tzinfo=UTC)
_COOKIE_CATS_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A unit that was shown a variation, and the values it then added to metrics.

    `row` and `unit_id` make its events' ids; `served` is what was shown in truth.
    """

    row: int
    experiment: str
    unit_id: str
    variation: str
    at: datetime
    values: tuple[tuple[str, float], ...] = ()
    served: str | None = None


class BadValue(ValueError):
    """A field of a row that is not as the mapping needs it."""

    def __init__(self, field: str, given: str, allowed: str) -> None:
        super().__init__(f"{field}: given {given!r}, allowed {allowed}")
        self.field, self.given, self.allowed = field, given, allowed


Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """`definition` makes an experiment's body for the management API from its key.

    `visits` reads one row; its second argument is the row's number, its third the experiment's key.
    `rows` is how many are replayed where nobody says; None is all of them.
    """

    name: str
    path: Path
    experiment: str
    columns: tuple[str, ...]
    definition: Callable[[str], dict[str, Any]]
    visits: Callable[[Fields, int, str], Iterator[Visit]]
    rows: int | None = None


def read_visits(
    data_set: DataSet, path: Path, *, experiment: str, limit: int | None = None
) -> Iterator[Visit | BadRow]:
    """At most `limit` rows, where one is given. Raises UnreadableFile."""
    table = read_table(path)
    if missing := [name for name in data_set.columns if name not in table.columns]:
        raise UnreadableFile(
            f"{path}: no column {missing[0]}; {data_set.name} needs {', '.join(data_set.columns)}"
        )
    for row in table.rows:
        if limit is not None and row.number > limit:
            return
        if isinstance(row, BadRow):
            yield row
            continue
        fields = {name: str(value) for name, value in row.values.items()}
        try:
            yield from tuple(data_set.visits(fields, row.number, experiment))
        except BadValue as error:
            yield BadRow(row.number, error.field, error.given, error.allowed, row.values)


def _arms(control: str, treatment: str) -> list[dict[str, Any]]:
    return [
        {"key": control, "name": control, "weight": 0.5, "is_control": True, "value": control},
        {"key": treatment, "name": treatment, "weight": 0.5, "value": treatment},
    ]


def _metric(key: str, kind: str = "binary", role: str = "secondary") -> dict[str, Any]:
    return {"key": key, "name": key.replace("_", " "), "kind": kind, "role": role}


def _one_of(fields: Fields, name: str, *allowed: str) -> str:
    if fields[name] not in allowed:
        raise BadValue(name, fields[name], " or ".join(allowed))
    return fields[name]


def _whole(fields: Fields, name: str) -> int:
    if not (fields[name].isascii() and fields[name].isdigit()):
        raise BadValue(name, fields[name], "a whole number, 0 or more")
    return int(fields[name])


def _unit(fields: Fields, name: str) -> str:
    if not 1 <= len(fields[name]) <= 256:
        raise BadValue(name, fields[name][:40], "1 to 256 characters")
    return fields[name]


def _cookie_cats_definition(key: str) -> dict[str, Any]:
    return {
        "key": key,
        "name": "Cookie Cats: first gate at level 30 or 40",
        "hypothesis": "A later gate keeps players for longer.",
        "variations": _arms("gate_30", "gate_40"),
        "metrics": [
            _metric("retention_7", role="primary"),
            _metric("retention_1"),
            _metric("game_rounds", kind="mean"),
        ],
        "plan": {"baseline": 0.19, "effect": 0.05},
    }


def _cookie_cats_visits(fields: Fields, row: int, experiment: str) -> Iterator[Visit]:
    values = {
        "retention_1": float(_one_of(fields, "retention_1", "0", "1")),
        "retention_7": float(_one_of(fields, "retention_7", "0", "1")),
        "game_rounds": float(_whole(fields, "sum_gamerounds")),
    }
    # The file has no dates: its players are spread over two weeks, in turn.
    yield Visit(
        row=row,
        experiment=experiment,
        unit_id=_unit(fields, "userid"),
        variation=_one_of(fields, "version", "gate_30", "gate_40"),
        at=_BEGAN + timedelta(days=row % _COOKIE_CATS_DAYS),
        values=tuple((metric, value) for metric, value in values.items() if value),
    )


def _ab_data_definition(key: str) -> dict[str, Any]:
    return {
        "key": key,
        "name": "Landing page: old or new",
        "hypothesis": "The new page converts more visitors.",
        "variations": _arms("control", "treatment"),
        "metrics": [_metric("converted", role="primary")],
        "plan": {"baseline": 0.12, "effect": 0.05},
    }


def _ab_data_visits(fields: Fields, row: int, experiment: str) -> Iterator[Visit]:
    page = _one_of(fields, "landing_page", "old_page", "new_page")
    try:
        at = datetime.fromisoformat(fields["timestamp"]).replace(tzinfo=UTC)
    except ValueError as error:
        raise BadValue("timestamp", fields["timestamp"], "YYYY-MM-DD hh:mm:ss") from error
    converted = _one_of(fields, "converted", "0", "1") == "1"
    yield Visit(
        row=row,
        experiment=experiment,
        unit_id=_unit(fields, "user_id"),
        variation=_one_of(fields, "group", "control", "treatment"),
        served="control" if page == "old_page" else "treatment",
        at=at,
        values=(("converted", 1.0),) if converted else (),
    )


def _upworthy_definition(key: str) -> dict[str, Any]:
    return {
        "key": key,
        "name": f"Upworthy headlines, {key.rpartition('-')[2]}: with a question or without",
        "hypothesis": "A question in the headline is clicked more often.",
        "variations": _arms("no", "yes"),
        "metrics": [_metric("click", role="primary")],
        "plan": {"baseline": 0.015, "effect": 0.2},
    }


def _upworthy_visits(fields: Fields, row: int, experiment: str) -> Iterator[Visit]:
    """One unit an impression, the first of them with the clicks; an experiment for each test."""
    impressions, clicks = _whole(fields, "impressions"), _whole(fields, "clicks")
    if clicks > impressions:
        raise BadValue("clicks", fields["clicks"], f"at most the {impressions} impressions")
    arm = _one_of(fields, "headline_has_question", "no", "yes")
    test = _whole(fields, "test_id")
    for number in range(impressions):
        yield Visit(
            row=row,
            experiment=f"{experiment}-{test}",
            unit_id=f"{test}-{arm}-{number}",
            variation=arm,
            at=_BEGAN,
            values=(("click", 1.0),) if number < clicks else (),
        )


DATA_SETS = {
    each.name: each
    for each in (
        DataSet(
            name="cookie_cats",
            path=SHARED_DATA / "cookie_cats" / "cookie_cats.csv.gz",
            experiment="cookie-cats",
            columns=("userid", "version", "sum_gamerounds", "retention_1", "retention_7"),
            definition=_cookie_cats_definition,
            visits=_cookie_cats_visits,
        ),
        DataSet(
            name="ab_data",
            path=SHARED_DATA / "ab_data" / "ab_data.csv.gz",
            experiment="landing-page",
            columns=("user_id", "timestamp", "group", "landing_page", "converted"),
            definition=_ab_data_definition,
            visits=_ab_data_visits,
        ),
        DataSet(
            name="upworthy_question",
            path=SHARED_DATA / "upworthy_question" / "tests.csv.gz",
            experiment="upworthy",
            columns=("test_id", "headline_has_question", "impressions", "clicks"),
            definition=_upworthy_definition,
            visits=_upworthy_visits,
            # Ten tests are 160,000 impressions; all of them would be 45 million.
            rows=20,
        ),
    )
}
