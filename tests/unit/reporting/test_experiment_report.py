from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from kindred.experiments.analysis import analyse
from kindred.experiments.counts import Cell, Counts, Tally
from kindred.experiments.daily_metrics import DailyMetrics
from kindred.experiments.definitions import (
    Definitions,
    ExperimentStatus,
)
from kindred.experiments.embedding_decision import EmbeddingPlan
from kindred.experiments.embedding_experiment import EmbeddingExperiment
from kindred.experiments.gradual_shift import Shift
from kindred.experiments.winner_selection import ShiftRecord
from kindred.reporting.experiment_report import experiment_report, reported
from tests.unit.reporting.button import BUTTON

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LAST = date(2026, 11, 22)


def counted(grey, red):
    """10,000 units a variation, of which so many signed up."""
    cells = {}
    for variation, converted in (("grey", grey), ("red", red)):
        cells[Cell(variation, "-", LAST)] = Tally(units=10_000)
        cells[Cell(variation, "signup", LAST)] = Tally(
            units=converted, total=converted, squares=converted, events=converted
        )
    return Counts(cells=cells)


def record(shift=None):
    return ShiftRecord(
        experiment=EmbeddingExperiment(
            experiment_id="embedding_v1_vs_v2",
            status="active",
            control_weight=0.3,
            control="v1",
            treatment="v2",
        ),
        plan=EmbeddingPlan(),
        shift=shift,
    )


def told(*, analyses=(), of=None, days=()):
    return experiment_report("prod", day=LAST, record=of, days=days, analyses=analyses)


def test_an_experiment_says_who_met_it_what_moved_and_why_it_goes_on():
    analysis = analyse(BUTTON, counted(1_000, 1_400), now=NOW)
    text = told(analyses=[analysis]).text

    assert "Red button (button, running): " in text
    assert "Units: grey 10,000, red 10,000; planned " in text
    assert "'red' is 40 % above the control on 'signup'" in text
    assert all(f"Why: {reason}." in text for reason in analysis.decision.reasons)


def test_the_control_is_not_compared_with_itself():
    assert "'grey' has" not in told(analyses=[analyse(BUTTON, counted(1, 2), now=NOW)]).text


def test_the_test_of_models_sums_its_week():
    days = [
        DailyMetrics(
            arm="v2",
            day=LAST - timedelta(days=offset),
            requests_count=1_000,
            errors_count=5,
            impressions_count=1_000,
            clicks_count=30 + offset,
            performance_count=10,
            prediction_error=0.1 * (offset + 1),
            revenue_usd=1.5,
        )
        for offset in (0, 1)
    ]
    shift = Shift(stage="shifting", control_weight=0.3, arms=("v1", "v2"), reason="v2 wins by 5 %")
    lines = told(of=record(shift), days=days).text.splitlines()
    [row] = [line for line in lines if line.startswith("v2")]

    assert row.split() == ["v2", "70", "%", "2,000", "0.5", "%", "3.05", "%", "0.150", "$3.00"]
    assert [line for line in lines if line.startswith("v1")] == [
        "v1      30 %         0       -       -      -    $0.00"
    ]
    assert any("shifting: v2 wins by 5 %" in line for line in lines)


def test_a_week_without_experiments_says_so():
    text = told().text

    assert "No test of models has a record." in text
    assert "No other experiment ran." in text


@pytest.mark.parametrize(
    ("status", "ends_at", "shown"),
    [
        pytest.param(ExperimentStatus.RUNNING, None, True, id="running"),
        pytest.param(ExperimentStatus.PAUSED, None, True, id="paused"),
        pytest.param(ExperimentStatus.DRAFT, None, False, id="a draft"),
        pytest.param(ExperimentStatus.COMPLETED, NOW - timedelta(days=2), True, id="just ended"),
        pytest.param(ExperimentStatus.COMPLETED, NOW - timedelta(days=9), False, id="long over"),
        pytest.param(ExperimentStatus.COMPLETED, None, False, id="ended nobody knows when"),
    ],
)
def test_what_runs_or_ended_this_week_is_reported(status, ends_at, shown):
    experiment = replace(BUTTON, status=status, ends_at=ends_at)

    assert bool(reported(Definitions(revision=1, experiments=(experiment,)), now=NOW)) is shown
