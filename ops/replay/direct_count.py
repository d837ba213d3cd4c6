"""A file's own counts, without any of the code that counts events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from ops.replay.data_sets import Visit

Totals = dict[str, float]


@dataclass(slots=True)
class DirectCount:
    """Of one experiment: units shown a variation, and each unit's total by variation and metric.

    `mismatched` units were shown another variation than theirs; `repeated` ones came again.
    """

    exposed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    totals: dict[tuple[str, str], Totals] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(float))
    )
    mismatched: set[str] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)
    events: int = 0

    def add(self, visit: Visit) -> None:
        self.events += 1 + len(visit.values)
        if visit.served not in (None, visit.variation):
            self.mismatched.add(visit.unit_id)
            return
        if visit.unit_id in self.exposed[visit.variation]:
            self.repeated.add(visit.unit_id)
        self.exposed[visit.variation].add(visit.unit_id)
        for metric, value in visit.values:
            self.totals[visit.variation, metric][visit.unit_id] += value

    def lines(self) -> dict[str, float]:
        """What is compared, by name: `gate_30 units`, `gate_30 retention_7 total`."""
        found: dict[str, float] = {f"{v} units": len(units) for v, units in self.exposed.items()}
        for (variation, metric), totals in self.totals.items():
            found[f"{variation} {metric} units"] = len(totals)
            found[f"{variation} {metric} total"] = sum(totals.values())
        found["mismatched units"] = len(self.mismatched)
        return dict(sorted(found.items()))


def count_directly(visits: Iterable[Visit]) -> dict[str, DirectCount]:
    """By experiment, in the order in which the file names them."""
    counts: dict[str, DirectCount] = {}
    for visit in visits:
        counts.setdefault(visit.experiment, DirectCount()).add(visit)
    return counts
