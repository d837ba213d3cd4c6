"""Do new apps, their category withheld, fall among their own kind? v1 and v2 beside plain SVD."""

from collections.abc import Callable, Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from benchmarks.report import Report, run_alone
from benchmarks.store_apps import APPLE, WITHOUT, read_apps
from kindred.similarity.app import AppMetadata
from kindred.similarity.embedding import DIMENSIONS
from kindred.similarity.fitting import embed_all, fit_model
from kindred.similarity.quality import Embedder, Quality, measure_quality

SEEDS = (0, 1, 2)
MARKS = {"precision": 0.74, "precision_without_games": 0.52}  # of v2
Fit = Callable[[Sequence[AppMetadata]], Embedder]


def run() -> Report:
    """Same-category precision@10 on a fifth of the Apple apps, kept aside from fitting."""
    title = "embedding quality: same-category precision@10, category withheld"
    if not APPLE.is_file():
        return Report(name="embedding_quality", title=title, skipped=WITHOUT)
    apps = [app.metadata for app in read_apps(APPLE)]
    fits: dict[str, Fit] = {
        "v2": _ours("v2"),
        "TF-IDF + SVD": _tfidf_svd,
        "v1": _ours("v1"),
        "chance": _chance,
    }
    measured = {
        name: [measure_quality(apps, fit, seed=seed) for seed in SEEDS]
        for name, fit in fits.items()
    }
    return Report(
        name="embedding_quality",
        title=title,
        rows=tuple(_row(name, qualities) for name, qualities in measured.items()),
        notes=(
            f"{len(apps)} apps of the Apple App Store, mean and least of seeds {SEEDS}",
            "no games: over queries that are no games, with games still in the index",
        ),
        missed=_missed(measured["v2"]),
    )


def _row(name: str, qualities: Sequence[Quality]) -> dict[str, str | float | int | None]:
    row: dict[str, str | float | int | None] = {"model": name, "d": _dimensions(name)}
    for measure, label in (("precision", "all"), ("precision_without_games", "no games")):
        values = [asdict(quality)[measure] for quality in qualities]
        row[label] = round(float(np.mean(values)), 4)
        row[f"{label}: least"] = round(min(values), 4)
        row[f"{label}: mark"] = MARKS[measure] if name == "v2" else None
    return row


def _dimensions(name: str) -> int | None:
    return None if name == "chance" else DIMENSIONS.get(name, DIMENSIONS["v2"])


def _missed(qualities: Sequence[Quality]) -> tuple[str, ...]:
    return tuple(
        f"v2 {measure} {lowest:.3f}, wanted {mark}"
        for measure, mark in MARKS.items()
        if (lowest := min(asdict(quality)[measure] for quality in qualities)) < mark
    )


def _ours(version: str) -> Fit:
    def fit(apps: Sequence[AppMetadata]) -> Embedder:
        model = fit_model(apps, version=version)
        return lambda those: embed_all(model, those)

    return fit


def _tfidf_svd(apps: Sequence[AppMetadata]) -> Embedder:
    """What one would try first: scikit-learn on name and description, of the same dimension."""
    words = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english")
    matrix = words.fit_transform(_text(apps))
    reduced = TruncatedSVD(DIMENSIONS["v2"], random_state=0).fit(matrix)

    def embed(those: Sequence[AppMetadata]) -> npt.NDArray[np.float32]:
        vectors = normalize(reduced.transform(words.transform(_text(those))))
        return np.asarray(vectors, np.float32)

    return embed


def _chance(_: Sequence[AppMetadata]) -> Embedder:
    rng = np.random.default_rng(0)
    return lambda those: rng.standard_normal((len(those), 64)).astype(np.float32)


def _text(apps: Sequence[AppMetadata]) -> list[str]:
    return [f"{app.name} {app.description}" for app in apps]


if __name__ == "__main__":
    run_alone(run)
