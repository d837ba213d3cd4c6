"""Rows of experiments, cut from the shared data or made up, and a count of them by themselves."""

from __future__ import annotations

import csv
import gzip
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SHARED = Path(__file__).parents[3] / "shared" / "data"
REPEATED_VISITOR = "773192"
_PAGES = {"control": "old_page", "treatment": "new_page"}
_MISMATCHED, _OTHERS = 60, 500

Row = dict[str, str]


def write(path: Path, rows: Sequence[Row]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def shared_visitors() -> list[Row]:
    """Of the shared file: the repeated visitor, some mismatched ones, all rows of each."""
    with gzip.open(SHARED / "ab_data" / "ab_data.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    mismatched = [row["user_id"] for row in rows if _is_mismatched(row)][:_MISMATCHED]
    chosen = {REPEATED_VISITOR, *mismatched, *(row["user_id"] for row in rows[:_OTHERS])}
    return [row for row in rows if row["user_id"] in chosen]


def generated_visitors() -> list[Row]:
    """As the shared ones: each third mismatched visitor has a row that fits, too."""
    chance = random.Random(4)
    rows = []
    for number in range(_OTHERS + _MISMATCHED):
        group = chance.choice(list(_PAGES))
        row = {
            "user_id": str(600_000 + number),
            "timestamp": f"2017-01-{2 + number % 20:02} 05:37:58",
            "group": group,
            "landing_page": _PAGES[group],
            "converted": str(int(chance.random() < 0.3)),
        }
        if number < _MISMATCHED:
            rows.append({**row, "landing_page": _other_page(group), "converted": "1"})
        if number >= _MISMATCHED or number % 3 == 0:
            rows.append(row)
    again = {**rows[-1], "user_id": REPEATED_VISITOR, "converted": "0"}
    return [again, *rows, {**again, "timestamp": "2017-01-28 02:55:59"}]


def generated_players(count: int) -> list[Row]:
    chance = random.Random(5)
    return [
        {
            "userid": str(number),
            "version": chance.choice(["gate_30", "gate_40"]),
            "sum_gamerounds": str(int(chance.expovariate(1 / 50))),
            "retention_1": str(int(chance.random() < 0.45)),
            "retention_7": str(int(chance.random() < 0.19)),
        }
        for number in range(count)
    ]


@dataclass(frozen=True, slots=True)
class Count:
    """Units shown a variation, units and totals by variation and metric, mismatched units."""

    shown: Mapping[str, int]
    units: Mapping[tuple[str, str], int]
    totals: Mapping[tuple[str, str], float]
    mismatched: int

    def named(self) -> dict[str, float]:
        """Under the names that a replay prints."""
        return {
            **{f"{variation} units": units for variation, units in self.shown.items()},
            **{f"{v} {metric} units": units for (v, metric), units in self.units.items()},
            **{f"{v} {metric} total": total for (v, metric), total in self.totals.items()},
            "mismatched units": self.mismatched,
        }


def count_visitors(rows: Iterable[Row]) -> Count:
    """Whoever saw the other group's page counts as mismatched, and that visit in no metric."""
    rows = list(rows)
    fitting = [row for row in rows if not _is_mismatched(row)]
    return _count(
        ((row["user_id"], row["group"], {"converted": int(row["converted"])}) for row in fitting),
        mismatched=len({row["user_id"] for row in rows if _is_mismatched(row)}),
    )


def count_players(rows: Iterable[Row]) -> Count:
    metrics = {"retention_1": "retention_1", "retention_7": "retention_7"}
    metrics["game_rounds"] = "sum_gamerounds"
    return _count(
        (row["userid"], row["version"], {key: int(row[name]) for key, name in metrics.items()})
        for row in rows
    )


def _count(visits: Iterable[tuple[str, str, dict[str, int]]], *, mismatched: int = 0) -> Count:
    shown, units = defaultdict(set), defaultdict(set)
    totals: Counter[tuple[str, str]] = Counter()
    for unit, variation, values in visits:
        shown[variation].add(unit)
        for metric, value in values.items():
            if value:
                units[variation, metric].add(unit)
                totals[variation, metric] += value
    return Count(
        {variation: len(seen) for variation, seen in shown.items()},
        {key: len(seen) for key, seen in units.items()},
        totals,
        mismatched,
    )


def _is_mismatched(row: Row) -> bool:
    return row["landing_page"] != _PAGES[row["group"]]


def _other_page(group: str) -> str:
    return next(page for other, page in _PAGES.items() if other != group)
