"""Is an app's performance predicted better than by its category's mean, and do intervals hold?"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.report import Report, run_alone
from benchmarks.store_apps import APPLE, WITHOUT, read_apps
from kindred.prediction.calibration import fit_track_record
from kindred.prediction.performance import Measure
from kindred.prediction.track_record import NEIGHBOURS, TrackRecord
from kindred.similarity.app import CatalogueApp
from kindred.similarity.catalogue import Catalogue, write_catalogue
from kindred.similarity.fitting import embed_all, fit_model
from kindred.similarity.index import ExactIndex
from kindred.similarity.quality import split_rows
from kindred.similarity.versions import FITTED
from ops.catalogue.generated_apps import generate_apps

SEEDS = (0, 1, 2)
GENERATED = 2_000
CLAIMED = 0.9
LEAST_COVERAGE = 0.87  # mean of the seeds
Truth = Callable[[CatalogueApp], float]
Column = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Predicted:
    """Of the apps kept aside: what was seen, said, and what their category's mean would say."""

    seen: Column
    score: Column
    low: Column
    high: Column
    category_mean: Column

    def mean_error(self, said: Column) -> float:
        return float(np.abs(self.seen - said).mean())

    def r2(self, said: Column) -> float:
        left = ((self.seen - said) ** 2).sum() / ((self.seen - self.seen.mean()) ** 2).sum()
        return float(1 - left)

    def coverage(self) -> float:
        return float(((self.low <= self.seen) & (self.seen <= self.high)).mean())


def run() -> Report:
    """Predictions for a fifth of the apps, kept aside from fitting, beside the category's mean."""
    cases: list[tuple[str, Sequence[CatalogueApp], Measure, Truth]] = [
        ("generated, CTR", generate_apps(GENERATED), "ctr", _click_rate)
    ]
    if APPLE.is_file():
        cases.insert(0, ("Apple, popularity", read_apps(APPLE), "popularity", _popularity))
    rows: list[dict[str, str | float | int | None]] = []
    missed: list[str] = []
    for label, apps, measure, truth in cases:
        for version in reversed(FITTED):
            results = [_predict_aside(apps, version, seed, measure, truth) for seed in SEEDS]
            row = _row(label, version, results)
            rows.append(row)
            missed += [f"{label}, {version}: {miss}" for miss in _missed(results)]
    notes = [
        f"mean of seeds {SEEDS}; the neighbours are {NEIGHBOURS}; intervals claim {CLAIMED:.0%}",
        "popularity is log10(1 + rating count); CTR is clicks per impression",
    ]
    if not APPLE.is_file():
        notes.append(f"without the Apple apps: {WITHOUT}")
    return Report(
        name="prediction_quality",
        title="prediction quality, beside the mean of the app's own category",
        rows=tuple(rows),
        notes=tuple(notes),
        missed=tuple(missed),
    )


def _row(
    label: str, version: str, results: Sequence[Predicted]
) -> dict[str, str | float | int | None]:
    def mean(of: Callable[[Predicted], float]) -> float:
        return round(float(np.mean([of(result) for result in results])), 4)

    return {
        "apps": label,
        "model": version,
        "MAE": mean(lambda r: r.mean_error(r.score)),
        "MAE category": mean(lambda r: r.mean_error(r.category_mean)),
        "R2": mean(lambda r: r.r2(r.score)),
        "R2 category": mean(lambda r: r.r2(r.category_mean)),
        "coverage": mean(lambda r: r.coverage()),
        "width": mean(lambda r: float((r.high - r.low).mean())),
    }


def _missed(results: Sequence[Predicted]) -> list[str]:
    missed = []
    for result in results:
        if result.mean_error(result.score) >= result.mean_error(result.category_mean):
            missed.append("the mean error is no better than the category's mean")
        if result.r2(result.score) <= result.r2(result.category_mean):
            missed.append("R2 is no better than the category's mean")
    coverage = float(np.mean([result.coverage() for result in results]))
    if coverage < LEAST_COVERAGE:
        missed.append(f"coverage {coverage:.3f}, wanted {LEAST_COVERAGE}")
    return missed


def _predict_aside(
    apps: Sequence[CatalogueApp], version: str, seed: int, measure: Measure, truth: Truth
) -> Predicted:
    fitted_on, aside = split_rows(len(apps), seed=seed)
    with tempfile.TemporaryDirectory(prefix="kindred-bench-") as directory:
        write_catalogue(Path(directory), [apps[row] for row in fitted_on])
        catalogue = Catalogue(Path(directory))
        metadata = [catalogue.app(row).metadata for row in range(len(catalogue))]
        model = fit_model(metadata, version=version)
        vectors = embed_all(model, metadata)
        record = fit_track_record(catalogue, vectors)
        index = ExactIndex(vectors)
        kept = [apps[row] for row in aside]
        predictions = [
            record.predict(
                [
                    (hit.row, hit.score)
                    for hit in index.search(model.embed(app.metadata), k=NEIGHBOURS)
                ],
                category=app.metadata.category,
                pricing=app.metadata.pricing,
            )
            for app in kept
        ]
        return Predicted(
            seen=np.array([truth(app) for app in kept]),
            score=np.array([prediction.score for prediction in predictions]),
            low=np.array([prediction.low for prediction in predictions]),
            high=np.array([prediction.high for prediction in predictions]),
            category_mean=_category_means(catalogue, record, measure, kept),
        )


def _category_means(
    catalogue: Catalogue, record: TrackRecord, measure: Measure, apps: Sequence[CatalogueApp]
) -> Column:
    values, codes = record.values[measure], catalogue.codes("category")
    means = {
        name: float(np.nanmean(values[codes == code]))
        for code, name in enumerate(catalogue.categories)
    }
    overall = float(np.nanmean(values))
    return np.array([means.get(app.metadata.category or "", overall) for app in apps])


def _popularity(app: CatalogueApp) -> float:
    return float(np.log10(1 + (app.rating_count or 0)))


def _click_rate(app: CatalogueApp) -> float:
    return ((app.clicks or 0) + 0.5) / ((app.impressions or 0) + 1)


if __name__ == "__main__":
    run_alone(run)
