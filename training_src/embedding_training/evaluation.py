"""What the held-out requests say of the new model, and of the one that serves."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from embedding_training.preparation import MOST_CLICKS, Prepared
from kindred.similarity.metric_selection import (
    Selection,
    ranks_of_serving,
    ranks_under,
    weights_of_clicks,
)
from kindred.similarity.ranking_quality import (
    RankingQuality,
    compare_recall,
    measure_ranking,
    measure_weighted_ranking,
)

_INTERVAL = 1.96  # standard errors, for 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Both models over the whole catalogue, on the same requests; `baseline` is what serves.

    `model` and `baseline` count clicks by how seldom their rank is looked at. `model_as_clicked`
    and `baseline_as_clicked` count every click alike, which favours whoever chose the ranks.
    """

    model: RankingQuality
    baseline: RankingQuality
    model_as_clicked: RankingQuality
    baseline_as_clicked: RankingQuality
    improvement: dict[str, float] | None

    def metrics(self) -> dict[str, float]:
        named = {f"baseline_{name}": value for name, value in asdict(self.baseline).items()}
        return asdict(self.model) | named

    def to_json(self) -> dict[str, Any]:
        return self.metrics() | {
            "recall_improvement": self.improvement,
            "as_clicked": asdict(self.model_as_clicked),
            "baseline_as_clicked": asdict(self.baseline_as_clicked),
        }


def evaluate(selection: Selection, prepared: Prepared) -> Evaluation:
    """On the held-out requests that can be measured, of which there are some."""
    holdout = prepared.measured("holdout")
    clicks = prepared.clicks.click_weights(holdout, most=MOST_CLICKS)
    weights = weights_of_clicks(holdout, clicks)
    ours = ranks_under(selection.matrix, holdout, prepared.inputs)
    theirs = ranks_of_serving(prepared.serving, holdout)
    baseline = measure_weighted_ranking(theirs, weights)
    improvement = compare_recall(ours, theirs, weights) if baseline.recall_at_10 else None
    return Evaluation(
        model=measure_weighted_ranking(ours, weights),
        baseline=baseline,
        model_as_clicked=measure_ranking(ours),
        baseline_as_clicked=measure_ranking(theirs),
        improvement=None
        if improvement is None
        else {
            "relative": improvement.relative,
            "low": improvement.relative - _INTERVAL * improvement.standard_error,
            "high": improvement.relative + _INTERVAL * improvement.standard_error,
        },
    )
