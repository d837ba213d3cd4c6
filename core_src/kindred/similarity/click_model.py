"""Why an app was clicked besides being alike: its rank was looked at, or everybody likes it.

The position-based model: rank r is examined with probability r^-examination, and an examined app
is clicked with a probability that is logistic in its likeness to the query and in its appeal.
Fitted by likelihood, all exponents at once, so that neither rank nor appeal is mistaken for
likeness. After Craswell, Zoeter, Taylor and Ramsey, An Experimental Comparison of Click
Position-Bias Models (WSDM 2008).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from kindred.similarity.clicked_requests import NOWHERE, ClickedRequests
from kindred.similarity.metric_inputs import PARTS, MetricInputs

_MOST_REQUESTS = 4_000
_STEEPEST = 3.0
_RIDGE = 1e-3  # on the log odds' weights
_USUAL = 1.0  # examination that the fit starts from: one over the rank
_LEAST = 1e-9  # probability
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickModel:
    """`appeal` is the log odds of a click for an app's historical click rate, in logarithms."""

    examination: float
    appeal: float

    def click_weights(self, requests: ClickedRequests, *, most: float) -> Floats:
        """float64[requests, ranks]: how many clicks a click stands for, zero where there is none.

        A rank looked at half as often counts twice, up to `most`. On average one.
        """
        ranks = np.arange(1.0, requests.shown.shape[1] + 1)
        weights: Floats = np.where(requests.clicked, np.minimum(ranks**self.examination, most), 0.0)
        total = weights.sum()
        return weights * (requests.clicked.sum() / total) if total else weights


def fit_click_model(requests: ClickedRequests, inputs: MetricInputs) -> ClickModel:
    """Of largest likelihood, over requests with and without clicks.

    Where nothing was clicked at all, the examination is one over the rank.
    """
    if not requests.clicked.any():
        return ClickModel(examination=_USUAL, appeal=0.0)
    some = slice(0, _MOST_REQUESTS)
    present = requests.shown[some] != NOWHERE
    clicked = requests.clicked[some][present].astype(np.float64)
    log_rank = np.log(np.nonzero(present)[1] + 1.0)
    features = _features(requests, inputs, some)[present]

    def objective(parameters: Floats) -> tuple[float, Floats]:
        weights = parameters[1:]
        wanted = expit(features @ weights)
        probability = np.clip(np.exp(-parameters[0] * log_rank) * wanted, _LEAST, 1 - _LEAST)
        surprise = -np.where(clicked, np.log(probability), np.log1p(-probability)).mean()
        excess = (1 - clicked) * probability / (1 - probability) - clicked
        slope = features.T @ ((1 - wanted) * excess) / len(clicked) + _RIDGE * weights
        by_examination = -(log_rank * excess).mean()
        penalty = 0.5 * _RIDGE * float(weights @ weights)
        return float(surprise) + penalty, np.append(by_examination, slope)

    start = np.zeros(1 + features.shape[1])
    start[0] = _USUAL
    bounds = [(0.0, _STEEPEST), (None, None), (0.0, _STEEPEST), *[(None, None)] * (len(PARTS) + 1)]
    fitted = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds)
    examination, _, appeal = (round(float(value), 6) for value in fitted.x[:3])
    return ClickModel(examination=examination, appeal=appeal)


def _features(requests: ClickedRequests, inputs: MetricInputs, some: slice) -> Floats:
    """[requests, ranks, 2 + parts + 1]: one, appeal, and likeness in each of v2's parts.

    What a trained model adds to v2's parts counts as one more part.
    """
    shown = requests.shown[some]
    part_of = np.minimum(inputs.group_of, len(PARTS))
    features = np.ones((*shown.shape, 3 + len(PARTS)), np.float64)
    features[:, :, 1] = requests.appeal[some]
    for at, (rows, query) in enumerate(zip(shown, requests.queries[some], strict=True)):
        products = inputs.catalogue[rows] * query
        for part in range(len(PARTS) + 1):
            features[at, :, 2 + part] = products[:, part_of == part].sum(axis=1)
    return features
