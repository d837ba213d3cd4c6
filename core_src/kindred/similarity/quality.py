"""How good an embedding is: do new apps, their category withheld, fall among their own kind?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kindred.similarity.app import AppMetadata

K = 10
Rows = npt.NDArray[np.int64]
Embedder = Callable[[Sequence[AppMetadata]], npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Share of the ten nearest that are of the query's category.

    `precision_without_games` counts only queries that are not games, which are half of a store
    and easy; the index keeps its games, which can only do harm. None when all are games.
    """

    precision: float
    precision_without_games: float | None
    queries: int
    indexed: int


def split_rows(count: int, *, seed: int, kept_aside: float = 0.2) -> tuple[Rows, Rows]:
    """Rows to fit on and rows kept aside, each ascending."""
    shuffled = np.random.default_rng(seed).permutation(count)
    aside = round(count * kept_aside)
    return np.sort(shuffled[aside:]), np.sort(shuffled[:aside])


def measure_quality(
    apps: Sequence[AppMetadata],
    fit: Callable[[Sequence[AppMetadata]], Embedder],
    *,
    seed: int,
) -> Quality:
    """Fits on four fifths and queries with the rest, which lose their category first."""
    apps = [app for app in apps if app.category is not None]
    fitted_on, aside = split_rows(len(apps), seed=seed)
    embed = fit([apps[row] for row in fitted_on])
    vectors = embed([apps[row] for row in fitted_on])
    queries = embed([replace(apps[row], category=None) for row in aside])
    categories = np.array([app.category for app in apps])
    hits = same_category_share(vectors, queries, categories[fitted_on], categories[aside])
    others = categories[aside] != "Games"
    return Quality(
        precision=float(hits.mean()),
        precision_without_games=float(hits[others].mean()) if others.any() else None,
        queries=len(aside),
        indexed=len(fitted_on),
    )


def same_category_share(
    vectors: npt.NDArray[np.float32],
    queries: npt.NDArray[np.float32],
    categories: npt.NDArray[np.str_],
    wanted: npt.NDArray[np.str_],
) -> npt.NDArray[np.float64]:
    """For each query the share of its ten nearest vectors that are of the wanted category."""
    nearest = np.argsort(-(queries @ vectors.T), axis=1, kind="stable")[:, :K]
    share: npt.NDArray[np.float64] = (categories[nearest] == wanted[:, None]).mean(axis=1)
    return share
