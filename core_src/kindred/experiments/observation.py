"""What counters hold of an experiment, as the arms that statistics compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kindred.experiments.comparisons import Arm
from kindred.experiments.counts import ALL, Counts
from kindred.experiments.decisions import Observation
from kindred.experiments.definitions import Experiment, Metric
from kindred.experiments.statistics.samples import Totals, mean_of, proportion, ratio_of

_NOTHING = Totals(units=0, total=0.0, squares=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class VariationTotals:
    """Sums of one variation over some days: `metrics` by key, `converted` units by key.

    `products` sum numerator times denominator, by the ratio metric's key.
    """

    units: int
    metrics: Mapping[str, Totals]
    converted: Mapping[str, int]
    products: Mapping[str, float]

    def __add__(self, other: VariationTotals) -> VariationTotals:
        return VariationTotals(
            units=self.units + other.units,
            metrics={key: one + other.metrics[key] for key, one in self.metrics.items()},
            converted={key: one + other.converted[key] for key, one in self.converted.items()},
            products={key: one + other.products[key] for key, one in self.products.items()},
        )

    def arm(self, variation: str, metric: Metric) -> Arm | None:
        """None where a ratio's denominator adds up to nothing."""
        if metric.kind == "ratio":
            sample = ratio_of(
                self.metrics[str(metric.numerator)],
                self.metrics[str(metric.denominator)],
                product=self.products[metric.key],
            )
            return Arm(key=variation, sample=sample) if sample else None
        totals = self.metrics[metric.key]
        if metric.kind == "mean":
            return Arm(key=variation, sample=mean_of(totals), totals=totals)
        conversions = min(self.converted[metric.key], self.units)
        # Sums of values are those of conversions only while each unit converts once, by one.
        once = totals.total == totals.squares == conversions
        return Arm(
            key=variation,
            sample=proportion(units=self.units, conversions=conversions),
            conversions=conversions,
            totals=totals if once else None,
        )


def totals_of(
    experiment: Experiment, counts: Counts, variation: str, *, day: date, segment: str = ALL
) -> VariationTotals:
    """Of the units first exposed on `day`, with all that they did since."""
    exposed = counts.exposed(variation, day=day, segment=segment)
    ratios = [metric for metric in experiment.metrics if metric.kind == "ratio"]
    keys = {metric.key for metric in experiment.metrics if metric.kind != "ratio"}
    keys |= {str(key) for metric in ratios for key in (metric.numerator, metric.denominator)}
    tallies = {key: counts.metric(variation, key, day=day, segment=segment) for key in keys}
    return VariationTotals(
        units=exposed.units,
        metrics={
            key: Totals(
                units=exposed.units,
                total=tally.total,
                squares=tally.squares,
                covariate_total=exposed.covariate_total,
                covariate_squares=exposed.covariate_squares,
                covariate_product=tally.covariate_product,
            )
            for key, tally in tallies.items()
        },
        converted={key: tally.units for key, tally in tallies.items()},
        products={
            metric.key: counts.product(
                variation,
                str(metric.numerator),
                str(metric.denominator),
                day=day,
                segment=segment,
            )
            for metric in ratios
        },
    )


def observation(
    experiment: Experiment,
    totals: Mapping[str, VariationTotals],
    *,
    days: int,
    now: datetime,
    quality: Mapping[str, int],
) -> Observation:
    """A metric that any variation has no number for yet is left out."""
    arms: dict[str, Sequence[Arm]] = {}
    for metric in experiment.metrics:
        measured = [totals[each.key].arm(each.key, metric) for each in experiment.variations]
        known = [arm for arm in measured if arm is not None]
        if len(known) == len(measured):
            arms[metric.key] = known
    return Observation(
        arms=arms,
        units={key: each.units for key, each in totals.items()},
        days=days,
        now=now,
        quality=quality,
    )
