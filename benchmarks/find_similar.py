"""How fast is exact search, beside the plain Python loop that first versions of services have?"""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.report import Report, run_alone
from benchmarks.store_apps import APPLE, GOOGLE, WITHOUT, read_apps
from kindred.similarity.app import AppMetadata, CatalogueApp
from kindred.similarity.fitting import embed_all, fit_model
from kindred.similarity.index import ExactIndex
from kindred.similarity.versions import FITTED
from ops.catalogue.generated_apps import generate_apps

K = 10
QUERIES = 15
Result = TypeVar("Result")


def run() -> Report:
    """Ten nearest of a catalogue, by both in turn; medians of milliseconds a query."""
    files = [path for path in (APPLE, GOOGLE) if path.is_file()]
    apps: list[CatalogueApp] = [app for path in files for app in read_apps(path)]
    label = "apps of two stores" if apps else f"generated apps ({WITHOUT})"
    apps = apps or generate_apps(2_000)
    metadata = [app.metadata for app in apps]
    # As in the services: a second thread waits for a core that is taken longer than it saves.
    with threadpool_limits(limits=1):
        rows = [_measure(metadata, version) for version in FITTED]
    return Report(
        name="find_similar",
        title=f"find-similar over {len(apps)} {label}",
        rows=tuple(rows),
        notes=(
            f"median of {QUERIES} queries, interleaved; same answers: {K} nearest, both checked",
            "embedding: a new app from its metadata to a vector, which a known app does not need",
        ),
        missed=tuple(
            f"{row['model']}: {row['same answers']} of {QUERIES} answers agree"
            for row in rows
            if row["same answers"] != QUERIES
        ),
    )


def _measure(metadata: Sequence[AppMetadata], version: str) -> dict[str, str | float | int | None]:
    model = fit_model(metadata, version=version)
    vectors = embed_all(model, metadata)
    index = ExactIndex(vectors)
    lists = vectors.tolist()
    chosen = np.random.default_rng(0).choice(len(metadata), QUERIES, replace=False)
    ours, loop, embedding, same = [], [], [], 0
    for row in chosen:
        seconds, query = _timed(partial(model.embed, metadata[row]))
        embedding.append(seconds)
        seconds, hits = _timed(partial(index.search, query, k=K))
        ours.append(seconds)
        seconds, plain = _timed(partial(_plain_loop, query.tolist(), lists))
        loop.append(seconds)
        # Rows of equal vectors may come in another order: the scores say whether both are right.
        same += np.allclose([hit.score for hit in hits], [score for score, _ in plain], atol=1e-5)
    fast, slow = statistics.median(ours), statistics.median(loop)
    return {
        "model": f"{version} ({vectors.shape[1]})",
        "exact ms": round(fast * 1e3, 4),
        "Python loop ms": round(slow * 1e3, 2),
        "times faster": round(slow / fast),
        "embedding ms": round(statistics.median(embedding) * 1e3, 4),
        "same answers": same,
    }


def _timed(act: Callable[[], Result]) -> tuple[float, Result]:
    began = time.perf_counter()
    result = act()
    return time.perf_counter() - began, result


def _plain_loop(query: list[float], vectors: list[list[float]]) -> list[tuple[float, int]]:
    scored = []
    for row, vector in enumerate(vectors):
        dot = sum(a * b for a, b in zip(query, vector, strict=True))
        length = math.sqrt(sum(a * a for a in query)) * math.sqrt(sum(b * b for b in vector))
        scored.append((dot / length, row))
    scored.sort(key=lambda item: (-item[0], item[1]))
    return scored[:K]


if __name__ == "__main__":
    run_alone(run)
