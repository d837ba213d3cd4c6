"""From interactions to what is trained on, decided by, and held out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kindred.similarity.artefact import Artefact
from kindred.similarity.click_model import ClickModel, fit_click_model
from kindred.similarity.clicked_requests import (
    ClickedRequests,
    clicked_requests,
    near_and_not_shown,
)
from kindred.similarity.embedding import Vector
from kindred.similarity.interactions import Interaction, Interactions, Part, part_of
from kindred.similarity.metric_inputs import MetricInputs, metric_inputs
from kindred.similarity.metric_learning import Examples
from kindred.similarity.ranking_quality import K

MOST_CLICKS = 50.0  # that one click at a rank seldom looked at stands for
_NOT_SHOWN = 100  # of the nearest apps, for a clicked one to be told from
PARTS: tuple[Part, ...] = ("training", "validation", "holdout")
MEASURED: tuple[Part, ...] = ("validation", "holdout")
LEAST_MEASURED = 30  # requests of a part; a recall of fewer moves by a tenth for a few clicks


class TooFewMeasured(ValueError):
    """Of too few requests with a click is the list long enough to say who found it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """`requests` have at least one click, and are learned from whatever their length: which of
    ten apps was clicked says as much of them as which of twenty. `serving` is
    float32[apps, dimension]: where the model that serves has the catalogue's apps."""

    inputs: MetricInputs
    serving: Vector
    requests: Mapping[Part, ClickedRequests]
    clicks: ClickModel

    @property
    def ranks_shown(self) -> int:
        """In the longest list."""
        return max(int(requests.shown.shape[1]) for requests in self.requests.values())

    def measured(self, part: Part) -> ClickedRequests:
        """The requests by which models are compared: of lists longer than ten.

        Of a shorter list all clicks are among the first ten of the model that made it. Its
        recall@10 is 1 by construction, and no other model can be better.
        """
        return self.requests[part].longer_than(K)

    def examples(self, part: Part) -> Examples:
        requests, dimension = self.requests[part], self.inputs.dimension
        hidden = near_and_not_shown(
            requests,
            self.inputs.catalogue[:, :dimension],
            requests.queries[:, :dimension],
            count=_NOT_SHOWN,
        )
        weights = self.clicks.click_weights(requests, most=MOST_CLICKS)
        return Examples(
            queries=requests.queries,
            candidates=np.hstack([requests.shown, hidden]),
            clicks=np.hstack([weights, np.zeros(hidden.shape)]),
        )


def prepare(interactions: Interactions, *, fitted: Artefact, serving: Artefact) -> Prepared:
    """The click model is fitted on the training part alone."""
    inputs = metric_inputs(fitted)
    rows: dict[Part, list[Interaction]] = {part: [] for part in PARTS}
    for row in interactions.rows:
        rows[part_of(row.request_id)].append(row)
    requests = {part: clicked_requests(rows[part], fitted, inputs, serving) for part in PARTS}
    return Prepared(
        inputs=inputs,
        serving=serving.vectors,
        requests={part: requests[part].with_clicks() for part in PARTS},
        clicks=fit_click_model(requests["training"], inputs),
    )


def check_measured(prepared: Prepared) -> None:
    """Raises TooFewMeasured, which says how many there are of what."""
    for part in MEASURED:
        if (found := len(prepared.measured(part))) < LEAST_MEASURED:
            raise TooFewMeasured(
                f"requests of {part} with a click and a list longer than {K}: given {found} of "
                f"{len(prepared.requests[part])} with a click; allowed: at least "
                f"{LEAST_MEASURED}, since of a shorter list the recall@{K} of the model that made "
                "it is 1 by construction (find-similar shows as many apps as top_k asks for)"
            )
