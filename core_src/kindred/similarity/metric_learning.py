"""Learns how much each part of an app counts, from which of its shown neighbours were clicked.

A listwise softmax: against the apps shown with it and the nearest that were not shown, a clicked
app should have the higher cosine. A click at a rank that is seldom looked at counts for more
(inverse propensity: Wang, Bendersky, Metzler and Najork, Learning to Rank with Selection Bias in
Personal Search, SIGIR 2016). Cosines are taken under weights of groups of inputs, which start at
v2's own and are drawn towards them; optimised by Adam (Kingma and Ba, 2015) in mini-batches.
Deterministic for a seed, as long as one thread of one kind of processor computes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kindred.similarity.clicked_requests import NOWHERE, Rows
from kindred.similarity.embedding import Vector
from kindred.similarity.metric_inputs import PARTS, MetricInputs

Floats = npt.NDArray[np.float64]
_START_SHARPNESS = 10.0  # of the softmax over cosines
_LEAST_PART = 0.02  # of v2's parts none is lost altogether
_FIRST, _SECOND, _TINY = 0.9, 0.999, 1e-8  # Adam's
_MEASURED = 256  # requests at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How training goes. `shrinkage` draws weights to v2's; `patience` counts epochs."""

    seed: int = 0
    epochs: int = 20
    learning_rate: float = 0.03
    batch_size: int = 64
    shrinkage: float = 0.001
    patience: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """`candidates` is int32[requests, candidates], NOWHERE where there are fewer; `clicks` of the
    same shape says how many clicks each stands for. `queries` is float32[requests, inputs]."""

    queries: Vector
    candidates: Rows
    clicks: Floats

    def __len__(self) -> int:
        return len(self.queries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """All that the next epoch needs. `parameters` are the groups' weights and log sharpness.

    `losses` are those of validation: before training, and after each epoch.
    """

    parameters: Floats
    first_moment: Floats
    second_moment: Floats
    best: Floats
    steps: int
    losses: tuple[float, ...]

    @property
    def epoch(self) -> int:
        return len(self.losses) - 1

    @property
    def best_epoch(self) -> int:
        return int(np.argmin(self.losses))

    @property
    def weights(self) -> Floats:
        """The groups' weights after the best epoch."""
        return self.best[:-1]


def begin(inputs: MetricInputs, validation: Examples) -> Progress:
    parameters = np.append(inputs.start, np.log(_START_SHARPNESS))
    return Progress(
        parameters=parameters,
        first_moment=np.zeros_like(parameters),
        second_moment=np.zeros_like(parameters),
        best=parameters,
        steps=0,
        losses=(_mean_loss(parameters, validation, inputs),),
    )


def is_over(progress: Progress, schedule: Schedule) -> bool:
    waited = progress.epoch - progress.best_epoch
    return progress.epoch >= schedule.epochs or waited >= schedule.patience


def learn_epoch(
    progress: Progress,
    training: Examples,
    validation: Examples,
    inputs: MetricInputs,
    schedule: Schedule,
    *,
    before_batch: Callable[[], None] = lambda: None,
) -> Progress:
    """One pass over the training examples, in an order that seed and epoch decide alone.

    `before_batch` may raise, to stop in the middle: the epoch is then as if it had not begun.
    """
    rng = np.random.default_rng([schedule.seed, progress.epoch])
    parameters, first, second = progress.parameters, progress.first_moment, progress.second_moment
    steps = progress.steps
    home = np.append(inputs.start, 0.0)
    drawn = np.append(np.ones_like(inputs.start), 0.0)
    least = np.append(np.zeros_like(inputs.start), -np.inf)
    least[: len(PARTS)] = _LEAST_PART
    order = rng.permutation(len(training))
    for at in range(0, len(order), schedule.batch_size):
        before_batch()
        chosen = order[at : at + schedule.batch_size]
        _, slope = _loss_and_slope(parameters, training, chosen, inputs)
        slope = slope + schedule.shrinkage * drawn * (parameters - home)
        steps += 1
        first = _FIRST * first + (1 - _FIRST) * slope
        second = _SECOND * second + (1 - _SECOND) * slope**2
        step = first / (1 - _FIRST**steps) / (np.sqrt(second / (1 - _SECOND**steps)) + _TINY)
        parameters = np.maximum(parameters - schedule.learning_rate * step, least)
    loss = _mean_loss(parameters, validation, inputs)
    return replace(
        progress,
        parameters=parameters,
        first_moment=first,
        second_moment=second,
        best=parameters if loss < min(progress.losses) else progress.best,
        steps=steps,
        losses=(*progress.losses, loss),
    )


def _mean_loss(parameters: Floats, examples: Examples, inputs: MetricInputs) -> float:
    """A click's mean surprise, in nats. Zero for no examples: then no epoch improves on it."""
    if not len(examples):
        return 0.0
    total = 0.0
    for at in range(0, len(examples), _MEASURED):
        chosen = np.arange(at, min(at + _MEASURED, len(examples)))
        loss, _ = _loss_and_slope(parameters, examples, chosen, inputs)
        total += loss * len(chosen)
    return total / float(examples.clicks.sum())


def _loss_and_slope(
    parameters: Floats, examples: Examples, chosen: npt.NDArray[np.int64], inputs: MetricInputs
) -> tuple[float, Floats]:
    """The mean over requests of their clicks' surprise, and its slope in the parameters."""
    weights = parameters[:-1][inputs.group_of].astype(np.float32)
    sharpness = float(np.exp(parameters[-1]))
    query, rows = examples.queries[chosen], examples.candidates[chosen]
    found, clicks = inputs.catalogue[rows], examples.clicks[chosen]
    # Lengths are squared sums of inputs; an app that the weights leave nothing of has a tiny one.
    lengths = np.maximum(found**2 @ weights, _TINY)
    own = np.maximum(query**2 @ weights, _TINY)
    scale = 1 / np.sqrt(own[:, None] * lengths)
    cosines = np.einsum("rd,rcd->rc", query * weights, found) * scale
    scores = np.where(rows == NOWHERE, -np.inf, sharpness * cosines.astype(np.float64))
    scores -= scores.max(axis=1, keepdims=True)
    odds = np.exp(scores)
    normaliser = odds.sum(axis=1, keepdims=True)
    surprise = np.where(clicks > 0, clicks, 0.0) * (np.log(normaliser) - np.maximum(scores, -1e9))
    slope = (clicks.sum(axis=1, keepdims=True) * odds / normaliser - clicks) / len(chosen)
    # cos = q.W.a / sqrt(q.W.q a.W.a), by W's diagonal: q*a*scale - cos/2 (q^2/own + a^2/lengths).
    by_cosine = (sharpness * slope).astype(np.float32)
    pulled = by_cosine * cosines
    by_input = (
        (query * np.einsum("rc,rcd->rd", by_cosine * scale, found)).sum(axis=0)
        - 0.5 * ((pulled.sum(axis=1) / own) @ query**2)
        - 0.5 * np.einsum("rc,rcd->d", pulled / lengths, found**2)
    )
    by_group = np.bincount(inputs.group_of, by_input, len(inputs.groups))
    by_sharpness = float((slope * cosines).sum()) * sharpness
    return float(surprise.sum()) / len(chosen), np.append(by_group, by_sharpness)
