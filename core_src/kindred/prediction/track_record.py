"""The catalogue's track record: each app's performance, and what groups of apps lead to expect."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kindred.prediction.performance import (
    Evidence,
    Measure,
    Prediction,
    Prior,
    Segment,
    neighbour_weight,
    predict,
)
from kindred.similarity.catalogue import Catalogue
from kindred.similarity.columns import read_array, write_array

NEIGHBOURS = 30  # as many as the calibration looked at; ask the index for this many
MEASURES: tuple[Measure, ...] = ("ctr", "popularity")
Group = tuple[str | None, str | None]  # category and pricing
Neighbour = tuple[int, float]  # row and similarity, as an index answers


class NoTrackRecord(LookupError):
    """The catalogue has nothing to predict from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What one measure is expected to be, before neighbours. `groups` hold shrunk means."""

    prior: Prior
    groups: dict[Group, tuple[float, int]]  # mean, and apps with a known performance


class TrackRecord:
    """Performance by catalogue row: `values[measure]` is NaN where nothing is known."""

    def __init__(
        self,
        catalogue: Catalogue,
        values: dict[Measure, npt.NDArray[np.float64]],
        weights: dict[Measure, npt.NDArray[np.float64]],
        expectations: dict[Measure, Expectation],
    ) -> None:
        self.values = values
        self.weights = weights
        self.expectations = expectations
        self._catalogue = catalogue

    def predict(
        self,
        neighbours: Sequence[Neighbour],
        *,
        category: str | None = None,
        pricing: str | None = None,
    ) -> Prediction:
        """The performance to expect of an app with these neighbours and of this group.

        Raises NoTrackRecord.
        """
        measure = self.measure(neighbours)
        prior = self.prior(measure, category=category, pricing=pricing)
        evidence = self.evidence(neighbours, measure)
        return predict(evidence, prior=prior, segments=self.segments(neighbours, measure))

    def measure(self, neighbours: Sequence[Neighbour]) -> Measure:
        """Clicks per impression when at least half of the neighbours have them.

        Raises NoTrackRecord.
        """
        if not self.expectations:
            raise NoTrackRecord("no two apps of the catalogue have a recorded performance")
        if "ctr" not in self.expectations:
            return "popularity"
        if "popularity" not in self.expectations:
            return "ctr"
        rows = [row for row, _ in neighbours]
        ctr_known = np.isfinite(self.values["ctr"][rows] if rows else self.values["ctr"])
        return "ctr" if ctr_known.mean() >= 0.5 else "popularity"

    def evidence(self, neighbours: Iterable[Neighbour], measure: Measure) -> tuple[Evidence, ...]:
        """One item for each neighbour whose performance is known."""
        return tuple(
            Evidence(
                app_id=self._catalogue.app_id(row),
                similarity=similarity,
                value=float(self.values[measure][row]),
                weight=float(self.weights[measure][row]),
            )
            for row, similarity in neighbours
            if np.isfinite(self.values[measure][row])
        )

    def prior(
        self, measure: Measure, *, category: str | None = None, pricing: str | None = None
    ) -> Prior:
        """The prior of the narrowest group the catalogue knows: both, the category, or all apps."""
        expected = self.expectations[measure]
        for group in ((category, pricing), (category, None), (None, pricing), (None, None)):
            if group in expected.groups:
                return replace(expected.prior, mean=expected.groups[group][0])
        return expected.prior

    def segments(self, neighbours: Sequence[Neighbour], measure: Measure) -> tuple[Segment, ...]:
        """The groups the neighbours fall into, the heaviest first."""
        expected = self.expectations[measure]
        weight: dict[Group, float] = defaultdict(float)
        members: dict[Group, int] = defaultdict(int)
        for (row, _), item in self._known(neighbours, measure):
            group = self._group(row)
            weight[group] += neighbour_weight(item, expected.prior)
            members[group] += 1
        total = sum(weight.values())
        found = [
            Segment(
                category=group[0],
                pricing=group[1],
                share=weight[group] / total if total else members[group] / sum(members.values()),
                neighbors=members[group],
                apps=expected.groups.get(group, (0.0, 0))[1],
                score=expected.groups.get(group, (expected.prior.mean, 0))[0],
            )
            for group in members
        ]
        return tuple(sorted(found, key=lambda s: (-s.share, s.category or "", s.pricing or "")))

    def _known(
        self, neighbours: Sequence[Neighbour], measure: Measure
    ) -> list[tuple[Neighbour, Evidence]]:
        known = [item for item in neighbours if np.isfinite(self.values[measure][item[0]])]
        return list(zip(known, self.evidence(known, measure), strict=True))

    def _group(self, row: int) -> Group:
        category, pricing = (
            int(self._catalogue.codes(name)[row]) for name in ("category", "pricing")
        )
        return (
            None if category < 0 else self._catalogue.values("category")[category],
            None if pricing < 0 else self._catalogue.values("pricing")[pricing],
        )

    def write(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        for measure in MEASURES:
            write_array(directory, f"{measure}.values", self.values[measure])
            write_array(directory, f"{measure}.weights", self.weights[measure])
        document = {
            measure: {
                "prior": asdict(expected.prior),
                "groups": [[*group, mean, apps] for group, (mean, apps) in expected.groups.items()],
            }
            for measure, expected in self.expectations.items()
        }
        (directory / "expectations.json").write_text(json.dumps(document, indent=1, sort_keys=True))

    @classmethod
    def open(cls, directory: Path, catalogue: Catalogue) -> "TrackRecord":
        """Raises ValueError, KeyError, TypeError or OSError for a file that is not what it was."""
        document = json.loads((directory / "expectations.json").read_text())
        expectations = {
            measure: Expectation(
                prior=Prior(**document[measure]["prior"]),
                groups={
                    (category, pricing): (mean, apps)
                    for category, pricing, mean, apps in document[measure]["groups"]
                },
            )
            for measure in MEASURES
            if measure in document
        }
        values = {measure: read_array(directory, f"{measure}.values") for measure in MEASURES}
        weights = {measure: read_array(directory, f"{measure}.weights") for measure in MEASURES}
        if {len(column) for column in (*values.values(), *weights.values())} != {len(catalogue)}:
            raise ValueError("the track record and the catalogue differ in length")
        return cls(catalogue, values, weights, expectations)
