"""Requests as a metric is learned from them: rows of inputs, and what was clicked at which rank."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kindred.similarity.artefact import Artefact
from kindred.similarity.embedding import Vector
from kindred.similarity.interactions import Interaction
from kindred.similarity.metric_inputs import MetricInputs, query_inputs

Rows = npt.NDArray[np.int32]
NOWHERE = -1  # a row, where the app is not in the catalogue, or the list is shorter
_SEARCHED = 256  # queries at once


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickedRequests:
    """Requests in the order of their ids.

    `queries` is float32[requests, inputs], `served` float32[requests, dimension] where the model
    that serves has the same apps, and `own` the query's row in the catalogue or NOWHERE.
    `shown` is int32[requests, ranks], with rank 1 first; `clicked` says which were, and
    `appeal` gives the logarithm of each app's historical click rate against the list's mean.
    """

    queries: Vector
    served: Vector
    own: Rows
    shown: Rows
    clicked: npt.NDArray[np.bool_]
    appeal: Vector

    def __len__(self) -> int:
        return len(self.own)

    def with_clicks(self) -> "ClickedRequests":
        """Those with at least one click on an app of the catalogue."""
        return self._of(np.flatnonzero(np.any(self.clicked, axis=1)))

    def longer_than(self, apps: int) -> "ClickedRequests":
        """Those whose list held more apps that are in the catalogue."""
        return self._of(np.flatnonzero((self.shown != NOWHERE).sum(axis=1) > apps))

    def _of(self, chosen: npt.NDArray[np.int64]) -> "ClickedRequests":
        return ClickedRequests(
            queries=self.queries[chosen],
            served=self.served[chosen],
            own=self.own[chosen],
            shown=self.shown[chosen],
            clicked=self.clicked[chosen],
            appeal=self.appeal[chosen],
        )


def clicked_requests(
    rows: Sequence[Interaction], artefact: Artefact, inputs: MetricInputs, serving: Artefact
) -> ClickedRequests:
    """A client's app that is not in the catalogue is read from what it said of it.

    Both artefacts are of one catalogue.
    """
    catalogue = artefact.catalogue
    row_of = {catalogue.app_id(row): row for row in range(len(catalogue))}
    shape = (len(rows), max((len(row.shown) for row in rows), default=1))
    queries = np.zeros((len(rows), inputs.catalogue.shape[1]), np.float32)
    served = np.zeros((len(rows), serving.manifest.dimension), np.float32)
    own = np.full(len(rows), NOWHERE, np.int32)
    shown = np.full(shape, NOWHERE, np.int32)
    clicked, appeal = np.zeros(shape, np.bool_), np.zeros(shape, np.float32)
    for at, row in enumerate(rows):
        own[at] = row_of.get(row.query_app_id or "", NOWHERE)
        if own[at] != NOWHERE:
            queries[at] = inputs.catalogue[own[at]]
            served[at] = serving.vectors[own[at]]
        elif row.query is not None:
            queries[at] = query_inputs(artefact.model, inputs.terms, row.query)
            served[at] = serving.model.embed(row.query)
        found = [row_of.get(app_id, NOWHERE) for app_id in row.shown]
        shown[at, : len(found)] = [NOWHERE if app == own[at] else app for app in found]
        clicked[at, : len(found)] = np.isin(row.shown, row.clicked)
        appeal[at, : len(found)] = _appeal(row)
    return ClickedRequests(
        queries=queries,
        served=served,
        own=own,
        shown=shown,
        # Of an app that left the catalogue, or a query that names one, nothing can be learned.
        clicked=clicked & (shown != NOWHERE) & np.any(queries, axis=1, keepdims=True),
        appeal=appeal,
    )


def near_and_not_shown(
    requests: ClickedRequests, vectors: Vector, query_vectors: Vector, *, count: int
) -> Rows:
    """int32[requests, count]: the nearest rows of the catalogue that the list did not hold."""
    count = min(count, len(vectors))
    near = np.full((len(requests), count), NOWHERE, np.int32)
    for at, scores in similarities(query_vectors, vectors):
        hidden = np.append(requests.shown[at], requests.own[at])
        scores[hidden[hidden != NOWHERE]] = -np.inf
        nearest = np.argpartition(-scores, count - 1)[:count]
        found = np.sort(nearest[scores[nearest] > -np.inf])
        near[at, : len(found)] = found
    return near


def clicked_ranks(
    requests: ClickedRequests, vectors: Vector, query_vectors: Vector
) -> list[list[int]]:
    """For each request the ranks, in the whole catalogue, of its clicked apps in list order.

    The query's own app is left out; of equals each is counted as the first.
    """
    ranks: list[list[int]] = []
    for at, scores in similarities(query_vectors, vectors):
        if requests.own[at] != NOWHERE:
            scores[requests.own[at]] = -np.inf
        wanted = scores[requests.shown[at][requests.clicked[at]]]
        # More than float32 sums of equal vectors can differ by.
        ranks.append([1 + int((scores > score + 1e-6).sum()) for score in wanted])
    return ranks


def similarities(queries: Vector, vectors: Vector) -> Iterator[tuple[int, Vector]]:
    """For each query its number and its cosine with every row, which the caller may change."""
    for start in range(0, len(queries), _SEARCHED):
        block = queries[start : start + _SEARCHED] @ vectors.T
        for offset, scores in enumerate(block):
            yield start + offset, scores


def _appeal(row: Interaction) -> Vector:
    """Zero where nothing is known, which is the mean of the others."""
    rates = np.array([row.historical_ctr.get(app_id, 0.0) for app_id in row.shown])
    known = rates > 0
    logs = np.log(rates, out=np.zeros(len(rates)), where=known)
    centred: Vector = np.where(known, logs - (logs[known].mean() if known.any() else 0.0), 0.0)
    return centred.astype(np.float32)
