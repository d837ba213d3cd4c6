"""The experiment between a retrained model and the one before it, which succeeds another."""

from datetime import date, timedelta

import pytest

from decision_functions import aggregate_metrics
from decision_functions.select_winner import handler

# Seconds a file.
pytestmark = pytest.mark.slow

FIRST = date(2026, 11, 2)
SUCCESSOR = "embedding_v2_vs_v3"


@pytest.fixture
def successor(put_experiment):
    put_experiment(status={"S": "completed"}, winner={"S": "v2"}, succeeded_by={"S": SUCCESSOR})
    put_experiment(
        experiment_id={"S": SUCCESSOR},
        v1_weight=None,
        control={"S": "v2"},
        treatment={"S": "v3"},
        v2_weight={"N": "0.9"},
        ladder={"S": "halves"},
        start_date={"S": FIRST.isoformat()},
    )


@pytest.fixture
def live(put_window, due):
    """A day's windows, its aggregation and the run on the morning after; a tenth is on v3."""

    def days(*offsets):
        answers = []
        for offset in offsets:
            day = FIRST + timedelta(days=offset)
            share = 9 if offset < 2 else 1
            for arm, parts, rate in (("v2", share, 0.0235), ("v3", 1, 0.03)):
                seen = parts * 300_000
                put_window(
                    day,
                    arm,
                    experiment_id=SUCCESSOR,
                    requests_count=seen,
                    impressions_count=seen,
                    clicks_count=round(seen * rate),
                    errors_count=0,
                )
            morning = day + timedelta(days=1)
            aggregate_metrics.handler(due(morning, at="00:15"), None)
            answers.append(handler(due(morning), None))
        return answers

    return days


def test_its_own_metrics_are_aggregated(aws, successor, put_window, due):
    put_window(FIRST, "v3", experiment_id=SUCCESSOR)
    put_window(FIRST, "v2")

    answer = aggregate_metrics.handler(due(FIRST + timedelta(days=1), at="00:15"), None)

    assert answer["requests"] == {"v2": 0, "v3": 10_000}


def test_a_better_model_is_watched_for_48_hours_then_gets_half_then_everything(
    aws, successor, live
):
    answers = live(*range(5))

    shares = [(answer["stage"], round(1 - answer["control_weight"], 2)) for answer in answers]
    assert shares == [
        ("keep_running", 0.1),
        ("watching", 0.5),
        ("watching", 0.5),
        ("watching", 0.5),
        ("promoted", 1.0),
    ]
    assert "watched for 1 of 2 days" in answers[0]["reason"]
    item = aws.dynamodb.get_item(
        TableName="ab_experiments", Key={"experiment_id": {"S": SUCCESSOR}}
    )["Item"]
    assert (item["status"]["S"], item["winner"]["S"]) == ("completed", "v3")
    assert [float(item[name]["N"]) for name in ("v2_weight", "v3_weight")] == [0, 1]


def test_the_notice_names_the_models(aws, successor, live):
    live(0, 1)

    assert "v2 50 %, v3 50 %" in aws.heard()[-1]["Message"]
