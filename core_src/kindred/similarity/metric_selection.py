"""How far to go from v2 towards what was learned: as far as clicks kept aside bear it out."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kindred.similarity.clicked_requests import ClickedRequests, clicked_ranks
from kindred.similarity.embedding import Vector
from kindred.similarity.metric_inputs import MetricInputs, map_matrix, mapped
from kindred.similarity.ranking_quality import (
    Ranks,
    Weights,
    compare_recall,
    measure_weighted_ranking,
)

Floats = npt.NDArray[np.float64]
_STEPS = (0.25, 0.5, 0.75, 1.0)
_CONFIDENCE = 1.645  # standard errors: chance alone exceeds it one time in twenty


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`step` is the share of the way, zero for v2 itself; `recalls` those of validation.

    `serving_recall` is that of the model that serves, None where there was no validation.
    """

    step: float
    weights: Floats
    matrix: Vector
    recalls: dict[float, float]
    serving_recall: float | None = None


def select_step(
    learned: Floats,
    requests: ClickedRequests,
    click_weights: Floats,
    inputs: MetricInputs,
    serving: Vector,
) -> Selection:
    """The step of largest recall@10 over the whole catalogue, where it surely beats that of the
    model that serves; `serving` are that model's vectors, float32[apps, dimension].

    What is learned from shown lists alone says little of apps that were never shown; a whole
    step can bring those forward. Without sufficient evidence v2 stays as it is.
    """
    stay = map_matrix(inputs, inputs.start)
    if not len(requests):
        return Selection(step=0.0, weights=inputs.start, matrix=stay, recalls={})
    weights = weights_of_clicks(requests, click_weights)
    baseline = ranks_of_serving(serving, requests)
    unchanged = ranks_under(stay, requests, inputs)
    recalls = {0.0: measure_weighted_ranking(unchanged, weights).recall_at_10}
    best = Selection(
        step=0.0,
        weights=inputs.start,
        matrix=stay,
        recalls=recalls,
        serving_recall=measure_weighted_ranking(baseline, weights).recall_at_10,
    )
    for step in _STEPS:
        between = inputs.start + step * (learned - inputs.start)
        matrix = map_matrix(inputs, between)
        ranks = ranks_under(matrix, requests, inputs)
        recalls[step] = measure_weighted_ranking(ranks, weights).recall_at_10
        if recalls[step] > recalls[best.step] and _is_better(ranks, baseline, weights):
            best = replace(best, step=step, weights=between, matrix=matrix)
    return best


def ranks_under(matrix: Vector, requests: ClickedRequests, inputs: MetricInputs) -> list[list[int]]:
    return clicked_ranks(
        requests, mapped(inputs.catalogue, matrix), mapped(requests.queries, matrix)
    )


def ranks_of_serving(serving: Vector, requests: ClickedRequests) -> list[list[int]]:
    return clicked_ranks(requests, serving, requests.served)


def weights_of_clicks(requests: ClickedRequests, click_weights: Floats) -> list[list[float]]:
    """For each request the weights of its clicks, in the order of `clicked_ranks`."""
    return [
        row[clicked].tolist() for row, clicked in zip(click_weights, requests.clicked, strict=True)
    ]


def _is_better(ranks: Ranks, baseline: Ranks, weights: Weights) -> bool:
    try:
        improvement = compare_recall(ranks, baseline, weights)
    except ValueError:
        return True  # what serves found nothing, and this found something
    return improvement.relative > _CONFIDENCE * improvement.standard_error
