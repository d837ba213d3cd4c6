"""Whether a trained model goes on, by its metrics."""

from __future__ import annotations

import json
import re

import pytest

from kindred.retraining.promotion import judge_promotion, parse_metrics


@pytest.mark.parametrize(
    ("recall", "baseline", "promote", "reason"),
    [
        pytest.param(0.110, 0.100, True, r"\+10.00 %: more than 3 %", id="much better"),
        pytest.param(0.1031, 0.100, True, "more than 3 %", id="just better enough"),
        pytest.param(0.103, 0.100, False, r"\+3.00 %: not more than 3 %", id="exactly 3 %"),
        pytest.param(0.206, 0.200, False, "not more", id="exactly 3 % of another recall"),
        pytest.param(0.090, 0.100, False, "-10.00 %: not more", id="worse"),
        pytest.param(0.5, 0.0, False, "no relative", id="an old model that finds nothing"),
        pytest.param(None, 0.1, False, "recall_at_10: given nothing", id="no recall"),
        pytest.param(0.1, None, False, "baseline_recall_at_10: given nothing", id="no baseline"),
        pytest.param(1.2, 0.1, False, "given 1.2, allowed a share", id="no share"),
        pytest.param(float("nan"), 0.1, False, "given nan", id="not a number"),
    ],
)
def test_more_than_3_percent_of_recall_promote(recall, baseline, promote, reason):
    given = {"recall_at_10": recall, "baseline_recall_at_10": baseline}

    promotion = judge_promotion({name: value for name, value in given.items() if value is not None})

    assert promotion.promote is promote
    assert re.search(reason, promotion.reason)


def test_how_sure_the_improvement_is_is_said_where_it_is_known():
    metrics = {"recall_at_10": 0.11, "baseline_recall_at_10": 0.10}
    interval = {"recall_improvement_low": 0.02, "recall_improvement_high": 0.18}

    assert "confidence +2.00 to +18.00 %" in judge_promotion(metrics | interval).reason
    assert "confidence" not in judge_promotion(metrics).reason


def test_metrics_are_the_numbers_of_an_evaluation():
    document = {
        "recall_at_10": 0.2,
        "baseline": {"map": 0.1},
        "seed": 7,
        "name": "v3",
        "done": True,
    }

    assert parse_metrics(json.dumps(document)) == {
        "recall_at_10": 0.2,
        "baseline_map": 0.1,
        "seed": 7.0,
    }


def test_a_metric_that_is_not_finite_is_none():
    assert parse_metrics('{"recall_at_10": NaN, "map": Infinity}') == {}


def test_an_evaluation_that_is_no_object_is_refused():
    with pytest.raises(ValueError, match="given a list, allowed an object"):
        parse_metrics("[]")
