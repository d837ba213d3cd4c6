from datetime import date
from types import SimpleNamespace

import pytest

from kindred.experiments.embedding_decision import EmbeddingPlan
from kindred.experiments.embedding_experiment import EmbeddingExperiment
from kindred.experiments.gradual_shift import Shift
from kindred.experiments.winner_selection import ShiftRecord
from ops.retraining import passing_days
from ops.retraining.passing_days import NothingToPass, pass_days

FIRST = date(2026, 11, 22)


def record(*, ladder="halves", status="active", shift_day=None):
    experiment = EmbeddingExperiment(
        experiment_id="v2_vs_v3", status=status, control_weight=0.9, control="v2", treatment="v3"
    )
    shift = Shift(control_weight=0.9, day=shift_day) if shift_day else None
    return ShiftRecord(
        experiment=experiment, plan=EmbeddingPlan(ladder=ladder, since=FIRST), shift=shift
    )


@pytest.fixture
def passed(monkeypatch):
    """What the days are, where the platform holds these records one after the other."""

    def run(*records, days=7):
        left, decided = list(records), []
        monkeypatch.setattr(
            passing_days, "ShiftTable", lambda *_, **__: SimpleNamespace(load=lambda: left.pop(0))
        )
        monkeypatch.setattr(passing_days, "_click_rates", lambda *_: {"v2": 0.4, "v3": 0.5})
        monkeypatch.setattr(passing_days, "_put", lambda *seen: decided.append(seen[2:]))
        monkeypatch.setattr(passing_days, "_decide", lambda *_: ("watching", "so it is"))
        monkeypatch.setattr(passing_days.boto3, "client", lambda _: None)
        platform = SimpleNamespace(output=lambda name: name)
        stage = pass_days(platform, days=days, people=1_000, seed=0, say=lambda _: None)
        return stage, decided

    return run


def test_days_go_on_where_the_last_decision_stands_and_end_with_the_experiment(passed):
    stage, decided = passed(
        record(), record(shift_day=date(2026, 11, 23)), record(status="completed")
    )

    assert stage == "watching"
    assert [(str(day), arm) for day, arm, _ in decided] == [
        ("2026-11-22", "v2"),
        ("2026-11-22", "v3"),
        ("2026-11-23", "v2"),
        ("2026-11-23", "v3"),
    ]


def test_people_are_split_as_the_traffic_is_and_click_as_the_models_deserve(passed):
    _, [(_, _, old), (_, _, new)] = passed(record(), days=1)

    assert old.asked + new.asked == 1_000
    assert 850 < old.asked < 950
    assert old.clicked / old.asked == pytest.approx(0.4, abs=0.06)
    assert passed(record(), days=1)[1] == passed(record(), days=1)[1]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        pytest.param(None, "no experiment", id="none"),
        pytest.param(record(ladder="tenths"), "v2 against v3, is active", id="not retraining's"),
        pytest.param(record(status="completed"), "is completed", id="over"),
    ],
)
def test_without_an_experiment_of_a_new_model_there_are_no_days(passed, found, said):
    with pytest.raises(NothingToPass, match=said):
        passed(found)
