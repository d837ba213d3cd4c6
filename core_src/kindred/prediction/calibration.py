"""Fits the track record: group means, the weight of evidence, and intervals that hold."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from kindred.prediction.performance import Measure, Prior, to_natural, to_working
from kindred.prediction.track_record import NEIGHBOURS, Expectation, Group, TrackRecord
from kindred.similarity.catalogue import Catalogue

Column = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]
_SAMPLE = 3_000  # apps the calibration predicts, each from all the others
_GROUP_STRENGTH = 20.0  # apps at which a group's own mean and its parent's count alike
# For intervals that hold nine times in ten: the apps that are predicted here lent the model their
# words, so that an app that is new to it is missed a little more often.
_COVERAGE = 0.91
_FLOOR_QUANTILES = (0.0, 0.25, 0.5, 0.75)  # of the neighbours' similarities
_HIGHEST_FLOOR = 0.95
_SHARPNESSES = (0.5, 1.0, 2.0, 4.0)
_STRENGTHS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_LEAST_VARIANCE = 1e-6  # where all apps perform alike


def fit_track_record(catalogue: Catalogue, vectors: Vectors, *, seed: int = 0) -> TrackRecord:
    """Needs no library but numpy. Deterministic for a seed."""
    ctr, ctr_weight = _click_rates(catalogue)
    popularity = popularity_of(catalogue)
    values: dict[Measure, Column] = {"ctr": ctr, "popularity": popularity}
    weights: dict[Measure, Column] = {
        "ctr": ctr_weight,
        "popularity": np.isfinite(popularity).astype(np.float64),
    }
    expectations: dict[Measure, Expectation] = {}
    for measure in values:
        if np.isfinite(values[measure]).sum() >= 2:
            expectations[measure] = _expectation(
                catalogue, vectors, measure, values[measure], weights[measure], seed
            )
    return TrackRecord(catalogue, values, weights, expectations)


def _click_rates(catalogue: Catalogue) -> tuple[Column, Column]:
    impressions = catalogue.numbers("impressions").astype(np.float64)
    clicks = catalogue.numbers("clicks").astype(np.float64)
    known = (impressions > 0) & (clicks >= 0)
    if not known.any():
        return np.full(len(catalogue), np.nan), np.zeros(len(catalogue))
    shown, clicked = np.where(known, impressions, 1.0), np.where(known, clicks, 0.0)
    # Half a click more and one impression: the logit of no clicks at all would be infinite.
    rate = (clicked + 0.5) / (shown + 1)
    overall = clicked[known].sum() / shown[known].sum()
    # The variance of a rate is p(1-p)/n from sampling and the rest from between apps.
    sampling = max(overall * (1 - overall), 1e-9)
    between = np.var(rate[known]) - np.mean(sampling / shown[known])
    noise = sampling / max(between, 1e-3 * sampling)
    return np.where(known, rate, np.nan), np.where(known, shown / (shown + noise), 0.0)


def popularity_of(catalogue: Catalogue) -> Column:
    """log10(1 + count), each source shifted and stretched to the scale of all of them.

    A store that counts ratings and one that counts installs differ by orders of magnitude; what
    carries over is where in its own store an app stands.
    """
    sources = catalogue.codes("source")
    popularity = np.full(len(catalogue), np.nan)
    columns = {name: catalogue.numbers(name) for name in ("rating_count", "installs")}
    for source in np.unique(sources):
        rows = sources == source
        # Ratings first: they are counted, where installs are often a coarse class.
        counted = max(columns, key=lambda name: ((columns[name][rows] >= 0).sum(), name))
        known = rows & (columns[counted] >= 0)
        popularity[known] = np.log10(1 + columns[counted][known])
    pooled = popularity[np.isfinite(popularity)]
    if not pooled.size:
        return popularity
    mean, deviation = pooled.mean(), pooled.std()
    for source in np.unique(sources):
        own = (sources == source) & np.isfinite(popularity)
        if own.any() and (spread := popularity[own].std()) > 0:
            popularity[own] = mean + deviation * (popularity[own] - popularity[own].mean()) / spread
    return popularity


@dataclass(frozen=True, slots=True)
class _Sample:
    """Apps each predicted from all the others; the neighbours' arrays are [apps, neighbours]."""

    target: Column
    trust: Column
    group_mean: Column
    similarity: Column
    value: Column
    weight: Column

    def neighbour_weights(self, floor: float, sharpness: float) -> Column:
        above = np.maximum(0.0, self.similarity - floor) / (1 - floor)
        weights: Column = self.weight * above**sharpness
        return weights

    def error(self, expected: Column) -> float:
        return float(np.average((self.target - expected) ** 2, weights=self.trust))


def _expectation(
    catalogue: Catalogue,
    vectors: Vectors,
    measure: Measure,
    values: Column,
    weights: Column,
    seed: int,
) -> Expectation:
    known = np.flatnonzero(np.isfinite(values))
    on_scale = np.full(len(values), np.nan)
    on_scale[known] = [to_working(value, measure) for value in values[known]]
    groups, without_self = _group_means(catalogue, on_scale, weights, known)
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(known, min(_SAMPLE, len(known)), replace=False))
    similarity, near = _neighbours(vectors, known, chosen)
    sample = _Sample(
        target=on_scale[chosen],
        trust=weights[chosen],
        group_mean=without_self[chosen],
        similarity=similarity,
        value=on_scale[near],
        weight=weights[near],
    )
    return Expectation(
        prior=_calibrated(sample, measure, groups[None, None][0]),
        groups={group: (to_natural(mean, measure), apps) for group, (mean, apps) in groups.items()},
    )


