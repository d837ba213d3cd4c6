"""What an experiment has counted, by variation, metric, day and segment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from math import fsum
from typing import NamedTuple

# In the place of a metric: exposures. In the place of a segment: all units.
EXPOSURES = ALL = "-"


class Cell(NamedTuple):
    """Units whose first exposure was on `day` (UTC). `segment` is `-` or `name=value`."""

    variation: str
    metric: str
    day: date
    segment: str = ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums over distinct units; `squares` sums each unit's total, squared.

    Of exposures `units`, `covariate_total` and `covariate_squares` are given; of a metric `units`
    with any event, `total`, `squares`, `events` and `covariate_product`, the sum of each unit's
    total times its covariate.
    """

    units: int = 0
    total: float = 0.0
    squares: float = 0.0
    events: int = 0
    covariate_total: float = 0.0
    covariate_squares: float = 0.0
    covariate_product: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """`products` are sums of two metrics' unit totals multiplied; their metric is `a*b`, sorted.

    `quality` counts what was not: units that were `mismatched` (served another variation than
    assigned) or `crossed` (seen in two variations), events that were `unexposed` (of units not
    exposed before) or `refused` (beyond a unit's bounds).
    """

    cells: Mapping[Cell, Tally] = field(default_factory=dict)
    products: Mapping[Cell, float] = field(default_factory=dict)
    quality: Mapping[str, int] = field(default_factory=dict)

    def exposed(
        self,
        variation: str,
        *,
        day: date | None = None,
        up_to: date | None = None,
        segment: str = ALL,
    ) -> Tally:
        return self.metric(variation, EXPOSURES, day=day, up_to=up_to, segment=segment)

    def metric(
        self,
        variation: str,
        metric: str,
        *,
        day: date | None = None,
        up_to: date | None = None,
        segment: str = ALL,
    ) -> Tally:
        """Of units first exposed on `day`, or `up_to` a day and on it, or ever."""
        return _summed(
            self.cells[cell]
            for each in self._days(day, up_to)
            if (cell := Cell(variation, metric, each, segment)) in self.cells
        )

    def product(
        self,
        variation: str,
        a: str,
        b: str,
        *,
        day: date | None = None,
        up_to: date | None = None,
        segment: str = ALL,
    ) -> float:
        pair = pair_of(a, b)
        return fsum(
            self.products.get(Cell(variation, pair, each, segment), 0.0)
            for each in self._days(day, up_to)
        )

    @property
    def variations(self) -> tuple[str, ...]:
        return tuple(sorted({cell.variation for cell in self.cells}))

    @property
    def metrics(self) -> tuple[str, ...]:
        return tuple(sorted({cell.metric for cell in self.cells} - {EXPOSURES}))

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(sorted({cell.day for cell in self.cells}))

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(sorted({cell.segment for cell in self.cells} - {ALL}))

    def _days(self, day: date | None, up_to: date | None) -> Iterable[date]:
        if day is not None:
            return (day,)
        return (each for each in self.days if up_to is None or each <= up_to)


def pair_of(a: str, b: str) -> str:
    return "*".join(sorted((a, b)))


def _summed(tallies: Iterable[Tally]) -> Tally:
    given = tuple(tallies)
    sums = {f.name: fsum(getattr(each, f.name) for each in given) for f in fields(Tally)}
    units, events = (sum(getattr(each, name) for each in given) for name in ("units", "events"))
    return Tally(**{**sums, "units": units, "events": events})
