"""Does v3 learn a taste that v2 does not have, and stay as v2 is where there is none to learn?"""

import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from benchmarks.report import Report, run_alone
from benchmarks.simulated_clicks import Taste, lay_out_job, simulate_clicks
from benchmarks.store_apps import APPLE, GOOGLE, WITHOUT, read_apps
from embedding_training.settings import Folders
from embedding_training.training import run_job
from kindred.retraining.promotion import LEAST_IMPROVEMENT
from kindred.similarity.app import CatalogueApp
from kindred.similarity.artefact import Artefact, load_artefact
from kindred.similarity.catalogue import Catalogue, write_catalogue
from kindred.similarity.fitting import embed_all, fit_model
from ops.catalogue.fitted_artefact import write_fitted

RANKS = 30
SECONDS = 60  # of training, on one core
Vectors = npt.NDArray[np.float32]
# Clicks, requests, seeds, and whether v3 should be promoted; None: either is right.
CASES: tuple[tuple[str, int, Sequence[int], bool | None], ...] = (
    ("taste, shown by v2", 10_000, (0, 1, 2), True),
    ("taste, shown by v1 and v2", 10_000, (0,), True),
    ("taste, shown by v2", 1_000, (0, 1, 2), None),
    ("random, shown by v2", 10_000, (0, 1, 2), False),
    ("random, shown by v2", 1_000, (0, 1, 2), False),
)


def run() -> Report:
    """Whole training jobs over the apps of two stores, clicks by a stated model."""
    title = "retraining: recall@10 of v3 beside v2, on the same held-out requests"
    files = [path for path in (APPLE, GOOGLE) if path.is_file()]
    if not files:
        return Report(name="retraining", title=title, skipped=WITHOUT)
    apps = [app for path in files for app in read_apps(path)]
    with tempfile.TemporaryDirectory() as scratch, threadpool_limits(limits=1):
        artefact, v1 = _fit(apps, Path(scratch) / "v2")
        rows, missed = [], []
        for clicks, requests, seeds, promoted in CASES:
            for seed in seeds:
                row = _train(Path(scratch), artefact, v1, clicks, requests, seed)
                rows.append(row)
                missed += _missed(row, promoted)
    return Report(
        name="retraining",
        title=title,
        rows=tuple(rows),
        notes=(
            f"{len(apps)} apps of two stores; {RANKS} shown, rank r examined with probability 1/r",
            "taste: pricing, features and category count; what v2 goes by, words, does not",
            "recall over the whole catalogue, clicks weighted by how seldom their rank is examined",
            f"step: how far from v2 to what was learned; promoted above {LEAST_IMPROVEMENT:.0%}",
        ),
        missed=tuple(missed),
    )


def _fit(apps: Sequence[CatalogueApp], directory: Path) -> tuple[Path, Vectors]:
    """The v2 artefact, and v1's vectors."""
    write_catalogue(directory / "catalogue", apps)
    write_fitted(directory, version="v2", model_card={"summary": "of a benchmark"})
    catalogue = Catalogue(directory / "catalogue")
    metadata = [catalogue.app(row).metadata for row in range(len(catalogue))]
    return directory, embed_all(fit_model(metadata, version="v1"), metadata)


def _train(
    scratch: Path, directory: Path, v1: Vectors, clicks: str, requests: int, seed: int
) -> dict[str, str | float | int | None]:
    artefact: Artefact = load_artefact(directory)
    shown_by = [np.array(artefact.vectors)] + ([v1] if "v1" in clicks else [])
    taste = Taste() if clicks.startswith("taste") else None
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        root = Path(name)
        lay_out_job(
            root,
            directory,
            simulate_clicks(
                artefact, shown_by, requests=requests, ranks=RANKS, taste=taste, seed=seed
            ),
        )
        began = time.perf_counter()
        evaluation = run_job(Folders(root), say=lambda _: None, before_batch=lambda: None)
        seconds = time.perf_counter() - began
        document = json.loads(Folders(root).evaluation.read_bytes())
    gain = evaluation.improvement or {"relative": 0.0, "low": 0.0, "high": 0.0}
    return {
        "clicks": clicks,
        "requests": requests,
        "seed": seed,
        "v2": round(evaluation.baseline.recall_at_10, 4),
        "v3": round(evaluation.model.recall_at_10, 4),
        "gain %": round(100 * gain["relative"], 1),
        "95 % from": round(100 * gain["low"], 1),
        "to": round(100 * gain["high"], 1),
        "MAP v2": round(evaluation.baseline.map, 3),
        "MAP v3": round(evaluation.model.map, 3),
        "step": document["step"],
        "examination": round(document["click_model"]["examination"], 2),
        "seconds": round(seconds, 1),
    }


def _missed(row: dict[str, str | float | int | None], promoted: bool | None) -> list[str]:
    case = f"{row['clicks']}, {row['requests']} requests, seed {row['seed']}"
    gain, seconds = float(row["gain %"] or 0) / 100, float(row["seconds"] or 0)
    missed = []
    if promoted is not None and (gain > LEAST_IMPROVEMENT) != promoted:
        wanted = "more" if promoted else "not more"
        missed.append(f"{case}: gain {gain:.1%}, wanted {wanted} than {LEAST_IMPROVEMENT:.0%}")
    if seconds > SECONDS:
        missed.append(f"{case}: {seconds:.0f} s, wanted {SECONDS}")
    return missed


if __name__ == "__main__":
    run_alone(run)