def _group_means(
    catalogue: Catalogue, values: Column, weights: Column, known: npt.NDArray[np.int64]
) -> tuple[dict[Group, tuple[float, int]], Column]:
    """Shrunk means of all apps, of each pricing and category, and of the two together.

    With them, for every app, the mean of its narrowest group as it would be without the app.
    """
    category, pricing = catalogue.codes("category"), catalogue.codes("pricing")
    overall = float(np.average(values[known], weights=weights[known]))
    groups: dict[Group, tuple[float, int]] = {(None, None): (overall, len(known))}
    without_self = np.full(len(values), overall)
    nowhere = np.full_like(category, -1)
    for first, second in ((nowhere, pricing), (category, nowhere), (category, pricing)):
        for one, other in sorted(
            set(zip(first[known].tolist(), second[known].tolist(), strict=True))
        ):
            if (first is category and one < 0) or (second is pricing and other < 0):
                continue
            rows = known[(first[known] == one) & (second[known] == other)]
            group = (_value(catalogue, "category", one), _value(catalogue, "pricing", other))
            parent = groups[group[0], None][0] if group[0] and group[1] else overall
            own = weights[rows]
            total, summed = own.sum(), (own * values[rows]).sum()
            mean = (summed + _GROUP_STRENGTH * parent) / (total + _GROUP_STRENGTH)
            groups[group] = (float(mean), len(rows))
            without_self[rows] = (summed - own * values[rows] + _GROUP_STRENGTH * parent) / (
                total - own + _GROUP_STRENGTH
            )
    return groups, without_self


def _value(catalogue: Catalogue, column: str, code: int) -> str | None:
    return None if code < 0 else catalogue.values(column)[code]


def _neighbours(
    vectors: Vectors, known: npt.NDArray[np.int64], chosen: npt.NDArray[np.int64]
) -> tuple[Column, npt.NDArray[np.int64]]:
    """Similarities and rows [chosen, k] of the nearest other apps with a known performance."""
    k = min(NEIGHBOURS, len(known) - 1)
    similarity = np.zeros((len(chosen), k))
    near = np.zeros((len(chosen), k), np.int64)
    candidates = vectors[known]
    for start in range(0, len(chosen), 512):
        rows = chosen[start : start + 512]
        scores = vectors[rows] @ candidates.T
        scores[np.arange(len(rows)), np.searchsorted(known, rows)] = -np.inf
        # In the order of rows before that of scores, so that ties fall as they do in a search.
        nearest = np.sort(np.argpartition(-scores, k - 1, axis=1)[:, :k], axis=1)
        by_score = np.argsort(-np.take_along_axis(scores, nearest, axis=1), axis=1, kind="stable")
        nearest = np.take_along_axis(nearest, by_score, axis=1)
        similarity[start : start + 512] = np.take_along_axis(scores, nearest, axis=1)
        near[start : start + 512] = known[nearest]
    return similarity, near


def _calibrated(sample: _Sample, measure: Measure, overall: float) -> Prior:
    """The weights and the strength with the least squared error, then the interval's width."""
    floor, sharpness, strength = _least_error(sample)
    weights = sample.neighbour_weights(floor, sharpness)
    residual = sample.target - _expected(sample, weights, strength)
    prior_part = strength / (weights.sum(axis=1) + strength)
    spread, prior_spread = _spreads(residual, prior_part, sample.error(sample.group_mean))
    deviation = np.sqrt(spread**2 + prior_part * (prior_spread**2 - spread**2))
    tails = (1 - _COVERAGE) / 2
    low, high = np.quantile(residual / deviation, [tails, 1 - tails])
    return Prior(
        measure=measure,
        mean=to_natural(overall, measure),
        strength=strength,
        similarity_floor=floor,
        sharpness=sharpness,
        spread=spread,
        prior_spread=prior_spread,
        low_quantile=min(0.0, float(low)),
        high_quantile=max(0.0, float(high)),
    )


def _least_error(sample: _Sample) -> tuple[float, float, float]:
    """Similarity floor, sharpness and strength, of a grid."""
    errors: dict[tuple[float, float, float], float] = {}
    for quantile, sharpness in product(_FLOOR_QUANTILES, _SHARPNESSES):
        floor = min(float(np.quantile(sample.similarity, quantile)), _HIGHEST_FLOOR)
        weights = sample.neighbour_weights(floor, sharpness)
        for strength in _STRENGTHS:
            expected = _expected(sample, weights, strength)
            errors[floor, sharpness, strength] = sample.error(expected)
    return min(errors, key=lambda chosen: errors[chosen])


def _expected(sample: _Sample, weights: Column, strength: float) -> Column:
    summed = (weights * sample.value).sum(axis=1) + strength * sample.group_mean
    expected: Column = summed / (weights.sum(axis=1) + strength)
    return expected


def _spreads(residual: Column, prior_part: Column, prior_variance: float) -> tuple[float, float]:
    """Deviations with ample evidence and with none, such that the mean square is the residuals'."""
    part = float(prior_part.mean())
    prior_variance = max(prior_variance, _LEAST_VARIANCE)
    ample = (float(np.mean(residual**2)) - part * prior_variance) / max(1 - part, 1e-6)
    ample = min(max(ample, 0.1 * prior_variance), prior_variance)
    return float(np.sqrt(ample)), float(np.sqrt(prior_variance))
